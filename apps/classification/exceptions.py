"""What can go wrong with classes of data."""

from apps.common.errors import Conflict, Invalid


class SlugTaken(Invalid):
    """There is a class of this name for definitions already."""

    code = "slug_taken"


class ClassInUse(Conflict):
    """Fields of workflows are marked with this class. Take the marks out first."""

    code = "class_in_use"


class BuiltinStays(Conflict):
    """This class comes with every workspace and stays; what holds for it can be changed."""

    code = "builtin_stays"
