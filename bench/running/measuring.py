"""Running cells and measuring them: examples, fit, predictions, and the time, memory and energy that these take.

One cell is a stack of one. What cells of a stack take together is divided: time by what went through the model for each
of them, energy by time; peaks of memory are the stack's.
"""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from bench.cell import Cell
from bench.data.read import load_pool
from bench.data.split import Splits, draw
from bench.errors import TaskInfeasible
from bench.features.tally import TALLY
from bench.kind import MULTI_LABEL
from bench.methods.decisions import Decided, find_decision
from bench.methods.engines import Engine, fit_all
from bench.methods.fitted import SETS, Context, Fitted, FittedCells, Predicted, Saveable
from bench.methods.halve import halved
from bench.methods.thresholds import find_thresholds, weighted
from bench.running.garbage import gc_disabled
from bench.running.meter import Meter, Reading
from bench.running.observers import FIRST_PHASE, Observer
from bench.running.positions import length_of, within_positions
from bench.running.positions import notice as notice_of_length
from bench.running.precision import as_computed, notice, precision_of, uses_tf32
from bench.running.quiet import quiet_libraries
from bench.running.recording import Run


class TooMany(Exception):
    """The device's memory does not hold all cells in one stack."""

    def __init__(self, most: int) -> None:
        super().__init__(f"{most} cells fit in one stack")
        self.most = most


@dataclass(frozen=True, slots=True)
class Measured:
    """A cell that ended well."""

    run: Run
    fitted: Fitted


@dataclass(frozen=True, slots=True)
class Drawn:
    """A cell with its examples."""

    cell: Cell
    planned: Cell
    """What is run in its place, as far as that is known without the model's files."""
    splits: Splits
    revision: str | None
    seconds: float
    """For drawing, and its share of reading the data."""


@dataclass(slots=True)
class Stack:
    """Cells that were fitted together, what each of them predicts, and the seconds that it took."""

    drawn: Sequence[Drawn]
    fitting: Sequence[Cell]
    """What was run in the place of each."""
    fitted: FittedCells
    fit_seconds: float
    tf32: bool | None
    """As in `provenance.gpu`."""
    predicted: dict[str, list[Predicted | None]] = field(default_factory=dict)
    """By set, in the order of the cells."""
    predict_seconds: dict[str, list[float]] = field(default_factory=dict)
    read_features: bool = False
    """Whether features of test texts were there already, so that the time says nothing of what a text takes."""

    def predict(self) -> None:
        """Predict with all cells, a set after the other; each has its part of the time by its number of examples."""
        for name in SETS:
            clock, before = time.perf_counter(), TALLY.asked - TALLY.computed
            predicted = self.fitted.predict(name)
            seconds = time.perf_counter() - clock
            if name == "test":
                self.read_features = TALLY.asked - TALLY.computed > before
            scored = zip(self.drawn, predicted, strict=True)
            counts = [0 if given is None else len(getattr(of.splits, name)) for of, given in scored]
            self.predicted[name] = list(predicted)
            self.predict_seconds[name] = [seconds * count / max(sum(counts), 1) for count in counts]

    def set_thresholds(self) -> None:
        """Find each cell's weights of labels where it asks for thresholds; all that it predicts is weighted by them."""
        for i, (of, outcome) in enumerate(zip(self.drawn, self.fitted.outcomes, strict=True)):
            if isinstance(outcome, Exception):
                continue
            clock = time.perf_counter()
            if of.cell.task.kind == MULTI_LABEL:
                self._decide(i, of, outcome)
                self.predict_seconds["validation"][i] += time.perf_counter() - clock
                continue
            weights = find_thresholds(of.cell, of.splits, outcome, self.predicted["validation"][i])
            for predicted in self.predicted.values():
                if weights is not None and isinstance(given := predicted[i], np.ndarray):
                    predicted[i] = weighted(given, weights)
            self.predict_seconds["validation"][i] += time.perf_counter() - clock

    def _decide(self, i: int, of: Drawn, fitted: Fitted) -> None:
        """Give each example of a cell its labels, by a rule that its validation examples say where it asks for one."""
        validation, names = self.predicted["validation"][i], of.splits.labels
        probabilities = validation if isinstance(validation, np.ndarray) else None
        options = of.cell.training or of.cell.approach
        decision, said = find_decision(options, probabilities, of.splits.validation.labels, names)
        if said is not None:
            fitted.summary.choices["thresholds"] = said
        if isinstance(fitted, Saveable):
            fitted.kept = replace(fitted.kept, label_thresholds=decision.thresholds, top_k=decision.top_k)
        for predicted in self.predicted.values():
            if isinstance(found := predicted[i], np.ndarray):
                predicted[i] = Decided(found, decision.given(found))

    def evaluate_seconds(self, i: int) -> float:
        """For the predictions of a cell."""
        return sum(seconds[i] for seconds in self.predict_seconds.values())

    def total_seconds(self, i: int) -> float:
        """For all that was done for a cell."""
        return self.drawn[i].seconds + self.fit_seconds * self.fitted.shares[i] + self.evaluate_seconds(i)

    def share(self, i: int) -> float:
        """The part of the stack's time that a cell took."""
        return self.total_seconds(i) / sum(map(self.total_seconds, range(len(self.drawn))))


def measure(
    cells: Sequence[Cell], context: Context, observer: Observer, *, started: str, engine: Engine, halvings: int = 0
) -> list[Measured | Exception]:
    """Draw each cell's examples, fit the models and predict with them; what each cell gave, or what ended it.

    Batches are halved so often (`halvings`). Raises what ended all cells together, UserError and whatever
    the libraries raise; TooMany before anything is fitted.
    """
    try:
        return _measure(cells, context, observer, started=started, engine=engine, halvings=halvings)
    finally:
        if context.device != "cpu":
            set_tf32(False)  # what else this process multiplies is not the cells'


def _measure(
    cells: Sequence[Cell], context: Context, observer: Observer, *, started: str, engine: Engine, halvings: int
) -> list[Measured | Exception]:
    planned = _begin(cells, context, halvings)
    meter = Meter(context.device)
    TALLY.begin()
    context.on_phase(FIRST_PHASE)
    outcomes: dict[str, Measured | Exception] = {}
    if drawn := _draw(cells, planned, context, outcomes):
        context.on_phase("fitting" if cells[0].approach.role == "classical" else "loading the model")
        stack = _fit(drawn, context, observer, engine)
        context.on_phase("evaluating")
        stack.predict()
        stack.set_thresholds()
        reading = meter.read()
        for i, (of, outcome) in enumerate(zip(drawn, stack.fitted.outcomes, strict=True)):
            if isinstance(outcome, Exception):
                outcomes[of.cell.key] = outcome
                continue
            say_length(of.planned, stack.fitting[i], outcome)
            run = _run(stack, i, outcome, reading, device=context.device, started=started)
            run = replace(
                run,
                halved=stack.fitting[i] if halvings else None,
                fused=len(drawn) if engine == "fused" else None,
            )
            outcomes[of.cell.key] = Measured(run, outcome)
    return [outcomes[cell.key] for cell in cells]


def fit_again(
    cell: Cell, splits: Splits, context: Context, observer: Observer, *, halvings: int = 0
) -> tuple[Cell, Fitted]:
    """Fit what is no cell of a grid but trained as `cell` says (`Context.refit`): what was run, and the model.

    Nothing is predicted, and there is no record. Batches are halved so often. Raises what ended it: UserError,
    Diverged and whatever the libraries raise.
    """
    (planned,) = _begin([cell], context, halvings)
    try:
        stack = _fit([Drawn(cell, planned, splits, None, 0.0)], context, observer, "single")
    finally:
        if context.device != "cpu":
            set_tf32(False)
    (outcome,) = stack.fitted.outcomes
    if isinstance(outcome, Exception):
        raise outcome
    say_length(planned, stack.fitting[0], outcome)
    return stack.fitting[0], outcome


def _begin(cells: Sequence[Cell], context: Context, halvings: int) -> list[Cell]:
    """What is run in the place of each cell, before anything of them is loaded; a slow device is said."""
    quiet_libraries()
    if (said := notice(cells[0], context.device)) is not None:
        print(said, file=sys.stderr, flush=True)
    planned = [_planned(cell, context.device, halvings) for cell in cells]
    context.warm.begin(planned[0], context.device)
    return planned


def _run(stack: Stack, i: int, fitted: Fitted, reading: Reading, *, device: str, started: str) -> Run:
    """What the record of a cell is made of."""
    of, (test, energy) = stack.drawn[i], (stack.predicted["test"][i], reading.energy_joules)
    assert test is not None
    return Run(
        cell=of.cell,
        splits=of.splits,
        summary=fitted.summary,
        train=stack.predicted["train"][i],
        validation=stack.predicted["validation"][i],
        test=test,
        data_revision=of.revision,
        device=device,
        started=started,
        load_data_seconds=of.seconds,
        evaluate_seconds=stack.evaluate_seconds(i),
        test_seconds=None if stack.read_features else stack.predict_seconds["test"][i],
        kept_features=len(TALLY.kept) if TALLY.asked else None,
        total_seconds=stack.total_seconds(i),
        tf32=stack.tf32,
        precision=fitted.summary.precision or precision_of(stack.fitting[i]),
        peak_process=reading.peak_process,
        peak_device=reading.peak_device,
        reserved_device=reading.reserved_device,
        energy_joules=None if energy is None else energy * stack.share(i),
    )


def _planned(cell: Cell, device: str, halvings: int) -> Cell:
    smaller = halved(as_computed(cell, device), halvings)
    assert smaller is not None
    return smaller


def _draw(
    cells: Sequence[Cell], planned: Sequence[Cell], context: Context, outcomes: dict[str, Measured | Exception]
) -> list[Drawn]:
    """The cells with their examples; those whose task is infeasible are put into `outcomes`."""
    clock = time.perf_counter()
    pool = load_pool(cells[0].task.data, cache=context.cache, mirror_dir=context.mirror_dir)
    share = (time.perf_counter() - clock) / len(cells)
    drawn = []
    for cell, run_as in zip(cells, planned, strict=True):
        clock = time.perf_counter()
        try:
            splits = draw(cell.task, pool)
        except TaskInfeasible as error:
            outcomes[cell.key] = error
        else:
            drawn.append(Drawn(cell, run_as, splits, pool.revision, share + time.perf_counter() - clock))
    return drawn


def _fit(drawn: Sequence[Drawn], context: Context, observer: Observer, engine: Engine) -> Stack:
    """The cells, fitted. Raises TooMany."""
    # after the data, which may be wrong; the imports are not the cells' time: a warm worker has them already
    with gc_disabled():
        fit = fit_all(engine, [of.planned for of in drawn])
    context.warm.imported()
    tf32 = uses_tf32([of.planned for of in drawn], context.device)
    if tf32 is not None:
        set_tf32(tf32)
    clock = time.perf_counter()
    fitting = [within_positions(of.planned, context.cache, context.mirror_dir) for of in drawn]
    splits = [of.splits for of in drawn]
    if engine == "fused":
        from bench.methods.fused.capacity import max_stack_size  # torch, which fitting them has imported

        if (most := max_stack_size(fitting, splits, context)) < len(drawn):
            raise TooMany(most)
    fitted = fit(fitting, splits, context, [partial(observer.on_step, of.cell) for of in drawn])
    return Stack(drawn, fitting, fitted, time.perf_counter() - clock, tf32)


def set_tf32(allowed: bool) -> None:
    """Let this process make products of fp32 matrices on a GPU of TF32 from now on, or not."""
    if (torch := sys.modules.get("torch")) is not None:  # which the methods have imported, but for classical ones
        torch.backends.cuda.matmul.allow_tf32 = allowed


def say_length(planned: Cell, fitting: Cell, fitted: Fitted) -> None:
    """Put among the choices that a record holds where texts are cut, if not where the cell says; tell if some were."""
    said, held = length_of(planned), length_of(fitting)
    if said is not None and held is not None and said != held:
        cut = fitted.summary.choices.setdefault("max_length", held[1])  # zero-shot needs some for its prompt
        if fitted.summary.lengths is not None and fitted.summary.lengths.num_cut:
            print(notice_of_length(said[1], cut), file=sys.stderr, flush=True)
