"""The schema of `conf/data/`."""

from dataclasses import dataclass, field
from typing import Literal

from bench.bounds import LabelCount, Positive
from bench.config.common import FORBID, IF_SET, NEVER, WheelConfig
from bench.config.names import FilePath, Id, Name, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class DataConfig:
    """Where labelled texts come from and which of them count."""

    name: Name
    source: Literal["hub", "file", "wheel", "folder", "package"]
    """`folder`: a corpus in its own layout, which `reader` knows; `package`: a file that comes with the program."""
    id: Id | None = None
    """Hub id of the data set (source `hub`)."""
    config: Id | None = None
    revision: Id | None = None
    path: FilePath | None = field(default=None, metadata=NEVER)
    """A local folder that stands in for the hub id, or the file or folder itself (other sources)."""
    content: Text | None = field(default=None, metadata=IF_SET)
    """The SHA-256 of the folder that is read (`path`, or a mirror's); filled in from what is there. (That of a file is
    its revision.)"""
    wheel: WheelConfig | None = None
    reader: Literal["columns", "class_folders", "trec"] = "columns"
    """`class_folders`: one folder a label, one text file an example; `trec`: raw emails and an index of labels."""
    text_part: Literal["all", "first_line"] = "all"
    """With `class_folders`: which part of a file is the text."""
    encoding: Text = "utf-8"
    """Of text files; several, separated by commas, are tried in turn for each file."""
    delimiter: Text | None = field(default=None, metadata=IF_SET)
    """Between columns of CSV and TSV files; null: what their names say (, for CSV, else ; or tab or |)."""
    quoting: Literal["auto", "standard", "none", "backslash"] = field(default="auto", metadata=IF_SET)
    """How cells of CSV and TSV files are quoted: `auto` refuses what could be meant in two ways, `standard` takes
    quoted cells over several lines even where they look like rows of their own, `none` takes quotes for a part of the
    text, `backslash` also takes what follows a backslash as it is."""
    splits: tuple[Text, ...] | None = None
    """The published splits to join, in this order; null for all, in the order of the source."""
    text_column: Text = "text"
    label_column: Text = "label"
    id_column: Text | None = None
    label_names: tuple[Text, ...] | None = None
    """Names for integer labels, where the source has none."""
    exclude_labels: tuple[Text, ...] = ()
    multi_label: Literal["refuse", "single_only"] = "refuse"
    """Where the label column is a list: refuse it, or keep only rows with exactly one label."""
    label_sets: dict[LabelCount, tuple[Text, ...]] | None = field(default=None, hash=False, metadata=NEVER)
    """By label count, the labels of tasks with so many; other counts have the most frequent ones. (What is used is in
    the task, and counts there.)"""
    merge_labels: bool = field(default=False, metadata=IF_SET)
    """Labels that differ only by case, blanks, Unicode form or as 1 and 1.0 do are one, in the most frequent
    spelling."""
    drop_empty: bool = False
    """Leave out rows without a text instead of refusing them."""
    num_classes: Positive | None = field(default=None, metadata=NEVER)
    """Labels left after `exclude_labels`, where known beforehand: impossible label counts are refused early."""
    description: Text = field(default="", metadata=NEVER)
    prompt: Text = field(default="", metadata=NEVER)
    """For `zero_shot`: what a causal model goes on from, with `{text}` where the text goes. (Where it is used it
    is in the method, and counts there.)"""
    label_words: dict[Text, Text] | None = field(default=None, hash=False, metadata=NEVER)
    """Likewise: what each label is called after the prompt; null for the labels' names, underscores as spaces."""

    __pydantic_config__ = FORBID
