"""The doors by which secrets come in: each is gone through as it is meant, and in ways that are refused."""

import json
import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from itertools import product
from typing import Any
from urllib.parse import urlsplit

from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY
from django.conf import settings
from django.core import mail

from apps.identity.models import SigningKey
from apps.runs.interpreter.advancing import advance
from apps.runs.services import start_run
from apps.tenants.context import tenant_context
from apps.workflows.services import create_workflow
from tests.canaries.walker import Walker
from tests.factories.browsers import staff_browser
from tests.factories.cast import key_client
from tests.factories.factors import PASSWORD, code_of
from tests.factories.issuer import stranger
from tests.factories.operators import platform_client
from tests.gateway.calling import connect, lead
from tests.gateway.programs import Program
from tests.isolation.probe import OCTETS, Probe
from tests.isolation.probes import PROBES
from tests.runs.withholding.test_withholding import marked
from tests.workflows.definitions import node

FIELDS = {"credential", "token", "secret", "password"}
TOO_LONG = "x" * 2_000
LINK = re.compile(r"https?://\S+")
# How a request with a secret is sent: as it is meant, with mistakes, and by whom it is not meant for.
WAYS = (
    "taken", "spoilt", "cut", "mislabelled",
    "admin", "builder", "operator", "viewer", "guest", "stranger",
)  # fmt: skip
CODE = {"length": 24, "numeric": False, "dashed": False}  # of mailed codes, unlike anything else


def tables(walker: Walker) -> None:
    """Send every request of the isolation walk that takes a secret, by those who may and who may not.

    A request that is turned away is as good at spilling what it brought as one that is taken.
    """
    for probe in PROBES:
        body = probe.body(walker.world) if callable(probe.body) else probe.body
        if probe.method == "GET" or not isinstance(body, dict) or not list(secret_fields(body)):
            continue
        for way in WAYS:
            sent = deepcopy(body)
            for place, name in secret_fields(sent):
                place[name] = walker.planted.new(f"{name} of {probe}, {way}")
            if way == "spoilt":
                _spoil(sent)
            _send(walker, probe, sent, way)


def secret_fields(body: Any) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield the fields of a body that take a secret, with what they are in."""
    for name, value in list(body.items()):
        if isinstance(value, dict):
            yield from secret_fields(value)
        elif name in FIELDS and isinstance(value, str):
            yield body, name


def _spoil(body: dict[str, Any]) -> None:
    """Make what is no secret too long for anything."""
    secret = {name for _, name in secret_fields(body)}
    for name, value in body.items():
        if isinstance(value, str) and name not in secret:
            body[name] = TOO_LONG


def _send(walker: Walker, probe: Probe, body: dict[str, Any], way: str) -> None:
    content = replace(probe, body=body).content(walker.world)
    media = OCTETS if way == "mislabelled" else probe.media
    # A browser of its own for each: some of the requests sign somebody in.
    who = way if way in walker.world.people else "owner"
    client = stranger() if way == "stranger" else walker.world.browser(who)
    content = content[:-1] if way == "cut" else content
    walker.note(str(probe), client.generic(probe.method, probe.path(walker.world), content, media))


def signing_in(walker: Walker) -> None:
    """Try passwords at the sign-in, change one, and come back by mail."""
    new, somebody = walker.planted.new, walker.world.people["operator"]
    client, here = stranger(), walker.world.browser("operator")
    wrong = new("wrong password")
    walker.page("/accounts/login/", {"login": somebody.email, "password": wrong}, client)
    walker.page("/accounts/login/", {"login": new("address"), "password": new("its")}, client)
    walker.planted.canaries.pop(-2)  # an address is no secret: the form shows it again
    change = {"password1": new("new password"), "password2": ""}
    present = {"oldpassword": new("wrong present password")}
    walker.page("/accounts/password/change/", change | present, here)
    walker.page("/accounts/password/change/", change | {"oldpassword": PASSWORD}, here)
    walker.page("/accounts/reauthenticate/", {"password": new("wrong proof")}, here)
    walker.page("/accounts/password/reset/", {"email": somebody.email}, client)
    path = _link_of_mail()
    token = path.strip("/").split("/")[-1].partition("-")[2]
    walker.planted.known("reset link", token)
    walker.planted.allow("reset link", f"mail “{mail.outbox[-1].subject}”")
    form = walker.page(path, client=client)["Location"]
    walker.page(form, {"password1": "short", "password2": new("too short")}, client)
    words = new("password by mail")
    walker.page(form, {"password1": words, "password2": words}, client)


def _link_of_mail() -> str:
    found = LINK.findall(str(mail.outbox[-1].body))
    return str(urlsplit(found[0]).path)


def invited(walker: Walker) -> None:
    """Invite somebody, who comes with a password."""
    made = walker.call("POST", "invitations/", {"email": "kim@new.example", "role": "viewer"})
    assert made.status_code == 201, made.content
    path, subject = _link_of_mail(), mail.outbox[-1].subject
    walker.planted.known("invitation", path.strip("/").split("/")[-1])
    walker.planted.allow("invitation", f"mail “{subject}”")
    client = stranger()
    walker.page(path, client=client)
    walker.shown("invitation")  # in the address that its own form is sent to
    words = walker.planted.new("password of who was invited")
    walker.page(path, {"name": TOO_LONG, "password": words}, client)
    walker.shown("invitation")
    walker.page(path, {"name": "Kim", "password": words}, client)


def keys(walker: Walker) -> None:
    """Make keys, use them, and show what is none in all places where one might stand."""
    made = walker.call("POST", "api-keys/", {"name": "New", "role": "viewer"}).json()
    text = walker.planted.known("API key", made["key"])
    walker.shown("API key")
    walker.call("GET", "me/", key=text)
    walker.call("POST", "invitations/", {"email": "x@y.example"}, key=text)
    walker.page("/api-keys/", None)
    new = walker.planted.new
    walker.call("GET", "me/", key=new("no key of ours"))
    walker.call("GET", "me/", key=f"aut_abcdefgh_{new('key of nobody')}".ljust(56, "x"))
    walker.call("GET", "me/", **{"X-Api-Key": new("key in a header")})
    walker.call("GET", f"me/?access_token={new('key in an address')}")
    for name in ("authorization", "x_api_key"):
        walker.beside("/v1/models", method="GET", **{name: f"Bearer {new(f'key at /v1, {name}')}"})
    walker.beside("/v1/models", method="GET", query=f"key={new('key in an address of /v1')}")
    walker.beside("/v1/chat/completions", b'{"model": "', authorization=f"Bearer {text}")
    client = stranger()
    client.get("/scim/v2/Users", headers={"Authorization": f"Bearer {new('directory token')}"})


def webhooks(walker: Walker) -> None:
    """Make webhooks that ask for secrets, and call them with good ones and with others."""
    workflow = walker.world.objects["workflow"]
    for kind in ("header", "hmac", "jwt"):
        auth = {"kind": kind} | ({"audience": "us"} if kind == "jwt" else {})
        body = {
            "name": kind, "kind": "webhook", "workflow": workflow, "path": f"kanarien/{kind}",
            "config": {"auth": auth, "headers": ["x-api-key"]},
        }  # fmt: skip
        given = walker.planted.new(f"secret of a webhook, {kind}")
        walker.call("POST", "triggers/", {**body, "name": TOO_LONG, "secret": given})
        made = walker.call("POST", "triggers/", {**body, "secret": given}).json()
        assert "id" in made, made
        walker.call("GET", f"triggers/{made['id']}/")
        walker.page(f"/triggers/{made['id']}/")
        for shown in (given, walker.planted.new(f"wrong secret of a webhook, {kind}")):
            sent = {"x_api_key": shown, "authorization": f"Bearer {shown}", "x_signature": shown}
            walker.beside(f"/hooks/kanarien/{kind}", {"a": 1}, **sent)
        walker.page(f"/triggers/{made['id']}/")
    made = walker.call(
        "POST", "triggers/",
        {**body, "name": "made", "path": "kanarien/made", "config": {"auth": {"kind": "header"}}},
    ).json()  # fmt: skip
    walker.planted.known("secret of a webhook, made", made["secret"])
    walker.shown("secret of a webhook, made")


def addresses(walker: Walker) -> None:
    """Give addresses with a password in them to whatever takes an address."""
    for name, path, body in (
        ("provider", "gateway/providers/", {"name": "P", "kind": "openai_compatible", "credential": "sk-x", "default_model": "m", "base_url": "{}/v1"}),
        ("stream", "audit/streams/", {"name": "S", "kind": "webhook", "config": {"url": "{}/in"}, "secret": "a" * 24, "untested": True}),
        ("credential", "credentials/", {"name": "C", "kind": "bearer", "hosts": ["{}"], "values": {"token": "a-token-of-a-test"}}),
    ):  # fmt: skip
        for way in (
            "somebody:{}@models.invalid",
            "somebody:{}@models.invalid:x",
            "[{}@",
        ):
            given = walker.planted.new(f"secret in the address of a {name}, {way}")
            address = f"https://{way.format(given)}"
            walker.call("POST", path, _filled(body, address))
    given = walker.planted.new("password in the address that a credential is tried with")
    which = walker.world.objects["stored_credential"]
    for url in (
        f"https://somebody:{given}@api.invalid/",
        f"https://somebody:{given}@api.invalid:x/",
    ):
        walker.call("POST", f"credentials/{which}/test/", {"url": url, "method": "GET"})


def _filled(body: Any, address: str) -> Any:
    if isinstance(body, dict):
        return {name: _filled(value, address) for name, value in body.items()}
    if isinstance(body, list):
        return [_filled(value, address) for value in body]
    return body.replace("{}", address) if isinstance(body, str) else body


def company(walker: Walker) -> None:
    """Give a provider's secret, make a directory's token and a set-up link."""
    new, connection = walker.planted.new, walker.world.objects["connection"]
    details = {
        "issuer": "https://login.example", "client_id": "client", "email_claim": "email",
        "name_claim": "name", "groups_claim": "groups",
    }  # fmt: skip
    page = f"/single-sign-on/{connection}/"
    walker.page(page, {**details, "secret": new("client secret")})
    walker.page(page, {**details, "issuer": "no address", "secret": new("refused client secret")})
    walker.page(page)
    answer = walker.page(f"{page}directory/tokens/", {"life": "90"})
    for text in set(re.findall(r"[a-z]+_[a-z0-9]{8}_[\w-]{43}", answer.content.decode())):
        walker.planted.known("token of a directory", text)
        walker.shown("token of a directory")
    walker.page(f"{page}test/")


def signing(walker: Walker) -> None:
    """Watch for the keys with which requests to providers are signed."""
    walker.page("/single-sign-on/signing-key/prepare/", {})
    with tenant_context(walker.world.tenant):
        for key in SigningKey.objects.all():
            lines = key.private_key.splitlines()
            walker.planted.known(f"signing key, {key.use}", lines[len(lines) // 2])


def factors(walker: Walker) -> None:
    """Set a second factor up, use it, and look at the codes for the day on which it is lost."""
    here = walker.world.browser("admin")
    page = "/accounts/2fa/totp/activate/"
    walker.page(page, client=here)
    with tenant_context(walker.world.tenant):
        seed = walker.planted.known("seed of an app", here.session[SECRET_SESSION_KEY])
    walker.shown("seed of an app")
    walker.page(page, {"code": "000000"}, here)
    walker.shown("seed of an app")
    walker.page(page, {"code": code_of(seed)}, here)  # leads to the codes
    led_to = walker.place
    answer = walker.page("/accounts/2fa/recovery-codes/", client=here)
    for number, code in enumerate(set(re.findall(r"\b\d{8}\b", answer.content.decode()))):
        walker.planted.known(f"recovery code {number}", code)
        walker.shown(f"recovery code {number}")
        walker.planted.allow(f"recovery code {number}", led_to)
    walker.page("/accounts/2fa/", client=here)


def mailed_codes(walker: Walker) -> None:
    """Ask for a code to sign in by mail, type others, then it; and let it be asked for again."""
    client, somebody = stranger(), walker.world.people["viewer"]
    confirm = "/accounts/login/code/confirm/"
    for turn in ("first", "second"):
        walker.page("/accounts/login/code/", {"email": somebody.email}, client)
        letter = mail.outbox[-1]
        code = walker.planted.known(f"{turn} mailed code", _code_in(str(letter.body)))
        walker.planted.allow(f"{turn} mailed code", f"mail “{letter.subject}”")
    walker.page(confirm, client=client)
    walker.page(confirm, {"code": walker.planted.new("wrong mailed code")}, client)
    walker.shown("wrong mailed code")  # the form shows what was typed
    walker.page(confirm, {"code": code}, client)
    assert client.get("/profile/").status_code == 200


def _code_in(text: str) -> str:
    (found,) = [
        line for line in text.splitlines() if len(line) == CODE["length"] and line.isalnum()
    ]
    return found


def platform(walker: Walker) -> None:
    """Make a key of the platform in the console, use it, and show what is none."""
    console, new = staff_browser(), walker.planted.new
    form = {"name": "Deploy", "scopes": ["workspaces.read"], "life": "30"}
    add = "/operators/platformkey/add/"
    walker.page(add, {**form, "name": TOO_LONG}, console)
    page = walker.page(add, form, console).content.decode()
    text = page.split('<code class="mono secret">')[1].split("<")[0]
    walker.planted.known("platform key", text.split("_", 2)[2])
    walker.shown("platform key")
    for path in ("/operators/platformkey/", "/", "/audit/auditentry/"):
        walker.page(path, client=console)
    tenants = "/api/v1/tenants/"
    for name, key in (
        ("platform key", text),
        ("altered", f"{text[:-1]}_"),
        ("of nobody", f"aup_abcdefgh_{new('platform key of nobody')}".ljust(56, "x")),
        ("no key", new("no platform key")),
    ):
        program = platform_client(text=key)
        for method, path in (("get", tenants), ("post", tenants), ("get", f"{tenants}?q=x")):
            walker.note(f"{method} {path}, {name}", getattr(program, method)(path))
        walker.note(f"at a workspace, {name}", key_client(key).get("/api/v1/me/"))
    walker.note(
        "in an address",
        platform_client(text="x").get(f"{tenants}?key={new('platform key in an address')}"),
    )
    walker.page("/audit/auditentry/", client=console)
    walker.planted.known("session of staff", console.cookies[settings.SESSION_COOKIE_NAME].value)


def prompts(walker: Walker) -> None:
    """Say secrets to models, directly and in runs that withhold them; look at what providers got."""
    new, world, owner = walker.planted.new, walker.world, walker.world.people["owner"]
    credential = new("key of a provider")
    with tenant_context(world.tenant):
        provider = connect(walker.provider, owner, credential=credential)
        for alias, model in (("kanarien", "echo"), ("kanarien-bad", "error-400")):
            lead(owner, model, provider=provider, alias=alias)
    program, said = Program(world.objects["key_text"], world.host), []
    for alias, streams in product(("kanarien", "kanarien-bad"), (False, True)):
        said.append(f"prompt to {alias}, {'streamed' if streams else 'whole'}")
        messages = [{"role": "user", "content": new(said[-1])}]
        body = {"model": alias, "messages": messages, "stream": streams}
        walker.answered(f"chat with {alias}", program.post("chat/completions", body))
        if alias == "kanarien":
            walker.shown(said[-1])  # the model repeats what it is told
    values = {name: new(f"marked value, {name}") for name in ("email", "note")}
    run = _run_that_asks(walker, values)
    for path in (f"runs/{run}/", f"runs/{run}/events/", "gateway/calls/"):
        walker.call("GET", path)
    walker.page(f"/runs/{run}/?node=ask")
    for number, asked in enumerate(walker.provider.asked):
        place = f"what a provider was asked, {number}"
        walker.planted.see(place, f"{asked.headers} {json.dumps(asked.body)}")
        for name in ("key of a provider", *said):
            walker.planted.allow(name, place)


def _run_that_asks(walker: Walker, values: dict[str, str]) -> str:
    """Let a run ask about marked values, while somebody watches it."""
    prompt = "Write to {{ input.email }} about {{ input.note }}"
    ask = node("ask", "ai.generate", config={"prompt": prompt, "route": "kanarien"})
    definition = marked(ask, body="{{ nodes.ask.output.text }}")
    with tenant_context(walker.world.tenant):
        owner = walker.world.people["owner"]
        made = create_workflow(actor=owner, name="Letters", definition=definition)
        run = start_run(made, actor=owner, inputs={**values, "plain": "x"}, version="draft")
        advance(run.pk)
        run.refresh_from_db()
        assert run.status == "succeeded", run.error
    walker.socket(
        "/ws/live", {"type": "subscribe", "run": str(run.pk)}, {"type": "subscribe_counts"}
    )
    return str(run.pk)


def sockets(walker: Walker) -> None:
    """Say secrets to sockets, in frames, tickets and cookies; and listen to what they tell."""
    new, workflow = walker.planted.new, walker.world.objects["workflow"]
    room = f"/ws/wf/{workflow}"
    walker.socket(
        "/ws/live",
        {"type": new("type of a frame")},
        {"type": "subscribe", "run": new("run of a frame")},
        {"type": "subscribe_comments", "workflow": new("workflow of a frame")},
        new("frame that is no object"),
        new("frame of bytes").encode(),
        *(
            {"type": "subscribe", "run": walker.world.objects[name]}
            for name in ("run", "asking_run", "withheld_run")
        ),
        {"type": "subscribe_comments", "workflow": workflow},
        {"type": "subscribe_counts"},
    )
    walker.socket(room, new("bad frame of a draft").encode())
    walker.socket(room, b"\x00\x00\x01\x00")  # all of the draft
    walker.socket(f"{room}?ticket={new('ticket of nobody')}", origin="")
    walker.socket(f"{room}?ticket={walker.world.tenant.slug}.{new('ticket of ours')}", origin="")
    strange = stranger()
    strange.cookies[settings.SESSION_COOKIE_NAME] = new("session that is none")
    walker.socket("/ws/live", client=strange)
    walker.socket(room, client=strange)
    answer = walker.call("POST", f"workflows/{workflow}/ticket/").json()
    ticket = walker.planted.known("ticket", answer["ticket"].partition(".")[2])
    walker.shown("ticket")
    for _ in range(2):  # it opens once
        walker.socket(f"{room}?ticket={answer['ticket']}", b"\x00\x00\x01\x00", origin="")
    assert ticket


EVERY = (
    tables, signing_in, invited, keys, webhooks, addresses, company, signing, factors, mailed_codes,
    platform, prompts, sockets,
)  # fmt: skip
