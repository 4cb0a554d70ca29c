"""What is in a pack, in the order in which it is written."""

from apps.evidence.sections import access, closing, governance, operations, trail
from apps.evidence.sections.shape import Section

SECTIONS: tuple[Section, ...] = (
    trail.entries,
    trail.chain_file,
    access.people,
    access.roles,
    access.sign_in,
    governance.reviews,
    governance.keys,
    governance.rules,
    governance.deletions,
    operations.incidents,
    operations.backups,
    operations.processors,
    closing.index,
    closing.readme,
    closing.manifest,
    closing.signature,
)
