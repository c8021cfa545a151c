"""What training leaves in a simulated record: curves, scores before it, lengths of texts."""

import hashlib
import math
from typing import Any

import numpy as np

from bench.report.inputs.records import ExpectedCell
from bench.results.measurements import HistoryPoint, Lengths, Training
from bench.results.scores import Before, Evaluation, LabelScores

BY_GRADIENTS = ("lora", "qlora", "full", "last_block")
BATCH, EPOCHS, PATIENCE, EVALUATIONS = 16, 5, 4, 20


def by_gradients(cell: ExpectedCell) -> bool:
    """Whether the cell's method trains step by step."""
    return cell.method is not None and cell.method.split(" ")[0] in BY_GRADIENTS


def identity(cell: ExpectedCell, max_length: int | None) -> dict[str, Any]:
    """What the cell's key is made of, as far as it says how cells with `max_length` are fitted."""
    model: dict[str, Any] = {"name": cell.model}
    if max_length is None:
        return {"model": model}
    if cell.method is None:
        return {"model": model | {"family": "tfidf_sgd", "alpha": 1e-4, "max_iter": 1000}, "method": None}
    method: dict[str, Any] = {"name": cell.method.split(" ")[0]}
    if method["name"] == "linear_probe":
        method |= {"C": [0.1, 1.0, 10.0], "pooling": "family", "max_length": max_length, "batch_size": 64}
    if not by_gradients(cell):
        return {"model": model, "method": method}
    if "lora" in method["name"]:
        method |= {"r": 8, "alpha": 16, "dropout": 0.05, "target_modules": ["q_proj", "v_proj"], "use_dora": False}
    training = {"num_train_epochs": EPOCHS, "min_steps": 60, "per_device_train_batch_size": BATCH,
                "gradient_accumulation_steps": 1, "learning_rate": 1e-4, "lr_scheduler_type": "cosine",
                "optim": "adamw_torch", "max_length": max_length, "precision": "bf16"}  # fmt: skip
    return {"model": model, "method": method, "training": training}


def choices(cell: ExpectedCell, max_length: int | None) -> dict[str, Any]:
    """What the cell chose on validation: a probe its C."""
    is_probe = cell.method is not None and cell.method.startswith("linear_probe")
    return {"C": (0.1, 1.0, 10.0)[cell.seed % 3]} if is_probe and max_length is not None else {}


def training(cell: ExpectedCell, accuracy: float) -> Training:
    """Falling losses; validation turns up again in the end and stops the run in some seeds."""
    random = np.random.default_rng(int(hashlib.sha256(cell.key.encode()).hexdigest()[:8], 16))
    per_epoch = math.ceil(cell.train_size / BATCH)
    max_steps = max(EPOCHS * per_epoch, 60)
    every = max(max_steps // EVALUATIONS, 1)
    turn = max_steps * (0.35 + 0.15 * (cell.seed % 3))
    history: list[HistoryPoint] = []
    best, best_step, waited = -1.0, 0, 0
    for step in range(every, max_steps + 1, every):
        rest = math.exp(-5 * step / max_steps)
        noise = random.normal(0, 0.01)
        loss = math.log(cell.num_labels) * (0.25 + 0.75 * rest) + 0.15 * max(0, step - turn) / max_steps + abs(noise)
        now = accuracy - (accuracy - 1 / cell.num_labels) * rest - 0.05 * max(0, step - turn) / max_steps + noise
        epochs, batches = divmod(step, per_epoch)
        history.append(
            HistoryPoint(
                step=step,
                epoch=step / per_epoch,
                examples_seen=epochs * cell.train_size + min(batches * BATCH, cell.train_size),
                train_loss=math.log(cell.num_labels) * (0.05 + 0.95 * rest) + abs(noise),
                learning_rate=1e-4,
                validation_loss=loss,
                validation_accuracy=now,
            )
        )
        best, best_step, waited = (now, step, 0) if now > best else (best, best_step, waited + 1)
        if waited >= PATIENCE and step < max_steps:
            break
    last = history[-1].step
    return Training(
        steps=last,
        max_steps=max_steps,
        best_step=best_step,
        stopped_early=last + every <= max_steps,
        examples_seen=history[-1].examples_seen or 0,
        tokens_seen=25 * last * BATCH,
        history=history,
    )


def before(cell: ExpectedCell, labels: list[str], count: int) -> Before:
    """Scores of a head that guesses, on sets of `count` examples."""
    luck = 1 + 0.03 * (cell.seed % 3)
    return Before(**{name: guessing(labels, count, luck) for name in ("train", "validation", "test")})


def guessing(labels: list[str], count: int, luck: float) -> Evaluation:
    """Scores near those of guessing; `luck` is a factor near 1."""
    share = luck / len(labels)
    scores = dict.fromkeys(
        (f"{average}_{name}" for average in ("macro", "weighted") for name in ("precision", "recall", "f1")), share
    )
    return Evaluation(
        num_examples=count,
        accuracy=share * 0.9,
        **scores,
        loss=math.log(len(labels)) * 1.4 / luck,
        mean_confidence=share * 1.3,
        confusion_matrix=[[count // len(labels)] + [0] * (len(labels) - 1) for _ in labels],
        per_label=[LabelScores(label=label, precision=share, recall=share, f1=share, support=1) for label in labels],
    )


def lengths(cell: ExpectedCell, max_length: int) -> Lengths:
    """Log-normal lengths, the same for every cell of a model on a task."""
    name = f"{cell.model}|{cell.data}|{cell.num_labels}|{cell.train_size}"
    random = np.random.default_rng(int(hashlib.sha256(name.encode()).hexdigest()[:8], 16))
    tokens = np.ceil(np.exp(random.normal(3.3, 0.5, max(cell.train_size, 1)))).astype(int)
    p99 = float(np.percentile(tokens, 99))
    reach = int(max(p99, max_length if max_length <= 2 * p99 else 0))
    width = max(1, math.ceil(reach / 40))
    reach = int(tokens.max()) if tokens.max() <= reach + 3 * width else reach
    edges = list(range(0, reach + width + 1, width))
    if tokens.max() >= edges[-1]:
        edges.append(int(tokens.max()) + 1)
    p50, p95, p99 = (float(part) for part in np.percentile(tokens, [50, 95, 99]))
    return Lengths(
        bin_edges=edges,
        counts=np.histogram(tokens, edges)[0].tolist(),
        mean=float(tokens.mean()),
        p50=p50,
        p95=p95,
        p99=p99,
        max=int(tokens.max()),
        max_length=max_length,
        num_cut=int((tokens > max_length).sum()),
        share_cut=float((tokens > max_length).mean()),
    )
