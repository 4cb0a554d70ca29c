"""What can go wrong with runs."""

from http import HTTPStatus

from apps.common.errors import Conflict, DomainError, Forbidden, Invalid, NotFound, TooMany


class NotPublished(Conflict):
    """The workflow has no published version. Publish it, or run the draft."""

    code = "not_published"


class NoSuchVersion(NotFound):
    """The workflow has no version of this number."""

    code = "no_such_version"


class Archived(Conflict):
    """The workflow is archived. Take it out of the archive first."""

    code = "archived"


class BadInputs(Invalid):
    """The inputs do not fit the form of the start step."""

    code = "bad_inputs"


class RunFinished(Conflict):
    """The run is over, so this cannot be done to it any more."""

    code = "run_finished"


class RunNotFinished(Conflict):
    """The run is still going on. Cancel it first, or wait for its end."""

    code = "run_not_finished"


class ValuesErased(Conflict):
    """Values that were withheld in this run are erased. Start a new run with its inputs."""

    code = "values_erased"


class PayloadsNotKept(Conflict):
    """This workflow keeps no payloads, so nothing is there to go on from. Run it again with inputs."""

    code = "payloads_not_kept"


class NothingWithheld(Conflict):
    """Nothing is withheld in this run, or it is erased already."""

    code = "nothing_withheld"


class PartOfOther(Conflict):
    """This run lies inside another one, which keeps what is withheld. Erase it there."""

    code = "part_of_other"


class BadPlaceholder(Invalid):
    """Give placeholders as they stand in the run, such as `[personal:abcdefghijklmnop]`."""

    code = "bad_placeholder"


class NotPaused(Conflict):
    """The run is not paused."""

    code = "not_paused"


class NoSuchStep(Invalid):
    """The run's version has no such step."""

    code = "no_such_step"


class BadPart(Invalid):
    """The run cannot be limited to these steps, or a pinned output does not fit."""

    code = "bad_part"


class PastAQuestion(Forbidden):
    """People are asked before these steps, or have let them happen once. Run from the question on.

    Only who may edit the workflow can do without; for a question in a workflow inside, who may publish.
    """

    code = "past_a_question"


class NothingToSettle(Conflict):
    """The run does not ask anything, or somebody has answered already."""

    code = "nothing_to_settle"


class BadSettlement(Invalid):
    """That is no answer to what the run asks."""

    code = "bad_settlement"


class NotMovable(Conflict):
    """The run cannot be moved to that version."""

    code = "not_movable"


class TooManyRuns(Invalid):
    """That is more runs than can be dealt with at once."""

    code = "too_many_runs"


class AlreadyDecided(Conflict):
    """Somebody has decided this already, or its time ran out."""

    code = "already_decided"


class AlreadyVoted(Conflict):
    """You have answered this already; the others are still asked."""

    code = "already_voted"


class LinkClosed(DomainError):
    """This link was used, is too old, or is not complete. Open the question in the workspace."""

    status, code = HTTPStatus.GONE, "link_closed"


class AddressChanged(LinkClosed):
    """This link went to an e-mail address that its person does not use any more."""

    code = "address_changed"


class NotForYou(Forbidden):
    """This link was sent to somebody else. Sign in as the person it was sent to."""

    code = "not_for_you"


class NotAssigned(Forbidden):
    """This decision is assigned to other people."""

    code = "not_assigned"


class BadDecision(Invalid):
    """The answer does not fit the question."""

    code = "bad_decision"


class UnknownSignal(NotFound):
    """No run that you may see waits for this signal. Send it again once one does, or name the run."""

    code = "unknown_signal"


class LateSignal(Conflict):
    """What waited for this signal has gone on without it."""

    code = "late_signal"


class AmbiguousSignal(Conflict):
    """Several runs wait for this signal. Send it to one of them: runs/{id}/signal/."""

    code = "ambiguous_signal"


class SignalIdReused(Conflict):
    """You have sent another signal under this id."""

    code = "signal_id_reused"


class TooManySignals(TooMany):
    """The run has kept a hundred early signals already. Send more when it has taken some."""

    code = "too_many_signals"


class BadSignal(Invalid):
    """The payload is not what the run expects."""

    code = "bad_signal"


class ViewNameTaken(Invalid):
    """A view has this name already. Choose another one."""

    code = "view_name_taken"


class TooManyViews(Conflict):
    """There are as many views as there can be. Delete one first."""

    code = "too_many_views"


class ViewOfNobody(Conflict):
    """Whose view this was has left. It can be deleted, but no longer be one person's own."""

    code = "view_of_nobody"
