"""Whether what looks like a number is one: by its check digits, or by a plan of numbers."""

import base64
import binascii
import ipaddress
import json
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable
from types import ModuleType

import phonenumbers
from stdnum import iban, luhn
from stdnum.au import tfn
from stdnum.be import nn
from stdnum.br import cpf
from stdnum.ca import sin
from stdnum.ch import ssn as ahv
from stdnum.de import idnr
from stdnum.es import dni, nie
from stdnum.fi import hetu
from stdnum.fr import nir
from stdnum.gb import nhs
from stdnum.in_ import aadhaar
from stdnum.it import codicefiscale
from stdnum.nl import bsn
from stdnum.pl import pesel
from stdnum.se import personnummer
from stdnum.us import ssn

Check = Callable[[str], bool]

ENTROPY = 3.0  # bits a character: words have less, random characters more
# What stands in examples in the place of a secret.
STAND_IN = re.compile(
    r"[<\[{$%]|\*{3}|\.{3}|x{4}|change_?me|(?:your|my|the|some|example|change|placeholder|redacted|dummy)[_-]|"
    r"os\.|env|process\.|getenv|none$|null$|true$|false$|required|optional|incorrect|invalid|missing",
    re.IGNORECASE,
)


def is_card(value: str) -> bool:
    """Tell whether digits are those of a payment card, by their first and the last of them."""
    digits = _digits(value)
    known = digits[0] in "3456" or (digits.startswith("2") and "2221" <= digits[:4] <= "2720")
    return known and len(set(digits)) > 1 and luhn.is_valid(digits)


def is_iban(value: str) -> bool:
    """Tell whether a text is an account's number, the cheap half of that first."""
    plain = value.replace(" ", "")
    digits = "".join(str(int(each, 36)) for each in plain[4:] + plain[:4])
    return int(digits) % 97 == 1 and iban.is_valid(plain)


def is_ip(value: str) -> bool:
    """Tell whether a text is an address of one machine, and not of this one."""
    try:
        address = ipaddress.ip_address(value)
    except ValueError:
        return False
    return not (address.is_loopback or address.is_unspecified or address.is_multicast)


def is_international(value: str) -> bool:
    """Tell whether a number with its country can be a phone's."""
    return _could_be_phone("+" + _digits(value).removeprefix("00"), None)


def is_national(value: str) -> bool:
    """Tell whether a number with its leading zero is one of a plan that writes them in groups."""
    return any(_is_phone(value, region) for region in ("GB", "FR"))


def is_us_ssn(value: str) -> bool:
    """Tell whether digits can be a social security number of the United States."""
    return ssn.is_valid(value.replace(" ", ""))


def is_any_of(*kinds: ModuleType) -> Check:
    """Return what tells whether a text is a valid number of one of several kinds."""

    def check(value: str) -> bool:
        return any(each.is_valid(value) for each in kinds)

    return check


is_elevens = is_any_of(pesel, idnr, nn)  # eleven digits, which other numbers have as well
is_nines = is_any_of(bsn, sin, tfn)
is_cpf, is_nir, is_ahv, is_aadhaar, is_nhs = map(is_any_of, (cpf, nir, ahv, aadhaar, nhs))
is_fiscal_code, is_spanish, is_hetu = is_any_of(codicefiscale), is_any_of(dni, nie), is_any_of(hetu)
is_personnummer = is_any_of(personnummer)


def is_token(value: str) -> bool:
    """Tell whether the first part of a text says that it is a signed token."""
    head = value.split(".", 1)[0]
    try:
        told = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        return False
    return isinstance(told, dict) and "alg" in told


def is_secret(value: str) -> bool:
    """Tell whether what a password's name is followed by is one, not a word or an example."""
    return STAND_IN.match(value) is None and _entropy(value) >= ENTROPY


def is_random(value: str) -> bool:
    """Tell whether a key's text after its well-known beginning is not that of an example."""
    return _entropy(value[-20:]) >= ENTROPY


def shortened(value: str, check: Check) -> str:
    """Return the beginning of a text that a check accepts, cut at its gaps; empty where there is none."""
    for cut in _cuts(value):
        if check(value[:cut]):
            return value[:cut]
    return ""


def _cuts(value: str) -> Iterable[int]:
    gaps = [each.start() for each in re.finditer(r"[ ./()-]+", value)]
    return [len(value), *reversed(gaps)][:4]


def _digits(value: str) -> str:
    return "".join(each for each in value if each.isdigit())


def _could_be_phone(value: str, region: str | None) -> bool:
    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(value, region))
    except phonenumbers.NumberParseException:
        return False


def _is_phone(value: str, region: str) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(value, region))
    except phonenumbers.NumberParseException:
        return False


def _entropy(value: str) -> float:
    counts = Counter(value).values()
    return -sum(each / len(value) * math.log2(each / len(value)) for each in counts)
