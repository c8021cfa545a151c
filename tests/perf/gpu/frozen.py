"""Frozen backbones: the last block trained on what the others make of texts, and texts through a linear probe."""

import time
from dataclasses import dataclass, replace
from pathlib import Path

from bench.config import LastBlockConfig, LinearProbeConfig
from bench.methods.fitted import Context
from bench.models.families import FAMILIES
from tests.gpu.cells import Row, cells, splits
from tests.gpu.stacks import fitted
from tests.perf.gpu.card import finish
from tests.perf.gpu.recorder import WINDOW, Recorder

TEXTS, TINY_TEXTS = 4096, 128
"""That a probe classifies."""


@dataclass(frozen=True, slots=True)
class Frozen:
    """What a backbone takes that is not trained."""

    row: str
    step_seconds: float
    """Of training the last block, with 16 texts."""
    texts_per_second: float
    """Through tokenizer, backbone and regression, of texts that are new."""


def frozen(row: Row, folder: Path, context: Context, *, tiny: bool) -> Frozen:
    """Measure a row's model; its method does not matter."""
    (cell,) = cells(row, folder, [WINDOW])
    assert cell.training is not None
    last = replace(cell, method=LastBlockConfig(name="last_block"))
    recorder = Recorder(context.device, [1])
    fitted("single", [last], [splits(last)], context, recorder.on_step)
    method = LinearProbeConfig(
        name="linear_probe", pooling=FAMILIES[row.shape.family].pooling, precision=cell.training.precision
    )
    probe = replace(cell, method=method, training=None)
    found = fitted("single", [probe], [splits(probe, test=TINY_TEXTS if tiny else TEXTS)], context)
    clock = time.perf_counter()
    (predicted,) = found.predict("test")
    finish(context.device)
    seconds = time.perf_counter() - clock
    assert predicted is not None
    name = f"{row.shape.name}, {row.precision}"
    return Frozen(name, recorder.windows[0].seconds, (TINY_TEXTS if tiny else TEXTS) / seconds)
