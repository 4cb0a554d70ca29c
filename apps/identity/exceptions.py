"""What can go wrong between a company's identity provider and us, in words for both sides."""

from http import HTTPStatus

from apps.common.errors import Conflict, DomainError, Invalid


class SignInRefused(DomainError):
    """You could not be signed in."""

    status, code = HTTPStatus.FORBIDDEN, "sign_in_refused"
    hint: str = "Try again. If it happens again, show this page to your administrator."

    @property
    def reason(self) -> str:
        """What the trail says of it."""
        return self.code


class AttemptClosed(SignInRefused):
    """This sign-in was begun in another browser, took longer than ten minutes, or was used already."""

    code = "attempt_closed"
    hint = "Begin again on the sign-in page."


class ProviderRefused(SignInRefused):
    """The identity provider did not let you through."""

    code = "provider_refused"
    hint = "Ask the administrator of your identity provider to assign this application to you."


class ProviderFailed(SignInRefused):
    """The identity provider could not be asked."""

    status, code = HTTPStatus.BAD_GATEWAY, "provider_failed"
    hint = "Check the address of the provider, then try again."


class AnswerRefused(SignInRefused):
    """What the identity provider answered could not be trusted."""

    code = "answer_refused"
    hint = "Compare the settings in the provider with those on the set-up page."


class AssertionRefused(AnswerRefused):
    """What the identity provider asserted could not be trusted."""

    def __init__(self, reason: str, detail: str, hint: str = "") -> None:
        """Say what is wrong in a word for the trail, in words for people, and what to do."""
        super().__init__(detail)
        self._reason = reason
        self.hint = hint or self.hint

    @property
    def reason(self) -> str:
        """Which of the checks it did not pass."""
        return self._reason


class NoSubject(SignInRefused):
    """The identity provider did not say who you are."""

    code = "no_subject"
    hint = "Send an identifier that never changes for a person."


class ChangingSubject(SignInRefused):
    """The identity provider sends another Name ID at every sign-in."""

    code = "changing_subject"
    hint = "People are known by an id that never changes: set the Name ID format to Persistent, then test again."


class OutsideDomains(SignInRefused):
    """Your e-mail address lies outside the domains of this sign-in."""

    code = "outside_domains"
    hint = "Add and prove the domain, or let an administrator invite you."


class EmailNotVerified(SignInRefused):
    """The identity provider does not vouch for your e-mail address."""

    code = "email_not_verified"
    hint = "Confirm the address at the provider, so that it sends email_verified: true."


class NoRole(SignInRefused):
    """None of your groups has a role here."""

    code = "no_role"
    hint = "Map one of the groups to a role, or choose a role for everyone else."


class NoEmail(SignInRefused):
    """The identity provider sent no e-mail address."""

    code = "no_email"
    hint = (
        "Let it send the address under the name that stands under Exchange details, such as email."
    )


class BeyondCeiling(SignInRefused):
    """An owner has to confirm this sign-in first: you have more rights here than come in by it yet."""

    code = "beyond_ceiling"
    hint = "Until then sign in as before. Owners confirm it under Single sign-on."


class NotProvedAnew(SignInRefused):
    """The provider did not ask you again, or you are somebody else there."""

    code = "not_proved_anew"
    hint = "Sign in at the provider as yourself, with its password or what it asks for."


class NotInvited(SignInRefused):
    """You are not a member of this workspace, and signing in makes nobody one."""

    code = "not_invited"
    hint = "Ask an administrator of the workspace to invite you, or to let the directory add you."


class NotActive(SignInRefused):
    """Your account here is suspended."""

    code = "not_active"
    hint = "Ask an administrator of the workspace."


class WasRemoved(SignInRefused):
    """You were removed from this workspace."""

    code = "was_removed"
    hint = "Ask an administrator of the workspace to invite you again."


class NotOpen(SignInRefused):
    """This sign-in is not switched on."""

    status, code = HTTPStatus.CONFLICT, "not_open"
    hint = "An owner switches it on after a test that passed."


class NotYours(Conflict):
    """This link may not do that. An owner does it."""

    code = "not_yours"


class NotConfirmed(Conflict):
    """A set-up link switched this connection on. Confirm it first, or switch it off."""

    code = "not_confirmed"


class NotTested(Conflict):
    """Test the connection with its present settings first; it can be switched on after a test that passed."""

    code = "not_tested"


class NeedsDomain(Conflict):
    """Prove a domain and choose this connection for it first: only its addresses come in this way."""

    code = "needs_domain"


class NeedsBreakGlass(Conflict):
    """Name an owner who may sign in without the provider first, for the day on which it fails."""

    code = "needs_break_glass"


class NeedsConnection(Conflict):
    """Choose a connection that is switched on for the domain first."""

    code = "needs_connection"


class StillEnforced(Conflict):
    """A domain may only be signed in through this. Stop that first."""

    code = "still_enforced"


class DomainTaken(Conflict):
    """This domain is listed already."""

    code = "domain_taken"


class NotProved(Invalid):
    """The TXT record was not found."""

    code = "not_proved"


class SetupClosed(DomainError):
    """This set-up link was used or withdrawn, is older than a day, or its maker is no owner any more. Ask for a new one."""

    status, code = HTTPStatus.GONE, "setup_closed"
