"""What people are told of the wire as a whole and of its keys; the rules are those of docs/wire.md. Words only."""

from typing import Final

TITLE: Final = "Giao thức thiết bị của trung tâm điều hành (the operations centre's wire)"
ABOUT: Final = """Thiết bị và trung tâm nói với nhau qua MQTT như sau; chỉ `telemetry` là bắt buộc.

How devices and the centre speak over MQTT 3.1.1 or 5, by way of any standard broker. Operations are told from the
device's side. Only `telemetry` is needed. A payload is a UTF-8 JSON object of at most 64 KiB; unknown keys are passed
over. Whole numbers (`v`, `seq`, `ts`) are written without a decimal point.
"""

KEYS: Final = {
    "v": "The wire's version.",
    "session": "What the device chose anew at its last start (rules 3 and 4).",
    "ts": "The device's time: RFC 3339 with an offset, or whole milliseconds since 1970 (rule 2). "
    "Other spellings of ISO 8601 may be understood; do not rely on that.",
    "seq": "One more with each `telemetry` and `event` of the session (rule 3).",
    "m": "Metrics by name; the unit stands in the name, `null` is unknown, an absent metric is unchanged (rule 1).",
    "batch": "What could not be sent when it was measured.",
    "gateway": "The slug of a gateway of the same site, where the device stands behind one.",
    "interval_s": "How often it reports.",
    "metrics": "What it measures: by the metric's name, what is to be known of it (`type`, `min`, `max`, …).",
    "commands": "The orders it knows.",
    "area": "The slug of the area it stands in.",
    "reason": "`lwt` marks the Will.",
    "id": "The same in `start`, `update` and `end` of an event; of an order, what its `ack` refers to.",
    "ref": "The order's `id`.",
    "expires": "RFC 3339 with an offset; after it the order is not carried out.",
    "priority": "Thông thường, ưu tiên, khẩn cấp (Circular 39/2020/TT-BTTTT). An `emergency` pre-empts the others.",
}

RULES: Final = """\
1. **Units stand in the names**: `_pct _ms _s _dbm _bps _bytes _c _v _a _db _lux`. A percentage is 0–100. Counters end
   in `_total`. `null` is *unknown*; an absent metric is *unchanged*. A boolean is a JSON boolean. An indicator is
   sent as numerator and denominator (`dossiers_on_time`, `dossiers_done`), never as a percentage alone.
2. **Time**: `ts` is RFC 3339 with an offset, or an integer of epoch milliseconds; without it the time of receipt
   counts. Both times are kept. A stamp more than 60 s ahead of the centre, or more than 24 h old outside a `batch`,
   is a suspect clock: the sample is kept and flagged, and neither moves a latest value nor raises an alert. An older
   sample never moves a latest value backwards. Samples of a batch are history: they raise no alert.
3. **Order**: `seq` grows by one per `telemetry` and `event` within a session, and goes with a `session`; a reboot
   starts a new session. (device, session, `seq`) is the identity of a sample, (device, `ts`) where it has no `seq`. A
   repeat is counted and never stored twice. A gap is counted (`seq_gaps`, which falls again when the missing one
   comes late), and a device whose birth lists `rebirth` among its commands is sent that order, at most once a minute.
   Of several samples with neither `seq` nor `ts` that arrive in one millisecond, one is kept.
4. **Old connections**: a Will of a session other than the device's current one is ignored, as is a birth or a status
   of a session that has been followed by another. The current session is the newest that a birth, a status other than
   offline, or a numbered reading brought.
5. **Presence**: a device is away when its Will or status says so, or when nothing was heard for 3 × `interval_s`.
   When its gateway is away, when the centre has lost the broker, or has not yet listened for so long, it is
   *unknown*, not offline. Live data after a Will of the same session says that it is back.
6. **Retained** births and statuses set the record and the state. A retained `telemetry`, `event` or `ack` is ignored:
   it is no news. An empty retained `birth` or `status` only clears what the broker kept.
7. **What cannot be used** is acknowledged, counted, and kept in quarantine with its reason and first bytes. It is
   never retried and never stops those behind it.
8. **Unknown devices** are enrolled: *admitted* if the site file lists them or the site admits all, else *pending*:
   stored and shown, and raising no alert until somebody admits them.
9. **Private data**: plates, faces, people's names, phone numbers, mail addresses, MAC addresses, passwords and tokens
   are taken out before storage, quarantine and logs: keys of such names in an event's `data` are dropped, MAC
   addresses and plates in any text are masked.
"""
