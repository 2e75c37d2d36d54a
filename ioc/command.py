"""What a command is; one file per command in `commands/`, each exporting one `COMMAND`, found by walking the folder."""

import argparse
import importlib
import pkgutil
import signal
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ioc.settings import Settings


@dataclass(frozen=True, slots=True)
class Command:
    """One command: `run` takes the settings and the parsed arguments and gives the exit status.

    Where it `passes_on`, arguments it does not know come to it as `rest`, for another program to judge.
    """

    name: str
    help: str
    example: str
    run: Callable[[Settings, argparse.Namespace], int]
    options: Sequence[tuple[str, Mapping[str, Any]]] = ()
    passes_on: bool = False


def commands() -> list[Command]:
    """All commands, by name."""
    package = importlib.import_module("ioc.commands")
    names = sorted(module.name for module in pkgutil.iter_modules(package.__path__))
    return [importlib.import_module(f"{package.__name__}.{name}").COMMAND for name in names]


def until_told() -> threading.Event:
    """An event that Ctrl-C and SIGTERM set, so that everything can be stopped in order."""
    told = threading.Event()

    def tell(*_: object) -> None:
        told.set()

    signal.signal(signal.SIGINT, tell)
    signal.signal(signal.SIGTERM, tell)
    return told
