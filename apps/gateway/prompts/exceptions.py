"""What can go wrong with a prompt."""

from apps.common.errors import Conflict, Invalid


class BadPrompt(Invalid):
    """The prompt cannot be saved like this."""

    code = "bad_prompt"


class NothingNew(Conflict):
    """The newest version says the same."""

    code = "nothing_new"


class PromptUsed(Conflict):
    """Workflows use this prompt. Change those first."""

    code = "prompt_used"
