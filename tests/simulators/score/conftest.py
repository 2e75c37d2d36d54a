"""Hand-made lists: a truth and the alert that a good centre raises for it."""

import pytest

from simulators.score.words import read_alert, read_truth
from simulators.wire import stamp

NOON = 1_795_323_600.0


@pytest.fixture
def truth():
    """A camera that is too hot for ten minutes from noon, unless told otherwise."""

    def make(number=1, begins=0.0, ends=600.0, *, kind="overheating", where=None, **expect):
        camera = f"nong-son/camera/cam-{number:02d}"
        return read_truth(
            {
                "id": f"t{number}",
                "kind": kind,
                "where": where or {"devices": [camera], "area": "que-loc"},
                "from": stamp(NOON + begins),
                "to": None if ends is None else stamp(NOON + ends),
                "expect": {
                    "scope": "device",
                    "subject": camera,
                    "rules": ["camera-hot"],
                    "severity": "major",
                    **expect,
                },
            },
            "here",
        )

    return make


@pytest.fixture
def alert():
    """The alert of that camera, raised after two minutes and cleared with the trouble."""

    def make(number=1, raised=120.0, ended=700.0, *, name=None, since=None, **facts):
        told = {
            "id": name or f"a{number}",
            "rule": "camera-hot",
            "device": f"nong-son/camera/cam-{number:02d}",
            "area": "que-loc",
            "severity": "major",
            "since": stamp(NOON + (raised if since is None else since)),
            "firing_since": stamp(NOON + raised),
            "cleared_at": None if ended is None else stamp(NOON + ended),
            **facts,
        }
        return read_alert(told, "here")

    return make
