"""Finding the version that a reference leads to: by a call, without a query where it is known.

A reference is `slug` for the newest version, `slug@3` for one by its number, or `slug@production`
for the one that has the label.
"""

from dataclasses import dataclass, replace

from apps.gateway.calls import CompletionRequest
from apps.gateway.exceptions import UnknownPrompt
from apps.gateway.memory import Memory
from apps.gateway.models import Prompt, PromptVersion
from apps.gateway.prompts.content import Content

FRESH_S, GOOD_S = 10.0, 30.0  # how late a moved label counts when nobody is told of it


@dataclass(frozen=True)
class Found:
    """A version, by its number."""

    reference: str  # slug@number
    content: Content


def parts_of(reference: str) -> tuple[str, str]:
    """Return the slug and which version is wanted: a number, a label, or nothing for the newest."""
    slug, _, wanted = reference.partition("@")
    return slug.strip(), wanted.strip()


def find(reference: str) -> Found | None:
    """Return what a reference leads to now."""
    slug, wanted = parts_of(reference)
    prompt = Prompt.objects.filter(slug=slug).first()
    version = _version(prompt, wanted) if prompt is not None else None
    if version is None:
        return None
    return Found(f"{slug}@{version.number}", Content.model_validate(version.content))


async def filled(request: CompletionRequest) -> CompletionRequest:
    """Return a request with the messages of the prompt that it names before its own.

    What it says itself of temperature and length holds. Raises UnknownPrompt, BadVariables.
    """
    if not request.prompt:
        return request
    found = await _known.get(request.prompt)
    if found is None:
        raise UnknownPrompt(f"The library has no prompt “{request.prompt[:140]}”.")
    params = found.content.params
    return replace(
        request,
        prompt=found.reference,
        messages=[*found.content.filled(request.variables), *request.messages],
        temperature=params.temperature if request.temperature is None else request.temperature,
        max_tokens=params.max_tokens if request.max_tokens is None else request.max_tokens,
    )


def _version(prompt: Prompt, wanted: str) -> PromptVersion | None:
    if not wanted:
        return prompt.versions.first()
    if wanted.isascii() and wanted.isdigit() and len(wanted) < 10:
        return prompt.versions.filter(number=int(wanted)).first()
    label = prompt.labels.filter(name=wanted).select_related("version").first()
    return label.version if label is not None else None


_known: Memory[Found] = Memory(find, fresh_s=FRESH_S, good_s=GOOD_S)
