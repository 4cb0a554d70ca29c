"""What can go wrong with comments."""

from apps.common.errors import Conflict, Forbidden, Invalid


class NoSuchStep(Invalid):
    """There is no such step in the draft. Comment on one that is there, or on a point of the canvas."""

    code = "no_such_step"


class BadAnchor(Invalid):
    """A thread is about a step or about a point of the canvas: give `node` or `at`, and not both."""

    code = "bad_anchor"


class Empty(Invalid):
    """Write something: a comment without words says nothing."""

    code = "empty"


class MayNotSee(Invalid):
    """Only people who may see this workflow can be mentioned. Share it with them first."""

    code = "may_not_see"


class NotYourComment(Forbidden):
    """Only its author can change a comment; admins can delete it."""

    code = "not_your_comment"


class CommentDeleted(Conflict):
    """This comment was deleted."""

    code = "comment_deleted"


class TooManyThreads(Conflict):
    """This workflow has as many open threads as it can have. Resolve some, then go on."""

    code = "too_many_threads"


class ThreadFull(Conflict):
    """This thread is as long as a thread can be. Resolve it and begin another one."""

    code = "thread_full"
