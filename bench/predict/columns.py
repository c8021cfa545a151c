"""Which columns of a file make the text that a kept model reads, and how they are joined. Imports nothing heavy."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.data.joined_text import template
from bench.errors import UserError
from bench.escape.terminal import say

USUAL = "text"
"""The column that is read where nothing else is known."""


@dataclass(frozen=True, slots=True)
class Joining:
    """Columns in their order, and the template that joins them (`data.text_column`, `data.text_template`)."""

    columns: tuple[str, ...] = ()
    """None: it is not known."""
    template: str | None = None


UNKNOWN = Joining()
"""An earlier version kept the model, and did not say."""


class TextColumns:
    """The columns of one file that make up a text: those that are asked for, else those that the model was trained on.

    Raises UserError where the file has not each of them once, Malformed where a template does not go with them.
    """

    def __init__(
        self, there: Sequence[str], path: str, asked: str | None, written: str | None, trained: Joining
    ) -> None:
        self.columns = _columns(there, asked, trained)
        for column in self.columns:
            _check_column(there, path, column, () if asked else trained.columns)
        known = trained.template if sorted(self.columns) == sorted(trained.columns) else None
        used = known if written is None else written
        self.template = template(self.columns, used, "--text-template", "--text-column")
        self.is_joined = len(self.columns) > 1 or used is not None
        if written is None:
            _say_what_differs(self.columns, trained)

    def text(self, row: Mapping[str, str]) -> str:
        """The text of a row."""
        return self.template.text(row) if self.is_joined else row[self.columns[0]]


def candidates(asked: str | None, trained: Joining) -> list[str]:
    """Names of columns that a file may have a text in, by which its delimiter is found."""
    return [*trained.columns, USUAL] if asked is None else [asked, *asked.split(",")]


def _columns(there: Sequence[str], asked: str | None, trained: Joining) -> tuple[str, ...]:
    if asked is not None:
        return (asked,) if asked in there else tuple(part.strip() for part in asked.split(","))
    if len(trained.columns) > 1 or set(trained.columns) & set(there):
        return trained.columns
    return (USUAL,)  # a model of one column reads any: what training called it is no more than a name


def _check_column(there: Sequence[str], path: str, column: str, trained: Sequence[str]) -> None:
    if not there:
        raise UserError(f"{path} is empty; its first line has to name the columns")
    if there.count(column) == 1:
        return
    found = "more than one" if column in there else "no"
    why = f"; the model was trained on {' and '.join(trained)}" if set(trained) - {column} else ""
    raise UserError(f"{path} has {found} column {column!r}; there are {', '.join(there)}{why}; see --text-column")


def _say_what_differs(columns: Sequence[str], trained: Joining) -> None:
    """Warn where texts are made of other columns than in training, so that the model reads less, or something else."""
    is_joined = len(trained.columns) > 1 or trained.template is not None
    if not is_joined or sorted(columns) == sorted(trained.columns):
        return
    how = f", joined by {trained.template!r}" if trained.template is not None else ""
    missing = [name for name in trained.columns if name not in columns]
    said = f"note: the model was trained on {' and '.join(trained.columns)}{how}; --text-column {','.join(columns)}"
    if set(columns) < set(trained.columns):
        say(f"{said} leaves out {' and '.join(missing)}", error=True)
    elif len(columns) > 1:
        say(f"{said} joins with an empty line between, and --text-template says otherwise", error=True)
    else:
        say(f"{said} stands for all of them", error=True)
