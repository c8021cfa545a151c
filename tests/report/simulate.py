"""Simulated cells: real record files with plausible numbers, written in no time."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd

from bench.report.inputs.records import ExpectedCell
from bench.results import store
from bench.results.measurements import Examples, Measurements, Memory, Parameters, Seconds, Throughput
from bench.results.record import Configuration, Failure, Provenance, Record, Status
from bench.results.scores import Evaluation, LabelScores
from tests.report import simulate_training

Row = tuple[str, str | None]
ROLES = {"": "classical", "linear_probe": "probe", "zero_shot": "untrained"}
"""By method."""


def grid(
    root: Path,
    rows: Iterable[Row],
    *,
    num_labels: Sequence[int] = (2, 5),
    train_sizes: Sequence[int] = (32, 128, 512),
    seeds: Sequence[int] = (0, 1),
    data: str = "bbc_headlines",
    published_as: Mapping[str, str] | None = None,
) -> list[ExpectedCell]:
    """The cells of a rectangular grid, none of them run; `published_as` gives the hub ids of models."""
    cells = []
    for (model, method), labels, size, seed in product(rows, num_labels, train_sizes, seeds):
        name = f"{model}|{method}|{data}|{labels}|{size}|{seed}"
        key = hashlib.sha256(name.encode()).hexdigest()[:16]
        known = (published_as or {}).get(model, model)
        names = (known, method or known)
        axes = (model, method, data, labels, size, seed)
        cells.append(ExpectedCell(root / key, key, *axes, names, role=role_of(method, size)))
    return cells


def role_of(method: str | None, train_size: int) -> str:
    """What a row counts as: without a method it is classical, or, where it uses no examples, made elsewhere."""
    return ROLES.get((method or "").split(" ")[0], "fine-tuning") if method or train_size else "elsewhere"


def placed(root: Path, cells: Iterable[ExpectedCell]) -> list[ExpectedCell]:
    """The same cells under keys as real ones have, in the folders that such cells have below `root`."""
    made = []
    for cell in cells:
        row = "-".join(filter(None, (cell.model, cell.method))).replace("_", "-")
        data = cell.data.replace("_", "-")
        key = f"{row}_{data}_{cell.num_labels}-labels_{cell.train_size}-examples_seed-{cell.seed}_{cell.key}"
        made.append(replace(cell, folder=root / data / row / key, key=key))
    return made


def published_as(cell: ExpectedCell, model: str, method: str) -> ExpectedCell:
    """`cell` under the names that publications would give it."""
    return replace(cell, published_as=(model, method))


def run(
    cells: Iterable[ExpectedCell],
    status: Callable[[ExpectedCell], Status | None] = lambda cell: Status.OK,
    num_test: int = 200,
    message: str = "CUDA out of memory",
    *,
    labels: Sequence[str] | None = None,
    max_length: int | None = None,
    unequal: bool = False,
) -> None:
    """Write the record of every cell, with the status that `status` says; None leaves the cell missing.

    `unequal` gives the first label most of the test examples (`true_labels`). With `max_length`,
    cells that train by gradients have curves, scores before training and lengths as well.
    """
    for cell in cells:
        if (ended := status(cell)) is not None:
            write(cell, ended, num_test, message, names=labels, max_length=max_length, unequal=unequal)


def accuracy(cell: ExpectedCell) -> float:
    """A learning curve with seed noise: the same cell always gives the same number."""
    random = _noise(cell)
    skill = 0.4 + int(hashlib.sha256(cell.row.encode()).hexdigest()[:4], 16) / 65536
    chance = 1 / cell.num_labels
    error = (1 - chance) * (1 + skill * cell.train_size / cell.num_labels / 8) ** -0.5
    if cell.train_size == 0:  # nothing learnt, and not for lack of examples
        error = (1 - chance) * (1 - skill / 2)
    return float(np.clip(1 - error + random.normal(0, 0.02), 0, 1))


def write(
    cell: ExpectedCell,
    status: Status = Status.OK,
    num_test: int = 200,
    message: str = "",
    *,
    names: Sequence[str] | None = None,
    max_length: int | None = None,
    unequal: bool = False,
) -> Record:
    """Write one record, with a predictions file where it is `ok`."""
    labels = list(names or [f"label {number}" for number in range(cell.num_labels)])[: cell.num_labels]
    predictions = _predictions(cell, labels, num_test, unequal) if status is Status.OK else None
    record = Record(
        key=cell.key,
        status=status,
        configuration=Configuration(
            data=cell.data,
            num_labels=cell.num_labels,
            train_size=cell.train_size,
            seed=cell.seed,
            model=cell.model,
            method=cell.method,
            identity=simulate_training.identity(cell, max_length),
        ),
        measurements=None if predictions is None else _measurements(cell, labels, predictions, max_length),
        failure=None if status is Status.OK else Failure(type="RuntimeError", message=message, traceback=None),
        provenance=provenance(),
        predictions_file=None,
    )
    return store.write(cell.folder, record, predictions, None if predictions is None else texts(num_test))


def changed(cell: ExpectedCell, **changes: object) -> Record:
    """Write a cell's record again, its measurements (by name) changed."""
    record = store.read(cell.folder)
    measured = record.measurements.model_copy(update=changes)
    record = record.model_copy(update={"measurements": measured})
    (cell.folder / store.RECORD).write_text(record.to_json())
    return record


def made_elsewhere(cell: ExpectedCell) -> Record:
    """Write a cell's record again as one whose answers were read of a file (`model=predictions`)."""
    record = store.read(cell.folder)
    identity = {"model": {"name": cell.model, "family": "predictions"}}
    record = record.model_copy(update={"configuration": record.configuration.model_copy(update={"identity": identity})})
    (cell.folder / store.RECORD).write_text(record.to_json())
    return record


def provenance(**changes) -> Provenance:
    """Where simulated records say that they come from."""
    values = {
        "model_revision": "a" * 40,
        "data_revision": None,
        "packages": {"torch": "2.13.0", "transformers": "5.23.0", "scikit-learn": "1.9.1"},
        "python": "3.11.7",
        "git_commit": "0123456789abcdef",
        "git_dirty": False,
        "host": "simulated",
        "platform": "Linux",
        "device": "cpu",
        "device_name": "Simulated CPU",
        "num_threads": 2,
        "started": "2025-01-01T00:00:00+00:00",
        "ended": "2025-01-01T00:00:09+00:00",
    }
    return Provenance(**(values | changes))


def true_labels(count: int, num_test: int, unequal: bool) -> np.ndarray:
    """Labels in turn; unequal: of four examples, three have the first label whatever their turn."""
    places = np.arange(num_test)
    return np.where(places % 4 < 3, 0, places % count) if unequal else places % count


def _predictions(cell: ExpectedCell, labels: list[str], num_test: int, unequal: bool) -> pd.DataFrame:
    """Exactly the share of `accuracy` is right; what is hard for one cell is hard for most."""
    true = true_labels(len(labels), num_test, unequal)
    hard = np.random.default_rng(num_test).normal(0, 1, num_test) + _noise(cell).normal(0, 0.6, num_test)
    wrong = np.ones(num_test, dtype=bool)
    wrong[np.argsort(hard, kind="stable")[: round(accuracy(cell) * num_test)]] = False
    step = np.where(np.arange(num_test) % 3 == 0, max(len(labels) - 1, 1), 1)
    predicted = np.where(wrong, (true + step) % len(labels), true)
    return pd.DataFrame(
        {
            "split": "test",
            "id": [f"t{number}" for number in range(num_test)],
            "label": [labels[index] for index in true],
            "predicted": [labels[index] for index in predicted],
            "probabilities": _probabilities(cell, labels, predicted, wrong),
        }
    )


def _noise(cell: ExpectedCell) -> np.random.Generator:
    """Random numbers of the cell's own, always the same."""
    return np.random.default_rng(int(hashlib.sha256(cell.key.encode()).hexdigest()[:8], 16))


def _probabilities(cell: ExpectedCell, labels: list[str], predicted: np.ndarray, wrong: np.ndarray) -> list[np.ndarray]:
    """Of the predicted label the biggest, a bit bigger than the share of right answers deserves."""
    random = _noise(cell)
    others = len(labels) - 1
    sure = np.clip(random.beta(np.where(wrong, 3, 6), 2), 1.05 / len(labels), 0.999)
    probabilities = np.repeat(((1 - sure) / others)[:, None], len(labels), axis=1)
    probabilities[np.arange(len(predicted)), predicted] = sure
    return list(probabilities.astype("float32"))


def texts(count: int) -> pd.DataFrame:
    """The texts of test examples, the same for every cell, some of them nasty."""
    nasty = ("<script>alert(1)</script>", "</script><img src=x onerror=alert(2)>", '"quotes" & <b>marks</b>', "=1+1")
    words = [nasty[number] if number < len(nasty) else f"Test text number {number}." for number in range(count)]
    return pd.DataFrame({"id": [f"t{number}" for number in range(count)], "text": words})


def _factor(name: str) -> float:
    """From 0.2 to 5, the same for the same name."""
    return float(5 ** (int(hashlib.sha256(name.encode()).hexdigest()[:4], 16) / 32768 - 1))


def _measurements(
    cell: ExpectedCell, labels: list[str], predictions: pd.DataFrame, max_length: int | None
) -> Measurements:
    test = _evaluation(labels, predictions)
    task = f"{cell.data}|{cell.num_labels}|{cell.train_size}|{cell.seed}"
    has_method = cell.method is not None
    train, rate = cell.train_size / 20 * _factor(cell.row), 400 * _factor(cell.model)
    trained = max_length is not None and simulate_training.by_gradients(cell)
    return Measurements(
        examples=Examples(
            labels=labels,
            num_train=cell.train_size // cell.num_labels * cell.num_labels,
            num_validation=8 * cell.num_labels,
            num_test=len(predictions),
            duplicates_dropped=0,
            rows_read=45_446,
            labels_available=28,
            rows_of_labels=30_000,
            sha256=hashlib.sha256(task.encode()).hexdigest(),
        ),
        test=test,
        validation=test if has_method else None,
        train=test if trained else None,
        before=simulate_training.before(cell, labels, 200) if trained else None,
        training=simulate_training.training(cell, test.accuracy) if trained else None,
        seconds=Seconds(load_data=0.5, load_model=1.0, train=train, evaluate=0.5, total=train + 2),
        throughput=Throughput(
            train_examples_per_second=20.0, train_tokens_per_second=None, test_examples_per_second=rate
        ),
        memory=Memory(peak_device=None, peak_process=int(9e8 * _factor(cell.row)), frozen_weights=None),
        parameters=Parameters(trainable=74_000, total=22_700_000, quantized=0) if has_method else None,
        choices=simulate_training.choices(cell, max_length),
        lengths=simulate_training.lengths(cell, max_length) if trained and max_length is not None else None,
    )


def _evaluation(labels: list[str], predictions: pd.DataFrame) -> Evaluation:
    counts = pd.crosstab(predictions["label"], predictions["predicted"])
    matrix = counts.reindex(index=labels, columns=labels, fill_value=0).to_numpy()
    right, support, guessed = np.diag(matrix), matrix.sum(axis=1), np.maximum(matrix.sum(axis=0), 1)
    precision, recall = right / guessed, right / np.maximum(support, 1)
    f1 = 2 * right / (guessed + support)
    weights = support / support.sum()
    return Evaluation(
        num_examples=len(predictions),
        accuracy=float(right.sum() / support.sum()),
        macro_precision=float(precision.mean()),
        macro_recall=float(recall.mean()),
        macro_f1=float(f1.mean()),
        weighted_precision=float((weights * precision).sum()),
        weighted_recall=float((weights * recall).sum()),
        weighted_f1=float((weights * f1).sum()),
        loss=0.5,
        mean_confidence=0.9,
        confusion_matrix=matrix.tolist(),
        per_label=[
            LabelScores(label=label, precision=p, recall=r, f1=f, support=int(n))
            for label, p, r, f, n in zip(labels, precision, recall, f1, support, strict=True)
        ],
    )
