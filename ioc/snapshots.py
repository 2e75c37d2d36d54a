"""Fetches a camera's newest picture from the address that the site file gives, within limits; keeps it for seconds.

Pictures show people: they are never stored, never logged, and the addresses, which may hold passwords, leave this
process only for the camera itself. Many who look at once cost the camera one picture.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import httpx

MOST_BYTES: Final = 2_000_000
PATIENCE_S: Final = 5.0
FRESH_MS: Final = 5_000  # a picture is asked of a camera at most this often
FORMS: Final = ("image/jpeg", "image/png", "image/webp")


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture as the camera gave it; `taken_at` is when we asked, epoch ms."""

    form: str
    data: bytes
    taken_at: int


@dataclass(frozen=True, slots=True)
class NoPicture:
    """Why there is none: a word, for people to be told in their language."""

    reason: str  # not_listed, no_answer, too_large, no_picture


class Snapshots:
    """`addresses` by device; `now` is the clock in epoch ms."""

    def __init__(
        self, addresses: Mapping[str, str], now: Callable[[], int], transport: httpx.BaseTransport | None = None
    ) -> None:
        self._addresses, self._now = addresses, now
        # No redirects: only the address in the site file is trusted. No proxy of the environment, for cameras are near.
        self._client = httpx.Client(timeout=PATIENCE_S, follow_redirects=False, trust_env=False, transport=transport)
        self._kept: dict[str, Picture] = {}
        self._locks = {device: threading.Lock() for device in addresses}

    @property
    def devices(self) -> list[str]:
        """The devices that have pictures."""
        return sorted(self._addresses)

    def take(self, device: str) -> Picture | NoPicture:
        """The device's newest picture, at most some seconds old."""
        if device not in self._addresses:
            return NoPicture("not_listed")
        with self._locks[device]:
            kept = self._kept.get(device)
            if kept is not None and 0 <= self._now() - kept.taken_at < FRESH_MS:
                return kept
            found = self._fetch(self._addresses[device])
            self._kept.pop(device, None)
            if isinstance(found, Picture):
                self._kept[device] = found
            return found

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def _fetch(self, address: str) -> Picture | NoPicture:
        taken_at, data = self._now(), bytearray()
        try:
            with self._client.stream("GET", address) as answer:
                form = answer.headers.get("content-type", "").split(";")[0].strip().lower()
                if answer.status_code != httpx.codes.OK or form not in FORMS:
                    return NoPicture("no_picture")
                for block in answer.iter_bytes():
                    data += block
                    if len(data) > MOST_BYTES:
                        return NoPicture("too_large")
        except httpx.HTTPError:
            return NoPicture("no_answer")
        return Picture(form, bytes(data), taken_at)
