"""What a row of an experiment says of unlabelled texts."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

import numpy as np

from bench.best.choose import Wanted, choose
from bench.best.refit import all_rows, fit
from bench.best.settle import settle
from bench.data.split import Examples
from bench.errors import UserError
from bench.escape.terminal import say
from bench.label.experiment import Experiment
from bench.label.model import Guessed
from bench.methods.fitted import Fitted
from bench.report.options import ReportOptions


def predicted(row: str | None, texts: Sequence[str], features: Any, asked: Experiment) -> Guessed:
    """What `row` (None: the recommended one) says of `texts`, which `features` tell apart.

    It is trained once more, on the training and validation examples of its first seed: test examples have no say in
    what is labelled next. Raises UserError where no cell of it is finished, or it gives no probabilities.
    """
    settings = asked.settings
    choice = choose(asked.cells, asked.expected, ReportOptions.of(settings, settings.title), Wanted(row=row))
    drawn, _ = all_rows(choice.finished, settings)
    train = _joined(drawn.train, drawn.validation)
    none = Examples(ids=(), texts=(), labels=())
    say(f"guesses are {choice.row}'s, trained on {len(train):,} examples")
    settled = settle(choice.finished, len(train))
    fitted = fit(settled, replace(drawn, train=train, validation=none), settings)
    no_label = drawn.test.labels[:1] * len(texts)  # of the right kind, and not looked at
    examples = Examples(ids=tuple(map(str, range(len(texts)))), texts=tuple(texts), labels=no_label)
    found = cast("Fitted", fitted).predict(examples)  # what can be saved has been fitted
    if not isinstance(found, np.ndarray):
        raise UserError(f"{choice.row} gives labels without probabilities: --row takes another")
    return Guessed(drawn.labels, found, features, settled.decision)


def _joined(first: Examples, second: Examples) -> Examples:
    return Examples(ids=first.ids + second.ids, texts=first.texts + second.texts, labels=first.labels + second.labels)
