"""What can be known to be impossible before anything heavy is imported, downloaded or run."""

import os
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.cell import Cell
from bench.config import DataConfig, PredictionsConfig, TransformerConfig
from bench.data import split
from bench.errors import TaskInfeasible, UserError, refuse, said
from bench.extras import how_to_install, is_here
from bench.models import safely
from bench.models.configuration import check_families
from bench.models.targets import check_targets
from bench.results.regular import check_folder
from bench.running import precision
from bench.running.compilers import check_compiler
from bench.running.devices import visible_gpus
from bench.running.no_gpu import why_no_gpu
from bench.running.optimizers import check_optimizers, of_optimizer
from bench.running.positions import check_lengths
from bench.settings import Settings
from bench.sources import hub
from bench.sweep.feasible import local_data


def check_cells(cells: Collection[Cell], settings: Settings) -> None:
    """Raise UserError where something that the cells need is not there, or not as they say, wherever they are run."""
    check_sources(cells, settings)
    check_training(cells, settings)
    check_data(cells, settings)
    check_predictions(cells, settings)


def check_device(cells: Iterable[Cell], settings: Settings) -> None:
    """Raise UserError where a GPU is asked for and none is visible, or a precision that the device has not, or a
    compiler that is not there."""
    cells = list(cells)
    if settings.device == "cuda" and not visible_gpus():
        what = f"{len(cells)} cells of {settings.title}" if len(cells) > 1 else "this cell"
        why = "" if (reason := why_no_gpu()) is None else f" ({reason})"
        raise UserError(
            f"{what} to run, and a GPU is needed, but none is visible here{why}. `make demo` tries the machine without "
            "one; device=cpu insists on the CPU (big models may take days)"
        )
    device = "cuda" if settings.device != "cpu" and visible_gpus() else "cpu"
    refuse(precision.problems(cells, device))
    if settings.engine == "fused" and settings.fused.compile == "blocks":
        check_compiler(device, "fused.compile=blocks")


def check_extras(cells: Collection[Cell]) -> None:
    """Raise UserError, with all problems, where a cell needs a package that is not installed."""
    refuse(missing_packages(cells))


def missing_packages(cells: Collection[Cell]) -> list[str]:
    """A sentence for each thing that cells ask for and a package is missing for, with what installs it."""
    return [
        f"{what} needs a package that is not installed: {how_to_install(package)}"
        for what, package in needed_packages(cells)
        if not is_here(package)
    ]


def needed_packages(cells: Collection[Cell]) -> list[tuple[str, str]]:
    """What cells ask for that needs a package which not every installation has, and the package's name in Python."""
    return list(dict.fromkeys(pair for cell in cells for pair in (*_packages(cell), *of_optimizer(cell))))


def _packages(cell: Cell) -> Iterator[tuple[str, str]]:
    """The packages beyond those that every installation has: what needs it, and its name."""
    if (package := cell.approach.package) is not None:
        yield cell.approach.choice, package
    if cell.approach.quantization is not None:
        yield f"{cell.approach.choice} (weights in 4 bits)", "bitsandbytes"
    if cell.tune is not None and cell.tune.search:
        yield "tune.search", "optuna"
    if getattr(cell.model, "gguf", None) is not None:
        yield f"model={cell.model.name} (a GGUF file)", "gguf"


def check_sources(cells: Iterable[Cell], settings: Settings) -> None:
    """Raise UserError, with all problems, where files of a model or a data set can't be had."""
    problems: list[str] = []
    for source in dict.fromkeys(source for cell in cells for source in (cell.task.data, cell.model)):
        try:
            check_source(source, settings)
        except UserError as error:
            problems.append(str(error))
    refuse(problems)


def check_tasks(cells: Iterable[Cell]) -> None:
    """Raise UserError where every cell asks for an impossible task; some are skipped with a record instead."""
    problems: list[str] = []
    for cell in cells:
        if not (found := split.problems(cell.task)):
            return
        problems += found
    refuse(problems)


def check_data(cells: Iterable[Cell], settings: Settings) -> None:
    """Raise UserError, with all problems, where a file or folder that cells read is not as described.

    Read here once, what is wrong with it does not end every cell; data of the hub and wheels is as it was published.
    """
    own = {cell.task.data: cell.task for cell in cells if cell.task.data.source in ("file", "hub")}
    local_data([task for data, task in own.items() if data.path is not None], settings)


def check_training(cells: Iterable[Cell], settings: Settings, *, fetch: bool = True) -> None:
    """Raise UserError, with all problems, where models or transformers have not what the options of cells name.

    A wheel whose model's configuration is needed is fetched, with `fetch`; else only what is here is looked at.
    """
    cells, problems = list(cells), []
    checks: tuple[Callable[[list[Cell]], None], ...] = (
        lambda cells: check_families(cells, settings),
        check_optimizers,
        check_targets,
        lambda cells: check_lengths(cells, settings, fetch=fetch),
    )
    for check in checks:
        try:
            check(cells)
        except UserError as error:
            problems.append(str(error))
    refuse(problems)


def check_predictions(cells: Iterable[Cell], settings: Settings) -> None:
    """Raise UserError, with all problems, where a file of answers is not as described or lacks some.

    Ids and labels are compared with the data where that is on this machine and read in a moment.
    """
    if not (made := [cell for cell in cells if isinstance(cell.model, PredictionsConfig)]):
        return
    from bench.methods import predictions  # which are rare

    problems: list[str] = []
    answers: dict[PredictionsConfig, dict[str, str]] = {}
    for config in dict.fromkeys(cell.model for cell in made):
        assert isinstance(config, PredictionsConfig)
        try:
            answers[config] = predictions.read_answers(config)
        except UserError as error:
            problems.append(str(error))
    local = local_data([cell.task for cell in made], settings)
    for cell in made:
        read, pool = answers.get(cell.model), local.pools.get(cell.task.data)  # type: ignore[arg-type]
        if read is None or pool is None:
            continue
        try:
            predictions.check_answers(cell, read, split.draw(cell.task, pool))
        except TaskInfeasible:
            continue  # which ends as it does for every model
        except UserError as error:
            problems.append(str(error))
    refuse(problems)


def check_folders(results_dir: str, reports_dir: str | None = None, name: str | None = None) -> None:
    """Make the folders. Raises UserError where nothing can be written there, by trying.

    The report's own, called `name`, is only looked at where it is there already.
    """
    for option, folder in (("results_dir", results_dir), ("reports_dir", reports_dir)):
        if folder is None:
            continue
        with _writing(option, folder):
            Path(folder).mkdir(parents=True, exist_ok=True)
            _try(Path(folder))
            if option == "reports_dir" and name is not None:
                _try_below(Path(folder), name)


def check_place(option: str, folder: str) -> Path:
    """The folder, or the one around it that is there. Raises UserError where nothing can be written in that."""
    place = Path(folder).expanduser().absolute()
    with _writing(option, folder):
        while not os.path.lexists(place):
            place = place.parent
        _try(place)
    return place


@contextmanager
def _writing(option: str, folder: str) -> Iterator[None]:
    """Within it, UserError for errors of the file system."""
    try:
        yield
    except OSError as error:
        raise UserError(f"{option}={folder} cannot be written: {said(error)}") from error


def _try(folder: Path) -> None:
    """Raises OSError where no file can be written into `folder`."""
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(b"x")


def _try_below(folder: Path, name: str) -> None:
    """Likewise in the folder `name` (`a/b`) below, as far as it is there; what is in its place and is none, too."""
    for part in Path(name).parts:
        folder /= part
        if not os.path.lexists(folder):
            return
        check_folder(folder)
    _try(folder)


def check_readable(option: str, *folders: str) -> None:
    """Raise UserError where one of the folders is none, or somebody else's; one that is not there yet is empty."""
    for folder in folders:
        try:
            check_folder(Path(folder))
        except OSError as error:
            raise UserError(f"{option}={folder} cannot be read: {error.strerror or error}") from error


def check_source(source: object, settings: Settings) -> None:
    """Raise UserError where files of a model or a data set of the hub can't be had."""
    if isinstance(source, DataConfig) and source.source == "hub" and source.id is not None:
        location = hub.resolve("datasets", source.id, source.path, settings.mirror_dir)
        if source.path is None and location == source.id:
            hub.require_cached_data(source.id)
    if isinstance(source, TransformerConfig) and source.source == "hub" and source.id is not None:
        location = hub.resolve("models", source.id, source.path, settings.mirror_dir)
        if Path(location).is_dir():
            safely.check_folder(Path(location), source.name)
            return
        hub.require_cached(source.id)
        if source.gated:
            hub.require_token(source.id)
