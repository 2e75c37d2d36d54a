"""Feeds the browser that listens to Mosquitto itself: each device retained, each change a message; serves its page.

`python -m stage.brokerfeed PORT BROKER_PORT DEVICES UPDATES`. The page is at `/peer/?from=broker&…`.
"""

import json
import sys
import threading

import paho.mqtt.client as paho
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from ingest.model import Heard, View
from maps.hub import epoch_ms
from maps.page import static_dir
from stage import HERE
from stage.wallserver import Storm, district


class Feed:
    """What a storm shows its hub, said to a broker instead."""

    def __init__(self, port: int) -> None:
        self._client = paho.Client(paho.CallbackAPIVersion.VERSION2, "bench-wall-feed")
        self._client.max_queued_messages_set(0)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def show(self, heard: Heard) -> None:
        """One message a device, retained: a broker keeps nothing but the last one."""
        for view in heard.views:
            self._client.publish(f"wall/{view.device.address}", self._said(view), retain=True)

    @staticmethod
    def _said(view: View) -> str:
        device, presence = view.device, view.presence
        state = 0 if presence.working else 1
        return json.dumps({"lat": device.lat, "lon": device.lon, "state": state, "since": presence.since})


def main(port: int, broker: int, devices: int, updates: int) -> None:
    """Feed and serve until killed."""
    feed, views = Feed(broker), district(devices)
    feed.show(Heard(epoch_ms(), tuple(views)))
    threading.Thread(target=Storm(feed, views, updates).run, daemon=True).start()
    routes = [
        Mount("/static", StaticFiles(directory=static_dir())),
        Mount("/peer", StaticFiles(directory=HERE / "peers" / "canvas", html=True)),
    ]
    uvicorn.run(Starlette(routes=routes), port=port, log_level="warning")


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:]))
