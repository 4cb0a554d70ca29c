"""What guards look for, in groups that a policy decides about. Data alone: nothing is looked for here."""

from dataclasses import dataclass
from enum import StrEnum


class Place(StrEnum):
    """Where a call is looked at."""

    INPUT = "input"  # before a provider is asked
    OUTPUT = "output"  # before the asker is answered


class Action(StrEnum):
    """What becomes of what was found."""

    ALLOW = "allow"  # it is not looked for
    FLAG = "flag"  # it passes and is counted
    MASK = "mask"  # its kind stands in its place
    REPLACE = "replace"  # a placeholder goes to the provider; the answer has the value again
    REFUSE = "refuse"  # the call ends


class Severity(StrEnum):
    """How much a finding weighs, and how sure one can be of it."""

    HIGH = "high"
    MEDIUM = "medium"


class Group(StrEnum):
    """Kinds that are decided about together."""

    CONTACT = "contact"
    FINANCIAL = "financial"
    IDENTITY = "identity"
    SECRETS = "secrets"
    HIDDEN = "hidden"
    OVERRIDE = "override"
    LINKS = "links"


class Kind(StrEnum):
    """One kind of finding; the name is what stands in the place of what is masked."""

    EMAIL = "email"
    PHONE = "phone"
    IP_ADDRESS = "ip_address"
    CARD = "card"
    IBAN = "iban"
    US_SSN = "us_ssn"
    NATIONAL_ID = "national_id"
    BIRTH_DATE = "birth_date"
    PRIVATE_KEY = "private_key"
    AWS_KEY = "aws_key"
    GOOGLE_KEY = "google_key"
    GITHUB_TOKEN = "github_token"  # noqa: S105 - a kind
    GITLAB_TOKEN = "gitlab_token"  # noqa: S105 - a kind
    SLACK_TOKEN = "slack_token"  # noqa: S105 - a kind
    OPENAI_KEY = "openai_key"
    ANTHROPIC_KEY = "anthropic_key"
    STRIPE_KEY = "stripe_key"
    AUTERITY_KEY = "auterity_key"
    JWT = "jwt"
    URL_PASSWORD = "url_password"  # noqa: S105 - a kind
    PASSWORD = "password"  # noqa: S105 - a kind
    HIDDEN_TEXT = "hidden_text"
    CONTROL_MARK = "control_mark"
    OVERRIDE = "override"
    IMAGE = "outside_image"
    LINK = "outside_link"


@dataclass(frozen=True)
class About:
    """What people are told of a group, and what may become of its findings in each place."""

    label: str
    text: str
    severity: Severity
    kinds: tuple[Kind, ...]
    actions: dict[Place, tuple[Action, ...]]


_ALLOW, _FLAG, _MASK, _REPLACE, _REFUSE = tuple(Action)
_VALUES = {
    Place.INPUT: (_ALLOW, _FLAG, _MASK, _REPLACE, _REFUSE),
    Place.OUTPUT: (_ALLOW, _FLAG, _MASK, _REFUSE),
}
_PROMPTS = {Place.INPUT: (_ALLOW, _FLAG, _REFUSE), Place.OUTPUT: (_ALLOW,)}
_LINKS = {Place.INPUT: (_ALLOW,), Place.OUTPUT: (_ALLOW, _FLAG, _MASK, _REFUSE)}

GROUPS: dict[Group, About] = {
    Group.CONTACT: About(
        "Contact details", "E-mail addresses, phone numbers, IP addresses.", Severity.MEDIUM,
        (Kind.EMAIL, Kind.PHONE, Kind.IP_ADDRESS), _VALUES,
    ),
    Group.FINANCIAL: About(
        "Payment details", "Card numbers and IBANs whose check digits are right.", Severity.HIGH,
        (Kind.CARD, Kind.IBAN), _VALUES,
    ),
    Group.IDENTITY: About(
        "Identity",
        "US social security numbers, national ids of fifteen more countries, labelled dates of birth.",
        Severity.HIGH, (Kind.US_SSN, Kind.NATIONAL_ID, Kind.BIRTH_DATE), _VALUES,
    ),
    Group.SECRETS: About(
        "Secrets", "Private keys, keys and tokens of known services, passwords that are named so.",
        Severity.HIGH,
        (
            Kind.PRIVATE_KEY, Kind.AWS_KEY, Kind.GOOGLE_KEY, Kind.GITHUB_TOKEN, Kind.GITLAB_TOKEN,
            Kind.SLACK_TOKEN, Kind.OPENAI_KEY, Kind.ANTHROPIC_KEY, Kind.STRIPE_KEY,
            Kind.AUTERITY_KEY, Kind.JWT, Kind.URL_PASSWORD, Kind.PASSWORD,
        ),
        _VALUES,
    ),
    Group.HIDDEN: About(
        "Hidden instructions",
        "Invisible characters that carry text, and the control marks of models, in what is not yours.",
        Severity.HIGH, (Kind.HIDDEN_TEXT, Kind.CONTROL_MARK), _PROMPTS,
    ),
    Group.OVERRIDE: About(
        "Attempts to take over", "Sentences such as “ignore all previous instructions”.",
        Severity.MEDIUM, (Kind.OVERRIDE,), _PROMPTS,
    ),
    Group.LINKS: About(
        "Links that carry data", "Images and links in answers that would send data to hosts you do not trust.",
        Severity.HIGH, (Kind.IMAGE, Kind.LINK), _LINKS,
    ),
}  # fmt: skip
GROUP_OF: dict[Kind, Group] = {kind: name for name, about in GROUPS.items() for kind in about.kinds}

# As people call one of them.
NAMES: dict[Kind, str] = {
    Kind.EMAIL: "e-mail address", Kind.PHONE: "phone number", Kind.IP_ADDRESS: "IP address",
    Kind.CARD: "card number", Kind.IBAN: "IBAN", Kind.US_SSN: "US social security number",
    Kind.NATIONAL_ID: "national id", Kind.BIRTH_DATE: "date of birth",
    Kind.PRIVATE_KEY: "private key", Kind.AWS_KEY: "AWS key", Kind.GOOGLE_KEY: "Google key",
    Kind.GITHUB_TOKEN: "GitHub token", Kind.GITLAB_TOKEN: "GitLab token",
    Kind.SLACK_TOKEN: "Slack token", Kind.OPENAI_KEY: "OpenAI key",
    Kind.ANTHROPIC_KEY: "Anthropic key", Kind.STRIPE_KEY: "Stripe key",
    Kind.AUTERITY_KEY: "key of a workspace", Kind.JWT: "signed token",
    Kind.URL_PASSWORD: "password in an address", Kind.PASSWORD: "password",
    Kind.HIDDEN_TEXT: "hidden text", Kind.CONTROL_MARK: "control mark of a model",
    Kind.OVERRIDE: "attempt to take over", Kind.IMAGE: "image from an untrusted host",
    Kind.LINK: "link that carries data to an untrusted host",
}  # fmt: skip
