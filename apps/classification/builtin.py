"""The classes that every workspace has, with what each is for."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Builtin:
    """A class that nobody has to make."""

    slug: str
    name: str
    description: str


BUILTINS = (
    Builtin("personal", "Personal", "Names, addresses, numbers and dates that point to a person."),
    Builtin(
        "health", "Health", "Diagnoses, treatments, results: what is said of a person's health."
    ),
    Builtin("financial", "Financial", "Accounts, cards, income, debts."),
    Builtin("secret", "Secret", "Passwords, tokens, keys, and what only few may know."),
)
RESERVED = frozenset({"payload", "many", "new"})  # of what is withheld whole, and of a page
