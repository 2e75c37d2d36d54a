"""A large export from a real server: its memory does not grow with what is asked, and it serves others meanwhile."""

import re
from pathlib import Path

import httpx
import psycopg
import pytest
from realparts.centre import Centre, wait_for
from realparts.processes import free_port

from ioc.api.times import moment, written
from ioc.clock import now_ms
from ioc.migrate import migrate

PASSWORD = "lua vang tren nuong"
ROWS = 300_000


@pytest.fixture
def server(dsn, tmp_path):
    """`ioc web` over a database with one talkative camera, and a client signed in."""
    migrate(dsn)
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("INSERT INTO device (address, admission) VALUES ('ns/camera/c1', 'admitted')")
        connection.execute(
            "INSERT INTO reading_camera (ts, device_id, seq, received_at, fps, bitrate_bps, temperature_c, motion) "
            "SELECT now() - n * interval '250 ms', 1, n, now(), random() * 30, random() * 4e6, random() * 90, "
            "n %% 7 = 0 FROM generate_series(1, %s) n",
            (ROWS,),
        )
    port = free_port()
    settings = {"IOC_DATABASE__DSN": dsn, "IOC_WEB__PORT": str(port), "IOC_WEB__ADMIN_PASSWORD": PASSWORD,
                "IOC_DATA_DIR": str(tmp_path)}  # fmt: skip
    with Centre(["web"], settings, tmp_path / "web.log") as centre:
        wait_for(lambda: "wall" in centre.said)
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            client.post("/api/v1/session", json={"name": "admin", "password": PASSWORD}).raise_for_status()
            yield centre, client


def peak_mb(centre):
    """The most memory the process ever held, in MB; begun anew by the asking."""
    status = Path(f"/proc/{centre.pid}/status").read_text()
    Path(f"/proc/{centre.pid}/clear_refs").write_text("5")
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1024


def exported(client, kind, hours):
    """How many bytes came, from how long a span."""
    asked = {"family": "camera", "resolution": "raw", "from": ago(hours)}
    with client.stream("GET", f"/api/v1/history.{kind}", params=asked) as answer:
        answer.raise_for_status()
        blocks = answer.iter_raw(2**20)
        total = len(next(blocks, b""))
        assert httpx.get(f"{client.base_url}/healthz").status_code == 200  # others are served meanwhile
        return total + sum(map(len, blocks))


def ago(hours):
    return written(moment(now_ms() - hours * 3_600_000))


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_memory_does_not_grow_with_an_export(server, kind):
    centre, client = server
    small = exported(client, kind, 4)  # some row groups, so that all that is ever held is held once
    peak_mb(centre)
    exported(client, kind, 4)
    before = peak_mb(centre)
    large = exported(client, kind, 48)
    grown = peak_mb(centre) - before
    assert large > 4 * small
    assert grown < 12, f"{grown:.0f} MB more for {large / 1e6:.0f} MB instead of {small / 1e6:.1f}"
