"""Sweeps through the command that a user types: what is run, kept, run again, and reported."""

import json
import random
import shutil
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import hydra
import pandas as pd
import psutil
import pytest
from omegaconf import OmegaConf

from bench.compose import to_cell
from bench.results import store
from bench.results.record import Record, Status
from tests.support.cli import REPOSITORY, bench, command, composed, environment
from tests.sweep import simulated

Ended = subprocess.CompletedProcess[str]

COLUMNS = {
    "model", "method", "data", "num_labels", "train_size", "seed", "status", "test_accuracy", "test_macro_f1",
    "train_seconds", "total_seconds", "peak_memory_bytes", "key",
}  # fmt: skip

QUICK = """\
mirror_dir: {mirror}
training: {{num_train_epochs: 1, min_steps: 2}}
"""
"""Tiny models in place of the hub's, and little training."""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, mirror: Path) -> Path:
    """A folder with `topics.csv` and `conf/experiment/mine.yaml`, where the module's sweeps leave their results."""
    folder = tmp_path_factory.mktemp("sweep")
    simulated.small(folder, QUICK.format(mirror=mirror))
    return folder


def words(place: Path, *overrides: str) -> Sequence[str]:
    return ("--config-dir", str(place / "conf"), "-m", "+experiment=mine", *overrides)


def sweep(place: Path, *overrides: str, results: Path, light: bool = False) -> Ended:
    """Sweep `mine`, or a part of it, into `results`; the report is in `reports/mine` beside them."""
    return bench(*words(place, *overrides), folder=results.parent, results=results, light=light)


@pytest.fixture(scope="module")
def swept(place: Path) -> Ended:
    """The whole experiment, run into `place/results`."""
    return sweep(place, results=place / "results")


@pytest.fixture
def results(swept: Ended, place: Path, tmp_path: Path) -> Path:
    """A copy of the whole experiment's results, modification times included."""
    return Path(shutil.copytree(place / "results", tmp_path / "results"))


def records(results: Path) -> dict[str, Record]:
    """Readable records by key."""
    found = [store.read(folder) for folder in store.scan(results)]
    return {record.key: record for record in found if record is not None}


def touched(results: Path) -> dict[str, int]:
    """Modification times of everything in `results`."""
    return {str(path.relative_to(results)): path.stat().st_mtime_ns for path in results.rglob("*")}


def started(results: Path) -> dict[str, str]:
    return {key: record.provenance.started for key, record in records(results).items()}


def changed(before: dict[str, str], after: dict[str, str]) -> set[str]:
    """The cells that were run in between."""
    return {key for key, time in after.items() if before.get(key) != time}


def report_of(results: Path) -> pd.DataFrame:
    return pd.read_csv(results.parent / "reports" / "mine" / "results.csv")


def test_a_sweep_runs_every_cell(swept: Ended, place: Path) -> None:
    assert swept.returncode == 0, swept.stdout + swept.stderr
    assert "mine: 8 cells, 0 done, 8 to run" in swept.stdout
    assert "[8/8] ok" in swept.stdout
    found = records(place / "results")
    assert {record.status for record in found.values()} == {Status.OK}
    points = {(r.configuration.model, r.configuration.train_size, r.configuration.seed) for r in found.values()}
    assert points == {(m, size, seed) for m in ("bert_base", "tfidf_sgd") for size in (8, 16) for seed in (0, 1)}


def test_every_model_has_the_same_examples(swept: Ended, place: Path) -> None:
    tasks: dict[tuple[int, int], set[str]] = {}
    for record in records(place / "results").values():
        assert record.measurements is not None
        task = (record.configuration.train_size, record.configuration.seed)
        tasks.setdefault(task, set()).add(record.measurements.examples.sha256)
    assert len(tasks) == 4
    assert all(len(hashes) == 1 for hashes in tasks.values())
    assert len(set.union(*tasks.values())) == 4


def test_a_warm_worker_gives_what_a_single_run_gives(swept: Ended, place: Path, tmp_path: Path) -> None:
    """Cells that ran before in the same process leave no trace."""
    last = [r for r in records(place / "results").values() if r.configuration.model == "bert_base"]
    record = max(last, key=lambda record: record.provenance.started)
    axes = record.configuration
    arguments = (f"train_size={axes.train_size}", f"seed={axes.seed}", "model=bert_base")
    single = bench("--config-dir", str(place / "conf"), "+experiment=mine", *arguments, folder=tmp_path)
    assert single.returncode == 0, single.stderr
    alone = records(tmp_path / "results")[record.key]
    assert alone.predictions_file == record.predictions_file, "its name is a hash of its content"
    assert alone.measurements.test == record.measurements.test
    assert alone.measurements.training == record.measurements.training


def test_the_report_of_a_sweep(swept: Ended, place: Path) -> None:
    report = place / "reports" / "mine"
    assert f"report: {report / 'index.html'}" in swept.stdout
    table = report_of(place / "results")
    assert set(table.columns) >= COLUMNS
    found = records(place / "results")
    assert sorted(table.key) == sorted(found)
    for row in table.itertuples():
        measured = found[row.key].measurements
        assert row.status == "ok"
        assert row.test_accuracy == pytest.approx(measured.test.accuracy)
        assert row.test_macro_f1 == pytest.approx(measured.test.macro_f1)
        assert row.train_seconds == pytest.approx(measured.seconds.train)
        assert row.peak_memory_bytes == measured.memory.peak_process
    index = (report / "index.md").read_text()
    for name in ("heatmap_accuracy", "scaling_accuracy"):
        assert (report / f"{name}.png").read_bytes().startswith(b"\x89PNG")
        assert "<svg" in (report / f"{name}.svg").read_text()[:2000]
        assert f"({name}.png)" in index or f"({name}.svg)" in index


def test_a_second_sweep_runs_nothing(results: Path, place: Path) -> None:
    before = touched(results)
    again = sweep(place, results=results, light=True)
    assert again.returncode == 0, again.stdout + again.stderr
    assert "8 cells, 8 done, 0 to run" in again.stdout
    assert touched(results) == before
    assert report_of(results).status.eq("ok").all()


def test_only_missing_and_unreadable_records_are_run_again(results: Path, place: Path) -> None:
    before = started(results)
    baselines = [folder for folder in store.scan(results) if folder.name.startswith("tfidf-sgd")]
    (baselines[0] / store.RECORD).unlink()
    whole = (baselines[1] / store.RECORD).read_bytes()
    (baselines[1] / store.RECORD).write_bytes(whole[: len(whole) // 2])
    again = sweep(place, results=results)
    assert again.returncode == 0, again.stdout + again.stderr
    assert "8 cells, 6 done, 2 to run" in again.stdout
    after = started(results)
    assert after.keys() == before.keys()
    assert changed(before, after) == {baselines[0].name, baselines[1].name}


def test_a_bigger_grid_runs_only_what_is_new(results: Path, place: Path) -> None:
    before = started(results)
    again = sweep(place, "model=tfidf_sgd", "seed=1,2", results=results)
    assert again.returncode == 0, again.stdout + again.stderr
    assert "4 cells, 2 done, 2 to run" in again.stdout
    new = changed(before, started(results))
    assert {(r.configuration.model, r.configuration.seed) for k, r in records(results).items() if k in new} == {
        ("tfidf_sgd", 2)
    }


@pytest.fixture(scope="module")
def wounded(place: Path, mirror: Path) -> Ended:
    """A sweep into `place/wounded/results`: a worker is killed in its first cell, and the model can't be loaded."""
    results = place / "wounded" / "results"
    copy = Path(shutil.copytree(mirror, place / "wounded" / "mirror"))
    (copy / "models/google-bert/bert-base-uncased/config.json").write_text("{")
    process = start(*words(place, "train_size=8", broken(place)), results=results)
    worker_of(process, results).kill()
    out, err = process.communicate(timeout=120)
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def broken(place: Path) -> str:
    """The override that names the mirror of `wounded`."""
    return f"mirror_dir={place / 'wounded' / 'mirror'}"


def start(*arguments: str, results: Path) -> subprocess.Popen[str]:
    """Start a command."""
    results.parent.mkdir(exist_ok=True)
    return subprocess.Popen(
        command(*arguments, folder=results.parent, results=results),
        cwd=REPOSITORY,
        env=environment(results.parent),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def worker_of(process: subprocess.Popen[str], results: Path) -> psutil.Process:
    """The worker process, as soon as it is at work: it imports libraries for seconds then."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        if any(results.rglob(store.LOG)):
            children = psutil.Process(process.pid).children()
            (worker,) = (child for child in children if "spawn_main" in " ".join(child.cmdline()))
            return worker
        time.sleep(0.02)
    process.kill()
    raise AssertionError("no worker: " + "".join(process.communicate()))


def by_point(results: Path) -> dict[tuple[str, int], Record]:
    return {(r.configuration.model, r.configuration.seed): r for r in records(results).values()}


def test_a_killed_worker_costs_its_cell_only(wounded: Ended, place: Path) -> None:
    ended = by_point(place / "wounded/results")
    assert {point: record.status for point, record in ended.items()} == {
        ("bert_base", 0): Status.CRASHED,
        ("bert_base", 1): Status.ERROR,
        ("tfidf_sgd", 0): Status.OK,
        ("tfidf_sgd", 1): Status.OK,
    }
    failure = ended["bert_base", 0].failure
    assert failure is not None
    assert "SIGKILL" in failure.message


def test_a_failed_cell_keeps_its_traceback(wounded: Ended, place: Path) -> None:
    record = by_point(place / "wounded/results")["bert_base", 1]
    assert record.measurements is None
    assert record.failure is not None
    assert record.failure.traceback is not None
    assert record.failure.traceback.startswith("Traceback")
    assert "config.json" in record.failure.traceback
    assert record.failure.type in record.failure.traceback


def test_failures_end_the_sweep_with_a_summary(wounded: Ended, place: Path) -> None:
    assert wounded.returncode == 1, wounded.stderr
    assert "4 cells, 0 done, 4 to run" in wounded.stdout
    summary = wounded.stdout[wounded.stdout.index("[4/4]") :]
    flat = "".join(summary.split())  # tables and long lines are wrapped
    results = place / "wounded/results"
    for seed, status in ((0, "crashed"), (1, "error")):
        record = by_point(results)["bert_base", seed]
        (folder,) = (folder for folder in store.scan(results) if folder.name == record.key)
        assert f"{status}:{record.key}" in flat
        assert str(folder / store.LOG) in flat
        assert (folder / store.LOG).exists()
    assert "Traceback" not in wounded.stdout + wounded.stderr


def test_failed_cells_have_no_numbers_in_the_report(wounded: Ended, place: Path) -> None:
    table = report_of(place / "wounded/results").set_index(["model", "seed"])
    assert table.status.to_dict() == {
        ("bert_base", 0): "crashed", ("bert_base", 1): "error", ("tfidf_sgd", 0): "ok", ("tfidf_sgd", 1): "ok",
    }  # fmt: skip
    assert table.test_accuracy.notna().tolist() == table.status.eq("ok").tolist()
    assert (place / "wounded/reports/mine/heatmap_accuracy.png").exists()


def test_overwrite_missing_leaves_failed_cells(wounded: Ended, place: Path) -> None:
    results = place / "wounded/results"
    before = touched(results)
    again = sweep(place, "train_size=8", broken(place), "overwrite=missing", results=results, light=True)
    assert again.returncode == 1, "two cells are still not ok"
    assert "heavy imports" not in again.stderr
    assert "4 cells, 4 done, 0 to run" in again.stdout
    assert touched(results) == before


def test_only_failed_cells_are_run_again(wounded: Ended, place: Path, tmp_path: Path) -> None:
    results = Path(shutil.copytree(place / "wounded/results", tmp_path / "results"))
    before = started(results)
    again = sweep(place, "train_size=8", broken(place), results=results)  # overwrite=failed by default
    assert again.returncode == 1, "the model still can't be loaded"
    assert "4 cells, 2 done, 2 to run" in again.stdout
    ended = by_point(results)
    assert ended["bert_base", 0].status is Status.ERROR, "no worker was killed this time"
    assert changed(before, started(results)) == {ended["bert_base", seed].key for seed in (0, 1)}


def test_with_a_mended_model_its_cells_are_others(wounded: Ended, place: Path, tmp_path: Path) -> None:
    results = Path(shutil.copytree(place / "wounded/results", tmp_path / "results"))
    before = records(results)
    again = sweep(place, "train_size=8", results=results)  # with the whole mirror
    assert again.returncode == 0, again.stdout + again.stderr
    assert "4 cells, 2 done, 2 to run" in again.stdout
    now = records(results)
    assert {key: now[key] for key in before} == before
    new = [record for key, record in now.items() if key not in before]
    assert [(record.configuration.model, record.status) for record in new] == [("bert_base", Status.OK)] * 2


def test_an_impossible_cell_is_skipped_with_its_reason(place: Path, tmp_path: Path) -> None:
    results = tmp_path / "results"
    ended = sweep(place, "model=tfidf_sgd", "seed=0", "train_size=8,4000", "split=nested", results=results)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    statuses = {r.configuration.train_size: r for r in records(results).values()}
    assert {size: record.status for size, record in statuses.items()} == {8: Status.OK, 4000: Status.SKIPPED}
    assert statuses[4000].failure is not None
    assert "at most train_size=64 fits" in statuses[4000].failure.message
    assert "at most train_size=64 fits" in " ".join(ended.stdout.split())
    assert sorted(report_of(results).status) == ["ok", "skipped"]


def test_report_runs_nothing(place: Path, tmp_path: Path) -> None:
    """And a model without a method is one cell, whatever methods the grid gives it."""
    results = tmp_path / "results"
    arguments = ("model=tfidf_sgd", "method=lora,linear_probe", "seed=0", "train_size=8")
    ended = sweep(place, *arguments, "command=report", results=results, light=True)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert not results.exists()
    table = report_of(results)
    assert table.status.tolist() == ["missing"]
    assert table.method.isna().all()
    for name in ("results.csv", "index.html", "index.md"):
        assert (tmp_path / "reports/mine" / name).exists()


def test_a_model_without_a_method_is_one_cell(place: Path) -> None:
    configs = composed(*words(place, "model=tfidf_sgd,bert_base", "method=lora,linear_probe", "seed=0", "train_size=8"))
    rows = [cell.row for cell in {to_cell(config).key: to_cell(config) for config in configs}.values()]
    assert sorted(rows) == ["bert_base-linear_probe", "bert_base-lora", "tfidf_sgd"]


def test_data_of_ones_own_on_the_command_line(place: Path) -> None:
    mine = ("data=file", "data.name=topics", f"data.path={place / 'topics.csv'}")
    cells = [to_cell(config) for config in composed("-m", "+experiment=demo", *mine, "model=tfidf_sgd")]
    assert len(cells) == 18
    assert {cell.task.data.name for cell in cells} == {"topics"}


def test_interpolations_reach_the_cells_resolved(place: Path) -> None:
    arguments = ("model=tfidf_sgd", "data.description=${experiment} at ${train_size}", "seed=0")
    configs = composed(*words(place, *arguments))
    assert [config["data"]["description"] for config in configs] == ["mine at 8", "mine at 16"]


def test_grids_are_composed_as_hydra_composes_each_point() -> None:
    """The shortcut for planning gives exactly what the full list of overrides gives."""
    axes = {
        "num_labels": ["2", "4"],
        "seed": ["0"],
        "method.r": ["4", "16"],
        "method.target_modules": ["[key,value]", "all-linear"],
        "training.learning_rate": ["1e-4", "null"],
        "training.gradient_checkpointing": ["true"],
        "split.test_size": ["1e3"],
        "data.description": ["'a, b'"],
    }
    # another order than Hydra's own, and groups between values
    rows = {"model": ["bert_base", "llama3_2_1b"], "method": ["lora", "qlora"], "data": ["go_emotions", "ag_news"]}
    draw = random.Random(0)
    grid = {**axes, **rows}
    shuffled = draw.sample(sorted(grid), len(grid))
    configs = composed("-m", *(f"{key}={','.join(grid[key])}" for key in shuffled))
    assert len(configs) == 2 * 2 * 2 * 2 * 8
    seen = {json.dumps(config, sort_keys=True) for config in configs}
    assert len(seen) == len(configs)
    with hydra.initialize_config_dir(str(REPOSITORY / "conf"), version_base="1.3"):
        for _ in range(8):
            point = [f"{key}={draw.choice(grid[key])}" for key in shuffled]
            full = OmegaConf.to_container(hydra.compose("config", overrides=point), resolve=True)
            assert json.dumps(full, sort_keys=True) in seen, point


def test_planning_does_not_grow_with_the_grid() -> None:
    """Hydra is asked once a key whether it is a group: that takes it milliseconds."""
    from bench.sweep.grid import compose_points

    asked = []
    points = [[f"model={model}", f"seed={seed}"] for model in "ab" for seed in range(100)]
    compose_points(
        points, lambda _: {"seed": 0}, is_group=lambda key: asked.append(key) or key == "model", parse=lambda _: 1
    )
    assert sorted(asked) == ["model", "seed"]


def test_a_swept_hyperparameter_makes_rows_of_its_own(place: Path, tmp_path: Path) -> None:
    words_ = ("model=tfidf_sgd", "model.alpha=1e-4,1e-3", "train_size=16", "seed=0")
    ended = sweep(place, *words_, results=tmp_path / "results", light=True)
    assert ended.returncode == 0, ended.stderr
    rows = report_of(tmp_path / "results")
    assert sorted(rows["model"]) == ["tfidf_sgd alpha=0.0001", "tfidf_sgd alpha=0.001"]
