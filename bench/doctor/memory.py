"""Memory of the machine and of its GPUs against what rows need."""

from collections.abc import Iterator

from bench.doctor.finding import Finding, note, ok
from bench.doctor.sweep import Sweep
from bench.running.host_memory import host_memory
from bench.sweep.crowded import memory_notes
from bench.sweep.room import room_of_row
from bench.sweep.survey import survey
from bench.sweep.wording import gigabytes


def examine(sweep: Sweep) -> Iterator[Finding]:
    """What there is, and rows that may run out of it: cells that do are recorded, and a sweep goes on."""
    found = host_memory()
    if found is None:
        yield note("how much this system has is not known")
    else:
        whose = "a cgroup allows" if found.bounded else "the machine has"
        text = f"{gigabytes(found.available)} available of the {gigabytes(found.total)} that {whose}"
        needed = _needed(sweep) if sweep.runs_here and sweep.place.device == "cpu" else {}
        row = max(needed, key=lambda name: needed[name], default=None)
        if row is not None and needed[row] > found.available:
            fix = "smaller batches (training.per_device_train_batch_size), fewer workers, or a GPU"
            yield note(f"{text}; {row} may need {gigabytes(needed[row])}", fix)
        else:
            yield ok(text)
    if sweep.runs_here:
        for said in memory_notes(sweep.todo, sweep.settings, sweep.place):
            yield note(said)


def _needed(sweep: Sweep) -> dict[str, float]:
    """Bytes that the workers' cells of each row take at once, as far as sizes are known."""
    found = survey(sweep.todo, sweep.settings, quietly=True)
    rooms = {
        name: room_of_row(
            [standing.cell for standing in standings], found.records, alone=name not in found.named.several
        )
        for name, standings in found.rows.items()
    }
    return {name: room.needed * sweep.place.workers for name, room in rooms.items() if room is not None}
