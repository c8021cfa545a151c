"""Whatever fails costs one cell, says what it was, and is run again by the same command, which runs nothing else."""

import json
import os
import random
import shutil
import signal
import time
from pathlib import Path

import pytest

from bench.results import store
from bench.results.claims import CLAIM
from bench.results.record import Status
from tests.results.test_odd_claims import IN_THE_WAY
from tests.support.faulty import Place, below, gone, overlapping, seed_of

ROUNDS = int(os.environ.get("FAULT_ROUNDS", "3"))
"""Of kills at random moments; `make test-faults` asks for more."""


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path, tmp_path / "results")


def test_each_fault_costs_its_cell_only(place: Place) -> None:
    place.plan(
        {
            0: {"kind": "raise"}, 1: {"kind": "kill"}, 2: {"kind": "segfault"}, 3: {"kind": "exit"},
            4: {"kind": "sys.exit"}, 5: {"kind": "hang"}, 6: {"kind": "memory"},
        }
    )  # fmt: skip
    ended = place.sweep("timeout_minutes=0.15", cells=9)
    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert place.statuses() == {
        0: "error", 1: "crashed", 2: "crashed", 3: "crashed", 4: "crashed", 5: "timeout", 6: "oom", 7: "ok", 8: "ok",
    }  # fmt: skip
    reasons = {seed: record.failure.message for seed, record in place.records().items() if record.failure is not None}
    assert reasons[0] == "made to fail"
    assert "SIGKILL" in reasons[1]
    assert "SIGSEGV" in reasons[2]
    assert reasons[3] == "the worker ended with exit code 3"
    assert reasons[4] == "the worker ended with exit code 5"
    assert reasons[5] == "it took longer than timeout_minutes=0.15"
    assert place.starts() == dict.fromkeys(range(9), 1)
    assert "Traceback" not in ended.stdout + ended.stderr
    for reason in reasons.values():
        assert reason in ended.stdout
    assert place.leftovers() == []

    place.plan({})
    again = place.sweep(cells=9)
    assert again.returncode == 0, again.stdout + again.stderr
    assert "9 cells, 2 done, 7 to run" in again.stdout
    assert set(place.statuses().values()) == {"ok"}
    assert place.starts() == {seed: 2 if seed < 7 else 1 for seed in range(9)}


def test_a_worker_that_dies_after_its_record_loses_nothing(place: Place) -> None:
    place.plan({0: {"kind": "kill at the end"}, 1: {"kind": "kill at the end"}})
    ended = place.sweep(cells=3)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert place.statuses() == dict.fromkeys(range(3), "ok")
    assert place.starts() == dict.fromkeys(range(3), 1)


def test_a_cell_out_of_memory_is_tried_with_ever_smaller_batches(place: Place, mirror: Path) -> None:
    place.plan({0: {"kind": "memory", "times": 1}, 1: {"kind": "memory"}})
    tiny = ("model=bert_base", "method=lora", f"mirror_dir={mirror}", "training.num_train_epochs=1")
    batch = ("training.per_device_train_batch_size=4", "training.per_device_eval_batch_size=4")
    ended = place.sweep(*tiny, *batch, cells=3)
    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert place.statuses() == {0: "ok", 1: "oom", 2: "ok"}
    kinds = {
        seed: [line[3] for line in place.runs() if line[0] == "start" and seed_of(line[1]) == seed] for seed in range(3)
    }
    assert kinds == {0: ["whole", "halved"], 1: ["whole", *["halved"] * 3], 2: ["whole"]}, (
        "4, 2, 1, and 1 with less kept"
    )
    first, other = place.records()[0], place.records()[2]
    assert first.measurements is not None
    assert other.measurements is not None
    halved = first.measurements.halved
    assert halved is not None
    assert (halved.train_batch_size, halved.gradient_accumulation_steps) == (2, 2)
    assert other.measurements.halved is None
    assert first.measurements.training is not None
    assert other.measurements.training is not None
    assert first.measurements.training.max_steps == other.measurements.training.max_steps
    assert first.configuration.identity["training"] == other.configuration.identity["training"]
    assert "trying again with half the batch" in ended.stdout


def test_a_loss_that_is_no_number_is_divergence(place: Place, mirror: Path) -> None:
    tiny = (
        "model=bert_base",
        "method=full",
        f"mirror_dir={mirror}",
        "training.num_train_epochs=4",
        "training.min_steps=60",
    )
    ended = place.sweep(*tiny, "training.learning_rate=1e38,1e-4", "training.max_grad_norm=1e30", cells=1)
    assert ended.returncode == 1
    rates = {
        record.configuration.identity["training"]["learning_rate"]: record.status
        for record in filter(None, map(store.read, store.scan(place.results)))
    }
    assert rates == {1e38: Status.DIVERGED, 1e-4: Status.OK}


def test_a_crash_is_retried_if_asked(place: Place) -> None:
    place.plan({0: {"kind": "kill", "times": 1}, 1: {"kind": "kill"}})
    ended = place.sweep("retry.crashed=2", cells=3)
    assert ended.returncode == 1
    assert place.statuses() == {0: "ok", 1: "crashed", 2: "ok"}
    assert place.starts() == {0: 2, 1: 3, 2: 1}


def test_a_sweep_of_failures_stops_early(place: Place) -> None:
    place.plan({"*": {"kind": "raise"}})
    ended = place.sweep("max_failures=2")
    assert ended.returncode == 1
    assert "stopped early: 2 cells failed (max_failures=2)" in ended.stderr
    assert list(place.statuses().values()) == ["error", "error"]
    place.plan({})
    assert place.sweep().returncode == 0
    assert set(place.statuses().values()) == {"ok"}


def test_ctrl_c_once_finishes_what_runs(place: Place) -> None:
    place.plan({"*": {"kind": "slow", "seconds": 1.5}})
    process = place.start()
    place.wait_for("start")
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, out + err
    assert "finishing what runs (1 cell); Ctrl-C again stops at once" in out
    assert "Traceback" not in out + err
    assert place.statuses() == {0: "ok"}
    assert place.leftovers() == []
    place.plan({})
    again = place.sweep()
    assert "8 cells, 1 done, 7 to run" in again.stdout
    assert set(place.starts().values()) == {1}


@pytest.mark.parametrize("signals", [(signal.SIGINT, signal.SIGINT), (signal.SIGTERM,), (signal.SIGHUP,)])
def test_ctrl_c_twice_stops_now(place: Place, signals: tuple[int, ...]) -> None:
    place.plan({"*": {"kind": "slow", "seconds": 60}})
    process = place.start()
    place.wait_for("start")
    workers = below(process)
    for number in signals:
        os.killpg(process.pid, number)
        time.sleep(0.5)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130, out + err
    assert "stopping now" in out
    assert gone(workers)
    assert place.records() == {}
    assert place.leftovers() == []


def test_a_killed_parent_takes_its_workers_along(place: Place) -> None:
    place.plan({"*": {"kind": "hang"}})
    process = place.start("hydra.launcher.workers=2")
    place.wait_for("start", 2)
    workers = below(process)
    assert len(workers) >= 2
    process.kill()
    process.communicate()
    assert gone(workers)
    place.plan({})
    again = place.sweep()
    assert again.returncode == 0, again.stdout + again.stderr
    assert set(place.statuses().values()) == {"ok"}
    assert place.leftovers() == []


@pytest.mark.timeout(3600)
def test_kills_at_random_moments(place: Place) -> None:
    """The sweep or one of its workers is killed, again and again; then the rest is run."""
    draw = random.Random(ROUNDS)
    cells = 6 * ROUNDS
    place.plan({"*": {"kind": "slow", "seconds": 0.1}})
    kept: dict[int, str] = {}
    for _ in range(ROUNDS):
        process = place.start("retry.crashed=0", cells=cells)
        begun = len(place.runs())
        if draw.random() < 0.7:
            deadline = time.monotonic() + 60
            while len(place.runs()) == begun and time.monotonic() < deadline and process.poll() is None:
                time.sleep(0.01)
        time.sleep(draw.uniform(0, 1.5))
        victims = below(process) if process.poll() is None else []
        worker = draw.choice(victims) if victims and draw.random() < 0.5 else None
        if worker is not None:
            worker.kill()
            time.sleep(draw.uniform(0, 0.5))
        process.kill()
        process.communicate()
        assert gone(victims)
        records = place.records()  # all of them can be read
        for seed, started in kept.items():
            assert records[seed].provenance.started == started, "what is done is not done again"
        kept |= {s: r.provenance.started for s, r in records.items() if r.status is Status.OK}
        assert {record.status for record in records.values()} <= {Status.OK, Status.CRASHED}
    place.plan({})
    last = place.sweep(cells=cells)
    assert last.returncode == 0, last.stdout + last.stderr
    records = place.records()
    assert place.statuses() == dict.fromkeys(range(cells), "ok")
    for seed, started in kept.items():
        assert records[seed].provenance.started == started
    assert place.leftovers() == []
    assert place.sweep(cells=cells).stdout.count("0 to run") == 1


def test_two_sweeps_share_the_work(place: Place) -> None:
    place.plan({"*": {"kind": "slow", "seconds": 0.3}})
    processes = [place.start(cells=10) for _ in range(2)]
    ended = [process.communicate(timeout=240) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], ended
    assert place.statuses() == dict.fromkeys(range(10), "ok")
    assert place.starts() == dict.fromkeys(range(10), 1)
    assert overlapping(place.runs()) == []
    assert len({line[2] for line in place.runs()}) == 2, "both took part"
    assert place.leftovers() == []


def test_a_sweep_takes_over_from_one_that_is_killed(place: Place) -> None:
    place.plan({0: {"kind": "hang", "times": 1}})
    first = place.start(cells=3)
    place.wait_for("start")
    second = place.start(cells=3)
    place.wait_for("end", 2)
    assert 0 not in place.records()
    first.kill()
    first.communicate()
    out, err = second.communicate(timeout=60)
    assert second.returncode == 0, out + err
    assert "another sweep runs it" in out
    assert place.statuses() == {0: "ok", 1: "ok", 2: "ok"}
    assert place.starts() == {0: 2, 1: 1, 2: 1}


def test_a_full_disk_stops_the_sweep_and_spoils_nothing(place: Place) -> None:
    """No file can grow beyond some bytes: records can't be written, and what was there stays."""
    assert place.sweep(cells=2).returncode == 0
    before = {path: path.read_bytes() for path in place.results.rglob("*.json")}
    process = place.start(cells=4, largest_file=1000)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 1, out + err
    assert "cannot be written" in err
    assert "Traceback" not in out + err
    assert {path: path.read_bytes() for path in place.results.rglob("*.json")} == before
    assert place.leftovers() == []
    assert place.sweep(cells=4).returncode == 0
    assert place.statuses() == dict.fromkeys(range(4), "ok")


def test_a_results_folder_that_cannot_be_written_is_refused_at_once(tmp_path: Path) -> None:
    """By trying: what permissions say need not be what happens, for root least of all."""
    place = Place(tmp_path, Path("/proc/results"))
    ended = place.sweep(cells=2)
    assert ended.returncode == 2
    assert ended.stderr.startswith("error: results_dir=/proc/results cannot be written")
    assert ended.stderr.count("\n") == 1
    assert place.runs() == []


def test_corrupt_and_cut_records_are_run_again(place: Place) -> None:
    assert place.sweep(cells=5).returncode == 0
    folders = {seed_of(folder.name): folder for folder in store.scan(place.results)}
    (folders[0] / store.RECORD).write_bytes(b"")
    whole = (folders[1] / store.RECORD).read_bytes()
    (folders[1] / store.RECORD).write_bytes(whole[: len(whole) // 2])
    (folders[2] / store.RECORD).write_bytes(os.urandom(500))
    content = json.loads((folders[3] / store.RECORD).read_text())
    (folders[3] / store.RECORD).write_text(json.dumps(content | {"status": "fine"}))
    again = place.sweep(cells=5)
    assert again.returncode == 0, again.stdout + again.stderr
    assert "5 cells, 1 done, 4 to run" in again.stdout
    assert place.statuses() == dict.fromkeys(range(5), "ok")
    assert place.starts() == {0: 2, 1: 2, 2: 2, 3: 2, 4: 1}


@pytest.mark.parametrize("moved", [-10 * 365 * 86_400, 10 * 365 * 86_400])
def test_a_clock_that_was_moved_changes_nothing(place: Place, moved: float) -> None:
    """Records and claims out of the past and the future count as they are."""
    place.plan({2: {"kind": "kill"}})
    assert place.sweep(cells=3).returncode == 1
    then = time.time() + moved
    for path in (*place.results.rglob("*"), place.results):
        os.utime(path, (then, then))
    place.plan({})
    again = place.sweep(cells=3)
    assert "3 cells, 2 done, 1 to run" in again.stdout
    assert again.returncode == 0
    assert place.starts() == {0: 1, 1: 1, 2: 2}


def test_one_cell_alone_halves_its_batch_too(place: Place, mirror: Path) -> None:
    place.plan({0: {"kind": "memory", "times": 1}})
    tiny = ("model=bert_base", "method=lora", f"mirror_dir={mirror}", "training.num_train_epochs=1")
    ended = place.one(*tiny)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "trying again with half the batch" in ended.stderr
    measurements = place.records()[0].measurements
    assert measurements is not None
    assert measurements.halved is not None


def test_one_cell_alone_is_not_run_while_a_sweep_runs_it(place: Place) -> None:
    place.plan({0: {"kind": "slow", "seconds": 30}})
    sweep = place.start(cells=1)
    place.wait_for("start")
    alone = place.one()
    assert alone.returncode == 2
    assert "is being run: on " in alone.stderr
    assert "(cpu), since 20" in alone.stderr
    sweep.kill()
    sweep.communicate()
    place.plan({})
    assert place.one().returncode == 0
    assert place.starts() == {0: 2}
    assert place.leftovers() == []


def test_what_is_in_the_way_of_a_claim_costs_its_cell(place: Place) -> None:
    """A folder, a pipe, a link, a file in the place of the cell's folder: a line for each reason; the rest runs."""
    assert place.sweep(cells=len(IN_THE_WAY) + 1).returncode == 0
    folders = {seed_of(folder.name): folder for folder in store.scan(place.results)}
    for seed, make in enumerate(IN_THE_WAY):
        shutil.rmtree(folders[seed])
        make(folders[seed] / CLAIM)
    ended = place.sweep("overwrite=always", cells=len(IN_THE_WAY) + 1)
    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert ended.stdout.count("cannot be claimed, and is left out: ") == 2
    assert f"and {len(IN_THE_WAY) - 2} more cannot be claimed for the same reason (it is not a reg" in ended.stdout
    assert "Traceback" not in ended.stdout + ended.stderr
    assert "report: " in ended.stdout
    assert place.starts()[len(IN_THE_WAY)] == 2, "the cell that has a place ran again"
    alone = place.one()
    assert alone.returncode == 2
    assert "cannot be claimed" in alone.stderr
    assert alone.stderr.count("\n") == 1


def test_what_is_in_the_way_of_a_file_costs_its_cell(place: Place) -> None:
    """A record that is a folder, a log that is one, or a pipe, or a link: one line each, and the rest runs."""
    assert place.sweep(cells=5).returncode == 0
    folders = {seed_of(folder.name): folder for folder in store.scan(place.results)}
    wrong = [(store.RECORD, "folder"), (store.LOG, "folder"), (store.LOG, "pipe"), (store.LOG, "link")]
    for seed, (name, kind) in enumerate(wrong):
        path = folders[seed] / name
        path.unlink()
        if kind == "link":
            path.symlink_to("nowhere")
        else:
            {"folder": os.mkdir, "pipe": os.mkfifo}[kind](path)
    shutil.rmtree(store.texts_folder(folders[0]))
    store.texts_folder(folders[0]).write_text("no folder")
    ended = place.sweep("overwrite=always", cells=5)
    assert ended.returncode == 1, ended.stdout + ended.stderr
    lost = [line for line in ended.stdout.splitlines() if line.startswith("no record could be written: ")]
    assert len(lost) == len(wrong)
    for seed, (name, _) in enumerate(wrong):
        assert any(f"{folders[seed] / name}: " in line for line in lost)
    assert "Traceback" not in ended.stdout + ended.stderr
    assert "report: " in ended.stdout
    assert place.starts() == {0: 1, 1: 1, 2: 1, 3: 1, 4: 2}, "nothing was trained that cannot be kept"
    record = store.read(folders[4])
    assert record is not None
    assert record.status is Status.OK
    assert record.texts_file is None, "the texts are lost, and no more"
    assert "the texts of the test examples cannot be kept" in (folders[4] / store.LOG).read_text()
    alone = place.one()
    assert alone.returncode == 2
    assert alone.stderr.startswith("error: the record cannot be written: ")
    assert alone.stderr.count("\n") == 1
