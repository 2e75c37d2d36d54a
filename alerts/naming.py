"""Names alerts. Decides nothing else."""

from hashlib import sha256
from typing import Final

_BASE32: Final = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's: sorts as the numbers do


def name(seed: str, at: int) -> str:
    """An id of 26 letters like a ULID: ten of the time, sixteen of a digest, so that a replay names alike."""
    number = (at << 80) | int.from_bytes(sha256(seed.encode()).digest()[:10], "big")
    return "".join(_BASE32[(number >> shift) & 31] for shift in range(125, -1, -5))
