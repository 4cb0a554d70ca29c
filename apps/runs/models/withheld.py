"""Values that are withheld from the rows of a run, sealed."""

from django.db import models

from apps.runs.models.runs import Run


class Withheld(models.Model):
    """What stood where a placeholder stands, in a run or in those inside it."""

    created_at = models.DateTimeField()
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="withheld", db_index=False)
    data_class = models.CharField(max_length=31)
    name = models.CharField(max_length=16)
    sealed = models.TextField()  # its JSON

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "name"], name="runs_withheld_once")]
        indexes = [models.Index(fields=["data_class", "created_at"], name="runs_withheld_by_class")]

    def __str__(self) -> str:
        return f"[{self.data_class}:{self.name}]"

    @property
    def seal_context(self) -> str:
        """What its sealed text is bound to; a repeat of the run takes it over."""
        return f"withheld:{self.name}"
