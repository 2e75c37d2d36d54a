"""Hands what the presence log has to say to the store, once a second; decides nothing."""

from ingest.errors import StoreUnavailableError
from ingest.presence import PresenceLog
from ingest.store import Store


def note_presence(log: PresenceLog, store: Store, now: int, *, away: bool) -> None:
    """Keep what is new of devices' standing; what cannot be kept now waits in the log, with its own time."""
    if away:
        return
    notes = log.take(now)
    if not notes:
        return
    try:
        log.give_back(store.note_presence(notes))
    except StoreUnavailableError:  # the next batch says so
        log.give_back(notes)
