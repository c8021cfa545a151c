"""The order of cells: what a worker has loaded first, long cells before short ones."""

from bench.cell import Cell
from bench.compose import to_cell
from bench.sweep.queue import NOTHING, Queue, base_of
from tests.test_cell import BASELINE, content

SMALL = {"name": "small", "family": "bert", "source": "hub", "id": "someone/small"}


def cells() -> dict[str, Cell]:
    """Two models, of which one also by QLoRA and by a probe, and a baseline."""
    changes: dict[str, dict] = {
        "bert short": {"train_size": 320},
        "bert long": {"train_size": 3200},
        "bert qlora": {"method__name": "qlora", "train_size": 640},
        "bert probe": {"method": {"name": "linear_probe"}},
        "small": {"model": SMALL, "train_size": 1600},
        "baseline": {"model": BASELINE},
    }
    return {name: to_cell(content(**change)) for name, change in changes.items()}


def order(queue: Queue, loaded: object, at_work: list[object] | None = None) -> list[str]:
    names = {cell.key: name for name, cell in cells().items()}
    return [names[cell.key] for cell in queue.candidates(loaded, at_work or [])]


def test_most_work_first_and_long_cells_first_within() -> None:
    queue = Queue(cells().values())
    assert order(queue, NOTHING) == ["bert long", "bert short", "small", "bert qlora", "bert probe", "baseline"]
    assert len(queue) == 6


def test_what_is_loaded_comes_first() -> None:
    queue = Queue(cells().values())
    assert order(queue, base_of(cells()["small"]))[:2] == ["small", "bert long"]
    assert order(queue, base_of(cells()["baseline"]))[0] == "baseline"


def test_several_workers_take_different_bases() -> None:
    queue = Queue(cells().values())
    assert order(queue, NOTHING, [base_of(cells()["bert long"])] * 3)[0] == "small"


def test_a_base_is_model_precision_and_quantization_and_nothing_else() -> None:
    found = cells()
    assert base_of(found["bert short"]) == base_of(found["bert long"])
    assert base_of(to_cell(content(seed=5, num_labels=3, method__r=2))) == base_of(found["bert short"])
    others = [base_of(found[name]) for name in ("bert short", "bert qlora", "bert probe", "small", "baseline")]
    others.append(base_of(to_cell(content(training__precision="bf16"))))
    assert len(set(others)) == 6


def test_what_is_taken_out_does_not_wait() -> None:
    queue = Queue(cells().values())
    for cell in cells().values():
        queue.remove(cell)
        assert cell.key not in [other.key for other in queue]
    assert len(queue) == 0
    queue.put(cells()["small"])
    assert order(queue, NOTHING) == ["small"]
    queue.clear()
    assert not list(queue.candidates(NOTHING, []))
