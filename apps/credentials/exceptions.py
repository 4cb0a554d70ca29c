"""What can go wrong with credentials."""

from apps.common.errors import Conflict, Invalid


class BadCredential(Invalid):
    """The credential cannot be kept like this."""

    code = "bad_credential"


class CredentialNameTaken(Conflict):
    """Another credential has this name. Choose another one."""

    code = "name_taken"


class CredentialUsed(Conflict):
    """Workflows use this credential: their steps would fail. Confirm, or change them first."""

    code = "credential_used"


class NotLent(Exception):
    """A step does not get the credential that it names; `hint` says what to do."""

    code = "credential_unusable"
    hint = "Choose another credential in the step."

    def __init__(self, message: str = "", *, retryable: bool = False) -> None:
        """Say what happened; the docstring is the message where nothing is added."""
        self.retryable = retryable
        self.message = message or (type(self).__doc__ or "").strip().split("\n")[0]
        super().__init__(self.message)


class CredentialMissing(NotLent):
    """The credential that the step names is not there any more."""

    code = "credential_missing"


class CredentialDisabled(NotLent):
    """The credential that the step names is disabled."""

    code = "credential_disabled"
    hint = "Enable it under Credentials, or choose another one in the step."


class CredentialForbidden(NotLent):
    """Whoever runs this draft may not use the credential that the step names."""

    code = "credential_forbidden"
    hint = "Ask somebody who may use it to publish the workflow, or choose another credential."


class NotFetched(NotLent):
    """The secret could not be read from where it is kept."""

    code = "credential_not_fetched"
    hint = "Look at what the credential refers to, under Credentials."
