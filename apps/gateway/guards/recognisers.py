"""What values look like that say something about a person, or open a door.

Each shape is bounded and begins where no other character of its kind stands before it, so that
looking through a text takes time in proportion to its length, whatever it holds.
"""

import re
from dataclasses import dataclass
from functools import cached_property

from apps.gateway.guards import checks
from apps.gateway.guards.checks import Check
from apps.gateway.guards.kinds import Kind

BEFORE = 48  # characters in which a label may stand
ALONE = r"(?<![A-Za-z0-9])"
ENDS = r"(?![A-Za-z0-9])"
# Where a number may begin; ours are then tried there alone.
START = re.compile(
    rf"{ALONE}(?<![0-9]\.)(?:[+(]{{1,2}}(?=[0-9])|(?=[A-Za-z]{{0,6}}[0-9]|[A-Z]{{2}} [0-9]))"
)
GAP = r"[ .\-]?"


@dataclass(frozen=True)
class Recogniser:
    """One shape of a kind. Of its match the group `v` is the value, or all of it."""

    kind: Kind
    pattern: str
    check: Check | None = None
    # A text that is looked through holds one of the cues, and one of the others, in small letters.
    cues: tuple[str, ...] = ()
    also: tuple[str, ...] = ("",)
    label: str = ""  # what must stand shortly before
    cuts: bool = False  # whether its end may belong to what follows
    flags: int = 0

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        """The shape, ready to be looked for."""
        return re.compile(self.pattern, self.flags)

    @cached_property
    def labelled(self) -> re.Pattern[str]:
        """What must stand before."""
        return re.compile(
            rf"(?<![A-Za-z])(?:{self.label})[^A-Za-z0-9]{{0,6}}(?:[a-z#]{{1,6}}[^A-Za-z0-9]{{1,4}}){{0,2}}$",
            re.IGNORECASE,
        )

    def may_be_in(self, lowered: str) -> bool:
        """Tell whether it is worth looking through a text, which is given in small letters."""
        return any(cue in lowered for cue in self.cues) and any(cue in lowered for cue in self.also)

    def accepted(self, found: re.Match[str]) -> tuple[int, int] | None:
        """Return where the value of a match stands; None for what only looks like one."""
        start, end = found.span("v" if "v" in found.re.groupindex else 0)
        text = found.string
        if self.label and not self.labelled.search(text, max(0, start - BEFORE), start):
            return None
        if self.check is None:
            return start, end
        value = text[start:end]
        kept = checks.shortened(value, self.check) if self.cuts else value
        if not self.cuts and not self.check(value):
            return None
        return (start, start + len(kept)) if kept else None


def _worded(kind: Kind, pattern: str, *cues: str, check: Check | None = None) -> Recogniser:
    return Recogniser(kind, pattern, check, cues, flags=re.IGNORECASE)


_KEY = r"-----BEGIN (?:[A-Z0-9]{1,12} ){0,4}PRIVATE KEY-----"

SECRETS = (
    Recogniser(
        Kind.PRIVATE_KEY,
        _KEY + r"(?:[^-]|-(?!----)){0,8192}-----END [A-Z0-9 ]{1,60}-----",
        cues=("private key-----",),
    ),
    Recogniser(Kind.PRIVATE_KEY, _KEY + r"[A-Za-z0-9+/=\s\\]{0,8192}", cues=("private key-----",)),
    Recogniser(Kind.AWS_KEY, rf"{ALONE}(?:AKIA|ASIA)[A-Z0-9]{{16}}{ENDS}", cues=("akia", "asia")),
    Recogniser(
        Kind.GOOGLE_KEY, rf"{ALONE}AIza[A-Za-z0-9_\-]{{35}}(?![A-Za-z0-9_\-])", cues=("aiza",)
    ),
    Recogniser(
        Kind.GITHUB_TOKEN,
        rf"{ALONE}(?:gh[opsur]_[A-Za-z0-9]{{36,255}}|github_pat_[A-Za-z0-9_]{{22,255}}){ENDS}",
        cues=("gho_", "ghp_", "ghs_", "ghu_", "ghr_", "github_pat_"),
    ),
    Recogniser(Kind.GITLAB_TOKEN, rf"{ALONE}glpat-[A-Za-z0-9_\-]{{20,64}}", cues=("glpat-",)),
    Recogniser(
        Kind.SLACK_TOKEN,
        rf"{ALONE}(?:xox[abeoprs]-[A-Za-z0-9\-]{{10,250}}|"
        r"https://hooks\.slack\.com/services/[A-Za-z0-9/]{20,100})",
        cues=("xox", "hooks.slack.com"),
    ),
    Recogniser(
        Kind.ANTHROPIC_KEY,
        rf"{ALONE}sk-ant-[A-Za-z0-9_\-]{{20,200}}",
        checks.is_random,
        cues=("sk-ant-",),
    ),
    Recogniser(
        Kind.OPENAI_KEY,
        rf"{ALONE}sk-(?!ant-)[A-Za-z0-9_\-]{{20,200}}",
        checks.is_random,
        cues=("sk-",),
    ),
    Recogniser(
        Kind.STRIPE_KEY,
        rf"{ALONE}[rs]k_(?:live|test)_[A-Za-z0-9]{{16,128}}",
        cues=("k_live_", "k_test_"),
    ),
    Recogniser(
        Kind.AUTERITY_KEY, rf"{ALONE}aut_[A-Za-z0-9]{{8}}_[A-Za-z0-9_\-]{{20,100}}", cues=("aut_",)
    ),
    Recogniser(
        Kind.JWT,
        r"(?<![A-Za-z0-9_\-])eyJ[A-Za-z0-9_\-]{8,2000}\.[A-Za-z0-9_\-]{8,8000}(?:\.[A-Za-z0-9_\-]{0,2000})?",
        checks.is_token,
        cues=("eyj",),
    ),
    Recogniser(
        Kind.URL_PASSWORD,
        rf"{ALONE}[A-Za-z][A-Za-z0-9+.\-]{{1,20}}://[^\s/:@'\"<>]{{0,64}}:(?P<v>[^\s/@'\"<>]{{3,128}})@",
        lambda value: checks.STAND_IN.match(value) is None,
        cues=("://",),
    ),
    _worded(
        Kind.PASSWORD,
        r"(?<![A-Za-z])(?:pass(?:word|wd|phrase)|pwd|passwort|contraseña|mot de passe|secret|token|"
        r"(?:api|access|secret|auth|private|account|client)[ _\-]?(?:key|token|secret)|bearer)"
        r"[\"'`]{0,2}(?:\s{0,3}(?:[:=]|=>|is)\s{0,3}|\s)[\"'`]{0,2}(?P<v>[^\s\"'`,;<>]{8,200})",
        "pass",
        "pwd",
        "secret",
        "token",
        "key",
        "bearer",
        "contraseña",
        check=checks.is_secret,
    ),
)

MONTHS = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    "sep(?:t(?:ember)?)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?"
)
DATE = (
    r"(?:[0-9]{4}[\-/.][0-9]{1,2}[\-/.][0-9]{1,2}|[0-9]{1,2}[\-/.][0-9]{1,2}[\-/.][0-9]{2,4}|"
    rf"[0-9]{{1,2}}(?:st|nd|rd|th)?\.? (?:{MONTHS})\.?,? [0-9]{{4}}|(?:{MONTHS})\.? [0-9]{{1,2}}(?:st|nd|rd|th)?,? [0-9]{{4}})"
)
PEOPLE = (
    Recogniser(
        Kind.EMAIL,
        r"(?<![A-Za-z0-9.%+_'\-])[A-Za-z0-9][A-Za-z0-9.%+_'\-]{0,63}@"
        r"(?:[A-Za-z0-9\-]{1,63}\.){1,6}[A-Za-z]{2,24}(?![A-Za-z])",
        cues=("@",),
    ),
    _worded(
        Kind.BIRTH_DATE,
        r"(?<![A-Za-z])(?:date[ _]of[ _]birth|birth[ _]?da(?:te|y)|born(?: on)?|d\.?o\.?b\.?|geburtsdatum|"
        r"geb(?:oren)?\.?(?: am)?|née? le|fecha[ _]de[ _]nacimiento|data di nascita)"
        rf"[\"']?\s{{0,2}}[:=]?\s{{0,2}}[\"']?(?P<v>{DATE})(?![0-9])",
        "birth",
        "born",
        "dob",
        "d.o.b",
        "geb",
        "né",
        "nacimiento",
        "nascita",
    ),
    Recogniser(
        Kind.IP_ADDRESS,
        r"(?<![\w:.])(?:[0-9A-Fa-f]{1,4}:(?:[0-9A-Fa-f]{0,4}:){2,6}|[0-9A-Fa-f]{1,4}::)[0-9A-Fa-f]{0,4}(?![\w:])",
        lambda value: value.count(":") >= 3 and checks.is_ip(value),
        cues=(":",),
    ),
)
NUMBERS = (
    Recogniser(
        Kind.IBAN,
        r"[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?",
        checks.is_iban,
        cuts=True,
    ),
    Recogniser(Kind.IBAN, rf"[a-z]{{2}}[0-9]{{2}}[a-z0-9]{{11,30}}{ENDS}", checks.is_iban),
    Recogniser(
        Kind.CARD,
        r"(?:[0-9]{4}([ \-])[0-9]{4}\1[0-9]{4}\1[0-9]{4}(?:\1[0-9]{3})?|3[0-9]{3}[ \-][0-9]{6}[ \-][0-9]{5}|[0-9]{13,19})(?![0-9])",
        checks.is_card,
        cuts=True,
    ),
    Recogniser(
        Kind.NATIONAL_ID, rf"756\.?[0-9]{{4}}\.?[0-9]{{4}}\.?[0-9]{{2}}{ENDS}", checks.is_ahv
    ),
    Recogniser(
        Kind.NATIONAL_ID,
        rf"[12] ?[0-9]{{2}} ?[0-9]{{2}} ?[0-9AB]{{2}} ?[0-9]{{3}} ?[0-9]{{3}} ?[0-9]{{2}}{ENDS}",
        checks.is_nir,
    ),
    Recogniser(
        Kind.NATIONAL_ID,
        rf"[A-Za-z]{{6}}[0-9LMNPQRSTUV]{{2}}[A-Za-z][0-9LMNPQRSTUV]{{2}}[A-Za-z][0-9LMNPQRSTUV]{{3}}[A-Za-z]{ENDS}",
        checks.is_fiscal_code,
        flags=re.IGNORECASE,
    ),
    Recogniser(
        Kind.NATIONAL_ID,
        rf"(?:[0-9]{{8}}-?[A-Z]|[XYZ]-?[0-9]{{7}}-?[A-Z]){ENDS}",
        checks.is_spanish,
    ),
    Recogniser(Kind.NATIONAL_ID, rf"[0-9]{{6}}[+\-A-FU-Y][0-9]{{3}}[0-9A-Y]{ENDS}", checks.is_hetu),
    Recogniser(
        Kind.NATIONAL_ID, rf"(?:[0-9]{{2}})?[0-9]{{6}}[+\-][0-9]{{4}}{ENDS}", checks.is_personnummer
    ),
    Recogniser(
        Kind.NATIONAL_ID, rf"[0-9]{{3}}\.[0-9]{{3}}\.[0-9]{{3}}-[0-9]{{2}}{ENDS}", checks.is_cpf
    ),
    Recogniser(
        Kind.NATIONAL_ID, r"[2-9][0-9]{3} [0-9]{4} [0-9]{4}(?![ \-]?[0-9])", checks.is_aadhaar
    ),
    Recogniser(
        Kind.NATIONAL_ID,
        rf"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?[0-9]{{2}} ?[0-9]{{2}} ?[0-9]{{2}} ?[A-D]{ENDS}",
    ),
    Recogniser(
        Kind.NATIONAL_ID,
        r"[0-9]{2}[0-9 .\-]{8,13}[0-9](?![0-9])",
        checks.is_elevens,
        label=r"pesel|steuer[a-z\-]{0,20}|idnr|tax id|rijksregister[a-z]{0,8}|national number|numéro national",
    ),
    Recogniser(
        Kind.NATIONAL_ID,
        rf"[0-9]{{3}}{GAP}[0-9]{{3}}{GAP}[0-9]{{2,3}}(?![0-9])",
        checks.is_nines,
        label=r"bsn|burgerservice[a-z]{0,8}|sin|social insurance(?: number)?|tfn|tax file(?: number)?",
    ),
    Recogniser(
        Kind.NATIONAL_ID,
        rf"[0-9]{{3}}{GAP}[0-9]{{3}}{GAP}[0-9]{{4}}(?![0-9])",
        checks.is_nhs,
        label=r"nhs(?: (?:no|number))?",
    ),
    Recogniser(Kind.US_SSN, rf"[0-9]{{3}}([ \-])[0-9]{{2}}\1[0-9]{{4}}{ENDS}", checks.is_us_ssn),
    Recogniser(
        Kind.US_SSN,
        rf"[0-9]{{9}}{ENDS}",
        checks.is_us_ssn,
        label=r"ssn|social security(?: (?:no|number))?",
    ),
    Recogniser(Kind.IP_ADDRESS, r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?![\w.]?[0-9])", checks.is_ip),
    Recogniser(
        Kind.PHONE,
        r"\(?(?:\+|00(?=[1-9]))[ (]?[0-9][0-9 ().\-/]{5,20}[0-9](?![0-9])",
        checks.is_international,
        cuts=True,
    ),
    Recogniser(
        Kind.PHONE,
        rf"(?:1[ .\-])?(?:\([2-9][0-9]{{2}}\) ?|[2-9][0-9]{{2}}[ .\-])[2-9][0-9]{{2}}[ .\-][0-9]{{4}}{ENDS}",
    ),
    Recogniser(
        Kind.PHONE, r"\(?0[1-9][0-9]{0,3}\)?(?:[ .\-][0-9]{2,4}){2,4}(?![0-9])", checks.is_national
    ),
    Recogniser(
        Kind.PHONE,
        r"\(?0?[0-9][0-9 ()./\-]{5,16}[0-9](?![0-9])",
        lambda value: 7 <= sum(map(str.isdigit, value)) <= 15,
        label=r"tel(?:efon|ephone|éfono)?|phone(?: ?(?:no|number))?|mobile?|mobil|cell|fax|handy|whatsapp|call(?: me)?(?: (?:on|at))?|teléfono|téléphone|rufnummer",
    ),
)
ANYWHERE: tuple[Recogniser, ...] = (*SECRETS, *PEOPLE)
