"""What 8 bits cost and give: labels that change, scores, bytes, and time, measured in turn with fp32."""

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.convert.about import EightBits
from bench.convert.graph import size_of
from bench.convert.parity import compared, scores
from bench.convert.texts import Texts
from bench.methods.fitted import Probabilities
from bench.predict.classifier import Classifier
from bench.running.cores import threads

ROUNDS = 5
TIMED = 200
"""Texts of a round, at most."""


@dataclass(frozen=True, slots=True)
class Graph:
    """A graph of ONNX, and what it gave."""

    classifier: Classifier
    probabilities: Probabilities
    """Of the texts compared, and of hard ones behind them: shape (texts, labels)."""
    folder: Path


def measured(texts: Texts, whole: Graph, eight: Graph) -> EightBits:
    """`whole` in fp32 against `eight` in 8 bits."""
    kept, count = whole.classifier.kept, len(texts.texts)
    parity = compared(kept, whole.probabilities[:count], eight.probabilities[:count])
    timed = texts.texts[:TIMED]
    seconds = in_turn(whole.classifier, eight.classifier, timed)
    ratios = [first / second for first, second in seconds]
    rates = [len(timed) / statistics.median(column) for column in zip(*seconds, strict=True)]
    known = texts.labels
    return EightBits(
        texts=count,
        same_labels=parity.same_labels,
        max_difference=parity.max_difference,
        scores=None if known is None else scores(kept, eight.probabilities[:count], known),
        scores_fp32=None if known is None else scores(kept, whole.probabilities[:count], known),
        bytes=size_of(eight.folder),
        bytes_fp32=size_of(whole.folder),
        texts_per_second=rates[1],
        texts_per_second_fp32=rates[0],
        speedup=statistics.median(ratios),
        speedup_range=(min(ratios), max(ratios)),
        threads=threads(),
        timed_texts=len(timed),
    )


def in_turn(first: Classifier, second: Classifier, texts: Sequence[str]) -> list[tuple[float, float]]:
    """Seconds that each of the two takes for all texts, tokenizing with it, one after the other, round by round.

    What else the machine does so hits both. A first round is not counted.
    """
    return [(_seconds(first, texts), _seconds(second, texts)) for _ in range(1 + ROUNDS)][1:]


def _seconds(graph: Classifier, texts: Sequence[str]) -> float:
    start = time.perf_counter()
    graph.predict(texts, texts, graph.kept.batch_size)
    return time.perf_counter() - start
