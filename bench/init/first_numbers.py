"""A first number in seconds: what guessing and TF-IDF get by cross-validation, and which labels look wrong."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

MAX_ROWS = 20_000
"""Rows that are taken, at random: more would take more than seconds and change little."""
FOLDS = 5
MIN_SKILL = 0.4
"""How far TF-IDF gets from guessing (0) to always right (1), for its doubts about labels to mean something."""
SEED = 0


@dataclass(frozen=True, slots=True)
class Suspect:
    """A row whose label is likely wrong (Northcutt et al. 2021, Confident Learning)."""

    row: int
    given: str
    likely: str
    confidence: float
    """Probability of the likely label, out of fold."""


@dataclass(frozen=True, slots=True)
class FirstNumbers:
    """Scores by cross-validation over `rows` rows."""

    rows: int
    is_sample: bool
    """Whether they are a part of what there is, drawn at random."""
    labels: int
    """Those with enough rows to be in every fold."""
    majority: float
    """Share of the most frequent label."""
    accuracy: float
    macro_f1: float
    suspects: tuple[Suspect, ...]
    """The surest first; none where TF-IDF does little better than guessing."""


def first_numbers(texts: Sequence[str], labels: Sequence[str], rows: Sequence[int]) -> FirstNumbers | None:
    """TF-IDF with logistic regression by stochastic gradient descent, in `FOLDS` folds, over `rows` of the texts.

    Labels with fewer rows than folds are left out; None where fewer than two are left.
    """
    from sklearn.metrics import f1_score
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline

    chosen = _chosen(labels, rows)
    names = sorted({labels[row] for row in chosen})
    if len(names) < 2:
        return None
    indices = {name: index for index, name in enumerate(names)}
    true = np.asarray([indices[labels[row]] for row in chosen])
    some = [texts[row] for row in chosen]
    pipeline = make_pipeline(features(some), classifier())
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=SEED)
    probabilities = cross_val_predict(pipeline, some, true, cv=folds, method="predict_proba")
    predicted = probabilities.argmax(axis=1)
    majority, accuracy = float(np.bincount(true).max() / len(true)), float((predicted == true).mean())
    has_skill = accuracy - majority > MIN_SKILL * (1 - majority)
    return FirstNumbers(
        rows=len(chosen),
        is_sample=len(rows) > MAX_ROWS,
        labels=len(names),
        majority=majority,
        accuracy=accuracy,
        macro_f1=float(f1_score(true, predicted, average="macro")),
        suspects=tuple(_suspects(true, probabilities, names, chosen)) if has_skill else (),
    )


def _chosen(labels: Sequence[str], rows: Sequence[int]) -> list[int]:
    """Those of `rows` whose labels have enough of them, at most `MAX_ROWS`, in order."""
    counts = Counter(labels[row] for row in rows)
    able = [row for row in rows if counts[labels[row]] >= FOLDS]
    if len(able) <= MAX_ROWS:
        return able
    drawn = np.random.default_rng(SEED).permutation(len(able))[:MAX_ROWS]
    some = sorted(able[place] for place in drawn)
    left = Counter(labels[row] for row in some)
    return [row for row in some if left[labels[row]] >= FOLDS]


def features(texts: Sequence[str]) -> Any:
    """The vectorizer, not fitted, that goes with such texts."""
    from bench.config import TfidfSgdConfig
    from bench.methods.tokens import kind_of, vectorizer

    config = TfidfSgdConfig(name="first", family="tfidf_sgd", analyzer="auto", sublinear_tf=True)
    return vectorizer(config, kind_of(config, texts))


def classifier() -> Any:
    """What is fitted on its features."""
    from sklearn.linear_model import SGDClassifier

    return SGDClassifier(loss="log_loss", alpha=1e-4, random_state=SEED)


def _suspects(true: np.ndarray, probabilities: np.ndarray, names: Sequence[str], rows: Sequence[int]) -> list[Suspect]:
    from cleanlab.filter import find_label_issues

    ranked = find_label_issues(
        true, probabilities, filter_by="both", return_indices_ranked_by="self_confidence", n_jobs=1
    )
    likely = probabilities.argmax(axis=1)
    return [
        Suspect(rows[at], names[true[at]], names[likely[at]], float(probabilities[at, likely[at]]))
        for at in map(int, ranked)
        if likely[at] != true[at]
    ]
