"""Provides the real parts that tests need; run by `make test`, safe to repeat and to interrupt.

Root on Debian or Ubuntu gets them from the distribution's packages; TimescaleDB, where the distribution
has none, from a Debian tree in the cache folder. Anybody else names existing ones by environment variable.
TimescaleDB Community comes for everybody, into the cache folder, by npm from a committed lock.
What is there already is never touched. Exit 0: everything is there, or what is missing has been named;
exit 1: something is missing and this is CI.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from realparts import places
from realparts.community_modules import lay_modules
from realparts.debian_tree import lay

POLICY = Path("/usr/sbin/policy-rc.d")


def say(sentence: str) -> None:
    """One line of progress."""
    print(f"provision: {sentence}", flush=True)


def run(*command: str) -> None:
    """Run quietly; show the output only of a command that failed."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, env=environment, check=False
    )
    if done.returncode:
        print(done.stdout[-3000:], done.stderr[-3000:], file=sys.stderr)
        raise subprocess.CalledProcessError(done.returncode, command)


@contextmanager
def no_services() -> Iterator[None]:
    """Keep Debian's packages from starting servers: tests start their own, on ports of their own."""
    if POLICY.exists():
        yield
        return
    POLICY.write_text("#!/bin/sh\nexit 101\n")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink()


class Apt:
    """The system's packages; the lists are fetched once, and only when something is missing."""

    def __init__(self) -> None:
        self.updated = False

    def update(self) -> None:
        """Fetch the package lists, once."""
        if not self.updated:
            say("apt-get update")
            run("apt-get", "update", "-q")
            self.updated = True

    def install(self, *packages: str) -> None:
        """Install without recommendations and without starting services."""
        self.update()
        say(f"apt-get install {' '.join(packages)}")
        with no_services():
            run("apt-get", "install", "-y", "-q", "--no-install-recommends", *packages)

    def timescale_packages(self) -> list[str]:
        """The newest PostgreSQL with TimescaleDB that this distribution carries itself, if any."""
        self.update()
        pattern = r"^postgresql-[0-9]+-timescaledb$"
        found = subprocess.run(
            ["apt-cache", "search", "--names-only", pattern], capture_output=True, text=True, check=True
        )
        versions = sorted(int(number) for number in re.findall(r"^postgresql-(\d+)-", found.stdout, re.MULTILINE))
        return [f"postgresql-{versions[-1]}", f"postgresql-{versions[-1]}-timescaledb"] if versions else []


def provide_timescale(apt: Apt) -> None:
    """TimescaleDB from this distribution, else in a Debian tree of its own."""
    if packages := apt.timescale_packages():
        apt.install(*packages)
        return
    if not shutil.which("debootstrap"):
        apt.install("debootstrap", "debian-archive-keyring")
    say(f"TimescaleDB: laying a Debian tree in {places.cached_timescale()} (once, about a minute)")
    lay(places.cached_timescale(), run)


def provide_community() -> None:
    """TimescaleDB Community from its Node packages, unless it is named to us."""
    if "IOC_TEST_COMMUNITY" in os.environ:
        return
    say(f"TimescaleDB Community: fetching its packages into {places.cached_community()} (once)")
    lay_modules(places.cached_community(), run)


def unpack(apt: Apt, package: str) -> None:
    """A Debian package unpacked into the cache: it is one static program, and its server must not run by itself."""
    apt.update()
    folder = places.cache_folder() / package
    say(f"unpacking Debian's {package} in {folder}")
    with tempfile.TemporaryDirectory() as scratch:
        run("sh", "-c", f"cd {scratch} && apt-get download -q {package} && dpkg-deb -x {package}_*.deb tree")
        shutil.rmtree(folder, ignore_errors=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(f"{scratch}/tree", folder)


def provide(names: list[str]) -> None:
    """Provide the named parts, as root where they need it; one that cannot be had does not stop the others."""
    apt = Apt()
    installs = os.geteuid() == 0 and shutil.which("apt-get") is not None
    for name in names:
        part = places.PARTS[name]
        try:
            if name == "community":
                provide_community()
            elif not installs:
                continue
            elif name == "timescale":
                provide_timescale(apt)
            elif part.unpacked:
                unpack(apt, part.unpacked)
            else:
                apt.install(*part.packages)
        except (OSError, subprocess.SubprocessError) as error:
            say(f"{part.name} could not be provided: {error}")


def missing() -> list[str]:
    """Names of the parts that are not there."""
    return [name for name, part in places.PARTS.items() if not part.present()]


def main() -> int:
    """Provide what can be provided, then say what the tests will have to do without."""
    provide(missing())
    left = missing()
    for name in left:
        part = places.PARTS[name]
        verdict = "its tests will fail, as this is CI" if places.in_ci() else "its tests will be skipped"
        say(f"{part.lacking()}; {verdict}")
    if not left:
        say(f"all real parts are here: {', '.join(part.name for part in places.PARTS.values())}")
    return 1 if left and places.in_ci() else 0


if __name__ == "__main__":
    sys.exit(main())
