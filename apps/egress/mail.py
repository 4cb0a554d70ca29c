"""Mail through the operator's server, which has a breaker like every other service."""

import smtplib
from collections.abc import Sequence

from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend

from apps.egress.breakers import Fault, Health, Verdict, breaker

SERVER = "The mail server"  # its name is the operator's own business


class GuardedEmailBackend(EmailBackend):
    """Django's SMTP, left alone while it keeps failing. Raises BreakerOpen then."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        with breaker("mail", SERVER, judge=judge_mail):
            return super().send_messages(email_messages)


def judge_mail(error: Exception) -> Verdict:
    """Return whose fault it was: a server that refuses a letter is well."""
    if isinstance(error, smtplib.SMTPRecipientsRefused | smtplib.SMTPSenderRefused):
        return Health.WELL
    if isinstance(error, smtplib.SMTPResponseException):
        return Fault(f"It answered {error.smtp_code}")
    if isinstance(error, OSError):  # smtplib's own errors too
        return Fault(f"It could not be reached: {type(error).__name__}")
    return Health.UNKNOWN
