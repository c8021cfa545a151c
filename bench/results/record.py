"""The schema of a record: one JSON file in three blocks, with a schema version.

A record never holds a sentinel: what was not measured is null. Every change of the schema adds to
`SCHEMA_VERSION` and a step to `MIGRATIONS`, so that old records keep loading.
"""

import json
from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum
from typing import Any

from pydantic import StrictInt

from bench.results.block import Amount, Block, Count, Number
from bench.results.measurements import Measurements
from bench.results.regular import loads

SCHEMA_VERSION = 12


def only_adds(content: dict[str, Any]) -> dict[str, Any]:
    """The step to a version that has more fields, which may be left out: the old content is as good."""
    return content


MIGRATIONS: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {
    1: only_adds,  # `measurements.halved`
    2: only_adds,  # `texts_file`
    3: only_adds,  # `measurements.fused` and `measurements.energy_joules`
    4: only_adds,  # counts of rows and texts in `examples`, `training.epochs`, `provenance.precision`, `model_files`
    5: only_adds,  # `metrics` of evaluations, `validation_score` of the history
    6: only_adds,  # `measurements.examples.cleaned`
    7: only_adds,  # `measurements.cut`
    8: only_adds,  # `provenance.gpu`, `attention`, `memory.reserved_device`, `halved.activation_checkpointing`
    9: only_adds,  # `measurements.kept_features`
    10: only_adds,  # `label_sets` of evaluations, whose `confusion_matrix` is null then
    11: only_adds,  # the status `pruned`
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
    PRUNED = "pruned"
    """Ended early: its validation left it no chance against the best row (`bench.methods.bar`)."""

    @property
    def failed(self) -> bool:
        """Whether running the cell again may end better: what the data can't give, no rerun mends, and one that was
        ended for being behind has shown what it had to."""
        return self not in (Status.OK, Status.SKIPPED, Status.PRUNED)

    @property
    def process_is_sound(self) -> bool:
        """Whether the process that ran the cell can go on: losses that are not finite, data that does not suffice
        and a bar that is out of reach are told by the cell itself, and leave nothing in a bad state."""
        return self in (Status.OK, Status.DIVERGED, Status.SKIPPED, Status.PRUNED)


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


class Failure(Block):
    """Why a cell is not `ok`."""

    type: str
    message: str
    traceback: str | None


class GpuSetup(Block):
    """The GPU that a cell ran on, and how torch used it; null is what is not known."""

    driver: str | None
    cuda: str | None
    """What torch was built for."""
    capability: str | None
    """CUDA's compute capability: `8.0`."""
    power_limit_watts: Amount | None
    mig_profile: str | None
    """Of a slice of a GPU: `1g.10gb`."""
    tf32: bool | None
    """Whether products of matrices in fp32 were made of TF32: fp32 with a mantissa of 10 bits."""


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
    attention: str | None = None
    """What transformers calls the attention that the model was trained with; null where there is none, or the cell was
    trained in a stack."""
    gpu: GpuSetup | None = None
    """Null on a CPU."""
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
    probabilities; one that is none of the labels is in `predicted` as it was given. Where examples may have several
    labels, `label` and `predicted` are lists of their names, and `measurements.choices["thresholds"]` says by what the
    latter were chosen (0.5 where it does not)."""
    texts_file: str | None = None
    """Parquet with the columns id and text of the test examples, which all records on the same test set share
    (`store.texts_path`); long texts are cut. Null where they were not kept."""

    def to_json(self) -> str:
        """The record as indented JSON; NaN and infinities become null, bytes that are no text `\\xff`."""
        try:
            return self.model_dump_json(indent=1)
        except ValueError:  # of pydantic: a text that is no UTF-8
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
