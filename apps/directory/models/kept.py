"""A connection's directory: its tokens, the people and groups that it keeps, what it asked."""

from typing import Self

from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from apps.accounts.keepers import Keeper
from apps.accounts.models import Group, Role, User
from apps.common.models import TimestampedModel
from apps.common.types import JSONDict
from apps.identity.models import Connection


class Directory(Keeper):
    """The directory behind a connection; what it says counts once an owner switched it on."""

    connection = models.OneToOneField(
        Connection, on_delete=models.CASCADE, related_name="directory"
    )
    is_on = models.BooleanField(default=False)
    # The most that anybody can get through it.
    cap = models.ForeignKey(Role, on_delete=models.PROTECT, related_name="+")
    # Who takes over what people look after whom it suspends or removes; nobody: it stays theirs.
    heir = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    def __str__(self) -> str:
        return f"{self.connection} directory"

    def heir_of(self, user: User) -> User | None:
        """Return who takes over from somebody: nobody, where the heir has left or is the one."""
        heir = self.heir
        is_here = heir is not None and heir.is_active and heir.removed_at is None
        return heir if is_here and heir != user else None


class TokenQuerySet(models.QuerySet["Token"]):
    """Reads of tokens."""

    def usable(self) -> Self:
        """Keep those that are neither revoked nor expired."""
        return self.filter(revoked_at=None, expires_at__gt=timezone.now())


class Token(TimestampedModel):
    """What a directory shows to be let in. Only a keyed hash of it is kept."""

    KIND, PURPOSE = "scim", "directory-token"  # how its text begins; what its hash is for

    directory = models.ForeignKey(Directory, on_delete=models.CASCADE, related_name="tokens")
    key_id = models.CharField(max_length=8, unique=True)
    secret_hash = models.CharField(max_length=64)
    made_by = models.CharField(max_length=200)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = TokenQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.KIND}_{self.key_id}"

    @property
    def state(self) -> str:
        """`active`, `revoked` or `expired`."""
        if self.revoked_at:
            return "revoked"
        return "expired" if self.expires_at <= timezone.now() else "active"


class PersonQuerySet(models.QuerySet["Person"]):
    """Reads of kept people."""

    def present(self) -> Self:
        """Keep those who are members: administrators here may have removed somebody."""
        return self.filter(user__removed_at=None)


class Person(TimestampedModel):
    """A member as the directory knows them; its id is the one that the directory uses."""

    directory = models.ForeignKey(Directory, on_delete=models.CASCADE, related_name="people")
    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="kept")
    user_name = models.CharField(max_length=255)
    external_id = models.CharField(max_length=255, blank=True)
    active = models.BooleanField(default=True)  # as the directory says
    # Whether it was the directory that suspended them: only then its word lets them in again.
    suspended = models.BooleanField(default=False)
    document: "models.JSONField[JSONDict, JSONDict]" = models.JSONField(default=dict)
    version = models.PositiveIntegerField(default=1)

    objects = PersonQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "directory", Lower("user_name"), name="directory_user_name_once"
            )
        ]
        indexes = [models.Index(fields=["directory", "external_id"], name="directory_person_ext")]

    def __str__(self) -> str:
        return self.user_name

    @property
    def is_owner(self) -> bool:
        """Whether they are above what a directory says."""
        return self.user.role is not None and self.user.role.name == "owner"


class KeptGroup(TimestampedModel):
    """A group as the directory knows it; its id is the one that the directory uses."""

    directory = models.ForeignKey(Directory, on_delete=models.CASCADE, related_name="groups")
    group = models.OneToOneField(Group, on_delete=models.CASCADE, related_name="kept")
    display_name = models.CharField(max_length=250)
    external_id = models.CharField(max_length=255, blank=True)
    version = models.PositiveIntegerField(default=1)

    def __str__(self) -> str:
        return self.display_name

    @property
    def names(self) -> list[str]:
        """By what rules may name it: Entra ID knows groups by their object id as well."""
        return [name for name in (self.display_name, self.external_id) if name]


class ExchangeQuerySet(models.QuerySet["Exchange"]):
    """Reads of what was asked."""

    def matching(self, *, text: str = "", result: str = "") -> Self:
        """Keep what holds the text and ended so: `ok`, `refused` or `failed`."""
        found = self.filter(
            models.Q(path__icontains=text)
            | models.Q(about__icontains=text)
            | models.Q(words__icontains=text)
        )
        if result == "ok":
            return found.filter(status__lt=400)
        if result == "refused":
            return found.filter(status__gte=400, status__lt=500)
        return found.filter(status__gte=500) if result == "failed" else found


class Exchange(TimestampedModel):
    """One request of a directory and what came of it, in words; never what it carried."""

    directory = models.ForeignKey(Directory, on_delete=models.CASCADE, related_name="exchanges")
    token = models.ForeignKey(Token, null=True, on_delete=models.SET_NULL, related_name="+")
    method = models.CharField(max_length=8)
    path = models.CharField(max_length=300)
    status = models.PositiveSmallIntegerField()
    about = models.CharField(max_length=255, blank=True)
    words = models.CharField(max_length=500)

    objects = ExchangeQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["directory", "-created_at"], name="directory_exchange_latest")
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.path}: {self.status}"

    @property
    def result(self) -> str:
        """`ok`, `refused` or `failed`."""
        if self.status < 400:
            return "ok"
        return "refused" if self.status < 500 else "failed"
