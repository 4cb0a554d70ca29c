"""Bring the delivered list of known providers up to date with the installed litellm, at a release."""

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from apps.common.types import JSONDict
from apps.gateway.adapters import litellm_adapter
from apps.gateway.calls import TRANSLATED
from apps.gateway.upstreams import known_providers

FIELDS = "litellm/proxy/public_endpoints/provider_create_fields.json"
ENDPOINTS = "litellm/provider_endpoints_support_backup.json"
CHAT = "/chat/completions"
# Names that litellm has twice: for an older protocol, or for a way of calling them.
TWICE = frozenset(
    {
        "a2a_agent", "ai21_chat", "aiohttp_openai", "anthropic_text", "azure_text", "cohere_chat",
        "custom", "custom_openai", "ollama_chat", "openai_like", "sagemaker_chat", "text-completion-codestral",
        "text-completion-inception", "text-completion-openai", "vertex_ai_beta", "vllm", "watsonx_text",
    }
)  # fmt: skip
# What is no provider of models but a part of litellm, or signs in by a person's browser.
NOT_ASKED = {
    "auto_router": "A router of litellm: routes of RelayCore do that here.",
    "chatgpt": "It signs in as a person, with a subscription.",
    "dotprompt": "Files of prompts, which litellm reads from its disk.",
    "github_copilot": "It signs in as a person, with a subscription.",
    "humanloop": "A store of prompts.",
    "langfuse": "A store of prompts.",
    "litellm_agent": "An agent of litellm's proxy.",
}
# Where providers answer in OpenAI's protocol that litellm asks in their own, or tells nothing of.
ADDRESSES = {
    "ai21": "https://api.ai21.com/studio/v1",
    "amazon_nova": "https://api.nova.amazon.com/v1",
    "cohere": "https://api.cohere.ai/compatibility/v1",
    "compactifai": "https://api.compactif.ai/v1",
    "gradient_ai": "https://inference.do-ai.run/v1",
    "huggingface": "https://router.huggingface.co/v1",
    "jina_ai": "https://api.jina.ai/v1",
    "maritalk": "https://chat.maritaca.ai/api",
    "openai": "https://api.openai.com/v1",
    "openrouter": "https://openrouter.ai/api/v1",
    "voyage": "https://api.voyageai.com/v1",
}
# Where everybody has an address of their own; what it looks like.
OWN = {
    "azure": "https://<resource>.openai.azure.com/openai/v1",
    "azure_ai": "https://<resource>.services.ai.azure.com/openai/v1",
    "cloudflare": "https://api.cloudflare.com/client/v4/accounts/<account>/ai/v1",
    "databricks": "https://<workspace>.cloud.databricks.com/serving-endpoints",
    "heroku": "https://us.inference.heroku.com/v1",
    "infinity": "https://<host>/v1",
    "litellm_proxy": "https://litellm.<your domain>/v1",
    "snowflake": "https://<account>.snowflakecomputing.com/api/v2/cortex/v1",
    "xinference": "https://<host>/v1",
}
LOCAL = {
    "docker_model_runner": "http://127.0.0.1:12434/engines/v1",
    "hosted_vllm": "http://127.0.0.1:8000/v1",
    "lemonade": "http://127.0.0.1:8000/api/v1",
    "llama_cpp": "http://127.0.0.1:8080/v1",
    "llamafile": "http://127.0.0.1:8080/v1",
    "lm_studio": "http://127.0.0.1:1234/v1",
    "ollama": "http://127.0.0.1:11434/v1",
    "oobabooga": "http://127.0.0.1:5000/v1",
}
NAMES = {
    "anthropic": "Anthropic", "azure": "Azure OpenAI", "azure_ai": "Azure AI Foundry",
    "bedrock": "Amazon Bedrock", "gemini": "Google Gemini", "hosted_vllm": "vLLM",
    "llama_cpp": "llama.cpp server", "litellm_proxy": "LiteLLM proxy", "lm_studio": "LM Studio",
    "ollama": "Ollama", "vertex_ai": "Google Vertex AI", "deepseek": "DeepSeek",
    "huggingface": "Hugging Face", "openrouter": "OpenRouter",
}  # fmt: skip
OFFERS = {
    "chat_completions": "chat", "embeddings": "embeddings", "responses": "responses",
    "rerank": "rerank", "moderations": "moderations",
}  # fmt: skip
# Which of them are known to answer at /responses too.
RESPONSES = frozenset({"openai", "azure", "litellm_proxy", "openrouter", "xai", "groq"})
DIALECT = "It speaks a protocol of its own, which litellm carries past our connections."
NO_MODELS = "It is not known to offer chats or embeddings."


class Command(BaseCommand):
    """Write the list anew, one provider a line."""

    help = "Take over the providers that litellm knows, with what each needs; run at a release."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--file", type=Path, default=known_providers.FILE)

    def handle(self, *args: Any, **options: Any) -> None:
        rows = sorted(_rows(), key=lambda row: str(row["slug"]))
        lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
        source = f"litellm {metadata.version('litellm')}"
        text = f'{{"source": "{source}", "providers": [\n{lines}\n]}}\n'
        options["file"].write_text(text)
        self.stdout.write(f"{len(rows)} providers")


def _rows() -> Iterator[JSONDict]:
    library = litellm_adapter.library()
    asked = {each["litellm_provider"]: each for each in reversed(_file(FIELDS))}
    told: JSONDict = _file(ENDPOINTS)["providers"]
    known = {each.value for each in library.LlmProviders} | {"llama_cpp"}
    for slug in known - TWICE:
        yield _row(library, slug, asked.get(slug, {}), told.get(slug, {}))


def _row(library: Any, slug: str, asked: JSONDict, told: JSONDict) -> JSONDict:
    offers = [ours for theirs, ours in OFFERS.items() if told.get("endpoints", {}).get(theirs)]
    row: JSONDict = {"slug": slug, "name": _name(slug, asked, told)}
    row |= _way(library, slug, offers)
    if slug in RESPONSES:
        row["offers"] = sorted({*offers, "responses"})
    else:
        row["offers"] = sorted(set(offers) - {"responses"})
    row["needs"] = list(_needs(asked)) if row["way"] == known_providers.ELSEWHERE else []
    return {name: value for name, value in row.items() if value}


def _way(library: Any, slug: str, offers: list[str]) -> JSONDict:
    """Return how a provider is reached, or why it is not."""
    if slug in NOT_ASKED:
        return {"way": known_providers.ELSEWHERE, "why": NOT_ASKED[slug]}
    if slug in TRANSLATED:
        return {"way": known_providers.TRANSLATED, "address": TRANSLATED[slug]}
    if slug in LOCAL:
        return {
            "way": known_providers.LOCAL,
            "address": LOCAL[slug],
            "key": known_providers.OPTIONAL,
        }
    if slug in OWN:
        return {"way": known_providers.DIRECT, "example": OWN[slug]}
    if address := ADDRESSES.get(slug) or _address(library, slug):
        return {"way": known_providers.DIRECT, "address": address}
    asks_models = {"chat", "embeddings"} & set(offers)
    return {"way": known_providers.ELSEWHERE, "why": DIALECT if asks_models else NO_MODELS}


def _address(library: Any, slug: str) -> str:
    """Return where litellm asks a provider in OpenAI's protocol; empty where it does not."""
    try:
        provider = library.LlmProviders(slug)
        config = library.ProviderConfigManager.get_provider_chat_config("any", provider)
        _, _, _, base = library.get_llm_provider(f"{slug}/any", api_key="none")
    except Exception:  # noqa: BLE001 - each provider's code raises what it likes
        return ""
    listed = slug in library.openai_compatible_providers
    if not base and isinstance(config, library.OpenAIGPTConfig):
        base = _asked_at(config)
    elif not listed and not isinstance(config, library.OpenAIGPTConfig):
        base = ""
    address = str(base or "").rstrip("/").removesuffix(CHAT)
    return address if address.startswith("https://") else ""


def _asked_at(config: Any) -> str:
    try:
        found = config.get_complete_url(None, "none", "any", {}, {}, stream=False)
    except Exception:  # noqa: BLE001 - the same
        return ""
    is_its_own = str(found).endswith(CHAT) and "api.openai.com" not in str(found)
    return str(found) if is_its_own else ""


def _needs(asked: JSONDict) -> Iterator[JSONDict]:
    for each in asked.get("credential_fields", ()):
        secret = each["field_type"] in ("password", "upload")
        yield {"label": each["label"], "required": bool(each["required"]), "secret": secret}


def _name(slug: str, asked: JSONDict, told: JSONDict) -> str:
    """Return what people call it; litellm adds its own name of it in brackets."""
    listed = str(told.get("display_name") or asked.get("provider_display_name") or "")
    return NAMES.get(slug) or listed.partition(" (`")[0].strip() or slug.replace("_", " ").title()


def _file(name: str) -> Any:
    path = metadata.distribution("litellm").locate_file(name)
    return json.loads(Path(str(path)).read_bytes())
