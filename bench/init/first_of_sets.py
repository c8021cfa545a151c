"""A first number where rows have several labels: TF-IDF, each label against the rest, by cross-validation."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bench.init.first_numbers import FOLDS, MAX_ROWS, SEED, classifier, features

Labels = Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class FirstOfSets:
    """Scores by cross-validation over `rows` rows."""

    rows: int
    is_sample: bool
    """Whether they are a part of what there is, drawn at random."""
    labels: int
    """Those with enough rows to be in every fold."""
    macro_f1: float
    micro_f1: float
    subset_accuracy: float
    """Share of the rows whose labels are all right, and no other."""


def first_of_sets(texts: Sequence[str], labels: Labels, rows: Sequence[int]) -> FirstOfSets | None:
    """TF-IDF with logistic regression by stochastic gradient descent for each label, in `FOLDS` folds.

    One threshold for all labels; that of a fold is found on the others. Labels with fewer rows than folds are left out;
    None where fewer than two are left.
    """
    from sklearn.metrics import f1_score
    from sklearn.model_selection import KFold, cross_val_predict
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.pipeline import make_pipeline

    chosen = np.random.default_rng(SEED).permutation(len(rows))[:MAX_ROWS]
    some = [rows[place] for place in sorted(chosen)]
    true = _matrix([labels[row] for row in some])
    if true.shape[1] < 2:
        return None
    own = [texts[row] for row in some]
    pipeline = make_pipeline(features(own), OneVsRestClassifier(classifier()))
    folds = list(KFold(FOLDS, shuffle=True, random_state=SEED).split(true))
    probabilities = np.asarray(cross_val_predict(pipeline, own, true, cv=folds, method="predict_proba"))
    given = _given(probabilities, true, [test for _, test in folds])
    return FirstOfSets(
        rows=len(some),
        is_sample=len(rows) > MAX_ROWS,
        labels=true.shape[1],
        macro_f1=float(f1_score(true, given, average="macro", zero_division=0)),
        micro_f1=float(f1_score(true, given, average="micro", zero_division=0)),
        subset_accuracy=float((true == given).all(axis=1).mean()),
    )


def _matrix(rows: Labels) -> np.ndarray:
    """0 and 1, shape (rows, labels), of the labels that enough rows have."""
    counts: dict[str, int] = {}
    for row in rows:
        for label in row:
            counts[label] = counts.get(label, 0) + 1
    names = sorted(label for label, count in counts.items() if FOLDS <= count < len(rows))
    return np.asarray([[int(label in row) for label in names] for row in rows]).reshape(len(rows), len(names))


def _given(probabilities: np.ndarray, true: np.ndarray, folds: Sequence[np.ndarray]) -> np.ndarray:
    """The labels that rows are given, by the threshold that is best for the rows of the other folds."""
    from bench.kind import MULTI_LABEL
    from bench.methods.decisions import best_decision
    from bench.metrics.table import BY_KIND

    given = np.zeros_like(true)
    for fold in folds:
        others = np.ones(len(true), dtype=bool)
        others[fold] = False
        found = best_decision("shared", probabilities[others], true[others], BY_KIND[MULTI_LABEL]["macro_f1"])
        given[fold] = found.given(probabilities[fold])
    return given
