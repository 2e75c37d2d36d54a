"""What an argument of a command line may be; each refuses with a sentence that names the right form."""

import argparse
from collections.abc import Callable


def above_zero(text: str) -> float:
    """A number above 0 and below a thousand million; raises `ArgumentTypeError`."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 1e9:
        raise argparse.ArgumentTypeError(f"'{text}' should be a number above 0")
    return value


def whole(least: int, most: int | None = None) -> Callable[[str], int]:
    """A reader of whole numbers from `least` to `most` (none: of any size), which raises `ArgumentTypeError`."""

    def read(text: str) -> int:
        if not text.isdecimal() or int(text) < least or (most is not None and int(text) > most):
            upward = "" if most is None else f" to {most}"
            raise argparse.ArgumentTypeError(f"'{text}' should be a whole number from {least}{upward}")
        return int(text)

    return read
