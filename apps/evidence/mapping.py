"""Which files of a pack show what: criteria of SOC 2 (2017, points of focus 2022) and safeguards of HIPAA (45 CFR)."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Shows:
    """What files whose names begin so are about, and what they are evidence for."""

    prefix: str
    about: str
    soc2: tuple[str, ...]
    hipaa: tuple[str, ...]


MAPPING = (
    Shows("audit/entries-", "Who did what, link by link of the chain", ("CC4.1", "CC7.2", "CC7.3"), ("164.308(a)(1)(ii)(D)", "164.312(b)")),
    Shows("audit/chain", "Whether the trail is as it was written, and its signed head", ("CC7.2", "PI1.5"), ("164.312(b)", "164.312(c)(1)")),
    Shows("access/people", "Who has what, where it comes from, when it was last used", ("CC6.2", "CC6.3"), ("164.308(a)(3)", "164.308(a)(4)", "164.312(a)(2)(i)")),
    Shows("access/roles", "What roles allow, and what groups hold", ("CC6.1", "CC6.3"), ("164.308(a)(4)(ii)(B)", "164.312(a)(1)")),
    Shows("access/sign-in", "Sessions, second factors, companies' providers", ("CC6.1", "CC6.6"), ("164.308(a)(5)(ii)(D)", "164.312(a)(2)(iii)", "164.312(d)")),
    Shows("reviews/", "Access reviews that were closed in the period", ("CC4.1", "CC6.2", "CC6.3"), ("164.308(a)(4)(ii)(C)", "164.308(a)(8)")),
    Shows("keys/", "Since when which key seals", ("CC6.1", "CC6.7"), ("164.312(a)(2)(iv)", "164.312(e)(2)(ii)")),
    Shows("retention/rules", "How long what is kept, and legal holds", ("C1.1", "CC6.5"), ("164.316(b)(2)(i)", "164.310(d)(2)(i)")),
    Shows("retention/deletions", "What was deleted, with proofs", ("C1.2", "CC6.5"), ("164.310(d)(2)(i)",)),
    Shows("operations/incidents", "Services that failed, and what was denied", ("A1.2", "CC7.3", "CC7.4"), ("164.308(a)(6)(ii)",)),
    Shows("operations/backups", "What is known of backups and restores", ("A1.2", "A1.3"), ("164.308(a)(7)(ii)(A)", "164.308(a)(7)(ii)(B)", "164.308(a)(7)(ii)(D)")),
    Shows("providers/", "To whom else data went", ("CC9.2",), ("164.308(b)(1)", "164.314(a)")),
)  # fmt: skip


def of(name: str) -> Shows | None:
    """Return what a file shows; None for those that are about the pack itself."""
    return next((each for each in MAPPING if name.startswith(each.prefix)), None)
