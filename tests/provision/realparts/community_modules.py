"""Fetches the Node packages of TimescaleDB Community into the cache: `npm ci` from a committed lock.

Made beside their place and renamed when whole, as the Debian tree is; one run at a time works on them.
"""

import shutil
from pathlib import Path

from realparts import places
from realparts.debian_tree import Run, alone
from realparts.places import STAMP


def lay_modules(place: Path, run: Run) -> None:
    """Fetch the packages into `place`, unless they are there whole. Needs the package registry and nobody's rights."""
    node = places.node()
    if node is None:
        raise FileNotFoundError("Node is missing: install deploy/test.lock")
    place.parent.mkdir(parents=True, exist_ok=True)
    with alone(place.with_name(place.name + ".lock")):
        if (place / STAMP).is_file():
            return
        for remainder in (place, *place.parent.glob(place.name + ".part")):
            shutil.rmtree(remainder, ignore_errors=True)
        part = place.with_name(place.name + ".part")
        part.mkdir()
        for name in ("package.json", "package-lock.json"):
            shutil.copy(places.COMMUNITY_RECIPE / name, part / name)
        options = ["--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(part)]
        run(str(node), str(places.npm(node)), "ci", *options)
        (part / STAMP).write_text("npm ci\n")
        part.rename(place)
