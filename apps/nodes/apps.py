"""The nodes app."""

from importlib import import_module
from pkgutil import iter_modules

from django.apps import AppConfig


class NodesConfig(AppConfig):
    """It has no tables; importing a module of `types/` registers what it defines."""

    name = "apps.nodes"

    def ready(self) -> None:
        from apps.nodes import types

        for module in iter_modules(types.__path__):
            import_module(f"{types.__name__}.{module.name}")
