"""Sweeps of small cells as a user starts them, and what they leave behind, on disk and on the GPU."""

import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from bench.results import store
from bench.results.record import Record
from bench.running.devices import memory_in_use, visible_gpus
from tests.support import cli

BACK_SECONDS = 5.0
"""In which a process that ended has given its memory back."""
SPARE = 200 << 20
"""Bytes that are in use besides, more or less."""


@dataclass(frozen=True, slots=True)
class Sweeps:
    """Sweeps of one folder."""

    device: str
    model: Path
    data: Path
    folder: Path
    before: int
    """Bytes of the GPU's memory that were in use before the first sweep."""

    @property
    def steps(self) -> Path:
        """The file of who took which step (`tests.gpu.faults`)."""
        return self.folder / "steps"

    @property
    def environment(self) -> dict[str, str | None]:
        """What commands get beside the tests' own environment; packages may be in a folder of their own."""
        return {"GPU_STEPS": str(self.steps), "PYTHONPATH": os.environ.get("PYTHONPATH")}

    def words(self, *seeds: int, **options: str) -> list[str]:
        """Of a sweep over `seeds`."""
        return [
            "-m", "model=bert_base", f"model.path={self.model}", "method=lora", "data=file", f"data.path={self.data}",
            "num_labels=2", "train_size=32", f"seed={','.join(map(str, seeds))}", "training.num_train_epochs=1",
            "training.min_steps=10", "observers=[tests.gpu.faults]", f"device={self.device}",
            *(f"{name}={value}" for name, value in options.items()),
        ]  # fmt: skip

    def run(self, *seeds: int, **options: str) -> subprocess.CompletedProcess[str]:
        """Run a sweep to its end."""
        words = self.words(*seeds, **options)
        return cli.bench(*words, folder=self.folder, env=self.environment, timeout=500)

    def records(self) -> dict[int, Record]:
        """What cells left, by their seeds."""
        found = [store.read(folder) for folder in store.scan(self.folder / "results")]
        return {record.configuration.seed: record for record in found if record is not None}

    def processes(self) -> set[str]:
        """Those that took steps."""
        return {line.split()[0] for line in self.steps.read_text(encoding="utf-8").splitlines()}

    def check_memory_is_back(self) -> None:
        """Wait until no more of the GPU's memory is in use than before. Raises AssertionError where that takes long."""
        until = time.monotonic() + BACK_SECONDS
        while (more := in_use() - self.before) > SPARE:
            assert time.monotonic() < until, f"{more} bytes of the GPU are still in use"
            time.sleep(0.2)


def in_use() -> int:
    """Bytes of the first GPU's memory that are in use; 0 without one."""
    gpus = visible_gpus()
    return (memory_in_use(gpus[0]) or 0) if gpus else 0
