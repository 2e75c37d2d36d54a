"""Takes the pictures of docs/training.md: the demo runs, with the hour's troubles a quarter of an hour close.

    .venv/bin/python tests/pictures/first_hour.py              # fourteen minutes; writes docs/pictures/first-hour-*.png
    .venv/bin/python tests/pictures/first_hour.py device desk  # only these; five minutes

The devices are those that seed 1 chooses in `first-hour.toml`, named here because a shorter hour would choose others.
"""

import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "docs" / "pictures"
CHROMIUM, FLAGS = "/usr/bin/chromium", ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
CAMERA = "nong-son/camera/cam-son-vien-05"
SCENARIO = """
[[fault]]
kind = "overheating"
device = "camera/cam-son-vien-05"
at_s = 30
lasts_s = 360

[[fault]]
kind = "gateway_down"
area = "que-loc"
at_s = 330
lasts_s = 240

[[fault]]
kind = "power_cut"
feeder = "fd-loc-vien"
at_s = 660
lasts_s = 900
"""
PASSWORD = "giờ đầu tiên"


def the_wall(page: Page, url: str) -> None:
    """The wall itself."""
    page.goto(url)


def the_device(page: Page, url: str) -> None:
    """The page of the camera that is too hot, at its temperature."""
    page.goto(f"{url}devices/{CAMERA}")
    page.get_by_label("Khoảng thời gian").select_option(label="1 giờ")
    page.locator("figure", has=page.get_by_text("Nhiệt độ")).wait_for()
    page.mouse.move(400, 500)
    page.mouse.wheel(0, 470)  # its charts are drawn again and again: no element stays to be scrolled to


def the_desk(page: Page, url: str) -> None:
    """The alerts' desk with the story of the first."""
    page.goto(f"{url}alerts")
    page.locator("#rows tr").first.click()


SHOTS = (
    # name, seconds after the devices began, what to show
    ("calm", 25, the_wall),
    ("one", 270, the_wall),
    ("device", 270, the_device),
    ("desk", 270, the_desk),
    ("gateway", 540, the_wall),
    ("feeder", 840, the_wall),
)


def main() -> int:
    """Run the demo and take the pictures that are named, or all, one after the other."""
    wanted = [shot for shot in SHOTS if shot[0] in sys.argv[1:] or len(sys.argv) == 1]
    with tempfile.TemporaryDirectory() as folder, demo(Path(folder)) as (url, began), browser() as page:
        sign_in(page, url)
        for name, seconds, show in wanted:
            threading.Event().wait(max(0.0, began + seconds - monotonic()))
            show(page, url)
            picture(page, name)
    return 0


@contextmanager
def demo(folder: Path, troubles: str = SCENARIO, port: int = 8099) -> Iterator[tuple[str, float]]:
    """A demo of its own; gives the wall's address and when the devices began, on the monotonic clock."""
    scenario = folder / "scenario.toml"
    scenario.write_text(troubles, "utf-8")
    words = ["-m", "ioc.cli", "up", "--demo", "--scenario", str(scenario), "--port", str(port)]
    settings = {"IOC_DATA_DIR": str(folder / "data"), "IOC_WEB__ADMIN_PASSWORD": PASSWORD, "PATH": "/usr/bin:/bin"}
    log = folder / "up.log"
    with log.open("w") as said:
        centre = subprocess.Popen(
            [sys.executable, *words], stdout=said, stderr=subprocess.STDOUT, env=settings, cwd=ROOT
        )
    try:
        yield _wall(log, centre), monotonic()
    finally:
        centre.terminate()
        centre.wait(60)


def _wall(log: Path, centre: "subprocess.Popen[bytes]") -> str:
    idle = threading.Event()
    while centre.poll() is None:
        if found := re.search(r"http://\S+/", log.read_text("utf-8")):
            return found[0]
        idle.wait(0.5)
    raise SystemExit(log.read_text("utf-8"))


@contextmanager
def browser(width: int = 1280, height: int = 720) -> Iterator[Page]:
    """A page of so many points."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        size = {"width": width, "height": height}
        yield chromium.new_page(viewport=size, locale="vi-VN", timezone_id="Asia/Ho_Chi_Minh")
        chromium.close()


def sign_in(page: Page, url: str) -> None:
    """As the first administrator."""
    page.goto(url)
    page.locator("input[name=name]").fill("admin")
    page.locator("input[type=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r".*/$"))


def picture(page: Page, name: str) -> None:
    """One picture of what the page shows, once it has drawn what it loads."""
    threading.Event().wait(4)
    file = PICTURES / f"first-hour-{name}.png"
    page.screenshot(path=file)
    print(f"{file.relative_to(ROOT)}: {file.stat().st_size // 1024} KiB", flush=True)


if __name__ == "__main__":
    sys.exit(main())
