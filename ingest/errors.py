"""The errors of the ingest floor; each docstring is the message a person reads.

Expected refusals are values (`Rejected`, `Ignored`); these are for what stops a part from working.
"""


class IngestError(Exception):
    """Something of the ingest cannot go on; the text says what and how to mend it."""


class UnknownAdapterError(IngestError):
    """`ingest.adapters` names an adapter that does not exist."""


class BadOptionError(IngestError):
    """An option of an adapter cannot be used."""


class StoreUnavailableError(IngestError):
    """The database cannot be reached now; the batch is kept and tried again."""


class StoreRefusedError(IngestError):
    """The database refuses a batch for what is in it; the batch is split until the culprit stands alone."""


class BrokerRefusedError(IngestError):
    """The broker refuses us (password, access rights, client id): waiting will not help."""


class BrokerClosedError(IngestError):
    """The broker ended the connection, or no longer answers; we connect again."""


class ProtocolError(BrokerClosedError):
    """What the broker sent is not MQTT; we end the connection and connect again."""


class SpoolFullError(IngestError):
    """The spool on disk takes no more; the line waits until the database is back."""


class RecordingError(IngestError):
    """A line of a recording is no message; what stands before it is kept."""
