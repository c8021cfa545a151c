"""What goes with examples that may have several labels or none, and what with one label each."""

from bench.cell import Cell
from bench.config.class_weight import EQUAL
from bench.errors import refuse
from bench.kind import MULTI_LABEL


def check_kind(cell: Cell) -> None:
    """Raise UserError, with all problems, where the cell's options do not go with its kind of task."""
    refuse(_several(cell) if cell.task.kind == MULTI_LABEL else _single(cell))


def _single(cell: Cell) -> list[str]:
    data = cell.task.data
    given = [name for name in ("label_separator", "label_columns") if getattr(data, name) is not None]
    return [f"data.{name} goes with task={MULTI_LABEL}" for name in given]


def _several(cell: Cell) -> list[str]:
    data, problems = cell.task.data, []
    if not cell.approach.knows_several_labels:
        problems.append(f"{cell.approach.choice} does not know task={MULTI_LABEL} yet: it gives one label a text")
    if data.reader != "columns":
        problems.append(f"data.reader={data.reader} gives one label a text, and task={MULTI_LABEL} reads columns")
    if data.label_columns is not None and data.label_separator is not None:
        problems.append("data.label_separator has no effect beside data.label_columns: give one of the two")
    if data.label_columns is not None and data.label_names is not None:
        problems.append("data.label_names has no effect beside data.label_columns, which are the labels' names")
    if data.label_columns is not None and len(set(data.label_columns)) < max(len(data.label_columns), 2):
        problems.append("data.label_columns needs the names of two columns or more, each once")
    options = cell.training or cell.approach
    if getattr(options, "class_weight", EQUAL) == "oversample":
        problems.append(
            f"training.class_weight=oversample draws examples by their one label; task={MULTI_LABEL} goes with "
            "balanced or sqrt, which weigh each label's examples against the others"
        )
    return problems
