"""`python -m simulators score`: reading both lists, the table, JSON, the API; and what it says of wrong files."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from simulators.__main__ import main

TRUTH = {
    "id": "t1",
    "kind": "overheating",
    "where": {"devices": ["nong-son/camera/c1"], "area": "que-loc", "gateway": "gw-que-loc", "feeder": None},
    "from": "2026-11-22T05:00:00Z",
    "to": "2026-11-22T05:10:00Z",
    "expect": {"scope": "device", "subject": "nong-son/camera/c1", "rules": ["camera-hot"], "severity": "major"},
}
ALERT = {
    "id": "01A",
    "rule": "camera-hot",
    "device": "nong-son/camera/c1",
    "area": "que-loc",
    "severity": "major",
    "firing_since": "2026-11-22T05:02:00Z",
    "cleared_at": None,
    "closed_at": None,
}
PENDING = {**ALERT, "id": "01B", "firing_since": None}


@pytest.fixture
def files(tmp_path):
    truth, alerts = tmp_path / "truth.jsonl", tmp_path / "alerts.json"
    truth.write_text(json.dumps(TRUTH) + "\n")
    alerts.write_text(json.dumps([ALERT, PENDING]))
    return truth, alerts


def test_the_table_shows_each_kind_and_the_sum(files, capsys):
    assert main(["score", "--truth", str(files[0]), "--alerts", str(files[1])]) == 0
    said = capsys.readouterr().out
    assert "overheating" in said
    assert "120 s" in said
    assert "operator: 1 alarms" in said


@pytest.mark.parametrize("form", [
    json.dumps, lambda each: "\n".join(map(json.dumps, each)),
    lambda each: json.dumps({"items": each, "next": None}), lambda each: json.dumps(each, indent=2),
], ids=["array", "lines", "answer", "pretty"])  # fmt: skip
def test_alerts_may_come_in_any_usual_form(form, files, capsys):
    files[1].write_text(form([ALERT, PENDING]))
    assert main(["score", "--truth", str(files[0]), "--alerts", str(files[1]), "--json"]) == 0
    total = json.loads(capsys.readouterr().out)["total"]
    assert (total["recall"], total["precision"], total["told_p50_s"]) == (1, 1, 120)


@pytest.mark.parametrize(("wrong", "why"), [
    ({"to": "yesterday"}, "'yesterday' is no time"), ({"expect": {"scope": "device"}}, "'subject' is missing"),
    ({"expect": {**TRUTH["expect"], "scope": "village"}}, "scope 'village'"),
])  # fmt: skip
def test_a_wrong_line_of_truth_is_named_with_its_reason(wrong, why, files, capsys):
    files[0].write_text(json.dumps({**TRUTH, **wrong}))
    assert main(["score", "--truth", str(files[0]), "--alerts", str(files[1])]) == 2
    said = capsys.readouterr().err
    assert why in said
    assert "truth.jsonl" in said


def test_a_missing_file_is_named(files, capsys):
    assert main(["score", "--truth", str(files[0]), "--alerts", "nowhere.json"]) == 2
    assert "nowhere.json" in capsys.readouterr().err


@pytest.fixture
def centre():
    """An API that answers two pages, to one token only."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self):
            if self.headers["Authorization"] != "Bearer right":
                self.send_error(401)
                return
            pages = {
                "/api/v1/alerts?limit=500": {"items": [PENDING], "next": "more"},
                "/api/v1/alerts?limit=500&cursor=more": {"items": [ALERT], "next": None},
                "/api/v1/alerts/01A": {
                    **ALERT,
                    "timeline": [{"announce": "open", "at": "2026-11-22T05:03:00Z"}, {"announce": None}] * 3,
                },
            }
            body = json.dumps(pages[self.path]).encode()
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_alerts_come_from_the_api_page_by_page_with_their_messages(centre, files, capsys, monkeypatch):
    monkeypatch.setenv("SIMULATORS_TOKEN", "right")
    assert main(["score", "--truth", str(files[0]), "--api", centre, "--json"]) == 0
    total = json.loads(capsys.readouterr().out)["total"]
    assert (total["recall"], total["messages_max"], total["told_p50_s"]) == (1, 3, 180)


def test_a_token_that_is_not_accepted_is_told_with_the_mend(centre, files, capsys):
    assert main(["score", "--truth", str(files[0]), "--api", centre, "--token", "wrong"]) == 2
    assert "POST /api/v1/tokens" in capsys.readouterr().err


def test_a_centre_that_is_not_there_is_told(files, capsys):
    assert main(["score", "--truth", str(files[0]), "--api", "http://127.0.0.1:9", "--token", "x"]) == 2
    assert "http://127.0.0.1:9" in capsys.readouterr().err
