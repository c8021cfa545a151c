"""`bench serve`, the command, asked over HTTP."""

import json
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from bench.api.words import words_of
from bench.serve.__main__ import main
from tests.support.cli import REPOSITORY, environment
from tests.support.ports import free_port

TEXTS = ["goal match team", "shares market profit"]


@contextmanager
def serving(
    model: Path, *words: str, program: Sequence[str] = ("-m", "bench.serve"), interruptions: int = 1
) -> Iterator[tuple[httpx.Client, str]]:
    """A client of the command, and what it printed."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, *program, str(model), "--port", str(port), *words],
        cwd=REPOSITORY, env=environment(model), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    said = process.stdout.readline()
    if "--host" in words:
        said += process.stdout.readline()
    try:
        transport = httpx.HTTPTransport(retries=5)
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30, transport=transport) as client:
            yield client, said
    finally:
        for number in range(interruptions):
            time.sleep(0.5 * (number > 0))
            process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert "Traceback" not in errors


def test_it_answers_as_bench_predict_does(kept: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench.predict", str(kept), "--json", *TEXTS],
        cwd=REPOSITORY, check=True, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    wanted = [json.loads(line) for line in done.stdout.splitlines()]
    with serving(kept) as (client, _):
        answer = client.post("/predict", json={"texts": TEXTS})
        assert answer.status_code == 200, answer.text
        for found, known in zip(answer.json()["predictions"], wanted, strict=True):
            assert set(found) == set(known) - {"text"}
            assert found["label"] == known["label"]
            assert found["confidence"] == pytest.approx(known["confidence"])
            assert found["probabilities"] == pytest.approx(known["probabilities"])
        health = client.get("/health").json()
        assert health["status"] == "ok"
        assert health["labels"] == ["business", "sport"]
        assert {"/predict", "/health"} == set(client.get("/openapi.json").json()["paths"])
        assert client.get("/docs").status_code == 404, "it would fetch scripts from elsewhere"
        with ThreadPoolExecutor(16) as pool:
            many = list(pool.map(lambda text: client.post("/predict", json={"texts": [text]}).json(), TEXTS * 20))
        assert [each["predictions"][0]["label"] for each in many] == [each["label"] for each in wanted] * 20


def test_several_labels(several: Path) -> None:
    with serving(several) as (client, _):
        (found,) = client.post("/predict", json={"texts": ["goal team match coach"]}).json()["predictions"]
        assert set(found) == {"labels", "probabilities"}
        assert isinstance(found["labels"], list)
        assert set(found["probabilities"]) == {"ball", "money", "late"}


def test_bounds(kept: Path) -> None:
    with serving(kept, "--max-texts", "3", "--max-chars", "20", "--max-body", "300") as (client, _):
        for body, status, said in (
            ({"texts": ["a"] * 4}, 422, "texts"),
            ({"texts": ["a" * 21]}, 422, "texts[0]"),
            ({"texts": []}, 422, "texts"),
            ({"texts": ["a", "  "]}, 422, "texts[1] has nothing to read"),
            ({"texts": ["a", "b", "\u200b"]}, 422, "texts[2] has nothing to read"),
            ({"texts": [3]}, 422, "texts[0]"),
            ({"text": "a"}, 422, "text"),
            ({"texts": ["a" * 400]}, 413, "300 bytes"),
            ({"texts": ["a"], "x\ny" + "z" * 200: 1}, 422, "z: Extra inputs are not permitted"),
        ):
            answer = client.post("/predict", json=body)
            assert answer.status_code == status, answer.text
            assert said in answer.json()["error"]
            assert "\n" not in answer.json()["error"]
            assert len(answer.json()["error"]) < 150
        unsaid = client.post("/predict", content=iter([b'{"texts": ["', b"a" * 400, b'"]}']))  # no Content-Length
        assert unsaid.status_code == 413
        for content, kind in (
            (b"{", "application/json"),
            (b'{"texts": ["\xff"]}', "application/json"),
            (b'{"texts": [' + b"[" * 280, "application/json"),
            (b'{"texts": ["goal"]}', "application/x-www-form-urlencoded"),
        ):
            unread = client.post("/predict", content=content, headers={"content-type": kind})
            assert unread.status_code == 422
            assert "content-type: application/json" in unread.json()["error"]
        assert client.get("/elsewhere").json() == {"error": "Not Found"}
        assert client.get("/predict").json() == {"error": "Method Not Allowed"}
        assert client.post("/predict", json={"texts": ["goal"]}).status_code == 200


def test_who_hangs_up_is_no_error(kept: Path) -> None:
    with serving(kept) as (client, _):
        assert client.get("/health").status_code == 200
        for _ in range(3):
            with socket.create_connection(("127.0.0.1", client.base_url.port)) as caller:
                head = "POST /predict HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
                caller.sendall(f"{head}content-length: 100\r\n\r\n{{".encode())
        assert client.post("/predict", json={"texts": TEXTS}).status_code == 200


SLOW = """
import sys, time
from bench.serve import __main__ as serve
serve.GRACE = float(sys.argv.pop())
quick = serve._predictor
serve._predictor = lambda *model: lambda texts: (time.sleep(4), quick(*model)(texts))[1]
sys.exit(serve.main())
"""


@pytest.mark.parametrize(("grace", "interruptions"), [("0.5", 1), ("60", 2)])
def test_callers_of_a_slow_model_are_told_of_its_end(kept: Path, grace: str, interruptions: int) -> None:
    with ThreadPoolExecutor(1) as pool:
        with serving(kept, grace, program=("-c", SLOW), interruptions=interruptions) as (client, _):
            asked = pool.submit(httpx.post, str(client.base_url.join("/predict")), json={"texts": TEXTS}, timeout=30)
            while not client.get("/health").json()["waiting"]:
                time.sleep(0.1)
        assert asked.result().status_code == 503
        assert asked.result().json() == {"error": "the server ended before it had an answer"}


def test_nobody_calls_it_by_another_name(kept: Path) -> None:
    with serving(kept) as (client, _):
        assert client.get("/health", headers={"host": "evil.example"}).status_code == 403
        assert client.get("/health", headers={"host": "localhost:1"}).status_code == 200


def test_others_need_the_token(kept: Path) -> None:
    with serving(kept, "--host", "0.0.0.0") as (client, said):
        token = re.search(r"here (\S+) ;", said)
        assert token is not None
        assert client.get("/health").status_code == 401
        assert client.get("/health", headers={"authorization": "Bearer no"}).status_code == 401
        assert client.get("/health", headers={"authorization": f"Bearer {token[1]}"}).status_code == 200


def test_what_cannot_be_served_is_said_in_a_line(
    kept: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main([str(tmp_path / "gone")]) == 2
    assert "is not there" in capsys.readouterr().err
    with serving(kept) as (client, _):
        assert client.get("/health").status_code == 200  # it listens, and Ctrl-C ends it as it should
        port = str(client.base_url.port)
        assert main([str(kept), "--port", port]) == 2
        assert f"--port {port} on 127.0.0.1: Address already in use; give another one" in capsys.readouterr().err
    monkeypatch.setattr("bench.serve.__main__.is_here", lambda package: package != "uvicorn")
    assert main([str(kept)]) == 2
    assert "finetune-bench[serve]" in capsys.readouterr().err


def test_words_are_those_of_the_command() -> None:
    assert words_of({"save_model": True}, several=False) == ["save_model=true"]
