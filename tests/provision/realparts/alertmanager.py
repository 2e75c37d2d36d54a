"""A real Alertmanager on a port and in a folder of its own, without a cluster."""

import signal
from pathlib import Path

from realparts import places
from realparts.processes import Server, dies_with_us, free_port


class Alertmanager(Server):
    """One server with the routes and receivers that a test gives as YAML; `url` is where it listens."""

    def __init__(self, folder: Path, configuration: str) -> None:
        binary = places.alertmanager()
        if binary is None:
            raise FileNotFoundError(places.PARTS["alertmanager"].lacking())
        file = folder / "alertmanager.yml"
        file.write_text(configuration)
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        options = (
            f"--config.file={file}",
            f"--storage.path={folder}",
            f"--web.listen-address=127.0.0.1:{port}",
            "--cluster.listen-address=",
        )
        command = [*dies_with_us("KILL"), str(binary), *options]
        super().__init__("alertmanager", command, folder, ready="Listening on", stop=signal.SIGTERM)
