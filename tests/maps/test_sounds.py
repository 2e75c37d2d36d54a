"""The alarm sounds are what their script makes, and differ."""

import importlib.util
import wave

from maps.page import static_dir

SCRIPT = static_dir().parent / "vendor" / "sounds.py"


def test_the_files_kept_are_those_that_the_script_makes():
    spec = importlib.util.spec_from_file_location("sounds", SCRIPT)
    sounds = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sounds)
    kept = {}
    for name, burst in sounds.BURSTS.items():
        with wave.open(str(static_dir() / "ioc" / "sounds" / f"{name}.wav")) as file:
            kept[name] = file.readframes(file.getnframes())
        assert kept[name] == sounds.sound(burst)
    assert len(set(kept.values())) == 4
