"""The sweep that a bundle is for: its cells, as `bench sweep` with the same words has them, and what they read."""

from collections.abc import Sequence
from dataclasses import dataclass

from bench.bundle import hub_files
from bench.bundle.own_files import CONF_DIR, FOLDER, OwnFiles, is_inside, own_files, place, without
from bench.bundle.packages import data_wheels
from bench.bundle.parts import Copied, Part, below
from bench.cell import Cell
from bench.config import DataConfig, TransformerConfig
from bench.config.common import WheelConfig
from bench.errors import UserError, refuse
from bench.extras import EXTRAS, INSTALLED_AS
from bench.running.preflight import check_source, needed_packages
from bench.settings import Settings
from bench.sources import hub
from bench.sources.content import folder_of
from bench.sweep.composed import composed, with_experiment
from bench.sweep.launch import read

PLACES = {
    "results_dir": "results",
    "reports_dir": "reports",
    "cache_dir": "null",
    "more_results": "[]",
    "serving": "[]",
}
"""Options that name places of the machine where a bundle is made, and what they are by default."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A sweep, and the words that it is run by on the machine without a network."""

    cells: Sequence[Cell]
    settings: Settings
    words: Sequence[str]
    own: OwnFiles
    runner: str
    """Who runs the cells: `hydra/launcher=NAME`."""
    left: Sequence[str]
    """Options that name places of this machine, and are not among the words."""

    @property
    def sources(self) -> list[object]:
        """Models and data sets, each once."""
        return list(dict.fromkeys(source for cell in self.cells for source in (cell.task.data, cell.model)))

    @property
    def packages(self) -> tuple[set[str], list[str]]:
        """The extras that the sweep needs, and packages that are in none."""
        names = [name for _, name in needed_packages(list(self.cells))] + list(self.settings.tracker)
        extras = {EXTRAS[name] for name in names if name in EXTRAS} | ({self.runner} & set(EXTRAS.values()))
        return extras, [INSTALLED_AS.get(name, name) for name in names if name not in EXTRAS]


def asked(words: Sequence[str], config_dir: str | None, *, brings_program: bool = True) -> Asked:
    """The sweep that the words compose; `brings_program`: the bundle has its wheel.

    Raises what `bench.options.refusal.REFUSED` names.
    """
    whole = composed(with_experiment(words, config_dir))
    _, cells, settings = read(whole.configs)
    of_cells = [source for cell in cells for source in (cell.task.data, cell.model)]
    own = own_files(of_cells, config_dir, brings_program=brings_program)
    own_dir = [] if config_dir is None else [f"{CONF_DIR}={place(CONF_DIR, config_dir).removeprefix(f'{FOLDER}/')}"]
    left = [name for name in PLACES if _is_elsewhere(getattr(settings, name))]
    given = without(words, ["mirror_dir", *left, *(word.partition("=")[0] for word in own.words)])
    usual = [f"{name}={PLACES[name]}" for name in left]  # a file of the user's may have named them
    return Asked(cells, settings, [*own_dir, *given, *own.words, *usual], own, whole.runner.name, left)


def _is_elsewhere(place: str | tuple[str, ...] | None) -> bool:
    """Whether a folder, or a list of them, names something that another machine has not."""
    return not is_inside(place) if isinstance(place, str) else bool(place)


def parts_of(sweep: Asked) -> list[Part]:
    """What the sweep reads: the hub's and the index's answers, and no file. Raises UserError, with all problems."""
    mirror = sweep.settings.mirror_dir
    found: list[Part] = []
    problems: list[str] = []
    for source in sweep.sources:
        try:
            check_source(source, sweep.settings)
            found += _parts(source, mirror)
        except UserError as error:
            problems.append(str(error))
    refuse(problems)
    if sweep.own.copies:
        found.append(Copied("your own files", sweep.own.copies))
    return found


def _parts(source: object, mirror_dir: str | None) -> list[Part]:
    if not isinstance(source, DataConfig | TransformerConfig) or source.path is not None:
        return []
    is_data = isinstance(source, DataConfig)
    title = f"{'data' if is_data else 'model'} {source.name}"
    if source.source == "wheel":
        return data_wheels(title, _wheels(source), mirror_dir)
    if source.source != "hub" or source.id is None:
        return []
    if (folder := folder_of(source, mirror_dir)) is not None:
        return [Copied(title, below(folder, f"{'datasets' if is_data else 'models'}/{source.id}"))]
    if hub.offline():
        raise UserError(
            f"{title}: HF_HUB_OFFLINE is set, and no mirror_dir has it: unset it, for a bundle is downloaded"
        )
    return [hub_files.of_data(source) if isinstance(source, DataConfig) else hub_files.of_model(source)]


def _wheels(source: DataConfig | TransformerConfig) -> list[WheelConfig]:
    further = source.gguf_parts if isinstance(source, TransformerConfig) else ()
    return [*([source.wheel] if source.wheel is not None else []), *further]
