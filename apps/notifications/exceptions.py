"""What can go wrong with notifications and mails."""

from apps.common.errors import Conflict


class NotDead(Conflict):
    """Only a mail that was given up can be sent again."""

    code = "not_dead"
