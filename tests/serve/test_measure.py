"""`bench serve --measure`, and where reports show what it found."""

import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from bench import load_report
from bench.best.__main__ import main as best
from bench.models.files import weight_bytes
from bench.predict.__main__ import main as predict
from bench.results.serving import FILE, read
from bench.serve.__main__ import main
from bench.serve.callers import measured as ask
from tests.report.opened import opened
from tests.serve.test_serve import serving
from tests.support.cli import REPOSITORY, call, environment
from tests.support.faulty import gone
from tests.support.texts import topics

MEASURE = ["--measure", "--callers", "1,2", "--seconds", "0.2"]


@pytest.fixture(scope="module")
def grid(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[str], Path]:
    """Words of a grid that has run, two sizes and two seeds, and the folder of it all."""
    folder = tmp_path_factory.mktemp("grid")
    topics(60).to_csv(folder / "topics.csv", index=False)
    words = [
        "data=file", "data.name=topics", f"data.path={folder / 'topics.csv'}", "model=tfidf_logistic,majority",
        "train_size=8,16", "seed=0,1", "device=cpu", "name=topics", "save_model=true",
        *(f"{name}_dir={folder / name}" for name in ("results", "reports", "cache")),
    ]  # fmt: skip
    assert call("-m", *words) == 0
    return words, folder


def measured(model: Path, *words: str) -> str:
    """What the command prints."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.serve", str(model), *MEASURE, *words],
        cwd=REPOSITORY, env=environment(model.parent), check=False, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def cell_of(folder: Path, size: int) -> Path:
    """The folder of a cell of logistic regression."""
    (found,) = (folder / "results").rglob(f"*tfidf-logistic*_{size}-examples_seed-0_*")
    return found


def serving_of(folder: Path) -> list[dict[str, Any]]:
    """What `report.json` says of served models."""
    (data,) = load_report(folder / "reports" / "topics").study.data_sets
    return [one.model_dump() for one in data.serving]


def test_it_prints_and_writes_what_it_found(kept: Path) -> None:
    said = measured(kept).splitlines()
    assert said[0].split() == ["callers", "p50", "ms", "p99", "ms", "texts/s", "requests"]
    assert [line.split()[0] for line in said[1:3]] == ["1", "2"]
    assert said[-1] == f"written: {kept / 'model' / FILE}"
    found = read(kept / "model")
    assert found is not None
    assert [load.callers for load in found.loads] == [1, 2]
    for load in found.loads:
        assert load.requests >= load.callers
        assert 0 < load.p50_ms <= load.p99_ms
        assert load.texts_per_second == pytest.approx(load.requests / load.seconds)
    assert found.cells == (kept.name,)
    assert not found.refit
    assert found.texts is None
    assert found.memory_bytes > 20 * 2**20
    assert found.model_bytes == sum(
        path.stat().st_size for path in (kept / "model").iterdir() if path.name not in (FILE, "README.md")
    )
    assert (found.base_bytes, found.gpu_memory_bytes) == (0, None)
    assert found.packages["scikit-learn"]
    assert predict([str(kept), "goal match", "--device", "cpu"]) == 0, "the model is still as it was kept"


@pytest.mark.parametrize(
    ("number", "code", "last"),
    [
        (signal.SIGTERM, 130, "interrupted: nothing was written"),
        (signal.SIGINT, 130, "interrupted: nothing was written"),
        (signal.SIGKILL, -9, ""),
    ],
)
def test_the_server_ends_with_who_measures(kept: Path, number: signal.Signals, code: int, last: str) -> None:
    (kept / "model" / FILE).unlink(missing_ok=True)
    words = [sys.executable, "-m", "bench.serve", str(kept), "--measure", "--seconds", "100"]
    process = subprocess.Popen(words, cwd=REPOSITORY, env=environment(kept), stderr=subprocess.PIPE, text=True)
    me, deadline = psutil.Process(process.pid), time.monotonic() + 60
    while not any(child.net_connections() for child in me.children()):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    servers = me.children()
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    assert process.returncode == code
    assert said.strip() == last
    assert gone(servers)
    assert not (kept / "model" / FILE).exists()


class Interrupted:
    """Requests, one of which is interrupted."""

    def __init__(self) -> None:
        self.asked = 0

    def __iter__(self) -> "Interrupted":
        return self

    def __next__(self) -> bytes:
        self.asked += 1
        if self.asked == 5:
            raise KeyboardInterrupt
        return b'{"texts": ["goal"]}'


def test_nobody_asks_on_after_an_interruption(kept: Path) -> None:
    with serving(kept) as (client, _), pytest.raises(KeyboardInterrupt):
        ask(client.base_url.port, bodies := Interrupted(), 2, 1000)
    assert bodies.asked < 100, "not for 1000 seconds"


def test_a_folder_that_cannot_be_written_is_not_measured(
    kept: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.access", lambda *_: False)
    assert main([str(kept), "--measure", "--seconds", "3600"]) == 2
    assert f"{kept / 'model'} cannot be written: serving.json goes there" in capsys.readouterr().err


def test_texts_of_a_file(kept: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("text\ngoal match\n\nshares\n")
    measured(kept, "--texts", str(tmp_path / "mine.csv"), "--wait-ms", "0")
    found = read(kept / "model")
    assert found is not None
    assert found.texts is not None
    assert (found.texts.source, found.texts.count) == ("mine.csv", 2)
    assert found.options["wait_ms"] == 0


def test_texts_of_a_file_are_read_as_is_said(kept: Path, tmp_path: Path) -> None:
    (tmp_path / "odd.csv").write_bytes("id;said\n1;café goal\n2;shares\n".encode("latin-1"))
    words = ["--text-column", "said", "--encoding", "latin-1", "--delimiter", ";", "--quoting", "none"]
    measured(kept, "--texts", str(tmp_path / "odd.csv"), *words)
    found = read(kept / "model")
    assert found is not None
    assert found.texts is not None
    assert (found.texts.count, found.texts.mean_characters) == (2, 7.5)


def test_a_model_without_its_cell_is_measured_too(kept: Path, tmp_path: Path) -> None:
    shutil.copytree(kept / "model", tmp_path / "fetched")
    measured(tmp_path / "fetched")
    found = read(tmp_path / "fetched")
    assert found is not None
    assert (found.cells, found.refit) == ((), False)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--measure", "--port", "8500"], "--port has no effect with --measure"),
        (["--callers", "3"], "--callers has no effect without --measure"),
        (["--measure", "--texts", "gone.csv"], "gone.csv"),
        (["--encoding", "latin-1"], "--encoding has no effect without --measure"),
        (["--measure", "--text-column", "said"], "--text-column goes with --texts FILE"),
        ([*MEASURE, "--max-chars", "5"], "refused a text (422)"),
    ],
)
def test_what_can_t_be_measured_is_said(
    words: list[str], said: str, kept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(kept), *words]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("words", [["--callers", "0"], ["--callers", "a"], ["--seconds", "0"]])
def test_what_is_no_number_is_refused(words: list[str], kept: Path) -> None:
    with pytest.raises(SystemExit):
        main([str(kept), "--measure", *words])


def test_a_report_shows_a_cell_s_own_model(grid: tuple[list[str], Path]) -> None:
    words, folder = grid
    assert serving_of(folder) == []
    measured(cell_of(folder, 16))
    assert call("-m", *words, "command=report") == 0
    (one,) = serving_of(folder)
    assert (one["row"], one["size"], one["refit"]) == ("tfidf_logistic", 16, False)
    assert [load["callers"] for load in one["loads"]] == [1, 2]
    report = folder / "reports/topics"
    for text in (opened(report / "index.html"), (report / "index.md").read_text()):
        assert "Serving a kept model" in text
        assert one["device_name"] in text
    lines = (report / "tables/serving.csv").read_text().splitlines()
    assert len(lines) == 3
    assert lines[1].startswith("tfidf_logistic,")
    (cell_of(folder, 16) / "model" / FILE).write_text("{}")
    assert call("-m", *words, "command=report") == 0, "it costs no report"
    assert serving_of(folder) == []
    (cell_of(folder, 16) / "model" / FILE).unlink()


def test_a_report_shows_what_bench_best_kept(grid: tuple[list[str], Path], capsys: pytest.CaptureFixture[str]) -> None:
    words, folder = grid
    model = folder / "kept"
    assert best([*words, "--row", "tfidf_logistic", "--out", str(model)]) == 0
    assert call("-m", *words, "command=report", f"serving=[{model}]") == 2
    assert f"`bench serve {model} --measure` writes it" in capsys.readouterr().err
    measured(model)
    assert call("-m", *words, "command=report", f"serving=[{model}]") == 0
    (one,) = serving_of(folder)
    assert (one["row"], one["size"], one["refit"]) == ("tfidf_logistic", 16, True)
    assert "of all rows" in (folder / "reports/topics/index.md").read_text()
    others = ["train_size=8" if word.startswith("train_size") else word for word in words]
    assert call("-m", *others, "command=report", f"serving=[{model}]") == 2
    assert "of none of these cells" in capsys.readouterr().err


def test_a_base_is_counted(tiny_models: dict[str, Path]) -> None:
    folder = Path(tiny_models["bert"])
    assert weight_bytes(str(folder), None) == (folder / "model.safetensors").stat().st_size
    assert weight_bytes("nobody/nothing", None) is None
