"""What can go wrong on the way into a workspace."""

from apps.common.errors import DomainError


class SignUpClosed(DomainError):
    """This link was used already or is older than an hour. Start again with your e-mail."""

    status, code = 410, "sign_up_closed"


class ArrivalClosed(DomainError):
    """This way in was used already or has expired. Sign in with your e-mail and password."""

    status, code = 410, "arrival_closed"
