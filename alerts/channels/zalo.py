"""The kind `zalo`: a text message of a Zalo Official Account to one of its followers (OpenAPI v3, `message/cs`).

The account's access token lives for a day, so it is read from a file with each message; whoever renews it writes that
file. Zalo answers 200 also where it refuses: its `error` decides. The token is a secret and never logged or told.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from alerts.channel import Channel, ChannelKind, Outcome, Receipt, words
from alerts.outbox import Letter
from alerts.posting import Poster, is_address

URL: Final = "https://openapi.zalo.me/v3.0/oa/message/cs"
LONGEST: Final = 2000  # characters of a text message

# What may pass: too many at once, an error of theirs, a token that is to be renewed.
_PASSING: Final = frozenset((-32, -100, -124, -200, -201, -216))


class Zalo:
    """One follower."""

    def __init__(self, name: str, user: str, token_file: Path, url: str = URL) -> None:
        self.name = name
        self._user = user
        self._token_file = token_file
        self._poster = Poster(url)

    def send(self, letter: Letter) -> Receipt:
        """See `Channel`."""
        try:
            token = self._token_file.read_text("utf-8").strip()
        except OSError:
            return Receipt(Outcome.TEMPORARY, "the token's file cannot be read")
        text = words(letter)[1][:LONGEST]
        body = {"recipient": {"user_id": self._user}, "message": {"text": text}}
        receipt, answer = self._poster.ask(body, {"access_token": token})
        return receipt if receipt.outcome is not Outcome.SENT else _receipt(answer)

    def close(self) -> None:
        """Give its connections back."""
        self._poster.close()


def open_zalo(name: str, options: Mapping[str, object]) -> Channel:
    """Make one from `user`, `token_file` and, for a gateway in between, `url`."""
    user, file, url = options.get("user"), options.get("token_file"), options.get("url", URL)
    if set(options) - {"user", "token_file", "url"} or not (isinstance(user, str) and user and isinstance(file, str)):
        raise ValueError(f"channel {name!r}: zalo takes user (the follower's id), token_file and perhaps url")
    if not is_address(url):
        raise ValueError(f"channel {name!r}: url begins with https://")
    return Zalo(name, user, Path(file), str(url))


def _receipt(answer: object) -> Receipt:
    error = answer.get("error") if isinstance(answer, Mapping) else None
    if error == 0:
        return Receipt(Outcome.SENT, "zalo 0")
    passing = not isinstance(error, int) or error in _PASSING
    return Receipt(Outcome.TEMPORARY if passing else Outcome.PERMANENT, f"zalo {error}")


KIND = ChannelKind(name="zalo", open=open_zalo)
