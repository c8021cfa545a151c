"""What `report.json` is: its fields, and the JSON Schema that docs/report.schema.json holds.

python -m bench.report.study.schema > docs/report.schema.json
"""

import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

FILE = "report.json"
VERSION = 1
"""Of the format: raised where a field goes or comes to mean something else. A new field raises nothing."""
Share = Annotated[float, Field(ge=-1, le=1)]
Amount = Annotated[float, Field(ge=0)]
Count = Annotated[int, Field(ge=0)]
Probability = Annotated[float, Field(ge=0, le=1)]
Verdict = Literal["better", "worse", "tied", "undecided"]


class Block(BaseModel):
    """No field but those that are named; numbers are finite."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, strict=True)


class MetricOf(Block):
    """The metric that rows are compared by."""

    name: str
    label: str
    lower_is_better: bool
    unit: Literal["%", ""] = Field(description="%: the values are shares from 0 to 1, to be shown in percent")


class Row(Block):
    """A model and a method."""

    id: str
    name: str = Field(description="for people")
    role: str = Field(description="fine-tuning, probe, classical, untrained or elsewhere")
    trained: bool


class Difference(Block):
    """A row less the baseline, on common seeds and test examples."""

    difference: Share
    low: Share
    high: Share
    p: Probability = Field(description="what the verdict rests on")
    verdict: Verdict


class PointOf(Block):
    """One row at one label count and training size, over its seeds."""

    row: str
    labels: Count
    size: Count = Field(description="training examples; 0: untrained, and the same at every size")
    state: Literal["done", "partial", "failed", "skipped", "pruned", "missing", "not_needed"]
    seeds: Count = Field(description="that finished")
    seeds_expected: Count
    examples: Count | None = Field(description="of the smallest test set")
    mean: Share | None = Field(description="of the data set's metric, over seeds")
    low: Share | None = Field(description="of the 95 % interval, over seeds and test examples")
    high: Share | None
    sd: Amount | None = Field(description="over seeds")
    train_seconds: Amount | None = Field(description="mean of a seed, as are all costs")
    total_seconds: Amount | None
    price: Amount | None = Field(description="of the whole time on its GPU; null without price_per_gpu_hour or GPU")
    memory_gib: Amount | None = Field(description="the peak: of the GPU, where it ran on one")
    texts_per_second: Amount | None
    energy_wh: Amount | None
    gpu: bool | None
    over_baseline: Difference | None = Field(description="null for untrained rows: pairs have it at every size")


class Pair(Difference):
    """Row a less row b at one label count and training size."""

    a: str
    b: str = Field(description="the baseline, where it is one of the two")
    labels: Count
    size: Count
    p_alone: Probability = Field(description="of this pair alone, corrected for nothing")
    p_corrected: Probability = Field(description="for all pairs of this label count and size")
    planned: bool = Field(description="whether p_corrected does not decide")


class PublishedNumber(Block):
    """A number of a publication, of the data set's metric."""

    text: str
    labels: Count
    size: Count
    value: float
    other_data: bool


class Best(Block):
    """Which row is in front at one label count and size: the highest mean among rows with the most seeds."""

    labels: Count
    size: Count
    row: str


class LoadOf(Block):
    """What so many callers got, each asking again as soon as it was answered, one text a request."""

    callers: Annotated[int, Field(ge=1)]
    requests: Count
    p50_ms: Amount
    p99_ms: Amount
    texts_per_second: Amount


class ServingOf(Block):
    """What `bench serve --measure` found of a kept model of a point."""

    row: str
    labels: Count
    size: Count
    refit: bool = Field(description="trained on all rows, by bench best; else a cell's own model")
    measured: str = Field(description="when, in UTC, ISO 8601")
    device_name: str
    gpu: bool
    cores: Count = Field(description="that server and callers shared")
    packages: dict[str, str]
    texts: str | None = Field(description="the name of their file; null: made up")
    ready_seconds: Amount
    memory_bytes: Count = Field(description="the most resident memory of the server")
    gpu_memory_bytes: Count | None
    model_bytes: Count = Field(description="on disk")
    base_bytes: Count | None = Field(description="on disk, of a base that is kept elsewhere; null: not found")
    loads: list[LoadOf]


class LeftOut(Block):
    """What is in report.json and not here."""

    rows: Count
    points: Count
    pairs: Count
    file: str


class DataSet(Block):
    """Everything that was learnt of one data set."""

    id: str
    name: str
    baseline: str | None
    metric: MetricOf
    label_counts: list[Count]
    train_sizes: list[Count] = Field(description="without the 0 of untrained rows")
    rows: list[Row]
    points: list[PointOf]
    best: list[Best]
    pairs: list[Pair]
    has_all_pairs: bool = Field(description="else: those with the best row of a label count and size, or the baseline")
    published: list[PublishedNumber]
    serving: list[ServingOf] = []
    left_out: LeftOut | None = Field(default=None, description="in the page alone")
    answers: list[dict[str, Any]] = []


class ShardOf(Block):
    """The part of a grid that the report is on; the cells of the other parts are elsewhere, not missing."""

    index: Annotated[int, Field(ge=1)]
    count: Annotated[int, Field(ge=1)]
    num_cells: Count = Field(description="in this part")
    grid_cells: Count = Field(description="in all parts")


class Study(Block):
    """A report for machines."""

    model_config = ConfigDict(title=FILE)
    schema_version: Literal[1] = Field(alias="schema")
    title: str
    made: str = Field(pattern=r"^\d{4}-\d\d-\d\d$", description="the day")
    currency: str | None
    shard: ShardOf | None = Field(default=None, description="null: the report is on the whole grid")
    data_sets: list[DataSet]
    failed: list[str] = Field(description="data sets that records could not be made plain data of")


if __name__ == "__main__":
    print(json.dumps(Study.model_json_schema(), indent=1))
