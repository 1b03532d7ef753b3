"""Loading modules when they are needed, and quickly."""

import gc
from importlib import import_module
from types import ModuleType
from typing import Any


def load(module: str) -> ModuleType:
    """Import a module as a process begins, without looking for garbage meanwhile or among it later.

    What a module makes stands until the process ends; to look through it again and again is a sixth of an import.
    """
    gc.disable()
    try:
        return import_module(module)
    finally:
        gc.freeze()
        gc.enable()


def call(module: str, function: str) -> Any:
    """Call a function of a module that is loaded for it: what a spawned process begins with."""
    return getattr(load(module), function)()
