"""The command line `ioc`: reads arguments, calls one command, prints, and gives the exit status.

0 done, 1 found a problem, 2 wrongly called. Decides nothing else.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from ioc import settings
from ioc.command import commands
from ioc.embedded import CannotStart
from ioc.errors import CommandError, SettingsError

_EPILOG = "Ví dụ (example):  ioc up --demo     Tài liệu (documentation): docs/operate.md"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status."""
    parser = _parser()
    known, rest = parser.parse_known_args(arguments)
    if rest and not known.passes_on:
        parser.error(f"không hiểu (not understood): {' '.join(rest)}")
    known.rest = rest
    try:
        chosen = _with_options(settings.load(Path(known.config) if known.config else None, os.environ), known)
        run: Callable[[settings.Settings, argparse.Namespace], int] = known.run
        return run(chosen, known)
    except SettingsError as error:
        print(f"ioc: {error}", file=sys.stderr)
        return 2
    except (CommandError, CannotStart) as error:
        print(f"ioc: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _with_options(chosen: settings.Settings, known: argparse.Namespace) -> settings.Settings:
    """The settings with what stands on the command line, which comes last and counts."""
    if (port := getattr(known, "port", None)) is not None:
        chosen = msgspec.structs.replace(chosen, web=msgspec.structs.replace(chosen.web, port=port))
    if (file := getattr(known, "site", None)) is not None:
        chosen = msgspec.structs.replace(chosen, site=msgspec.structs.replace(chosen.site, file=file))
    return chosen


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("ioc", description="Trung tâm điều hành thông minh (operations centre)",
                                     epilog=_EPILOG)  # fmt: skip
    parser.add_argument("--config", metavar="FILE", help="tệp thiết lập TOML (settings file; default ioc.toml)")
    made = parser.add_subparsers(required=True, metavar="LỆNH (command)")
    for command in commands():
        sub = made.add_parser(
            command.name, help=command.help, description=command.help, add_help=not command.passes_on,
            epilog=f"Ví dụ (example):  {command.example}",
        )  # fmt: skip
        for name, options in command.options:
            sub.add_argument(*name.split(), **options)
        sub.set_defaults(run=command.run, passes_on=command.passes_on)
    return parser


if __name__ == "__main__":
    sys.exit(main())
