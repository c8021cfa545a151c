"""Searching hyperparameters within a cell by Optuna, on validation alone (`tune.search`).

The sampler is the tree-structured Parzen estimator (Bergstra et al. 2011, Algorithms for hyper-parameter optimization),
and trials that are worse than the median of the earlier ones end early (Golovin et al. 2017, Google Vizier, section
3.2.2): Optuna's own defaults. Where lists have no more combinations than there are trials, each is tried once.
"""

import hashlib
import itertools
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import TrialState

from bench.cell import Cell, identity
from bench.config.class_weight import EQUAL
from bench.config.thresholds import threshold_metric
from bench.config.tune import Range, TuneConfig, with_values
from bench.data.split import Splits
from bench.errors import UserError
from bench.kind import MULTI_LABEL, SINGLE_LABEL
from bench.methods.fitted import Context, Diverged, Fitted, Validation
from bench.methods.metrics import evaluate
from bench.metrics.metric import Metric
from bench.metrics.table import ACCURACY, EVERY, LOSS
from bench.options.defaults import FOR_RARE_LABELS, FOR_SEVERAL_LABELS

ROUNDS = 10
"""A training is compared with earlier ones after each tenth of it, for trials may differ in their steps."""
ROUNDS_BEFORE_PRUNING = 2
"""Learning rates rise in the first steps, and what they do there says little."""
MAX_ASKED = 10
"""For each trial: how often the sampler may come back to one that is known, before the search ends."""

Fit = Callable[[Cell, Splits, Context], Fitted]


@dataclass(slots=True)
class Trial:
    """A training with hyperparameters of the search."""

    parameters: dict[str, Any]
    state: str = "complete"
    """`complete`, `pruned` or `diverged`."""
    scores: dict[str, float | None] = field(default_factory=dict)
    """On validation, by metric: of the weights that were kept, or as it was when the trial was pruned."""
    steps: int | None = None
    """Optimizer steps; None where there are none."""
    seconds: float = 0.0
    reason: str | None = None
    """Why it is not complete."""

    def entry(self) -> dict[str, Any]:
        """As it stands in the record."""
        named = {f"validation_{name}": value for name, value in self.scores.items()}
        said = {"steps": self.steps, "reason": self.reason}
        return {
            "parameters": self.parameters,
            "state": self.state,
            **named,
            **{name: value for name, value in said.items() if value is not None},
            "seconds": self.seconds,
        }


def fit_searched(cell: Cell, splits: Splits, context: Context, fit: Fit) -> Fitted:
    """Search the hyperparameters of `cell.tune`, and fit `cell` with the best of them.

    The best is so by the cell's `best_metric` on validation examples; of equal ones the one with the lower loss. No
    trial is given the test examples. All trials are among the result's `choices`, and its training seconds count them.
    A trial that diverges is passed over; raises Diverged where all do, UserError without validation examples.
    """
    if not len(splits.validation):
        raise UserError("tune.search chooses on validation examples, and the split has none of them")
    search = _Search(cell, splits, context, fit)
    search.run()
    best = search.best()
    context.on_phase("training with the best hyperparameters")
    fitted = fit(replace(with_values(cell, best.parameters), tune=None), splits, context)
    summary = fitted.summary
    summary.choices = {
        **summary.choices,
        "hyperparameters": best.parameters,
        "chosen_by": f"validation_{search.metric.name}",
        "trials": [trial.entry() for trial in search.trials],
    }
    summary.train_seconds += sum(trial.seconds for trial in search.trials)
    return fitted


def chosen_by(cell: Cell) -> Metric:
    """The metric that chooses on validation: `best_metric`, or in a row without one what that would be by default."""
    options: Any = cell.training or cell.approach
    if hasattr(options, "best_metric"):
        return EVERY[options.best_metric]
    if cell.task.kind == MULTI_LABEL:
        return EVERY[FOR_SEVERAL_LABELS]
    is_usual = getattr(options, "class_weight", EQUAL) == EQUAL and threshold_metric(options, SINGLE_LABEL) is None
    return EVERY[ACCURACY if is_usual else FOR_RARE_LABELS]


class _Search:
    """Asks Optuna for hyperparameters, and tells it what came of them."""

    def __init__(self, cell: Cell, splits: Splits, context: Context, fit: Fit) -> None:
        assert cell.tune is not None
        # what a record says of the test examples is said of the last training alone; here they are out of reach
        self.cell, self.splits, self.fit = cell, replace(splits, test=splits.validation), fit
        self.tune, self.context, self.metric = cell.tune, context, chosen_by(cell)
        self.distributions = {name: _distribution(entry) for name, entry in self.tune.search.items()}
        self.trials: list[Trial] = []
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self.study = optuna.create_study(
            direction="maximize" if self.metric.higher_is_better else "minimize",
            sampler=optuna.samplers.TPESampler(seed=_seed(cell)),
            pruner=_pruner(self.tune),
        )
        for parameters in _all_combinations(self.tune):
            self.study.enqueue_trial(parameters)

    def run(self) -> None:
        """Run all trials. (What the sampler asks for again is answered without a training: it would end the same.)"""
        for _ in range(MAX_ASKED * self.tune.max_trials):
            if len(self.trials) == self.tune.max_trials:
                return
            asked = self.study.ask(self.distributions)
            known = next((trial for trial in self.trials if trial.parameters == asked.params), None)
            if known is None:
                self.context.on_phase(f"trial {len(self.trials) + 1} of {self.tune.max_trials}")
                known = self._try(asked)
                self.trials.append(known)
            self._tell(asked, known)

    def best(self) -> Trial:
        """The best of the complete trials. Raises Diverged where all diverged."""
        complete = [trial for trial in self.trials if trial.state == "complete"]
        if not complete:  # a trial is pruned only where there are complete ones
            raise Diverged(f"training diverged in all {len(self.trials)} trials of tune.search")
        return max(complete, key=self._merit)

    def _merit(self, trial: Trial) -> tuple[float, float]:
        loss = trial.scores[LOSS]
        assert loss is not None
        return self.metric.merit(trial.scores[self.metric.name], loss)

    def _try(self, asked: optuna.Trial) -> Trial:
        """Train with the hyperparameters that are asked for, and score it on validation."""
        trial, started = Trial(dict(asked.params)), time.perf_counter()
        cell = replace(with_values(self.cell, asked.params), tune=None)
        watch = replace(self.context, on_validation=lambda seen: self._validated(asked, trial, seen), is_trial=True)
        try:
            fitted = self.fit(cell, self.splits, watch)
            validation = self.splits.validation
            found = evaluate(fitted.predict(validation), validation.labels, self.splits.labels)
            trial.scores = {name: found.metric(name) for name in dict.fromkeys((ACCURACY, LOSS, self.metric.name))}
            trained = fitted.summary.training
            trial.steps = fitted.summary.choices.get("steps") if trained is None else trained.steps
        except optuna.TrialPruned as ended:
            trial.state, trial.reason = "pruned", str(ended)
        except Diverged as error:
            trial.state, trial.reason, trial.scores = "diverged", str(error), {}
        trial.seconds = time.perf_counter() - started
        return trial

    def _validated(self, asked: optuna.Trial, trial: Trial, seen: Validation) -> None:
        """Take note of a validation within a training. Raises TrialPruned where it leaves no chance."""
        trial.steps = seen.step
        trial.scores = {ACCURACY: seen.accuracy, LOSS: seen.loss, self.metric.name: seen.score}
        done = ROUNDS * seen.step // seen.max_steps
        if seen.score is None or done in self.study.trials[asked.number].intermediate_values:
            return
        asked.report(seen.score, done)
        if seen.step < seen.max_steps and asked.should_prune():
            raise optuna.TrialPruned(
                f"up to step {seen.step} of {seen.max_steps} its {self.metric.label} on validation was worse than the "
                "median of the earlier trials"
            )

    def _tell(self, asked: optuna.Trial, trial: Trial) -> None:
        value = trial.scores.get(self.metric.name)
        if trial.state == "complete" and value is not None:
            self.study.tell(asked, value)
        else:  # one that diverged, too: the sampler keeps away from pruned trials, and would forget failed ones
            self.study.tell(asked, state=TrialState.PRUNED)


def _distribution(entry: Range | tuple[Any, ...]) -> BaseDistribution:
    if not isinstance(entry, Range):
        return CategoricalDistribution(entry)
    kind = IntDistribution if isinstance(entry.low, int) and isinstance(entry.high, int) else FloatDistribution
    found: BaseDistribution = kind(entry.low, entry.high, log=bool(entry.log))  # type: ignore[arg-type]
    return found


def _all_combinations(tune: TuneConfig) -> Iterator[dict[str, Any]]:
    """Of the values of lists, where there are trials for all of them; else none: the sampler chooses."""
    if tune.combinations == tune.max_trials:
        for values in itertools.product(*tune.search.values()):  # type: ignore[arg-type]  # none is a range
            yield dict(zip(tune.search, values, strict=True))


def _pruner(tune: TuneConfig) -> optuna.pruners.BasePruner:
    if not tune.prune:
        return optuna.pruners.NopPruner()
    return optuna.pruners.MedianPruner(n_warmup_steps=ROUNDS_BEFORE_PRUNING)


def _seed(cell: Cell) -> int:
    """From what the cell is, so that it finds the same wherever it is run, and in batches of whatever size."""
    content = json.dumps([identity(cell.task), cell.row, identity(cell.tune)], sort_keys=True)
    return int.from_bytes(hashlib.sha256(content.encode()).digest()[:4])
