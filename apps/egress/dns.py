"""What the domain name system says: the only other question that is asked of the outside."""

import dns.exception
import dns.resolver
from django.conf import settings

PATIENCE_S = 5.0


class NoAnswer(Exception):
    """The name server could not be asked."""


def txt_records(name: str) -> list[str]:
    """Return the TXT records of a name, none where there is no such name. Raises NoAnswer."""
    try:
        found = _resolver().resolve(name, "TXT", lifetime=PATIENCE_S, search=False)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except (dns.exception.DNSException, OSError) as error:
        raise NoAnswer(f"The name servers of {name} did not answer.") from error
    return [b"".join(record.strings).decode(errors="replace") for record in found]


def _resolver() -> dns.resolver.Resolver:
    """Return the machine's own resolver, or one that asks the operator's."""
    if not settings.DNS_SERVER:
        return dns.resolver.Resolver()
    host, _, port = settings.DNS_SERVER.partition(":")
    chosen = dns.resolver.Resolver(configure=False)
    chosen.nameservers, chosen.port = [host], int(port or 53)
    return chosen
