"""The schema of a record: one JSON file in three blocks, with a schema version.

A record never holds a sentinel: what was not measured is null. Every change of the schema adds to
`SCHEMA_VERSION` and a step to `MIGRATIONS`, so that old records keep loading.
"""

import json
from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, StrictInt, model_validator
from pydantic_core import PydanticSerializationError

from bench.results.regular import loads

SCHEMA_VERSION = 5
ROUNDING = 1e-6
"""What sums of floating-point numbers may be off by."""

Count = Annotated[int, Field(ge=0, le=2**63 - 1)]
Number = Annotated[int, Field(ge=-(2**63), le=2**63 - 1)]
Share = Annotated[float, Field(ge=0, le=1 + ROUNDING, allow_inf_nan=False)]
Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]


def only_adds(content: dict[str, Any]) -> dict[str, Any]:
    """The step to a version that has more fields, which may be left out: the old content is as good."""
    return content


MIGRATIONS: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {
    1: only_adds,  # `measurements.halved`
    2: only_adds,  # `texts_file`
    3: only_adds,  # `measurements.fused` and `measurements.energy_joules`
    4: only_adds,  # counts of rows and texts in `examples`, `training.epochs`, `provenance.precision`, `model_files`
}
"""From version n to n + 1, on the parsed JSON."""


class Status(StrEnum):
    """How a cell ended. Only `ok` counts as done."""

    OK = "ok"
    OOM = "oom"
    DIVERGED = "diverged"
    TIMEOUT = "timeout"
    CRASHED = "crashed"
    ERROR = "error"
    SKIPPED = "skipped"

    @property
    def failed(self) -> bool:
        """Whether running the cell again may end better: what the data can't give, no rerun mends."""
        return self not in (Status.OK, Status.SKIPPED)


class Block(BaseModel):
    """Base of all blocks: unknown fields are refused, so a typo can't hide."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Configuration(Block):
    """What the cell was: the axes by name, and everything that its key is made of."""

    data: str
    num_labels: Count
    train_size: Count
    seed: Number
    model: str
    method: str | None
    """Null where the model has no method (`tfidf_sgd`)."""
    identity: dict[str, Any]
    """The resolved configuration that the key is hashed from (`bench.cell.identity`)."""


class LabelScores(Block):
    """One label's scores on one set of examples."""

    label: str
    precision: Share
    recall: Share
    f1: Share
    support: Count


class Evaluation(Block):
    """Scores on one set of examples; averages over labels are `macro_*` (equal) and `weighted_*` (by support)."""

    num_examples: Annotated[int, Field(ge=1, le=2**63 - 1)]
    accuracy: Share
    macro_precision: Share
    macro_recall: Share
    macro_f1: Share
    weighted_precision: Share
    weighted_recall: Share
    weighted_f1: Share
    loss: Amount | None
    """Mean cross-entropy in nats."""
    mean_confidence: Share | None = None
    """Mean probability of the predicted label."""
    confusion_matrix: list[list[Count]]
    """Rows: true label; columns: predicted label; both in the order of `per_label`. An answer made elsewhere that is
    none of the labels is in no column."""
    per_label: list[LabelScores]

    @model_validator(mode="after")
    def _has_one_shape(self) -> Self:
        """The matrix has a row and a column for each label."""
        labels = len(self.per_label)
        if not labels or [len(row) for row in self.confusion_matrix] != [labels] * labels:
            raise ValueError(f"the confusion matrix is not {labels} x {labels}, as there are labels")
        return self

    def check(self) -> None:
        """Raise ValueError where the counts by label, the matrix and the accuracy do not say the same."""
        supports = [each.support for each in self.per_label]
        if sum(supports) != self.num_examples:
            raise ValueError(f"{self.num_examples} examples, and {sum(supports)} by label")
        if any(sum(row) > support for row, support in zip(self.confusion_matrix, supports, strict=True)):
            raise ValueError("the confusion matrix has more examples of a label than there are")
        right = sum(row[place] for place, row in enumerate(self.confusion_matrix)) / self.num_examples
        if abs(right - self.accuracy) > ROUNDING:
            raise ValueError(f"the accuracy is {self.accuracy:.6g}, by the confusion matrix {right:.6g}")


class Before(Block):
    """Scores of the model before any training, its head as it was initialised."""

    train: Evaluation | None
    """Null unless `training.evaluate_train`."""
    validation: Evaluation | None
    test: Evaluation


class HistoryPoint(Block):
    """What was logged at one optimizer step."""

    step: Count
    epoch: Amount
    examples_seen: Count | None = None
    train_loss: float | None = None
    """Mean over the steps since the last point that has one."""
    learning_rate: float | None = None
    validation_loss: float | None = None
    validation_accuracy: float | None = None


class Training(Block):
    """How training went."""

    steps: Count
    """Optimizer steps done."""
    max_steps: Count
    epochs: Amount | None = None
    """Passes over the training examples that `max_steps` makes, which `min_steps` can raise above those asked for."""
    best_step: Count | None
    """The step whose weights were kept; null where there was no validation."""
    stopped_early: bool
    examples_seen: Count
    tokens_seen: Count
    """Without padding."""
    history: list[HistoryPoint]


class Lengths(Block):
    """Tokens of each training example before cutting, with the tokens that the tokenizer adds."""

    bin_edges: list[Count]
    """Rising; a bin holds its lower edge and not its upper one. All are equally wide but the last, which may hold
    all that is longer."""
    counts: list[Count]
    """Examples in each bin: one entry fewer than edges."""
    mean: Amount
    p50: Amount
    p95: Amount
    p99: Amount
    max: Count
    max_length: Count
    """What longer examples were cut to."""
    num_cut: Count
    share_cut: Share


class Seconds(Block):
    """Wall time by part; `total` is the whole cell, imports in a fresh process aside."""

    load_data: Amount
    load_model: Amount | None
    train: Amount
    evaluate: Amount
    total: Amount


class Throughput(Block):
    """Rates, by wall time."""

    train_examples_per_second: Amount | None
    train_tokens_per_second: Amount | None
    test_examples_per_second: Amount | None


class Memory(Block):
    """Bytes."""

    peak_device: Count | None
    """Most memory that tensors took on the GPU; null on a CPU."""
    peak_process: Count
    """Most resident memory of the process while the cell ran."""
    frozen_weights: Count | None
    """What the frozen base takes, as stored (4-bit weights with their scales)."""


class Parameters(Block):
    """Counts of scalar parameters."""

    trainable: Count
    total: Count
    quantized: Count
    """Of the total, those stored in 4 bits."""


class Halved(Block):
    """The batches that a cell was run in after it ran out of memory with those of its configuration."""

    train_batch_size: Count | None
    """Null where nothing is trained by gradients."""
    gradient_accumulation_steps: Count | None
    eval_batch_size: Count


class Fused(Block):
    """A cell that was trained in lockstep with others, stacked with them through one frozen model.

    Its seconds are its share of the stack's wall time, so that those of all cells add up to it: by what went through
    the model for the cell, where an example that is trained on counts as three (the backward pass costs about two
    forward passes). Peaks of memory are the whole stack's.
    """

    cells: Count
    """In the stack when it began."""


class Examples(Block):
    """The task's examples; their ids and texts' labels are in the predictions file."""

    labels: list[str]
    num_train: Count
    num_validation: Count
    num_test: Count
    duplicates_dropped: Count
    rows_read: Count | None = None
    """Rows of the source that have a text and a label."""
    labels_available: Count | None = None
    """Labels of the source, of which `labels` are the task's."""
    rows_of_labels: Count | None = None
    """Rows of the task's labels, repeats included."""
    conflicting_texts: Count | None = None
    """Texts of the source that have more than one label."""
    conflicts_dropped: Count | None = None
    """Rows left out because their text has more than one label."""
    test_texts_in_training: Count | None = None
    """Test examples whose text is a training example, too (as `bench.data.sametext` compares texts)."""
    notes: list[str] | None = None
    """What was odd about the source: labels that look alike, say; null where nothing was."""
    sha256: str
    """Of the ids, labels and texts of all three sets: equal for every model on the same task."""


class Measurements(Block):
    """What an `ok` cell measured."""

    examples: Examples
    test: Evaluation
    validation: Evaluation | None
    train: Evaluation | None = None
    """Null unless `training.evaluate_train`."""
    before: Before | None = None
    """Null where there is nothing to evaluate before fitting (a baseline, a probe)."""
    training: Training | None
    seconds: Seconds
    throughput: Throughput
    memory: Memory
    parameters: Parameters | None
    choices: dict[str, Any]
    """What the method chose by itself on validation data (`C` of a linear probe, say)."""
    lengths: Lengths | None = None
    """Null where no tokenizer cuts training texts."""
    halved: Halved | None = None
    """Null where the cell ran as configured."""
    energy_joules: Amount | None = None
    """What the GPU used while the cell ran, other cells on it included; null on a CPU, in a stack of fused cells, and
    where the GPU does not count it."""
    fused: Fused | None = None
    """Null where the cell ran alone (`engine=single`)."""

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        """The test scores are of the task's labels and test examples."""
        if [each.label for each in self.test.per_label] != self.examples.labels:
            raise ValueError("the test scores are of other labels than the task's")
        if self.test.num_examples != self.examples.num_test:
            raise ValueError(f"{self.examples.num_test} test examples, and scores on {self.test.num_examples}")
        for scores in (self.test, self.validation, self.train):
            if scores is not None:
                scores.check()
        return self


class Failure(Block):
    """Why a cell is not `ok`."""

    type: str
    message: str
    traceback: str | None


class Provenance(Block):
    """Where the record comes from."""

    model_revision: str | None
    """Hub commit or SHA-256 of the wheel, as loaded."""
    data_revision: str | None
    packages: dict[str, str]
    python: str
    git_commit: str | None
    git_dirty: bool | None
    host: str
    platform: str
    device: str
    """`cpu` or the GPU's name."""
    device_name: str
    precision: str | None = None
    """What the model was computed in (`fp32`, `bf16`); null where there is none."""
    num_threads: Count | None
    started: str
    """ISO 8601, UTC."""
    ended: str


class Record(Block):
    """One cell's record."""

    schema_version: StrictInt = SCHEMA_VERSION
    key: str
    status: Status
    configuration: Configuration
    measurements: Measurements | None
    failure: Failure | None
    provenance: Provenance
    model_folder: str | None = None
    """Where the fitted model is, beside the record; null unless `save_model`."""
    model_files: dict[str, str] | None = None
    """SHA-256 of each file of the fitted model, by its path in `model_folder`."""
    predictions_file: str | None
    """Parquet beside the record: columns split (train, validation, test), id, label, predicted, probabilities
    (in the order of `examples.labels`); the last two are null for training examples. Answers made elsewhere have no
    probabilities; one that is none of the labels is in `predicted` as it was given."""
    texts_file: str | None = None
    """Parquet with the columns id and text of the test examples, which all records on the same test set share
    (`store.texts_path`); long texts are cut. Null where they were not kept."""

    def to_json(self) -> str:
        """The record as indented JSON; NaN and infinities become null, bytes that are no text `\\xff`."""
        try:
            return self.model_dump_json(indent=1)
        except PydanticSerializationError:
            return json.dumps(readable(loads(json.dumps(self.model_dump(), default=str))), indent=1)


def readable(content: Any) -> Any:
    """JSON of which every text can be written as UTF-8: what can't be is escaped."""
    if isinstance(content, str):
        return as_text(content)
    if isinstance(content, dict):
        return {readable(key): readable(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [readable(each) for each in content]
    return None if isinstance(content, float) and content - content != 0 else content


def as_text(text: str) -> str:
    """`text` as it can be written: bytes of a name that are no UTF-8 become `\\xff`, half characters `\\ud83d`."""
    try:
        text.encode()
    except UnicodeEncodeError:
        escaped = (f"\\x{ord(c) - 0xDC00:02x}" if "\udc80" <= c <= "\udcff" else c for c in text)
        return "".join(escaped).encode(errors="backslashreplace").decode()
    return text


def parse(text: str) -> Record:
    """Read a record of this or an older schema version.

    Raises ValueError where the text is no record, or one of a newer schema version.
    """
    with suppress(ValueError):  # the rest of this function says what is wrong
        record = Record.model_validate_json(text)  # reads and checks in one, at twice the speed
        if _keys(record.model_dump_json(exclude_unset=True)) != _keys(text):
            loads(text)  # refuses keys that are there twice, of which pydantic takes the last
        if "schema_version" in record.model_fields_set and _is_as_good(record.schema_version):
            is_new = record.schema_version == SCHEMA_VERSION
            return record if is_new else record.model_copy(update={"schema_version": SCHEMA_VERSION})
    content = loads(text)
    if not isinstance(content, dict) or type(version := content.get("schema_version")) is not int:
        raise ValueError("not a record: no schema_version")
    if version > SCHEMA_VERSION:
        raise ValueError(f"schema version {version} is newer than this program's {SCHEMA_VERSION}")
    if version < min(MIGRATIONS):
        raise ValueError(f"there never was a schema version {version}")
    while version < SCHEMA_VERSION:
        content = MIGRATIONS[version](content)
        version += 1
    _check_texts(text)
    return Record.model_validate({**content, "schema_version": SCHEMA_VERSION})


def _keys(text: str) -> int:
    """How many keys the JSON has, give or take what texts hold: a hundred times quicker than to look at them."""
    return text.count('":')


def _check_texts(text: str) -> None:
    """Raise ValueError where a text of the JSON holds half a character, which no file could be written of."""
    json.dumps(loads(text), ensure_ascii=False).encode()


def _is_as_good(version: int) -> bool:
    """Whether a record of this version is one of the newest but for its number."""
    return version == SCHEMA_VERSION or (
        version in MIGRATIONS and all(MIGRATIONS[step] is only_adds for step in range(version, SCHEMA_VERSION))
    )
