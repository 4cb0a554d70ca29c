"""What an archive holds: one line for each model of a workspace, exported how or left out why.

`tests/portability/test_contents.py` fails for a model that has none. The order is that of the
archive; `docs/workspace-archive.md` describes each kind.
"""

from allauth.account import models as sign_in
from allauth.mfa import models as mfa
from django.contrib.auth import models as auth
from django.contrib.sessions import models as sessions
from django.db.models import Q

from apps.accounts import models as accounts
from apps.audit import models as audit
from apps.campaigns import models as campaigns
from apps.classification import models as classification
from apps.comments import models as comments
from apps.credentials import models as credentials
from apps.directory import models as directory
from apps.evidence import models as evidence
from apps.files import models as files
from apps.gateway import models as gateway
from apps.identity import models as identity
from apps.notifications import models as notifications
from apps.oversight import models as oversight
from apps.portability import models as portability
from apps.portability.kinds import Kept, LeftOut, Secret
from apps.retention import models as retention
from apps.reviews import models as reviews
from apps.runs import models as runs
from apps.triggers import models as triggers
from apps.vault import models as vault
from apps.workflows import models as workflows

AS_IT_IS = "As it is."
RECORD = "Not taken in: a record of what was there."
SET_UP = "Not taken in: it decides who gets in, so it is set up anew."
LEASE = "What a process holds for a moment."
JOB = "A job of this workspace alone."
OPENS = "What opens the workspace never leaves it."

KEPT: tuple[Kept, ...] = (
    Kept(files.Blob, "files", "Stored anew, if bytes and hash agree.",
         without=("name", "key_id"), where=Q(kind__in=[files.Blob.Kind.PAYLOAD, files.Blob.Kind.IMAGE])),
    Kept(accounts.User, "people", "Invited, with no password: nobody can sign in before they accept.",
         without=("password", "last_login", "is_superuser", "is_staff", "session_epoch")),
    Kept(accounts.Role, "roles", "Own roles as they are; those of the product are found by name."),
    Kept(accounts.Folder, "folders", AS_IT_IS),
    Kept(accounts.Group, "groups", "Kept by nobody: without the directory's id."),
    Kept(accounts.Membership, "memberships", AS_IT_IS),
    Kept(accounts.RoleBinding, "role_bindings", "Only what whoever imports may give."),
    Kept(accounts.ApiKey, "api_keys", "Never: keys are made anew.",
         without=("secret_hash", "former_hash", "former_until"), taken_in=False),
    Kept(accounts.Invitation, "invitations", "Not taken in: invite them again.",
         without=("token_hash",), taken_in=False),
    Kept(accounts.SignInRules, "sign_in_rules", SET_UP, taken_in=False),
    Kept(credentials.StoredCredential, "credentials", "Disabled, and empty without the passphrase.",
         without=("sealed",)),
    Kept(credentials.CredentialUse, "credential_uses", AS_IT_IS),
    Kept(classification.DataClass, "data_classes",
         "Not taken in: what holds for a class is decided anew; marks in workflows keep its name.", taken_in=False),
    Kept(gateway.Provider, "providers", "Disabled; what the platform lends is not taken in."),
    Kept(gateway.Credential, "provider_keys", "Only with the passphrase, else entered anew.",
         without=("sealed",)),
    Kept(gateway.ModelPrice, "prices", AS_IT_IS),
    Kept(gateway.ModelRoute, "routes", AS_IT_IS),
    Kept(gateway.RouteTarget, "route_targets", AS_IT_IS),
    Kept(gateway.RouteVersion, "route_versions", AS_IT_IS),
    Kept(gateway.AllowList, "allow_lists", AS_IT_IS),
    Kept(gateway.MoneyRules, "money_rules", AS_IT_IS),
    Kept(gateway.GuardDefaults, "guard_defaults", AS_IT_IS),
    Kept(gateway.Prompt, "prompts", AS_IT_IS),
    Kept(gateway.PromptVersion, "prompt_versions", AS_IT_IS),
    Kept(gateway.PromptLabel, "prompt_labels", AS_IT_IS),
    Kept(gateway.Budget, "budgets", AS_IT_IS),
    Kept(gateway.BudgetPeriod, "budget_periods", RECORD, taken_in=False),
    Kept(gateway.VirtualKey, "virtual_keys", "Never: keys are made anew.", taken_in=False),
    Kept(gateway.TaskQuality, "task_qualities", AS_IT_IS),
    Kept(gateway.Advice, "advice", AS_IT_IS),
    Kept(gateway.LlmCall, "model_calls", RECORD, taken_in=False),
    Kept(workflows.Workflow, "workflows", "If document, graph and log agree."),
    Kept(workflows.WorkflowVersion, "workflow_versions", "If the graph is one and its hash agrees."),
    Kept(workflows.WorkflowUpdate, "workflow_updates", "If it is an update of a draft."),
    Kept(workflows.Point, "workflow_points", AS_IT_IS),
    Kept(workflows.Pin, "workflow_pins", "What is marked in it stays a placeholder.", without=("sealed",)),
    Kept(workflows.Image, "workflow_images", "If its bytes are a picture of that kind."),
    Kept(workflows.DataSet, "workflow_data_sets", "What is marked in it stays a placeholder.", without=("sealed",)),
    Kept(runs.Run, "runs", "Finished ones, as history: nothing goes on."),
    Kept(runs.NodeRun, "run_steps", "With their run."),
    Kept(runs.RunEvent, "run_events", "With their run."),
    Kept(runs.Wait, "run_waits", "With their run."),
    Kept(runs.Vote, "run_votes", "With their run."),
    Kept(runs.Signal, "run_signals", "With their run."),
    Kept(runs.SavedView, "run_views", "If the list knows its filters."),
    Kept(comments.Thread, "threads", AS_IT_IS),
    Kept(comments.Comment, "comments", AS_IT_IS),
    Kept(comments.Comment.mentioned.through, "mentions", AS_IT_IS),
    Kept(comments.Reading, "readings", AS_IT_IS),
    Kept(reviews.Rule, "review_rules", AS_IT_IS),
    Kept(reviews.Review, "reviews", AS_IT_IS),
    Kept(reviews.Review.authors.through, "review_authors", AS_IT_IS),
    Kept(reviews.Opinion, "review_opinions", AS_IT_IS),
    Kept(triggers.Trigger, "triggers", "Switched off, and without a secret unless there is the passphrase.",
         without=("secret", "test_until", "test_by")),
    Kept(triggers.Delivery, "trigger_deliveries", RECORD, without=("digest",), taken_in=False),
    Kept(notifications.Preference, "mail_preferences", AS_IT_IS),
    Kept(notifications.Notification, "notifications", RECORD, taken_in=False),
    Kept(retention.RetentionRule, "retention_rules", AS_IT_IS),
    Kept(retention.LegalHold, "legal_holds", AS_IT_IS),
    Kept(retention.RetentionJob, "retention_jobs", RECORD, taken_in=False),
    Kept(oversight.Stream, "audit_streams", "Not taken in: no archive says where a trail is sent.",
         without=("sealed",), taken_in=False),
    Kept(identity.Connection, "connections", SET_UP, without=("sealed_secret", "sealed_waiting_secret"), taken_in=False),
    Kept(identity.Domain, "domains", SET_UP, without=("token",), taken_in=False),
    Kept(identity.BreakGlass, "emergency_owners", SET_UP, taken_in=False),
    Kept(identity.GroupRule, "group_rules", SET_UP, taken_in=False),
    Kept(identity.Link, "identity_links", SET_UP, taken_in=False),
    Kept(identity.ApiAccess, "api_access", SET_UP, taken_in=False),
    Kept(identity.ScopeRule, "scope_rules", SET_UP, taken_in=False),
    Kept(identity.TokenClient, "token_clients", SET_UP, taken_in=False),
    Kept(directory.Directory, "directories", SET_UP, taken_in=False),
    Kept(directory.Person, "directory_people", SET_UP, taken_in=False),
    Kept(directory.KeptGroup, "directory_groups", SET_UP, taken_in=False),
    Kept(directory.PeopleImport, "people_imports", RECORD, taken_in=False),
    Kept(directory.ImportRow, "people_import_rows", RECORD, without=("password",), taken_in=False),
    Kept(campaigns.Series, "review_series", RECORD, taken_in=False),
    Kept(campaigns.Campaign, "access_reviews", RECORD, taken_in=False),
    Kept(campaigns.Item, "access_review_items", RECORD, taken_in=False),
    Kept(audit.AuditEntry, "trail", "As history beside the trail of the new workspace, never in it."),
    Kept(audit.Link, "trail_links", "With the history: the hashes as they were there."),
    Kept(portability.Import, "former_archives", "Those that came in whole.", without=("sealed",)),
    Kept(portability.FormerEntry, "former_trail", AS_IT_IS),
    Kept(portability.FormerLink, "former_trail_links", AS_IT_IS),
    Kept(audit.Check, "trail_checks", RECORD, taken_in=False),
)  # fmt: skip

LEFT_OUT: tuple[LeftOut, ...] = (
    LeftOut(auth.Permission, "The framework's own table, which nothing here uses."),
    LeftOut(auth.Group, "The framework's own table, which nothing here uses."),
    LeftOut(auth.Group.permissions.through, "The framework's own table, which nothing here uses."),
    LeftOut(accounts.User.groups.through, "The framework's own table, which nothing here uses."),
    LeftOut(accounts.User.user_permissions.through, "The framework's own table, which nothing here uses."),
    LeftOut(sessions.Session, OPENS),
    LeftOut(accounts.SignIn, OPENS),
    LeftOut(mfa.Authenticator, OPENS),
    LeftOut(sign_in.EmailAddress, "Each person's address is with the person; a proof of it holds here alone."),
    LeftOut(sign_in.EmailConfirmation, OPENS),
    LeftOut(vault.DataKey, "The keys of this workspace never leave it."),
    LeftOut(vault.VerifyingKey, "The keys of this workspace never leave it."),
    LeftOut(files.Discarded, "Names of bytes that are about to go."),
    LeftOut(accounts.StoredAnswer, "Answers kept for a day for requests that are repeated."),
    LeftOut(notifications.Mail, "Sealed letters on their way; what they tell is in what they tell of."),
    LeftOut(gateway.BudgetSlice, LEASE),
    LeftOut(gateway.KeptBody, "Sealed bodies of calls, kept for a short time under the rules of guards."),
    LeftOut(runs.Withheld, "Sealed values of runs, of which the archive holds placeholders alone."),
    LeftOut(runs.KeptResult, "A cache: it is made again from runs."),
    LeftOut(runs.DecisionLink, OPENS),
    LeftOut(oversight.Verification, JOB),
    LeftOut(oversight.Export, JOB),
    LeftOut(evidence.Pack, "Signed by keys of this workspace alone, and fetched by itself."),
    LeftOut(evidence.Part, "Signed by keys of this workspace alone, and fetched by itself."),
    LeftOut(oversight.Piece, JOB),
    LeftOut(identity.Attempt, LEASE),
    LeftOut(identity.SeenAssertion, LEASE),
    LeftOut(identity.SigningKey, OPENS),
    LeftOut(identity.SetupLink, OPENS),
    LeftOut(directory.Token, OPENS),
    LeftOut(directory.Exchange, "What a directory asked lately, for whoever sets it up."),
    LeftOut(portability.Export, JOB),
    LeftOut(portability.Snapshot, JOB),
    LeftOut(portability.Part, JOB),
    LeftOut(portability.Piece, JOB),
    LeftOut(portability.ImportPiece, JOB),
    LeftOut(portability.StoredFile, JOB),
)  # fmt: skip

SECRETS: tuple[Secret, ...] = (
    Secret(credentials.StoredCredential, "credentials", "sealed", lambda row: str(row.context)),
    Secret(gateway.Credential, "provider_keys", "sealed", lambda row: str(row.context)),
    Secret(triggers.Trigger, "triggers", "secret", lambda row: str(row.secret_context)),
)


def kind_named(name: str) -> Kept | None:
    """Return the kind of a name."""
    return _BY_NAME.get(name)


_BY_NAME = {each.name: each for each in KEPT}
