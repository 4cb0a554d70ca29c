"""`manage.py create_staff`: a way into the platform administration, printed as the last word."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email

from apps.accounts.links import sign_in_path
from apps.accounts.services import add_staff
from apps.tenants.addresses import admin_url


class Command(BaseCommand):
    """Let somebody into the platform administration; repeating it prints a fresh link."""

    help = "Print a one-time sign-in link to the platform administration; it is the last word."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="address of the member of staff")
        parser.add_argument(
            "--new-second-factor",
            action="store_true",
            help="forget a lost second factor; the next sign-in sets up another",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        email = options["email"]
        try:
            validate_email(email)
        except ValidationError as error:
            raise CommandError(f"{email} is not an e-mail address.") from error
        user = add_staff(email=email, new_second_factor=options["new_second_factor"])
        self.stderr.write(
            f"{user.email} enters {admin_url()} once, within a day, by this link; "
            "a second factor is asked for, or set up:"
        )
        self.stdout.write(admin_url() + sign_in_path(user))
