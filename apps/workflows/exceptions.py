"""What can go wrong with workflows."""

from apps.common.errors import Conflict, Invalid, TooLarge


class BadDefinition(Invalid):
    """The definition does not have the form of a workflow."""

    code = "bad_definition"


class WouldBeEmpty(Invalid):
    """The definition has no steps, and the draft has several."""

    code = "would_be_empty"


class BadUpdate(Invalid):
    """The update is not one of this workflow's document."""

    code = "bad_update"


class DraftTooLarge(TooLarge):
    """The draft would grow past 8 MiB. Split the workflow or shorten its texts."""

    code = "draft_too_large"


class HasProblems(Invalid):
    """The workflow cannot be published: correct the listed problems first."""

    code = "has_problems"


class NothingToPublish(Conflict):
    """The draft equals the published version."""

    code = "nothing_to_publish"


class InBin(Conflict):
    """The workflow is in the bin. Restore it first."""

    code = "in_bin"


class TooManyTags(Invalid):
    """A workflow may have 20 tags of up to 40 characters."""

    code = "bad_tags"


class NotInBin(Conflict):
    """The workflow is not in the bin."""

    code = "not_in_bin"


class BadPin(Invalid):
    """This output cannot be pinned."""

    code = "bad_pin"


class BadDataSet(Invalid):
    """This data set cannot be kept."""

    code = "bad_data_set"


class NoImage(Invalid):
    """This is no picture that can be kept: send a PNG, JPEG, GIF or WebP."""

    code = "no_image"


class ImageTooLarge(TooLarge):
    """A picture may have 5 MiB. Make it smaller and try again."""

    code = "image_too_large"


class TooManyImages(Conflict):
    """The runbook has had 200 pictures, which is all it may have."""

    code = "too_many_images"


class NoLongerKept(Conflict):
    """This moment of the history is no longer kept."""

    code = "no_longer_kept"


class BadName(Invalid):
    """This point of the history cannot be named like that."""

    code = "bad_name"
