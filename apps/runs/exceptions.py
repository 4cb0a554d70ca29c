"""What can go wrong with runs."""

from apps.common.errors import Conflict, Forbidden, Invalid, NotFound


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


class NotPaused(Conflict):
    """The run is not paused."""

    code = "not_paused"


class NoSuchStep(Invalid):
    """The run's version has no such step."""

    code = "no_such_step"


class BadPart(Invalid):
    """The run cannot be limited to these steps, or a pinned output does not fit."""

    code = "bad_part"


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


class NotAssigned(Forbidden):
    """This decision is assigned to other people."""

    code = "not_assigned"


class BadDecision(Invalid):
    """The decision is not one of the offered ones, or its reason is missing."""

    code = "bad_decision"
