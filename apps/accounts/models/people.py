"""Users with their keys, invitations, and the answers kept for repeated requests."""

from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, ClassVar, Self

from allauth.mfa.models import Authenticator
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.crypto import salted_hmac

from apps.accounts import keys, networks
from apps.accounts.acting import ActingToken
from apps.accounts.models.rights import Group, Membership, Role, RoleBinding
from apps.accounts.roles import FOR_SUPPORT
from apps.common.models import TimestampedModel


class UserQuerySet(models.QuerySet["User"]):
    """Reads of users."""

    def members(self) -> Self:
        """Keep the people of the workspace: no service accounts, nobody who was removed."""
        return self.filter(kind=User.Kind.HUMAN, removed_at=None)

    def matching(self, *, text: str = "", role: str = "", active: bool | None = None) -> Self:
        """Keep whose name or e-mail holds the text, who has the role and is active or not."""
        found = self.filter(models.Q(name__icontains=text) | models.Q(email__icontains=text))
        if role:
            everywhere = RoleBinding.objects.filter(folder=None, role__name=role)
            found = found.holding(everywhere)
        return found if active is None else found.filter(is_active=active)

    def holding(self, bindings: models.QuerySet[RoleBinding]) -> Self:
        """Keep who holds one of the roles, in person or through a group."""
        groups = bindings.exclude(group=None).values("group")
        through = Membership.objects.filter(group__in=groups).values("user")
        own = bindings.exclude(user=None).values("user")
        return self.filter(models.Q(pk__in=own) | models.Q(pk__in=through))

    def in_some_of(self, groups: models.QuerySet[Group]) -> Self:
        """Keep who is in one of the groups."""
        return self.filter(pk__in=Membership.objects.filter(group__in=groups).values("user"))

    def with_roles(self) -> Self:
        """Read the roles of all of them together, for lists that show them."""
        places = ("role", "folder")
        return self.prefetch_related(
            *(f"role_bindings__{place}" for place in places),
            *(f"in_groups__role_bindings__{place}" for place in places),
        )

    def with_second_factor(self, wanted: bool | None = None) -> Self:
        """Add whether passkeys or an app are set up; keep only those with or without a factor."""
        own = Authenticator.objects.filter(user=models.OuterRef("pk"))
        found = self.annotate(
            has_passkey=models.Exists(own.filter(type=Authenticator.Type.WEBAUTHN)),
            has_app=models.Exists(own.filter(type=Authenticator.Type.TOTP)),
            has_second_factor=models.Q(has_passkey=True) | models.Q(has_app=True),
        )
        return found if wanted is None else found.filter(has_second_factor=wanted)


class UserManager(BaseUserManager["User"].from_queryset(UserQuerySet)):  # type: ignore[misc]
    """Makes users; e-mail addresses are kept in lower case, so that each exists once."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user: User = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        user: User = self.get(email=(username or "").strip().lower())
        return user


class User(AbstractBaseUser, PermissionsMixin, TimestampedModel):
    """A person or a service account of one workspace (in `public`: platform staff)."""

    class Kind(models.TextChoices):
        HUMAN = "human"
        SERVICE = "service"
        SUPPORT = "support"  # staff of the platform, let in for a while

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.HUMAN)
    time_zone = models.CharField(max_length=64, default="UTC")
    locale = models.CharField(max_length=12, default="en")
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    removed_at = models.DateTimeField(null=True, blank=True)
    session_epoch = models.PositiveIntegerField(default=0)
    # In whose name platform support acts here; the trail says it beside each act.
    let_in_by = models.CharField(max_length=120, blank=True)

    objects: ClassVar[UserManager] = UserManager()
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    # The key, or the provider's token, that this user acts through in the current request, if any.
    acting_key: "ApiKey | ActingToken | None" = None

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(email=Lower("email")), name="accounts_user_email_lower"
            )
        ]

    def __str__(self) -> str:
        return self.name or self.email

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Bind sessions to password and epoch, so that raising the epoch ends them all."""
        bound = f"{self.password}:{self.session_epoch}"
        return salted_hmac("accounts.session", bound, secret=secret, algorithm="sha256").hexdigest()

    @cached_property
    def bindings(self) -> list[RoleBinding]:
        """The roles held, in person or through groups, and where; read once for each loaded user."""
        if {"role_bindings", "in_groups"} <= getattr(self, "_prefetched_objects_cache", {}).keys():
            shared = (held for group in self.in_groups.all() for held in group.role_bindings.all())
            return [*self.role_bindings.all(), *shared]
        return list(RoleBinding.objects.held_by(self.pk).select_related("role", "folder"))

    def forget_bindings(self) -> None:
        """Have rights read anew: they were changed after they were read."""
        self.__dict__.pop("bindings", None)

    @cached_property
    def group_handles(self) -> list[str]:
        """How the groups are named that they are in; read once for each loaded user."""
        return [group.handle for group in self.in_groups.all()]

    @property
    def principal(self) -> str:
        """Who acts, as calls are counted and answers kept: a key apart from its user."""
        return f"key:{self.acting_key.pk}" if self.acting_key else f"user:{self.pk}"

    @property
    def role(self) -> Role | None:
        """The role held in person on the whole workspace; groups may add others."""
        own = (held for held in self.bindings if held.user_id and held.folder_id is None)
        return next((held.role for held in own), None)

    def permissions_in(self, path: str = "") -> frozenset[str]:
        """Return the permissions held on a folder path; the empty one is the workspace."""
        if not self.is_active:
            return frozenset()
        held = [binding.role.allowed for binding in self.bindings if binding.covers(path)]
        own = frozenset().union(*held)
        if self.kind == self.Kind.SUPPORT:
            own &= FOR_SUPPORT
        return own & self.acting_key.allowed if self.acting_key else own

    def folder_paths(self, permission: str) -> list[str]:
        """Return the paths of the folders on which the permission is held."""
        if not self.is_active or (self.acting_key and permission not in self.acting_key.allowed):
            return []
        return [b.folder.path for b in self.bindings if b.folder and permission in b.role.allowed]


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    """Reads of keys."""

    def usable(self) -> Self:
        """Keep the keys that are neither revoked nor expired and whose user may act."""
        now = timezone.now()
        fresh = models.Q(expires_at=None) | models.Q(expires_at__gt=now)
        return self.filter(fresh, revoked_at=None, user__is_active=True)

    def in_state(self, state: str) -> Self:
        """Keep the keys whose `state` is this; all of them for a word that is none."""
        over = models.Q(revoked_at=None, expires_at__lte=timezone.now())
        if state == "revoked":
            return self.exclude(revoked_at=None)
        if state == "expired":
            return self.filter(over)
        return self.filter(revoked_at=None).exclude(over) if state == "active" else self


class ApiKey(TimestampedModel):
    """A key to the API. Only a keyed hash of its secret is kept; it is shown once, when made."""

    key_id = models.CharField(max_length=8, unique=True)
    name = models.CharField(max_length=80)
    secret_hash = models.CharField(max_length=64)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_keys")
    role = models.ForeignKey(Role, on_delete=models.PROTECT)
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    # The secret that the last rotation replaced; until then it opens too.
    former_hash = models.CharField(max_length=64, blank=True)
    former_until = models.DateTimeField(null=True, blank=True)
    # From where it is accepted; empty: from everywhere.
    networks = ArrayField(models.CharField(max_length=networks.LONGEST), default=list, blank=True)

    objects = ApiKeyQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix})"

    @property
    def prefix(self) -> str:
        """What its text begins with: this tells keys apart and opens nothing."""
        return f"{keys.API_KEY}_{self.key_id}"

    @property
    def allowed(self) -> frozenset[str]:
        """The most that the key may do, whatever its user may."""
        return self.role.allowed

    @property
    def state(self) -> str:
        """`active`, `revoked` or `expired`."""
        if self.revoked_at:
            return "revoked"
        return "expired" if self.expires_at and self.expires_at <= timezone.now() else "active"

    @property
    def hashes(self) -> tuple[str, str]:
        """The hashes of its secret and of the one before it, as long as that opens too."""
        return self.secret_hash, self.former_hash if self.is_rotating else ""

    @property
    def is_rotating(self) -> bool:
        """Whether two secrets open it."""
        return self.former_until is not None and self.former_until > timezone.now()

    def opens_from(self, address: str) -> bool:
        """Tell whether it is accepted from a sender's address."""
        return networks.accept(self.networks, address)

    def ends_at(self, hashed: str) -> datetime | None:
        """Return when the secret of this hash stops opening it; None: never."""
        if keys.same(hashed, self.secret_hash):
            return self.expires_at
        return min(end for end in (self.expires_at, self.former_until) if end is not None)


INVITATION_LIFE = timedelta(hours=72)


class InvitationQuerySet(models.QuerySet["Invitation"]):
    """Reads of invitations."""

    def unanswered(self) -> Self:
        """Keep those neither accepted nor withdrawn; one that is too old can be sent again."""
        return self.filter(accepted_at=None, revoked_at=None)


class Invitation(TimestampedModel):
    """An offer of membership by e-mail: single use, valid for three days, only its hash kept."""

    email = models.EmailField()
    role = models.ForeignKey(Role, on_delete=models.PROTECT)
    invited_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)
    # Somebody who is known here already, but was never let in: who came in an archive.
    for_user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="+")
    token_hash = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["email"],
                condition=models.Q(accepted_at=None, revoked_at=None),
                name="accounts_one_open_invitation",
            )
        ]

    def __str__(self) -> str:
        return self.email

    @property
    def is_open(self) -> bool:
        """Whether it can still be accepted."""
        return not (self.accepted_at or self.revoked_at) and self.expires_at > timezone.now()


class StoredAnswer(TimestampedModel):
    """The answer to a POST that carried an Idempotency-Key; kept for a day."""

    principal = models.CharField(max_length=80)
    key = models.CharField(max_length=255)
    body_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)  # null: the first request still runs
    body = models.JSONField(null=True)
    secret = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["principal", "key"], name="accounts_answer_once")
        ]

    def __str__(self) -> str:
        return self.key
