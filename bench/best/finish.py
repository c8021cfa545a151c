"""From the row that was named to the model in its folder."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.best.card import refit_card
from bench.best.choose import Choice
from bench.best.refit import all_rows, fit, keep, kept_already
from bench.best.settle import Settled, settle
from bench.escape.shell import command
from bench.escape.terminal import say
from bench.methods.fitted import Diverged, Saveable
from bench.models.card import EXAMPLE
from bench.models.refitted import Refitted
from bench.running.cores import use_threads
from bench.running.preflight import check_cells, check_device, check_extras
from bench.running.provenance import packages
from bench.settings import Settings
from bench.wording import counted


def finish(choice: Choice, why: Sequence[str], settings: Settings, folder: Path, *, overwrite: bool) -> int:
    """Train the row of `choice` on all rows and keep it in `folder`; return the exit code (1: training diverged).

    Raises UserError where it can't be trained here or kept there, before any training as far as that is known.
    """
    first = choice.finished[0][0]
    check_extras([first])
    check_device([first], settings)
    check_cells([first], settings)
    drawn, splits = all_rows(choice.finished, settings)
    settled = settle(choice.finished, len(splits.train))
    about = _about(choice, settled, settings)
    if kept_already(folder, about, overwrite=overwrite):
        say(f"kept already: {_command(folder)}")
        return 0
    if first.approach.learns:
        chosen = "".join(f"; {name}: {said}" for name, said in settled.chosen.items())
        counts = [len(drawn.train), len(drawn.validation), len(drawn.test)]
        further = len(splits.train) - sum(counts)
        parts = " + ".join(f"{count:,}" for count in [*counts, *([further] if further else [])])
        parts += " that no cell of this size had" * bool(further)
        say(f"training {choice.row} on all {counted(len(splits.train), 'row')} ({parts}){chosen}")
    use_threads(None)
    try:
        fitted = fit(settled, splits, settings)
    except Diverged as error:
        say(f"error: {error}", error=True)
        return 1
    keep(fitted, folder, about, lambda made: _card(choice, settled, made, about, why), overwrite=overwrite)
    say(f"kept: {_command(folder)}")
    return 0


def _about(choice: Choice, settled: Settled, settings: Settings) -> Refitted:
    training = settled.cell.training
    score, first = choice.score, choice.finished[0][1].measurements
    assert first is not None
    return Refitted(
        experiment=settings.title,
        row=choice.row,
        cells={cell.key: record.provenance.started for cell, record in choice.finished},
        examples_sha256=first.examples.sha256,
        num_rows=settled.cell.task.train_size,
        epochs=settled.refit.epochs,
        learning_rate=None if training is None else training.learning_rate,
        chosen=settled.chosen,
        metric=choice.answer.standing.metric,
        expected={"estimate": score.estimate, "low": score.low, "high": score.high},
        packages=packages(),
        model_files={},
    )


def _card(choice: Choice, settled: Settled, fitted: Saveable, about: Refitted, why: Sequence[str]) -> str:
    summary: Any = getattr(fitted, "summary")  # noqa: B009 - of every fitted model
    return refit_card(choice, settled, fitted.kept, about, choices=summary.choices, why=why)


def _command(folder: Path) -> str:
    return f"{folder}\n  {command(['bench', 'predict', str(folder), EXAMPLE])}"
