"""What people call the rows and data sets of a grid: "Llama 3.2 1B, QLoRA r=4" for "llama3_2_1b qlora r=4"."""

from bench.cell import Cell
from bench.options.display import display_name


def displayed_row(cell: Cell, named: tuple[str, str | None]) -> str:
    """What people call a cell's row, whose names in the grid are those of `rows.row_names`."""
    model = _renamed(named[0], cell.model.name, display_name("model", cell.model.name, cell.model.display_name))
    if cell.method is None or named[1] is None:
        return model
    label, given = cell.method.label, str(getattr(cell.method, "display_name"))  # noqa: B009 - a field of every method
    return f"{model}, {_renamed(named[1], label, display_name('method', label, given))}"


def _renamed(text: str, name: str, displayed: str) -> str:
    """`text`, which begins with a name, with what people call that; what follows it is kept."""
    return displayed + text[len(name) :]


def displayed_data(cell: Cell) -> str:
    """What people call a cell's data set."""
    data = cell.task.data
    return display_name("data", data.name, data.display_name)
