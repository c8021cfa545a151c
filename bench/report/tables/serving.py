"""What kept models take behind `bench serve`: latency, throughput, memory, and room on disk."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from bench.report.content.parts import Entry, Number, Titled, point_id, size_entry
from bench.report.content.table import table
from bench.report.content.wording import number_text
from bench.report.content.words import listed
from bench.report.inputs.records import ExpectedCell
from bench.results.serving import Load, Serving
from bench.wording import bytes_text, counted

Served = Sequence[tuple[ExpectedCell, Serving]]
POINT = ("row", "labels", "training examples")
FOUND = ("p50 (ms)", "p99 (ms)", "texts per second")
MAX_MACHINES = 4
ALL_ROWS, OF_A_CELL = "of all rows", "a cell's"


def serving_tables(served: Served) -> list[Titled]:
    """How fast, a line for each model and number of callers; then how much room each model takes, and on which machine.

    Where there are several machines, the first says briefly on which, beside the callers. GPU memory has a column where
    some model was served on one.
    """
    names = _short_names(served)
    several, on_gpu = len(names) > 1, any(one.gpu_memory_bytes is not None for _, one in served)
    speeds = [
        [*_point(cell, one), _callers(load, names[one.device_name] if several else None), *_speed(cell, load)]
        for cell, one in served
        for load in one.loads
    ]
    rooms = [
        [
            *_point(cell, one),
            _bytes(one.memory_bytes),
            *([_gpu_memory(one)] if on_gpu else []),
            _on_disk(one),
            f"{names[one.device_name]}: {one.device_name}" if several else one.device_name,
        ]
        for cell, one in served
    ]
    by_load = (*POINT, "callers", *FOUND)
    by_model = (*POINT, "memory", *(["GPU memory"] if on_gpu else []), "on disk", "machine")
    return [
        Titled("Serving a kept model", table(by_load, speeds), name="serving"),
        Titled("What a served model takes", table(by_model, rooms), name="serving_memory"),
    ]


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
        said += (
            ' A model of all rows ("then all rows") is that of bench best, at the point whose cells it was chosen by.'
        )
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


def _short_names(served: Served) -> dict[str, str]:
    """Of machines, by their names: CPU and GPU, numbered where there are several of a kind."""
    kinds = {one.device_name: "CPU" if one.device == "cpu" else "GPU" for _, one in served}
    count, met = Counter(kinds.values()), Counter[str]()
    names = {}
    for name, kind in kinds.items():
        met[kind] += 1
        names[name] = f"{kind} {met[kind]}" if count[kind] > 1 else kind
    return names


def _point(cell: ExpectedCell, one: Serving) -> list[Entry | str | int]:
    size = size_entry(cell.train_size)
    text = f"{size.text}, then all rows" if one.refit else size.text
    numbers: dict[str, Number] = {"": cell.train_size, "model": ALL_ROWS if one.refit else OF_A_CELL}
    return [cell.row, cell.num_labels, replace(size, text=text, numbers=numbers)]


def _callers(load: Load, machine: str | None) -> Entry | int:
    if machine is None:
        return load.callers
    return Entry(f"{load.callers:,} ({machine})", numbers={"": load.callers, "machine": machine})


def _speed(cell: ExpectedCell, load: Load) -> list[Entry]:
    point = point_id(cell.data, cell.row, cell.num_labels, cell.train_size)
    return [
        Entry(number_text(load.p50_ms, 1), point=point, numbers={"": load.p50_ms}),
        Entry(number_text(load.p99_ms, 1), numbers={"": load.p99_ms}),
        Entry(number_text(load.texts_per_second, 0), numbers={"": load.texts_per_second}),
    ]


def _gpu_memory(one: Serving) -> Entry | str:
    return "" if one.gpu_memory_bytes is None else _bytes(one.gpu_memory_bytes)


def _on_disk(one: Serving) -> Entry:
    whole = _bytes(one.model_bytes + (one.base_bytes or 0))
    return whole if one.base_bytes is not None else replace(whole, text=f"{whole.text} and its base")


def _bytes(count: int) -> Entry:
    return Entry(bytes_text(count), numbers={"bytes": count})
