"""`ioc simulate …` is `python -m simulators …`: a process of its own, for simulators know only the wire."""

import argparse
import os
import sys

from ioc import command
from ioc.settings import Settings


def run(_: Settings, known: argparse.Namespace) -> int:
    """Become the simulators."""
    os.execv(sys.executable, [sys.executable, "-m", "simulators", *known.rest])  # noqa: S606 - our own module


COMMAND = command.Command(
    "simulate",
    "chạy thiết bị mô phỏng (run simulated devices; see python -m simulators --help)",
    "ioc simulate --site nong-son --broker mqtt://127.0.0.1:1883",
    run,
    passes_on=True,
)
