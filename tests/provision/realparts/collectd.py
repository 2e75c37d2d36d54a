"""A real collectd in the foreground, with the configuration a test gives it.

The logging lines are ours (readiness is read from the log); which plugins run is the test's. Its `unixsock`
plugin, when the test loads it with `{socket}`, takes values through `put`.
"""

import signal
import socket
from pathlib import Path

from realparts import places
from realparts.centre import wait_for
from realparts.processes import Server, dies_with_us

CONFIGURATION = """\
BaseDir "{folder}"
PIDFile "{folder}/collectd.pid"
LoadPlugin logfile
<Plugin logfile>
  LogLevel info
  File stderr
</Plugin>
"""


class Collectd(Server):
    """One daemon. In the configuration `{folder}` and `{socket}` stand for paths of its own."""

    def __init__(self, folder: Path, configuration: str) -> None:
        binary = places.collectd()
        if binary is None:
            raise FileNotFoundError(places.PARTS["collectd"].lacking())
        self.socket = folder / "collectd.sock"
        text = (CONFIGURATION + configuration).replace("{folder}", str(folder))
        file = folder / "collectd.conf"
        file.write_text(text.replace("{socket}", str(self.socket)))
        command = [*dies_with_us("KILL"), str(binary), "-f", "-C", str(file)]
        super().__init__("collectd", command, folder, ready="entering read-loop", stop=signal.SIGTERM)

    def put(self, identifier: str, *values: float, interval: float = 10, at: str = "N") -> str:
        """`PUTVAL host/plugin/type interval=… time:value…`; returns the daemon's answer line."""
        line = f'PUTVAL "{identifier}" interval={interval} {at}:{":".join(str(value) for value in values)}\n'
        link = wait_for(self._connected, seconds=10)  # the read-loop may be entered before the plugin listens
        with link, link.makefile("r") as answers:
            link.settimeout(10)
            link.sendall(line.encode())
            return answers.readline().strip()

    def _connected(self) -> socket.socket | None:
        link = socket.socket(socket.AF_UNIX)
        try:
            link.connect(str(self.socket))
        except (FileNotFoundError, ConnectionRefusedError):
            link.close()
            return None
        return link
