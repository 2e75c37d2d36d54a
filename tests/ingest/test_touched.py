"""Which hours a batch touches."""

from ingest.model import Sample
from ingest.touched import HOUR_MS, marks

NOW = 1000 * HOUR_MS + 5
NUMBERS = {f"a/wifi/{n}": n for n in range(1, 100)}


def said(device, ts, suspect=False):
    return Sample(f"a/wifi/{device}", ts, {}, NOW, suspect=suspect)


def touched(*samples):
    found = marks({"wifi": samples}, NUMBERS.__getitem__)
    return found and list(zip(found["family"], found["hour"], found["device"], strict=True))


def test_a_batch_of_the_hour_that_runs_is_one_mark_whoever_spoke():
    assert touched(said(1, NOW), said(2, NOW)) == [("wifi", 1000, 0)]


def test_who_speaks_late_is_named_and_so_is_who_spoke_in_the_same_batch():
    found = touched(said(2, NOW), said(1, NOW - HOUR_MS), said(3, NOW - HOUR_MS))
    assert found == [("wifi", 1000, 2), ("wifi", 999, 1), ("wifi", 999, 3)]


def test_where_very_many_speak_late_all_are_looked_at():
    assert touched(*[said(n, NOW - 5 * HOUR_MS) for n in range(1, 60)]) == [("wifi", 995, 0)]


def test_a_suspect_clock_touches_nothing():
    assert touched(said(1, 5, suspect=True)) is None
    assert touched(said(1, 5, suspect=True), said(2, NOW)) == [("wifi", 1000, 0)]
