"""Node-RED and what is put into it, from npm in the cache as the committed locks say; installed on first use."""

import hashlib
import shutil
import subprocess
from pathlib import Path

from realparts import places

from stage import HERE

PEERS = HERE / "peers"


def installed(recipe: str) -> Path:
    """The `node_modules` of one folder of `peers`."""
    lock = (PEERS / recipe / "package-lock.json").read_bytes()
    folder = places.cache_folder() / f"{recipe}-{hashlib.sha256(lock).hexdigest()[:12]}"
    if not (folder / places.STAMP).is_file():
        print(f"installing {recipe} from npm into the cache (once) ...", flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(PEERS / recipe / name, folder)
        words = ["npm", "ci", "--ignore-scripts", "--omit=optional", "--no-audit", "--no-fund", "--loglevel=error"]
        subprocess.run(words, cwd=folder, check=True)
        (folder / places.STAMP).touch()
    return folder / "node_modules"


def missing() -> bool:
    """Whether it cannot run here."""
    return not (shutil.which("node") and shutil.which("npm"))


def command(folder: Path, recipe: str) -> list[str]:
    """Start Node-RED in a folder with the settings and the flow of one folder of `peers`."""
    for name in ("settings.js", "flow.json"):
        shutil.copy(PEERS / recipe / name, folder)
    script = installed("nodered") / "node-red" / "red.js"
    return ["node", str(script), "--userDir", str(folder), "--settings", str(folder / "settings.js")]
