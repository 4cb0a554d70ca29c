"""Audit entries, the chain that they are linked into, and what checks of it found."""

from typing import Never

from django.db import models

from apps.common.ids import uuid7


class AuditEntry(models.Model):
    """One change, denial or use of a secret, written in the transaction of what it tells about."""

    class Result(models.TextChoices):
        OK = "ok"
        DENIED = "denied"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    at = models.DateTimeField(auto_now_add=True, db_index=True)
    actor_type = models.CharField(max_length=40)
    actor_id = models.CharField(max_length=64, blank=True)
    actor_label = models.CharField(max_length=200)
    via = models.CharField(max_length=200, blank=True)  # the API key, where one acted
    action = models.CharField(max_length=80, db_index=True)
    target_type = models.CharField(max_length=40, blank=True)
    target_id = models.CharField(max_length=64, blank=True)
    target_label = models.CharField(max_length=200, blank=True)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    result = models.CharField(max_length=8, choices=Result, default=Result.OK)
    ip = models.GenericIPAddressField(null=True)
    request_id = models.CharField(max_length=36, blank=True)

    class Meta:
        db_table = "audit_entry"
        ordering = ["-at"]
        indexes = [
            models.Index(fields=["target_type", "target_id"], name="audit_entry_target"),
            models.Index(fields=["actor_id", "id"], name="audit_entry_actor"),
            models.Index(fields=["request_id"], name="audit_entry_request"),
        ]
        verbose_name_plural = "audit entries"

    def __str__(self) -> str:
        return f"{self.actor_label} {self.action} {self.target_label}"

    def delete(self, *args: object, **kwargs: object) -> Never:
        raise TypeError("Audit entries are never deleted one by one.")


class Link(models.Model):
    """One place in the chain: the hash of an entry and of everything linked before it.

    The last link of each batch is signed. What a rule deleted leaves one link, signed as the
    beginning of what there is.
    """

    number = models.BigIntegerField(primary_key=True)
    entry = models.UUIDField(unique=True)
    hash = models.CharField(max_length=64)
    signature = models.TextField(blank=True)
    begins = models.BooleanField(default=False)

    class Meta:
        db_table = "audit_link"

    def __str__(self) -> str:
        return f"{self.number}:{self.hash}"


class Check(models.Model):
    """One walk along the whole chain: how far it is intact, and what is wrong after that."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    at = models.DateTimeField(auto_now_add=True)
    number = models.BigIntegerField()  # of the last link that holds; none: 0
    until = models.DateTimeField(null=True)  # when the entry of that link was written
    wrong = models.CharField(max_length=200, blank=True)

    class Meta:
        db_table = "audit_check"
        ordering = ["-at"]

    def __str__(self) -> str:
        return self.wrong or f"intact up to {self.number}"
