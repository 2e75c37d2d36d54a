"""Takes the pictures of the wall on large screens that docs/wall.md shows, with alerts going on.

    .venv/bin/python tests/pictures/large_wall.py    # six minutes; writes docs/pictures/wall-1080p.png and wall-4k.png

A palette of 256 colours holds everything there is on a dark wall, and makes a picture a third as large.
"""

import base64
import struct
import sys
import tempfile
import threading
import zlib
from pathlib import Path
from time import monotonic

from first_hour import PICTURES, browser, demo, sign_in
from playwright.sync_api import Page

TROUBLES = """
[[fault]]
kind = "overheating"
device = "camera/cam-son-vien-05"
at_s = 20
lasts_s = 1800

[[fault]]
kind = "wifi_loss"
at_s = 20
lasts_s = 1800

[[fault]]
kind = "power_cut"
feeder = "fd-loc-vien"
at_s = 90
lasts_s = 1800
"""
SCREENS = {"1080p": (1920, 1080), "4k": (3840, 2160)}
AFTER_S = 300
# The 256 most frequent colours; every other becomes the nearest of them.
COUNT = """async (picture) => {
  const bitmap = await createImageBitmap(await (await fetch(`data:image/png;base64,${picture}`)).blob());
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  canvas.getContext("2d").drawImage(bitmap, 0, 0);
  const { data } = canvas.getContext("2d").getImageData(0, 0, bitmap.width, bitmap.height);
  const colours = new Uint32Array(data.length / 4);
  const channel = (at, one, bits) => data[4 * at + one] << bits;
  for (let at = 0; at < colours.length; at++) colours[at] = channel(at, 0, 16) | channel(at, 1, 8) | channel(at, 2, 0);
  const times = new Map();
  for (const colour of colours) times.set(colour, (times.get(colour) ?? 0) + 1);
  const palette = [...times].sort((a, b) => b[1] - a[1]).slice(0, 256).map(([colour]) => colour);
  const far = (a, b) => [16, 8, 0].reduce((sum, bits) => sum + (((a >> bits) & 255) - ((b >> bits) & 255)) ** 2, 0);
  const nearer = (colour) => (best, each, at) => (far(colour, each) < far(colour, palette[best]) ? at : best);
  const place = new Map([...times.keys()].map((colour) => [colour, palette.reduce(nearer(colour), 0)]));
  const places = Uint8Array.from(colours, (colour) => place.get(colour));
  const reader = new FileReader();
  const told = new Promise((done) => { reader.onload = () => done(reader.result.split(",")[1]); });
  reader.readAsDataURL(new Blob([places]));
  return { width: bitmap.width, height: bitmap.height, palette, places: await told };
}"""


def main() -> int:
    """Run the demo and take the pictures."""
    with tempfile.TemporaryDirectory() as folder, demo(Path(folder), TROUBLES, port=8094) as (url, began):
        threading.Event().wait(max(0.0, began + AFTER_S - monotonic()))
        for name, size in SCREENS.items():
            with browser(*size) as page:
                sign_in(page, url)
                threading.Event().wait(8)  # its figures say something by then
                file = PICTURES / f"wall-{name}.png"
                file.write_bytes(few_colours(page, page.screenshot()))
                print(f"{file.name}: {file.stat().st_size // 1024} KiB", flush=True)
    return 0


def few_colours(page: Page, picture: bytes) -> bytes:
    """The same picture as a PNG with a palette. The browser decodes and counts it, on a page without our policy."""
    page.goto("about:blank")
    told = page.evaluate(COUNT, base64.b64encode(picture).decode())
    width, height, places = told["width"], told["height"], base64.b64decode(told["places"])
    rows = b"".join(b"\0" + places[at : at + width] for at in range(0, width * height, width))
    colours = b"".join(colour.to_bytes(3) for colour in told["palette"])
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    parts = ((b"IHDR", header), (b"PLTE", colours), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in parts)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


if __name__ == "__main__":
    sys.exit(main())
