"""What was measured of a served model, for the terminal."""

from collections.abc import Iterator

from bench.results.serving import Serving
from bench.wording import bytes_text

COLUMNS = ("callers", "p50 ms", "p99 ms", "texts/s", "requests")


def lines_of(found: Serving) -> Iterator[str]:
    """A table of callers, and what stands beside it."""
    yield "".join(f"{name:>10}" for name in COLUMNS)
    for load in found.loads:
        numbers = (f"{load.callers:,}", f"{load.p50_ms:,.1f}", f"{load.p99_ms:,.1f}", f"{load.texts_per_second:,.0f}")
        yield "".join(f"{number:>10}" for number in (*numbers, f"{load.requests:,}"))
    gpu = "" if found.gpu_memory_bytes is None else f", {bytes_text(found.gpu_memory_bytes)} on the GPU"
    base = f" beside the base's {bytes_text(found.base_bytes)}" if found.base_bytes else ""
    yield (
        f"memory {bytes_text(found.memory_bytes)}{gpu}; on disk {bytes_text(found.model_bytes)}{base}; ready after "
        f"{found.ready_seconds:.1f} s"
    )
    texts = "made up" if found.texts is None else f"those of {found.texts.source}"
    yield f"on {found.device_name}, {found.cores} cores shared with the callers; texts: {texts}"
