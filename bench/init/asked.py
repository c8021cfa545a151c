"""The columns that somebody asked for, and those that are meant."""

from dataclasses import dataclass, replace
from typing import Any

from bench.config import DataConfig
from bench.init.guess import Guess
from bench.init.several import LabelSets

AS_ASKED = "as asked"


@dataclass(frozen=True, slots=True)
class Asked:
    """Columns that somebody named; None: to be guessed."""

    text: str | None = None
    """Several, separated by commas, are joined to one text."""
    label: str | None = None
    several: bool = False
    """Whether rows may have several labels, in lists, with a separator, or in several columns of 0 and 1 (`label`)."""
    split: str | None = None
    group: str | None = None
    time: str | None = None


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns that are meant, each with the reason."""

    text: Guess
    texts: tuple[str, ...]
    """The columns that make up the text: one, or those that were asked for."""
    label: Guess
    split: Guess | None
    """Says which rows are for training and testing."""
    group: Guess | None
    """Says whose texts they are. One that was guessed is proposed, as is a time: who splits by it asks for it."""
    time: Guess | None
    is_list: bool
    """Whether labels are lists."""
    sets: LabelSets | None = None
    """Where rows have several labels; what the data set takes where `keeps_sets`, and else what could be taken."""
    keeps_sets: bool = False
    """Whether somebody asked for several labels a row."""

    def described(self, data: DataConfig) -> DataConfig:
        """`data` with the columns that are used."""
        chosen: dict[str, Any] = {
            f"{kind}_column": guess.column
            for kind, guess in (("split", self.split), ("group", self.group), ("time", self.time))
            if guess is not None and (kind == "split" or guess.reason == AS_ASKED)
        }
        if self.keeps_sets and self.sets is not None:
            sets = {"label_separator": self.sets.separator, "label_columns": self.sets.columns or None}
            chosen |= {"multi_label": "keep", **sets}
        elif self.is_list:
            chosen["multi_label"] = "single_only"
        if self.label_columns == (self.label.column,):
            chosen["label_column"] = self.label.column
        return replace(
            data,
            text_column=self.texts[0] if len(self.texts) == 1 else self.texts,
            **chosen,
        )

    @property
    def label_columns(self) -> tuple[str, ...]:
        """The columns that labels are read from."""
        of_sets = self.sets.columns if self.keeps_sets and self.sets is not None else ()
        return of_sets or (self.label.column,)

    @property
    def proposed(self) -> dict[str, Guess]:
        """Options of the data's YAML that would use columns which nobody asked for."""
        guesses = {"group_column": self.group, "time_column": self.time}
        return {name: guess for name, guess in guesses.items() if guess is not None and guess.reason != AS_ASKED}
