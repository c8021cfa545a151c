"""Training on all examples of a task, and keeping what comes of it."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from bench.best.settle import Finished, Settled
from bench.cell import Cell
from bench.data.label_count import size_of
from bench.data.pool import Pool
from bench.data.read import load_pool
from bench.data.split import Examples, Splits, draw
from bench.data.task import Task
from bench.errors import TaskInfeasible, UserError, said
from bench.escape.terminal import say
from bench.folders import whole_folder
from bench.methods.fitted import Context, Fitted, Saveable
from bench.methods.halve import halved
from bench.models import kept, refitted
from bench.models.refitted import Refitted
from bench.results.record import Status
from bench.results.regular import check_folder
from bench.rights import share_all
from bench.running.devices import use_one_gpu
from bench.running.heartbeat import progress_of_a_cell
from bench.running.measuring import fit_again
from bench.running.new_folder import check_new_folder
from bench.running.observers import Observer, chosen
from bench.running.run import choose_device, status_of
from bench.running.warm import Warm
from bench.settings import Settings
from bench.sources.cache import cache_folder


def all_rows(finished: Finished, settings: Settings) -> tuple[Splits, Splits]:
    """The task of the first of the cells as it was drawn for it, and all labelled rows in the training set.

    They are those of the task, and those that its split would give with as many training examples as there are.

    Of a row that learns nothing the two are one. Raises UserError where the data are not those of the record.
    """
    cell, record = finished[0]
    pool = load_pool(cell.task.data, cache=cache_folder(settings.cache_dir), mirror_dir=settings.mirror_dir)
    drawn = draw(cell.task, pool)
    assert record.measurements is not None
    if drawn.sha256() != record.measurements.examples.sha256:
        raise UserError(
            f"the examples of {cell.task.data.name} are not those that its cells were trained on: the data have "
            "changed, so what was measured says nothing of them; run the sweep again (overwrite=always)"
        )
    if cell.task.test_only:
        return drawn, drawn
    none = Examples(ids=(), texts=(), labels=())
    # the test examples stay for what is counted of texts that are cut; nothing is predicted for them
    known = _joined(drawn.train, drawn.validation, drawn.test)
    return drawn, replace(drawn, train=_joined(known, _further(cell.task, pool, known, settings)), validation=none)


def _further(task: Task, pool: Pool, known: Examples, settings: Settings) -> Examples:
    """Examples that the split gives where all there are are asked for, and no cell of the row had."""
    try:
        largest = size_of(1.0, task, cache_folder(settings.cache_dir), settings.mirror_dir)
        found = draw(replace(task, train_size=largest), pool)
    except (UserError, TaskInfeasible):  # a split of a given size has no more
        return Examples(ids=(), texts=(), labels=())
    there, every = set(known.ids), _joined(found.train, found.validation, found.test)
    new = [place for place, id in enumerate(every.ids) if id not in there]
    return Examples(
        ids=tuple(every.ids[place] for place in new),
        texts=tuple(every.texts[place] for place in new),
        labels=tuple(every.labels[place] for place in new),
    )


def _joined(*parts: Examples) -> Examples:
    return Examples(
        ids=tuple(id for part in parts for id in part.ids),
        texts=tuple(text for part in parts for text in part.texts),
        labels=tuple(label for part in parts for label in part.labels),
    )


def fit(settled: Settled, splits: Splits, settings: Settings) -> Saveable:
    """The model, trained on all of `splits.train`; in smaller batches where memory does not hold those of the cells.

    Raises UserError, Diverged and whatever the libraries raise.
    """
    device = choose_device(settings)
    if device != "cpu":
        use_one_gpu()  # before anything imports torch
    context = Context(
        cache=cache_folder(settings.cache_dir),
        mirror_dir=settings.mirror_dir,
        device=device,
        warm=Warm(lasting=True),
        feature_cache_gb=settings.feature_cache_gb,
        refit=settled.refit,
    )
    with progress_of_a_cell() as shown, closing(chosen(replace(settings, observers=(), tracker=()), shown)) as observer:
        fitted = _fit_in_halves(settled.cell, splits, context, observer)
    assert isinstance(fitted, Saveable)
    if settled.label_weights is not None:
        fitted.kept = replace(fitted.kept, label_weights=settled.label_weights)
    if (rule := settled.decision) is not None:
        fitted.kept = replace(fitted.kept, label_thresholds=rule.thresholds, top_k=rule.top_k)
    return fitted


def _fit_in_halves(cell: Cell, splits: Splits, context: Context, observer: Observer) -> Fitted:
    halvings = 0
    while True:
        try:
            return fit_again(cell, splits, context, observer, halvings=halvings)[1]
        except Exception as error:
            if status_of(error) is not Status.OOM or halved(cell, halvings + 1) is None:
                raise
        context.warm.clear()
        halvings += 1
        say("out of memory: trying again with half the batch", error=True)


def kept_already(folder: Path, wanted: Refitted, *, overwrite: bool) -> bool:
    """Whether the model that is `wanted` is in `folder`. Raises UserError where something else is in its place.

    With `overwrite` another model may make way that was kept by this command, and nothing else.
    """
    try:
        check_folder(folder)
        there = sorted(folder.iterdir()) if folder.exists() else []
    except OSError as error:
        raise UserError(f"{folder} cannot be written: {said(error)}") from error
    if not there:
        check_new_folder("--out", folder)
        return False
    if not (folder / refitted.FILE).is_file():
        raise UserError(f"{folder} is there and holds no model that `bench best` kept: give another folder, --out")
    if overwrite:
        check_new_folder("--out", folder)
        return False
    found = refitted.read(folder)
    if found.is_as(wanted):
        refitted.check(folder, found)
        return True
    raise UserError(
        f"{folder} holds another model ({found.row} of {found.experiment}, {found.num_rows} rows): --overwrite puts "
        "this one in its place, --out beside it"
    )


def keep(fitted: Saveable, folder: Path, about: Refitted, card: Callable[[Saveable], str], *, overwrite: bool) -> None:
    """Put the model, its card and `about` into `folder`, all at once. Raises UserError where it can't be written."""
    try:
        with whole_folder(folder, replace=overwrite) as new:
            fitted.save(new)
            (new / kept.CARD).write_text(card(fitted), encoding="utf-8")  # in place of what peft writes
            replace(about, model_files=kept.file_hashes(new)).write(new)
            share_all(new)
    except OSError as error:
        raise UserError(f"{folder} cannot be written: {said(error)}") from error
