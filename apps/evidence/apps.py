"""The evidence app."""

from django.apps import AppConfig


class EvidenceConfig(AppConfig):
    """Writes packs of evidence, signed with keys of the workspace."""

    name = "apps.evidence"

    def ready(self) -> None:
        from apps.dispatch import chores
        from apps.evidence import policies, writing  # noqa: F401 - registers the policy
        from apps.evidence.keeping import Packs
        from apps.evidence.news import KINDS
        from apps.evidence.sections.closing import CONTEXT
        from apps.evidence.tasks import write_pack
        from apps.notifications import kinds
        from apps.retention import classes
        from apps.vault.signing import register_context

        register_context(CONTEXT)
        chores.register(writing.CHORE, chores.for_each(write_pack))
        classes.register("packs", Packs())
        kinds.register(*KINDS)
