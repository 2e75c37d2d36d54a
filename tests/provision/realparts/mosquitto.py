"""A real Mosquitto on a port and in a folder of its own.

Its queues are unbounded as in `deploy/mosquitto.conf`; unlike there it lets anybody in, on 127.0.0.1 only.
"""

import os
import pwd
import signal
from pathlib import Path

from realparts import places
from realparts.processes import Server, dies_with_us, free_port

CONFIGURATION = """\
listener {port} 127.0.0.1
allow_anonymous true
persistence true
persistence_location {folder}/
max_queued_messages 0
max_inflight_messages 20000
log_dest stderr
log_type error
log_type warning
log_type notice
log_type information
"""


class Mosquitto(Server):
    """One broker. `stop`/`restart` keep its memory; `kill` loses what came after the last `save`."""

    host = "127.0.0.1"

    def __init__(self, folder: Path, extra: str = "") -> None:
        binary = places.mosquitto()
        if binary is None:
            raise FileNotFoundError(places.PARTS["mosquitto"].lacking())
        self.port = free_port()
        # Root's Mosquitto would change to a user who may not read our folder.
        owner = f"user {pwd.getpwuid(os.geteuid()).pw_name}\n"
        configuration = folder / "mosquitto.conf"
        configuration.write_text(CONFIGURATION.format(port=self.port, folder=folder) + owner + extra)
        command = [*dies_with_us("KILL"), str(binary), "-c", str(configuration)]
        super().__init__("mosquitto", command, folder, ready=" running\n", stop=signal.SIGTERM)

    @property
    def url(self) -> str:
        """Address as `IOC_MQTT__URL` takes it."""
        return f"mqtt://{self.host}:{self.port}"

    def save(self) -> None:
        """Have the broker write its memory to disk now (SIGUSR1); returns once the file has changed."""
        store = self.folder / "mosquitto.db"
        before = store.stat().st_mtime_ns if store.exists() else 0
        assert self.process is not None
        self.process.send_signal(signal.SIGUSR1)
        for _ in range(1000):
            if store.exists() and store.stat().st_mtime_ns != before:
                return
            self.pause()
        raise RuntimeError("mosquitto did not save within 10 s")
