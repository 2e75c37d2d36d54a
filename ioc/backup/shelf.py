"""Names of backups on a shelf (a folder of nightly ones), and which of them are let go. Decides; touches no folder."""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Final

_NAME: Final = re.compile(r"^(?P<site>[a-z0-9-]+)-\d{8}T\d{6}Z\.iocbackup$")
SUFFIX: Final = ".iocbackup"


def name(site: str, now: datetime) -> str:
    """The name of a backup made now (UTC): names of one site sort by time."""
    return f"{site}-{now:%Y%m%dT%H%M%SZ}{SUFFIX}"


def let_go(names: Iterable[str], site: str, keep: int) -> list[str]:
    """The oldest of a site's backups beyond the newest `keep`; anything else in the folder is left alone."""
    ours = sorted(each for each in names if (found := _NAME.match(each)) and found["site"] == site)
    return ours[: max(len(ours) - keep, 0)]
