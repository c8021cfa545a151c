"""A cell measures the same, bit for bit, whatever its process ran before; what is kept is loaded once."""

import gc
import math
import weakref
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers

from bench.cell import Cell
from bench.compose import to_cell
from bench.data.read import load_pool
from bench.data.split import draw
from bench.errors import TaskInfeasible
from bench.methods import finetune, training
from bench.methods.fitted import Diverged
from bench.models import load
from bench.models.families import FAMILIES
from bench.models.kept import MODEL
from bench.models.kept import read as read_kept
from bench.predict import classifier
from bench.results import store
from bench.results.record import Record, Status
from bench.running.precision import as_computed
from bench.running.run import run_cell
from bench.running.warm import Warm, base_of
from bench.settings import Settings
from tests.conftest import MODEL_IDS
from tests.support import texts
from tests.support.cli import bench

LABELS = ("sport", "business", "other, things", "more")

METHODS: dict[str, dict[str, Any]] = {
    "lora": {"name": "lora", "r": 4},
    "ia3": {"name": "peft", "peft_type": "IA3"},
    "qlora": {"name": "qlora", "r": 4},
    "linear_probe": {"name": "linear_probe"},
    "zero_shot": {"name": "zero_shot", "prompt": "Text: {text}\nTopic:"},
    "full": {"name": "full"},
    "last_block": {"name": "last_block", "model_dropout": 0.2},
}

TASKS: dict[str, dict[str, Any]] = {
    "A": {"num_labels": 2, "train_size": 16, "seed": 0, "training": {}},
    "B": {
        "num_labels": 4,
        "train_size": 20,
        "seed": 1,
        # what a cell could leave behind in its model
        "training": {"gradient_checkpointing": True, "gradient_accumulation_steps": 2, "max_length": 7},
    },
}
"""Two cells of one model that differ in all that a cell may differ in."""


class Place:
    """Makes cells of the tiny models and runs them."""

    def __init__(self, folder: Path, mirror: Path) -> None:
        self.folder, self.mirror = folder, mirror
        self.path = folder / "topics.csv"
        texts.topics(30, labels=LABELS).to_csv(self.path, index=False)
        self.fresh: dict[str, Record] = {}

    def cell(self, family: str, method: str, task: str, **options: Any) -> Cell:
        axes = TASKS[task]
        # by default QLoRA computes in bf16, or in fp32 where a CPU is slow in that
        precision = {} if method == "qlora" else {"precision": "fp32"}
        settings = {"learning_rate": 1e-2, "num_train_epochs": 2, "per_device_train_batch_size": 4, **axes["training"]}
        return to_cell(
            {
                "data": {"name": "topics", "source": "file", "path": str(self.path)},
                "split": {"name": "nested"},
                "model": {"name": f"tiny-{family}", "family": family, "source": "hub"}
                | {"id": MODEL_IDS.get(family, f"tiny/{family}")},
                "method": METHODS[method] | options,
                "training": settings | precision,
                **{axis: axes[axis] for axis in ("num_labels", "train_size", "seed")},
            }
        )

    def run(self, cell: Cell, warm: Warm | None, save_model: bool = False) -> Record:
        where = self.folder / ("warm" if warm is not None else "fresh")
        settings = Settings(
            results_dir=str(where),
            mirror_dir=str(self.mirror),
            cache_dir=str(self.folder / "cache"),
            device="cpu",
            save_model=save_model,
        )
        record = run_cell(cell, settings, warm=warm)
        assert record.status is Status.OK, record.failure
        return record

    def alone(self, cell: Cell) -> Record:
        """Its record when nothing is kept, run once."""
        if cell.key not in self.fresh:
            self.fresh[cell.key] = self.run(cell, None)
        return self.fresh[cell.key]


@pytest.fixture(scope="module", autouse=True)
def quick_collections() -> Iterator[None]:
    """As in a worker: Trainer collects garbage in each cell, and would look through all that was imported."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, mirror: Path) -> Place:
    return Place(tmp_path_factory.mktemp("warm"), mirror)


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each kind of model, and a tokenizer, is loaded."""
    counts: Counter[str] = Counter()

    def count(name: str) -> None:
        original = getattr(load, name)

        def counted(*arguments: Any, **options: Any) -> Any:
            counts[name] += 1
            return original(*arguments, **options)

        monkeypatch.setattr(load, name, counted)

    for name in ("load_classifier_base", "load_trunk", "load_causal", "load_tokenizer"):
        count(name)
    return counts


def measured(record: Record) -> dict[str, Any]:
    """All of a record that may not depend on the process; the predictions' file is named by its content."""
    assert record.measurements is not None
    content = record.measurements.model_dump(exclude={"seconds", "throughput", "kept_features"})
    assert content["memory"].pop("peak_process") > 0
    return content | {"predictions": record.predictions_file, "model_revision": record.provenance.model_revision}


@pytest.mark.parametrize("family", FAMILIES)
def test_a_warm_cell_measures_as_a_fresh_one(family: str, place: Place, loads: Counter[str]) -> None:
    """Cells of all methods in one process; each comes again after one of other labels, sizes and options."""
    methods = [method for method in METHODS if method != "zero_shot" or FAMILIES[family].causal]
    cells = {(method, task): place.cell(family, method, task) for method in methods for task in TASKS}
    alone = {key: measured(place.alone(cell)) for key, cell in cells.items()}
    assert len({content["predictions"] for content in alone.values()}) == len(cells), "cells that differ"
    assert all((content["memory"]["frozen_weights"] > 0) == (key[0] != "full") for key, content in alone.items())
    loads.clear()
    warm = Warm()
    for (method, task), cell in cells.items():
        again = [cells[method, "A"]] if task == "B" and base_of(cell, "cpu") else []
        for repeated in [cell, *again]:
            assert measured(place.run(repeated, warm)) == measured(place.alone(repeated)), (method, task)
    # one base each for lora, qlora and last_block; full changes what it loads, twice
    expected = {"load_classifier_base": 3 + 2, "load_trunk": 1, "load_tokenizer": 1}
    assert loads == expected | ({"load_causal": 1} if "zero_shot" in methods else {})


def test_a_warm_cell_measures_as_one_in_a_fresh_process(place: Place, tmp_path: Path) -> None:
    """The command in a process of its own, against a cell that comes after others in this one."""
    options = ("num_labels=2", "train_size=16", "seed=0", "training.num_train_epochs=2", "training.precision=bf16")
    ended = bench(
        "data=file", f"data.path={place.path}", "data.name=topics", "model=bert_base", "method=qlora", *options,
        f"mirror_dir={place.mirror}", "device=cpu", folder=tmp_path,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    (folder,) = store.scan(tmp_path / "results")
    record = store.read(folder)
    assert record is not None
    cell = to_cell(_configuration(place, options))
    assert cell.key == record.key
    warm = Warm(lasting=True)
    place.run(place.cell("bert", "lora", "B"), warm)
    place.run(replace(cell, task=replace(cell.task, num_labels=4, train_size=20, seed=1)), warm)
    assert measured(place.run(cell, warm)) == measured(record)


def _configuration(place: Place, options: tuple[str, ...]) -> dict[str, Any]:
    from tests.support.cli import composed

    (content,) = composed(
        "data=file", f"data.path={place.path}", "data.name=topics", "model=bert_base", "method=qlora", *options,
        f"mirror_dir={place.mirror}", "device=cpu",
    )  # fmt: skip
    return content


def test_a_base_that_is_held_never_changes(place: Place, tiny_models: dict[str, Path]) -> None:
    for method in ("lora", "qlora", "last_block"):
        warm = Warm()
        for task in "AB":
            cell = place.cell("gpt2", method, task)
            place.run(cell, warm)
        base = warm.base.held.model
        anew = finetune._load_base(as_computed(cell, "cpu"), str(tiny_models["gpt2"]), "cpu").model
        held, expected = base.state_dict(), anew.state_dict()
        assert held.keys() == expected.keys()
        assert all(torch.equal(held[name], expected[name]) for name in expected if name != "score.weight")
        assert [name for name, _ in base.named_modules()] == [name for name, _ in anew.named_modules()]
        assert {(n, p.requires_grad, p.dtype) for n, p in base.named_parameters()} == {
            (n, p.requires_grad, p.dtype) for n, p in anew.named_parameters()
        }
        assert base.config.to_dict() == anew.config.to_dict()
        assert not any(m.training or m._forward_hooks or m._forward_pre_hooks for m in base.modules())


def test_each_text_is_tokenized_once(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: Counter[tuple[str, int]] = Counter()
    original = transformers.PreTrainedTokenizerFast.__call__

    def counted(self: Any, text: Any, *arguments: Any, **options: Any) -> Any:
        if options.get("max_length"):
            seen.update((one, options["max_length"]) for one in text)
        return original(self, text, *arguments, **options)

    monkeypatch.setattr(transformers.PreTrainedTokenizerFast, "__call__", counted)
    warm = Warm()
    cells = [place.cell("bert", method, task) for method in ("lora", "linear_probe", "full") for task in "ABA"]
    for cell in cells:
        place.run(cell, warm)
    assert len(seen) > 60
    assert set(seen.values()) == {1}
    assert {length for _, length in seen} == {7, 64}, "the length asked for, and the positions of a tiny model"


def test_another_model_finds_the_memory_free(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """When a base is loaded, the one before it, and what cells made around it, is gone."""
    alive: list[weakref.ref[Any]] = []
    found: list[int] = []
    original = load.load_classifier_base

    def loaded(*arguments: Any, **options: Any) -> Any:
        found.append(sum(reference() is not None for reference in alive))
        base = original(*arguments, **options)
        alive.append(weakref.ref(base.model))
        return base

    make_trainer = training.make_trainer

    def made(model: Any, *arguments: Any, **options: Any) -> Any:
        alive.append(weakref.ref(model))
        return make_trainer(model, *arguments, **options)

    monkeypatch.setattr(load, "load_classifier_base", loaded)
    monkeypatch.setattr(training, "make_trainer", made)
    warm = Warm(lasting=True)
    gc.disable()  # it is not by luck
    try:
        for family, method in (
            ("bert", "lora"),
            ("bert", "qlora"),
            ("llama", "qlora"),
            ("llama", "full"),
            ("llama", "lora"),
        ):
            for task in "AB":
                place.run(place.cell(family, method, task), warm)
    finally:
        gc.enable()
    assert found == [0] * 6
    place.run(place.cell("llama", "linear_probe", "A"), warm)
    assert not any(reference() for reference in alive)


def test_cells_without_a_base_find_the_memory_free(place: Place) -> None:
    warm = Warm()
    cell = place.cell("bert", "lora", "A")
    place.run(cell, warm)
    assert warm.base.held is not None
    baseline = to_cell(
        {
            "data": {"name": "topics", "source": "file", "path": str(place.path)},
            "split": {"name": "nested"},
            "model": {"name": "tfidf_sgd", "family": "tfidf_sgd"},
            "method": METHODS["lora"],
            "training": {},
            "num_labels": 2,
            "train_size": 16,
            "seed": 0,
        }
    )
    assert base_of(baseline, "cpu") is None
    place.run(baseline, warm)
    assert warm.base.held is None
    assert warm.tokenizer.held is None


class Interrupted:
    """A cell, and another one of the same model whose training is done, and raises an error then."""

    def __init__(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        self.place, self.monkeypatch, self.warm = place, monkeypatch, Warm()
        self.cell, self.other = place.cell("bert", "lora", "A"), place.cell("bert", "lora", "B")

    def run(self, error: BaseException, *, spoil: bool = False) -> Record:
        """The other one's record, after the cell's own; with `spoil` what it trained is no number any more."""
        place, original = self.place, training.train
        place.run(self.cell, self.warm)

        def fails(trained: Any) -> Any:
            original(trained)
            for weight in trained.trainer.model.parameters() if spoil else ():
                if weight.requires_grad:
                    weight.data.fill_(math.nan)
            raise error

        settings = Settings(results_dir=str(place.folder / "failed"), mirror_dir=str(place.mirror), device="cpu")
        with self.monkeypatch.context() as patched:
            patched.setattr(training, "train", fails)
            return run_cell(self.other, settings, warm=self.warm)

    def again(self) -> dict[str, Any]:
        """What the cell measures after that."""
        return measured(self.place.run(self.cell, self.warm))


@pytest.fixture
def interrupted(place: Place, loads: Counter[str], monkeypatch: pytest.MonkeyPatch) -> Interrupted:
    made = Interrupted(place, monkeypatch)
    place.alone(made.cell)
    loads.clear()
    return made


@pytest.mark.parametrize("error", [RuntimeError("in the middle"), MemoryError(), KeyboardInterrupt()])
def test_a_failure_leaves_nothing_behind(
    error: BaseException, interrupted: Interrupted, place: Place, loads: Counter[str]
) -> None:
    if isinstance(error, Exception):
        assert interrupted.run(error).status in (Status.ERROR, Status.OOM)
    else:
        with pytest.raises(KeyboardInterrupt):
            interrupted.run(error)
    assert interrupted.warm.base.held is None
    assert interrupted.again() == measured(place.alone(interrupted.cell))
    assert loads == {"load_classifier_base": 2, "load_tokenizer": 2}


@pytest.mark.parametrize("error", [Diverged("the loss is nan"), TaskInfeasible("too few")])
def test_a_cell_that_ends_itself_leaves_the_base(
    error: Exception, interrupted: Interrupted, place: Place, loads: Counter[str]
) -> None:
    assert interrupted.run(error, spoil=True).status in (Status.DIVERGED, Status.SKIPPED)
    assert interrupted.warm.base.held is not None
    assert interrupted.again() == measured(place.alone(interrupted.cell))
    assert loads == {"load_classifier_base": 1, "load_tokenizer": 1}


def test_files_that_change_are_loaded_anew(place: Place, tmp_path: Path, loads: Counter[str]) -> None:
    from tests.support import tiny

    folder = tiny.build("bert", tmp_path / "model")
    cell = place.cell("bert", "lora", "A")
    cell = replace(cell, model=replace(cell.model, path=str(folder)))
    warm = Warm()
    before = place.run(cell, warm)
    transformers.set_seed(1)
    transformers.AutoModel.from_config(transformers.AutoConfig.from_pretrained(folder)).save_pretrained(folder)
    after = place.run(cell, warm)
    assert loads["load_classifier_base"] == 2
    assert after.provenance.model_revision != before.provenance.model_revision
    assert measured(after) == measured(place.run(cell, None))


@pytest.mark.parametrize("method", ["lora", "qlora", "full"])
def test_a_model_kept_from_a_warm_cell_is_the_same(method: str, place: Place, tiny_models: dict[str, Path]) -> None:
    warm, cell = Warm(), place.cell("llama", method, "A")
    place.run(place.cell("llama", method, "B"), warm)
    record = place.run(cell, warm, save_model=True)
    place.run(cell, None, save_model=True)
    kept, alone = (cell.folder(place.folder / name) / MODEL for name in ("warm", "fresh"))
    names = {path.name for path in kept.iterdir()}
    assert names == {path.name for path in alone.iterdir()}
    for name in names - {"README.md"}:  # the card says how long it took
        assert (kept / name).read_bytes() == (alone / name).read_bytes(), name
    description = read_kept(kept)
    loaded = classifier.load_classifier(kept, description, base=str(tiny_models["llama"]), device="cpu")
    frame = store.read_predictions(cell.folder(place.folder / "warm"), record)
    assert frame is not None
    test = frame[frame.split == "test"]
    pool = load_pool(cell.task.data, cache=place.folder, mirror_dir=None)
    by_text = dict(zip(draw(cell.task, pool).test.texts, test.probabilities, strict=True))
    given = loaded.predict(list(by_text), list(by_text), description.batch_size)
    assert [row.tolist() for row in given.astype("float32")] == [row.tolist() for row in by_text.values()]
