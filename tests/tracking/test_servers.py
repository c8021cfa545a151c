"""Trackers whose server is not there, never answers, or refuses the login."""

import socket
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from bench.tracking.messages import End, Run, Setup

RUN = Run("a-cell", {"seed": 0, "model": "m"})
END = End(RUN, "ok", None, 3, {"test/accuracy": 0.5})


def setup(name: str, folder: Path) -> Setup:
    return Setup(name, f"bench.tracking.backends.{name}", "sweep", str(folder), str(folder / name))


class Refusing(BaseHTTPRequestHandler):
    """Says that nobody may come in."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self.send_response(401)
        self.end_headers()

    def do_GET(self) -> None:
        self.do_POST()

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def refusing() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def silent() -> Iterator[str]:
    """A server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.mark.parametrize("key", ["0" * 40, None])
def test_wandb_is_offline_without_login(key: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from bench.tracking.backends import wandb

    for name in ("WANDB_MODE", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "WANDB_API_KEY", "WANDB_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    assert wandb.mode() == "offline"
    if key is not None:
        (tmp_path / "netrc").write_text(f"machine api.wandb.ai\n  login user\n  password {key}\n")
        assert wandb.mode() == "online"
    monkeypatch.setenv("WANDB_API_KEY", "0" * 40)
    assert wandb.mode() == "online"
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert wandb.mode() == "offline"
    monkeypatch.setenv("WANDB_MODE", "disabled")
    assert wandb.mode() == "disabled"


def test_wandb_that_refuses_the_login_is_kept_offline(
    refusing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bench.tracking.backends import wandb

    monkeypatch.setenv("WANDB_BASE_URL", refusing)
    monkeypatch.setenv("WANDB_API_KEY", "0" * 40)
    monkeypatch.setenv("WANDB_MODE", "online")
    said: list[str] = []
    backend = wandb.backend(setup("wandb", tmp_path), said.append)
    backend.begin(RUN)
    backend.end(END)
    assert len(said) == 1
    assert "cannot be reached" in said[0]
    assert "wandb sync" in said[0]
    assert len(list(tmp_path.glob("wandb/wandb/offline-run-*/*.wandb"))) == 1


def test_mlflow_that_refuses_is_an_error(refusing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from bench.tracking.backends import mlflow

    monkeypatch.setenv("MLFLOW_TRACKING_URI", refusing)
    with pytest.raises(mlflow.MlflowException, match="401"):
        mlflow.backend(setup("mlflow", tmp_path), lambda _: None)


@pytest.mark.parametrize("server", ["silent", "none"])
def test_mlflow_without_an_answer_costs_a_cell_nothing(
    server: str, silent: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cell ends, and what is wrong with its tracker was said, once."""
    from tests.tracking.test_trouble import Told, channel

    monkeypatch.setenv("MLFLOW_TRACKING_URI", silent if server == "silent" else "http://127.0.0.1:9")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    monkeypatch.setattr(channel, "CLOSE_SECONDS", 100.0)
    seconds = 1.0 if server == "silent" else 100.0
    told = Told(tmp_path, "sweep", slow_seconds=seconds, grace_seconds=2.0, backend="bench.tracking.backends.mlflow")
    told.run(steps=3)
    told.observers.close()
    assert len(told.said) == 1
    assert ("has not answered" if server == "silent" else "failed") in told.said[0]
    told.channel._process.kill()
    told.channel._process.wait()
