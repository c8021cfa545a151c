"""What kept models take behind `bench serve`: latency, throughput, memory, and room on disk."""

from collections.abc import Sequence
from dataclasses import replace

from bench.report.content.parts import Entry, Titled, point_id, size_entry
from bench.report.content.table import table
from bench.report.content.wording import number_text
from bench.report.content.words import listed
from bench.report.inputs.records import ExpectedCell
from bench.results.serving import Load, Serving
from bench.wording import bytes_text, counted

Served = Sequence[tuple[ExpectedCell, Serving]]
HEADER: tuple[str, ...] = (
    *("row", "labels", "training examples", "model", "callers", "p50 (ms)", "p99 (ms)", "texts per second"),
    *("memory", "GPU memory", "on disk", "on"),
)
GPU_MEMORY = HEADER.index("GPU memory")
MAX_MACHINES = 4
ALL_ROWS, OF_A_CELL = "of all rows", "a cell's"


def serving_table(served: Served) -> Titled:
    """A line for each model and number of callers; GPU memory has a column where some model was served on one."""
    lines = [_line(cell, one, load) for cell, one in served for load in one.loads]
    header = HEADER
    if all(one.gpu_memory_bytes is None for _, one in served):
        header = (*HEADER[:GPU_MEMORY], *HEADER[GPU_MEMORY + 1 :])
        lines = [[*line[:GPU_MEMORY], *line[GPU_MEMORY + 1 :]] for line in lines]
    return Titled("Serving a kept model", table(header, lines), name="serving")


def serving_notes(served: Served) -> list[str]:
    """How that was measured, and on what."""
    machines = dict.fromkeys(f"{_machine(one)}, {one.measured[:10]}" for _, one in served)
    said = (
        "Serving is what bench serve --measure found: callers on the same machine who each ask again as soon as they "
        f"are answered, one text a request. Measured on {listed(machines, MAX_MACHINES, 'machine')}. The texts were "
        f"{listed(dict.fromkeys(_texts(one) for _, one in served), MAX_MACHINES, 'set')}. Memory is the most that the "
        "server's process held; on disk are the kept files and the weights of a base that is kept elsewhere."
    )
    if any(one.refit for _, one in served):
        said += " A model of all rows is that of bench best, and stands at the point whose cells it was chosen by."
    return [said]


def _machine(one: Serving) -> str:
    shared = f"{counted(one.cores, 'core')} that the callers share"
    return f"{one.device_name} with {shared}" if one.device == "cpu" else f"{one.device_name} (callers: {shared})"


def _texts(one: Serving) -> str:
    if one.texts is None:
        return "made up (of 12 words, no two alike)"
    return (
        f"those of {one.texts.source} ({one.texts.count:,}, of {one.texts.mean_characters:,.0f} characters on average)"
    )


def _line(cell: ExpectedCell, one: Serving, load: Load) -> list[Entry | str | int]:
    return [
        cell.row,
        cell.num_labels,
        size_entry(cell.train_size),
        ALL_ROWS if one.refit else OF_A_CELL,
        load.callers,
        Entry(
            number_text(load.p50_ms, 1),
            point=point_id(cell.data, cell.row, cell.num_labels, cell.train_size),
            numbers={"": load.p50_ms},
        ),
        Entry(number_text(load.p99_ms, 1), numbers={"": load.p99_ms}),
        Entry(number_text(load.texts_per_second, 0), numbers={"": load.texts_per_second}),
        _bytes(one.memory_bytes),
        "" if one.gpu_memory_bytes is None else _bytes(one.gpu_memory_bytes),
        _on_disk(one),
        one.device_name,
    ]


def _on_disk(one: Serving) -> Entry:
    whole = _bytes(one.model_bytes + (one.base_bytes or 0))
    return whole if one.base_bytes is not None else replace(whole, text=f"{whole.text} and its base")


def _bytes(count: int) -> Entry:
    return Entry(bytes_text(count), numbers={"bytes": count})
