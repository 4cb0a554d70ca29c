"""Known providers: those of litellm, found by name, and reached over our connections alone."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.gateway import services
from apps.gateway.calls import TRANSLATED
from apps.gateway.exceptions import BadProvider
from apps.gateway.upstreams import known_providers
from tests.factories.cast import api_client
from tests.factories.product import ROOT


@pytest.mark.filterwarnings("ignore")  # litellm's own code warns about itself
def test_it_is_what_the_installed_litellm_knows(tmp_path: Path) -> None:
    file = tmp_path / "known_providers.json"
    call_command("load_known_providers", file=file)
    assert file.read_text() == known_providers.FILE.read_text()


def test_a_hundred_providers_can_be_connected() -> None:
    offered = [each for each in known_providers.every() if each.is_offered]
    assert len(offered) >= 100
    assert {each.slug for each in offered if each.way == known_providers.TRANSLATED} == set(
        TRANSLATED
    )
    for each in offered:
        assert each.address or each.example, each.slug
        assert (
            each.address.startswith("https://") or each.way == known_providers.LOCAL or each.example
        )


def test_who_is_not_offered_has_a_reason_and_no_address() -> None:
    others = [each for each in known_providers.every() if not each.is_offered]
    assert others
    assert all(each.why and not each.address for each in others)
    vertex = known_providers.find("vertex_ai")
    assert vertex is not None
    assert "Vertex Project" in {each.label for each in vertex.needs}


def test_they_are_found_by_name_and_address_the_usual_ones_first() -> None:
    assert [each.slug for each in known_providers.every()][:3] == ["openai", "anthropic", "gemini"]
    assert "groq" in {each.slug for each in known_providers.matching("GROQ")}
    assert {each.slug for each in known_providers.matching("api.x.ai")} == {"xai"}
    local = known_providers.matching("", known_providers.LOCAL)
    assert {"ollama", "hosted_vllm", "llama_cpp"} <= {each.slug for each in local}


def test_reading_it_does_not_import_litellm() -> None:
    code = (
        "import django, sys; django.setup()\n"
        "from apps.gateway.upstreams import known_providers\n"
        "assert len(known_providers.every()) > 100\n"
        "sys.exit('litellm' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False)
    assert done.returncode == 0


def test_programs_read_it_page_by_page(alice: User) -> None:
    client: APIClient = api_client(alice)
    found = client.get("/api/v1/gateway/known-providers/?q=groq").json()["results"]
    assert [(each["slug"], each["base_url"]) for each in found] == [
        ("groq", "https://api.groq.com/openai/v1")
    ]
    assert client.get("/api/v1/gateway/known-providers/?way=nonsense").status_code == 422
    whole = client.get("/api/v1/gateway/known-providers/?page_size=100").json()
    assert (len(whole["results"]), bool(whole["next"])) == (100, True)


def test_only_what_is_in_it_can_be_named(alice: User) -> None:
    with pytest.raises(BadProvider):
        services.add_provider(
            actor=alice, kind="openai_compatible", name="X", base_url="https://models.invalid",
            litellm_provider="nobody", credential="sk-of-a-test-0001",
        )  # fmt: skip
    rows = json.loads(known_providers.FILE.read_text())["providers"]
    assert len({each["slug"] for each in rows}) == len(rows)
