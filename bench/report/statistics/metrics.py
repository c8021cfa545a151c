"""The metrics of `bench.metrics.table` as columns of the report's frames: `test_accuracy`, `test_macro_f1`."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from bench.kind import MULTI_LABEL, SINGLE_LABEL, Kind
from bench.metrics.metric import Metric
from bench.metrics.table import BY_KIND, EVERY, METRICS, MULTI_LABEL_METRICS

TEST = "test_"
_kind: ContextVar[Kind] = ContextVar("kind", default=SINGLE_LABEL)


@contextmanager
def labels_are(kind: Kind) -> Iterator[None]:
    """What is written meanwhile calls metrics as they are called with such labels: accuracy of several labels is subset
    accuracy. Columns are called the same, and mean the same; every figure and table asks for the words."""
    token = _kind.set(kind)
    try:
        yield
    finally:
        _kind.reset(token)


def kind_now() -> Kind:
    """How labels are meanwhile (`labels_are`)."""
    return _kind.get()


def guessed_share(num_labels: int) -> float:
    """The accuracy of a guess, where nothing is known of how frequent labels are: one of them all, or a coin for each
    label."""
    return 0.5**num_labels if kind_now() == MULTI_LABEL else 1 / num_labels


def guess_words() -> str:
    """Whose accuracy is drawn as that of a guess: of labels alone one can say which is frequent, not of which sets."""
    return "a coin for each label" if kind_now() == MULTI_LABEL else "the most frequent label"


def guessed_loss(num_labels: int) -> float:
    """The loss of equal probabilities, in nats; of several labels, of a half for each."""
    return math.log(2 if kind_now() == MULTI_LABEL else num_labels)


def loss_guess_words() -> str:
    """Whose loss is drawn as that of a guess (`guessed_loss`)."""
    return "a probability of a half for each label" if kind_now() == MULTI_LABEL else "equal probabilities"


def ordered_columns() -> list[str]:
    """`metric_columns`, those of labels as they are (`labels_are`) first, in their order."""
    return list(dict.fromkeys([*(f"{TEST}{name}" for name in BY_KIND[kind_now()]), *metric_columns()]))


def accuracy_words() -> str:
    """What accuracy is called with labels as they are (`labels_are`)."""
    return metric_named("accuracy").label


def an_accuracy() -> str:
    """ "an accuracy"."""
    return f"an {accuracy_words()}" if kind_now() == SINGLE_LABEL else f"a {accuracy_words()}"


def metric_columns() -> list[str]:
    """The column of every metric on the test examples, in the order of the tables."""
    return [f"{TEST}{name}" for name in dict.fromkeys((*METRICS, *MULTI_LABEL_METRICS))]


def metric_named(name: str) -> Metric:
    """The metric with this name, as it is with labels as they are (`labels_are`). Raises KeyError."""
    return BY_KIND[kind_now()].get(name) or EVERY[name]


def metric_of(column: str) -> Metric | None:
    """The metric that a column holds; None for one of another number."""
    name = column.removeprefix(TEST)
    return metric_named(name) if column.startswith(TEST) and name in EVERY else None


def lower_is_better(column: str | None) -> bool:
    """Whether a smaller number of this column is the better one."""
    metric = None if column is None else metric_of(column)
    return metric is not None and not metric.higher_is_better
