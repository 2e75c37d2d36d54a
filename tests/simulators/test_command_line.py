import json
import subprocess
import sys

import pytest

from simulators.__main__ import main
from simulators.errors import UnusableError
from simulators.link import read_broker

DRY = ["--dry", "--duration", "30", "--start", "2026-11-22T05:00:00Z", "--devices", "20"]


def test_the_same_options_print_the_same_messages(capsys):
    assert main(DRY) == 0
    first = capsys.readouterr().out
    assert main(DRY) == 0
    assert capsys.readouterr().out == first
    topic, _, payload = first.splitlines()[0].partition(" ")
    assert topic.endswith("/birth")
    assert json.loads(payload)["ts"] == "2026-11-22T05:00:00.000Z"


def test_a_faster_world_lives_longer_in_the_same_duration(capsys):
    main([*DRY, "--scenario", "calm"])
    slow = capsys.readouterr().out.count("/telemetry ")
    main([*DRY, "--scenario", "calm", "--speed", "10"])
    assert capsys.readouterr().out.count("/telemetry ") > 7 * slow


def test_truth_is_written_as_json_lines(tmp_path, capsys):
    file = tmp_path / "truth.jsonl"
    assert main([*DRY, "--speed", "20", "--truth", str(file)]) == 0
    lines = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    assert lines
    assert set(lines[0]) == {"id", "kind", "where", "from", "to", "expect"}


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--site", "atlantis"], "nong-son"),
        (["--scenario", "atlantis"], "calm"),
        (["--broker", "http://x"], "mqtt://127.0.0.1:1883"),
        (["--broker", "mqtt://x:y"], "mqtt://127.0.0.1:1883"),
        (["--start", "yesterday"], "2026-11-22T00:00:00Z"),
        (["--dry"], "--duration"),
        (["--report", "/nowhere/at/all"], "cannot write /nowhere/at/all"),
    ],
)
def test_a_wrong_option_ends_with_2_and_a_sentence_that_mends(capsys, options, says):
    assert main(options) == 2
    assert says in capsys.readouterr().err


@pytest.mark.parametrize("options", [["--devices", "x"], ["--devices", "0"], ["--rate", "-1"], ["--speed", "fast"]])
def test_a_wrong_number_ends_with_2(capsys, options):
    with pytest.raises(SystemExit) as ended:
        main(options)
    assert ended.value.code == 2
    assert "should be a" in capsys.readouterr().err


def test_help_has_an_example(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    assert "python -m simulators --site nong-son" in capsys.readouterr().out


def test_a_broker_is_never_printed_with_its_password():
    broker = read_broker("mqtts://sim:s%40cret@broker.example")
    assert (broker.host, broker.port, broker.tls, broker.user, broker.password) == (
        "broker.example",
        8883,
        True,
        "sim",
        "s@cret",
    )
    assert "cret" not in str(broker)
    with pytest.raises(UnusableError) as caught:
        read_broker("http://sim:secret@x")
    assert "secret" not in str(caught.value)


def test_a_broker_that_is_away_is_said_in_a_sentence_and_ends_with_1(free_port):
    broker = f"mqtt://127.0.0.1:{free_port()}"
    run = subprocess.run(
        [sys.executable, "-m", "simulators", "--broker", broker, "--duration", "0.5"],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert run.returncode == 1
    assert f"no answer from the broker at {broker}" in run.stderr
    assert "never acknowledged" in run.stderr
    assert "Traceback" not in run.stderr
