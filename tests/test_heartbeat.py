"""What goes on is said while it goes on: by a single cell on standard error, by a sweep a line a cell."""

import fcntl
import io
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import time
from contextlib import suppress
from pathlib import Path

import pytest
from rich.console import Console

from bench.compose import to_cell
from bench.results import store
from bench.running.heartbeat import Heartbeat
from bench.sweep.progress import Progress
from bench.sweep.slots import Slot
from tests.support import cli, texts
from tests.test_cell import content

QUICKLY = """\
import sys
from bench.running import heartbeat
from bench.__main__ import main
heartbeat.FIRST_SECONDS = heartbeat.MAX_SECONDS = 0.02
sys.exit(main())
"""
"""The command, which says what lasts a fiftieth of a second."""
CELL = to_cell(content())
PHASES = ["loading data", "loading the model", "evaluating the untrained model", "training", "evaluating"]


@pytest.fixture
def data(tmp_path: Path) -> tuple[str, ...]:
    texts.topics(60).to_csv(tmp_path / "topics.csv", index=False)
    return (
        "data=file",
        "data.name=topics",
        f"data.path={tmp_path / 'topics.csv'}",
        "num_labels=2",
        "train_size=16",
        "device=cpu",
    )


def test_a_single_cell_says_what_it_does(data: tuple[str, ...], mirror: Path, tmp_path: Path) -> None:
    words = cli.command(
        *data, "model=bert_base", "method=lora", "training.num_train_epochs=8", "training.min_steps=0",
        f"mirror_dir={mirror}", folder=tmp_path,
    )[3:]  # fmt: skip
    ended = subprocess.run(
        [sys.executable, "-c", QUICKLY, *words], check=False, cwd=cli.REPOSITORY, env=cli.environment(tmp_path),
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    lines = [re.sub(r" \(\d+ s\)$", "", line) for line in ended.stderr.splitlines()]
    assert any(re.fullmatch(r"training step \d+/\d+(, loss \d\.\d{3})?, about [\d.]+ s left", line) for line in lines)
    said = list(dict.fromkeys(re.sub(" step .*", "", line) for line in lines))
    assert said == [phase for phase in PHASES if phase in said], "these alone, in this order"
    assert {"loading the model", "training"} <= set(said)  # the data was read before, to check it
    steps = [tuple(map(int, found)) for found in re.findall(r"training step (\d+)/(\d+)", "\n".join(lines))]
    (folder,) = store.scan(tmp_path / "results")
    record = store.read(folder)
    assert steps == sorted(steps)
    assert {most for _, most in steps} == {record.measurements.training.max_steps}
    assert len(ended.stdout.splitlines()) == 2, "how it ended, and where"


def on_a_terminal(*words: str, folder: Path) -> tuple[int, str]:
    """The exit code of the command, and what it writes to a terminal of 160 columns."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 160, 0, 0))
    env = cli.environment(folder, {"TERM": "xterm"})
    with subprocess.Popen(
        cli.command(*words, folder=folder), cwd=cli.REPOSITORY, env=env, stdin=theirs, stdout=theirs, stderr=theirs
    ) as running:
        os.close(theirs)
        written = bytearray()
        with suppress(OSError):  # how a terminal ends whose last program has gone
            while block := os.read(ours, 65536):
                written += block
    os.close(ours)
    return running.returncode, written.decode()


@pytest.mark.parametrize("sweep", [(), ("-m",)], ids=["cell", "sweep"])
def test_on_a_terminal_a_line_changes(
    data: tuple[str, ...], mirror: Path, tmp_path: Path, sweep: tuple[str, ...]
) -> None:
    code, written = on_a_terminal(
        *sweep, *data, "model=bert_base", "method=lora", "training.num_train_epochs=800", "training.min_steps=0",
        "training.early_stopping_patience=null",  # which would end it before a second line
        f"mirror_dir={mirror}", folder=tmp_path,
    )  # fmt: skip
    assert code == 0, written
    assert "loading the model" in written
    assert re.search(r"(training )?step \d+/\d+(, |  )loss \d\.\d{3}(, |  )about [\d.]+ m?s?(in)? left", written), (
        written
    )
    assert "\x1b[2K" in written or "\x1b[1A" in written, "the line is drawn over"
    if not sweep:
        end = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", written.replace("\r", "")).rstrip("\n").split("\n")[-2:]
        (folder,) = store.scan(tmp_path / "results")
        assert end[0].lstrip().startswith(store.read(folder).key), "nothing stays of it"


@pytest.mark.parametrize("width", [70, 100, 160])
def test_the_time_left_of_a_cell_is_never_cut(width: int) -> None:
    console = Console(width=width, height=20, force_terminal=True, color_system=None, file=io.StringIO())
    progress = Progress([CELL], console)
    assert progress.bars is not None
    slot = Slot("a GPU of a long name")
    progress.start(slot, CELL)
    progress.on_step(CELL, 733, 800, 0.0071)
    with console.capture() as captured:
        console.print(progress.bars.get_renderable())
    assert re.search(r"step 733/800  loss 0\.007  about [\d.]+ m?s left", captured.get())
    for word in progress.brief(CELL).split():
        assert word in captured.get(), "a long name goes on in the next line"


def test_a_wrong_file_has_the_only_word(data: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "topics.csv").write_text("text,label\na,b,c,d\n", encoding="utf-8")
    ended = cli.bench(*data, "model=tfidf_sgd", folder=tmp_path)
    assert ended.returncode == 2
    assert ended.stderr.startswith("error: ")
    assert ended.stderr.count("\n") == 1, ended.stderr


def test_what_is_quick_is_not_said_and_what_lasts_less_and_less_often(capsys: pytest.CaptureFixture[str]) -> None:
    with Heartbeat(first=5.0) as heartbeat:
        for _ in range(20):
            heartbeat.on_phase(CELL, "quick")
    assert capsys.readouterr().err == ""
    with Heartbeat(first=0.05) as heartbeat:
        heartbeat.on_phase(CELL, "long")
        heartbeat.on_step(CELL, 3, 7, 0.25)
        time.sleep(0.8)
    lines = capsys.readouterr().err.splitlines()
    assert {re.sub(r"about 0\.\d s left \([01] s\)", "TIMES", line) for line in lines} == {
        "long step 3/7, loss 0.250, TIMES"
    }
    assert 1 <= len(lines) <= 4, "after 0.05, 0.15, 0.35 and 0.75 s"


def test_a_sweep_without_a_terminal_says_each_cell_at_once(data: tuple[str, ...], tmp_path: Path) -> None:
    words = cli.command("-m", *data, "model=tfidf_sgd", "seed=0,1,2", folder=tmp_path)
    said: list[str] = []
    left = tmp_path / "reports"
    with subprocess.Popen(
        words, cwd=cli.REPOSITORY, env=cli.environment(tmp_path), stdout=subprocess.PIPE, text=True
    ) as sweep:
        assert sweep.stdout is not None
        for line in iter(sweep.stdout.readline, ""):
            said.append(line.rstrip("\n"))
            if line.startswith("["):
                assert not list(left.rglob("index.html")), "before the report is there"
    assert sweep.returncode == 0, said
    assert said[0] == "single: 3 cells, 0 done, 3 to run"
    assert re.fullmatch("cpu begins with tfidf-sgd_.*", said[1])
    assert [line.split(":")[0] for line in said[2:5]] == ["[1/3] ok", "[2/3] ok", "[3/3] ok"]
