"""`bench watch` as a user types it, beside a sweep in another terminal."""

import csv
import io
import json
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bench.watch.__main__ import main
from tests.support.cli import bench, environment
from tests.sweep import simulated

CLASSICAL = """\
# @package _global_
defaults:
  - override /data: file
  - override /model: tfidf_sgd
  - override /split: nested

experiment: mine
data: {{name: topics, path: {data}}}
device: cpu
hydra: {{sweeper: {{params: {{num_labels: 2, train_size: '8,16', seed: 0}}}}}}
"""
"""Two cells that are run in no time."""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A folder with an experiment `mine`."""
    simulated.small(tmp_path)
    (tmp_path / "conf/experiment/mine.yaml").write_text(CLASSICAL.format(data=tmp_path / "topics.csv"))
    return tmp_path


@contextmanager
def watching(own: Path, *words: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The command while it runs, and the address that it prints."""
    program = [sys.executable, "-c", "from bench.command import start; start()", "watch", "mine", "--port", "0", *words]
    process = subprocess.Popen(
        program, cwd=own, env=environment(own), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.fullmatch(r"watching mine: (http://127\.0\.0\.1:\d+/) \(Ctrl-C ends it\)\n", line)
        assert found, line
        yield process, found[1]
    finally:
        process.kill()
        process.communicate()


def read(address: str) -> str:
    with urllib.request.urlopen(address, timeout=30) as answer:
        return str(answer.read().decode())


def drawn(address: str, done: int, before: str | None = None) -> str:
    """The version of the page once a report of so many finished cells is there."""
    end = time.monotonic() + 90
    while True:
        told = json.loads(read(f"{address}status.json"))
        assert told["error"] is None
        if (told["done"], told["drawing"]) == (done, False) and told["page"] not in (None, before):
            return str(told["page"])
        assert time.monotonic() < end, told
        time.sleep(0.2)


def processes_of(folder: Path) -> list[int]:
    """Processes that have the folder's name among their words."""
    lines = Path("/proc").glob("[0-9]*/cmdline")
    found = []
    for line in lines:
        try:
            content = line.read_bytes()
        except OSError:
            continue
        if str(folder).encode() in content:
            found.append(int(line.parent.name))
    return found


def test_a_sweep_in_another_terminal(own: Path) -> None:
    with watching(own, "cache_dir=cache", "--every", "1") as (process, address):
        empty = drawn(address, 0)
        assert "No run has finished" in read(address)
        assert '<aside id="watch"' in read(address)
        swept = bench("--config-dir", str(own / "conf"), "-m", "+experiment=mine", folder=own)
        assert swept.returncode == 0, swept.stderr
        drawn(address, 2, empty)
        rows = list(csv.DictReader(io.StringIO(read(f"{address}results.csv"))))
        assert [row["status"] for row in rows] == ["ok", "ok"]
        assert "No run has finished" not in read(address)
        process.send_signal(signal.SIGINT)
        output, complaints = process.communicate(timeout=30)
    assert process.returncode == 0
    assert output.splitlines()[-1] == "no longer watched; the page stays: reports/mine/index.html"
    assert complaints == ""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_what_is_being_drawn_ends_with_it(own: Path, number: signal.Signals) -> None:
    place = f"cache_dir={own / 'cache'}"  # by which the process is found that draws
    with watching(own, place) as (process, _):
        end = time.monotonic() + 30
        while len(processes_of(own)) < 2:
            assert time.monotonic() < end
            time.sleep(0.05)
        process.send_signal(number)
        output, complaints = process.communicate(timeout=30)
        assert (process.returncode, complaints) == (0, "")
        assert output == "no longer watched; the page stays: reports/mine/index.html\n"
        assert processes_of(own) == []
    assert not (own / "reports/mine/index.html").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nosuch"], "nosuch"),
        (["demo", "--port", "99999"], "99999 must be from 0 to 65535"),
        (["demo", "--every", "0"], "0 must be from 1 to 86400 seconds"),
        (["demo", "--host", "nowhere.invalid"], "--host nowhere.invalid"),
        (["demo", "train_size=many"], "train_size"),
    ],
)
def test_bad_words_are_refused_in_a_line(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        code = main(words)
    except SystemExit as end:
        code = int(end.code or 0)
    assert code == 2
    complaint = capsys.readouterr().err
    assert complaint.startswith("error: ")
    assert said in complaint
    assert len(complaint.splitlines()) <= 2
