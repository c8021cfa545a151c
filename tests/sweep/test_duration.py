"""How long cells will take: by records of like cells where there are any, else by arithmetic; and on which GPU."""

from dataclasses import replace

import pytest

from bench.cell import Cell, identity
from bench.compose import to_cell
from bench.results.record import Status
from bench.running.devices import Gpu
from bench.settings import Settings
from bench.sweep.cost import recorded_cost, relative_cost
from bench.sweep.duration import Basis, Durations
from bench.sweep.index import Entry
from bench.sweep.room import Room, fit, room
from bench.sweep.runners import pool
from bench.sweep.runners.pool import Pool
from bench.sweep.slots import PoolOptions
from bench.sweep.workforce import Workforce
from tests.test_cell import BASELINE, content

SIZES = {"parameters": 110, "hidden_size": 768, "intermediate_size": 3072, "num_layers": 12, "vocabulary_size": 30522}
CHIP = Workforce("cuda", (Gpu("GPU-1", "Chip", 24_000_000_000),), 1, 1)
ELSEWHERE = Workforce("cuda", (), 1, 1)


def cell(**changes: object) -> Cell:
    made = content(**changes)
    if made["model"]["family"] != "tfidf_sgd":
        made["model"] = SIZES | made["model"]
    return to_cell(made)


def entry(of: Cell, total: float, **changes) -> Entry:
    """The record of a cell that loaded for 2 s of `total`."""
    method = of.method.name if of.method else None
    made = Entry(
        modified=0, size=0, key=of.key, status=Status.OK, model_kept=False, reason=None, model=of.model.name,
        method=method, data=of.task.data.name, cost=relative_cost(of), device="cuda", device_name="Chip", started="",
        ended="", loading=2.0, total=total, peak_device=None, longest=None, cut=None,
        packages={}, precision=None, model_revision=None, data_revision=None,
    )  # fmt: skip
    return replace(made, **changes)


def test_work_scales_and_loading_does_not() -> None:
    small, large = cell(train_size=32), cell(train_size=512)
    estimated = Durations([entry(small, 12.0)], CHIP).of(large)
    assert estimated.basis is Basis.RECORDS
    assert estimated.seconds == pytest.approx(2.0 + 10.0 * relative_cost(large) / relative_cost(small))


def test_records_are_averaged_by_their_work() -> None:
    small, large = cell(train_size=32), cell(train_size=512)
    pace = 20.0 / (relative_cost(small) + relative_cost(large))
    estimated = Durations([entry(small, 12.0), entry(large, 12.0)], CHIP).of(large)
    assert estimated.seconds == pytest.approx(2.0 + pace * relative_cost(large))


@pytest.mark.parametrize(
    ("changes", "basis"),
    [
        ({}, Basis.RECORDS),
        ({"device_name": "Other chip"}, Basis.LIKE),
        ({"data": "other"}, Basis.LIKE),
        ({"device": "cpu"}, Basis.GUESS),
        ({"method": "qlora"}, Basis.GUESS),
        ({"model": "other"}, Basis.GUESS),
        ({"status": Status.TIMEOUT}, Basis.GUESS),
    ],
)
def test_what_a_like_cell_is(changes: dict, basis: Basis) -> None:
    assert Durations([entry(cell(), 12.0, **changes)], CHIP).of(cell()).basis is basis


def test_where_the_device_is_not_known_any_gpu_is_like_it() -> None:
    assert Durations([entry(cell(), 12.0)], ELSEWHERE).of(cell()).basis is Basis.RECORDS


def test_better_records_win() -> None:
    records = [entry(cell(), 12.0), entry(cell(), 99.0, device_name="Other chip"), entry(cell(), 99.0, data="other")]
    assert Durations(records, CHIP).of(cell()).seconds == pytest.approx(12.0)


def test_guesses_are_ordered_as_work_is() -> None:
    def guess(made: Cell, place: Workforce = ELSEWHERE) -> float:
        return Durations([], place).of(made).seconds

    probe, lora, full = (cell(method={"name": name}, train_size=2048) for name in ("linear_probe", "lora", "full"))
    on_cpu = Workforce("cpu", (), 1, 1)
    assert guess(cell(model=BASELINE)) < guess(probe) < guess(lora)
    assert guess(probe, on_cpu) < guess(lora, on_cpu) < guess(full, on_cpu)
    assert guess(lora) < guess(cell(train_size=4096))
    assert guess(lora) < guess(lora, on_cpu)
    assert Durations([], on_cpu, {"topics": 40.0}).of(lora).seconds < guess(lora, on_cpu), "short texts"


@pytest.mark.parametrize(
    "changes",
    [
        {}, {"model": BASELINE}, {"method": {"name": "linear_probe"}}, {"training__min_steps": 500},
        {"training__num_train_epochs": 2.5}, {"tune": {"learning_rate": [1e-4, 1e-3]}}, {"method": {"name": "setfit"}},
        {"tune": {"search": {"training.learning_rate": {"low": 1e-5, "high": 1e-3}, "method.r": [4, 8]}, "trials": 7}},
        {"model": BASELINE, "tune": {"search": {"model.alpha": {"low": 1e-5, "high": 1e-3}}}},
    ],
)  # fmt: skip
def test_a_record_says_what_its_cell_cost(changes: dict) -> None:
    assert recorded_cost(identity(cell(**changes))) == relative_cost(cell(**changes))


def test_gpus_that_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    gpus = [Gpu(f"GPU-{number}", "Chip", 1) for number in range(4)]
    monkeypatch.setattr(pool, "visible_gpus", lambda: gpus)

    def workforce(device: str = "auto", **options: object) -> Workforce:
        return Pool(PoolOptions(**options)).workforce(Settings(device=device), 1)

    assert workforce() == Workforce("cuda", tuple(gpus), 4, 1)
    two = workforce(devices=(0, "GPU-2"), per_device=3)
    assert two == Workforce("cuda", (gpus[0], gpus[2]), 2, 3)
    assert two.workers == 6
    assert workforce("cpu").device == "cpu"
    monkeypatch.setattr(pool, "visible_gpus", list)
    assert workforce(workers=3).workers == 3
    elsewhere = workforce("cuda", devices=(0, 1, 2))
    assert (elsewhere.devices, elsewhere.gpus, elsewhere.name) == (3, (), None)


def test_memory_is_that_of_records_before_arithmetic() -> None:
    cells = [cell(), cell(method={"name": "lora", "r": 64})]
    computed = room(cells, [], None)
    assert computed is not None
    assert not computed.measured
    shorter = room(cells, [], 10)
    assert shorter is not None
    assert shorter.tensors < computed.tensors
    measured = room(cells, [entry(cells[0], 1.0, peak_device=5_000), entry(cells[1], 1.0, peak_device=7_000)], None)
    assert measured == Room(7_000, True)
    assert room([cell(model=BASELINE)], [], None) is None
    assert room([cell(model={**content()["model"], "parameters": None})], [], None) is None


@pytest.mark.parametrize(
    ("tensors", "place", "said"),
    [
        (6e9, ELSEWHERE, "8 GB"),
        (7.5e9, ELSEWHERE, "12 GB"),  # a gigabyte comes on top
        (6e9, Workforce("cuda", (), 1, 2), "16 GB"),
        (500e9, ELSEWHERE, "over 192 GB"),
        (22e9, CHIP, "yes"),
        (30e9, CHIP, "no: 32 GB"),
        (22e9, replace(CHIP, per_device=2), "no: 48 GB"),
        (6e9, Workforce("cpu", (), 1, 8), "8 GB"),
    ],
)
def test_which_gpu_it_fits(tensors: float, place: Workforce, said: str) -> None:
    assert fit(Room(tensors, False), place) == said
