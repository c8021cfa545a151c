"""What two sets of records say of where they come from, and what differs: it may explain what changed."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from bench.escape.literals import option_value
from bench.options.display import called
from bench.report.content.revisions import SHOWN
from bench.report.inputs.record_rows import CellKey, Cells, cell_key, other_options
from bench.report.tables.results import commit_text, device_text
from bench.results.record import Provenance, Record
from bench.wording import counted

UNKNOWN = "not recorded"
_HASH = re.compile(r"[0-9a-f]{40,}")


@dataclass(frozen=True, slots=True)
class Origin:
    """Something that records tell of where they come from, on both sides."""

    what: str
    before: str
    after: str
    """As text, with the number of cells where a side has several; `UNKNOWN` for none."""

    @property
    def differs(self) -> bool:
        """Whether the two sides say something else."""
        return self.before != self.after


@dataclass(frozen=True, slots=True)
class ChangedOption:
    """An option, a default or a revision that cells of the same name were run with."""

    name: str
    before: str
    after: str
    cells: int
    rows: tuple[str, ...]


def origins(before: Cells, after: Cells) -> list[Origin]:
    """Of the cells that both sets have, in a fixed order; of all where they have none in common."""
    common = {cell_key(cell) for cell in before} & {cell_key(cell) for cell in after}
    sides = [_told(_records(cells, common)) for cells in (before, after)]
    names = list(dict.fromkeys(name for side in sides for name in side))
    return [Origin(name, *(_text(side.get(name, Counter())) for side in sides)) for name in sorted(names, key=_order)]


FIRST = ("python", "torch", "transformers", "peft", "scikit-learn")
"""What is named before all else."""


def _order(name: str) -> tuple[int, str]:
    return (FIRST.index(name), "") if name in FIRST else (len(FIRST), name)


def _records(cells: Cells, common: set[CellKey]) -> Iterator[Record]:
    for cell, record in cells.items():
        if isinstance(record, Record) and (not common or cell_key(cell) in common):
            yield record


def _told(records: Iterable[Record]) -> dict[str, Counter[str]]:
    found: dict[str, Counter[str]] = {}
    for record in records:
        told = {**_versions(record.provenance), **_revisions(record)}
        for name, value in told.items():
            if value is not None:
                found.setdefault(name, Counter())[value] += 1
    return found


def _versions(source: Provenance) -> dict[str, str | None]:
    gpu = source.gpu
    return {
        "python": source.python,
        **source.packages,
        "device": device_text(source.device, source.device_name),
        "machine": source.host,
        "operating system": source.platform,
        "threads": None if source.num_threads is None else str(source.num_threads),
        "precision": source.precision,
        "attention": source.attention,
        "GPU driver": None if gpu is None else gpu.driver,
        "CUDA": None if gpu is None else gpu.cuda,
        "TF32": None if gpu is None or gpu.tf32 is None else option_value(gpu.tf32),
        "git commit": None if source.git_commit is None else commit_text(source.git_commit[:SHOWN], source.git_dirty),
    }


def _revisions(record: Record) -> dict[str, str | None]:
    what, source = record.configuration, record.provenance
    model, data = called("model", what.model), called("data", what.data)
    given = {f"revision of {model}": source.model_revision, f"revision of {data}": source.data_revision}
    return {name: None if revision is None else revision[:SHOWN] for name, revision in given.items()}


def _text(values: Counter[str]) -> str:
    """The values of one side: with the number of cells of each where they are several."""
    if len(values) < 2:
        return next(iter(values), UNKNOWN)
    return ", ".join(f"{value} ({counted(count, 'cell')})" for value, count in sorted(values.items()))


def changed_options(before: Cells, after: Cells, names: Mapping[str, str]) -> list[ChangedOption]:
    """The options in which cells of both sets differ; `names` are what people call rows."""
    others = {cell_key(cell): (cell.key, record) for cell, record in after.items()}
    found: dict[tuple[str, str, str], list[str]] = {}
    for cell, record in before.items():
        key, other = others.get(cell_key(cell), (cell.key, None))
        if key != cell.key and isinstance(record, Record) and isinstance(other, Record):
            for name, values in other_options(record, other).items():
                found.setdefault((name, *values), []).append(names.get(cell.row, cell.row))
    return [
        ChangedOption(name, _short(was), _short(now), len(rows), tuple(dict.fromkeys(rows)))
        for (name, was, now), rows in sorted(found.items())
    ]


def _short(value: str) -> str:
    """The beginning of a commit or a hash; any other value as it is."""
    return value[:SHOWN] if _HASH.fullmatch(value) else value
