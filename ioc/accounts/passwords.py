"""Passwords: how they are kept, what makes one acceptable, and how one-time ones look.

argon2id with OWASP's parameters for small machines (19 MiB, 2 passes, 1 lane). Never logs or returns a password
that a person chose.
"""

import secrets
import threading
from functools import cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from ioc.accounts.model import Denied

SHORTEST: Final = 10
LONGEST: Final = 256  # characters: argon2 takes more, a body of 64 KiB as a password is no password
AT_ONCE: Final = 4  # 76 MiB at most, whoever knocks
_LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"  # none that look alike

_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_turns = threading.BoundedSemaphore(AT_ONCE)


class BusyError(Exception):
    """Too many people sign in at once; try again in a few seconds."""


def hashed(password: str) -> str:
    """The password as it is kept."""
    with _turns:
        return _hasher.hash(password)


def matches(kept: str | None, password: str) -> bool:
    """Whether the password is the kept one; takes as long when there is none to compare with.

    Raises `BusyError` where it would have to wait for longer than two seconds.
    """
    if not _turns.acquire(timeout=2):
        raise BusyError(BusyError.__doc__)
    try:
        _hasher.verify(kept or _nobodys(), password)
    except (VerificationError, InvalidHashError):
        return False
    else:
        return kept is not None
    finally:
        _turns.release()


def outdated(kept: str) -> bool:
    """Whether it was hashed with other parameters than today's."""
    return _hasher.check_needs_rehash(kept)


def objection(name: str, password: str) -> Denied | None:
    """Why this cannot be the password of that account; None where it can."""
    if len(password) < SHORTEST:
        return Denied(
            "too_short", f"Mật khẩu cần ít nhất {SHORTEST} ký tự", f"a password has at least {SHORTEST} characters"
        )
    if len(password) > LONGEST:
        return Denied("too_long", f"Mật khẩu dài nhất {LONGEST} ký tự", f"a password has at most {LONGEST} characters")
    plain = password.strip().lower()
    if plain in (name, name * (len(plain) // max(len(name), 1))) or len(set(plain)) < 3:
        return Denied("too_easy", "Mật khẩu quá dễ đoán", "a password is not the name and not one letter repeated")
    return None


def one_time() -> str:
    """A random password that reads well aloud: four groups of four, 79 bits."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))


@cache
def _nobodys() -> str:
    return _hasher.hash(secrets.token_urlsafe(16))
