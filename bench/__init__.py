"""Which model, fine-tuned how, on how many labelled texts, and is it worth it over TF-IDF?

From Python: `from bench import sweep, plan, run_cell, load_results, load_report, predict, Cell` (docs/python.md). They
are imported when they are asked for: `import bench` takes no time.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from bench.running.cores import wait_passively

if TYPE_CHECKING:
    from bench.api.planning import plan
    from bench.api.predictions import predict
    from bench.api.report import Report, load_report
    from bench.api.results import load_results
    from bench.api.study import Study
    from bench.api.sweeps import run_cell, sweep
    from bench.cell import Cell
    from bench.errors import UserError

wait_passively()  # here, for it has to be before torch is imported, by whichever of the commands and workers

__version__ = "0.1.0"
__all__ = [
    "Cell",
    "Report",
    "Study",
    "UserError",
    "__version__",
    "load_report",
    "load_results",
    "plan",
    "predict",
    "run_cell",
    "sweep",
]
_PACKAGES = ("predict", "sweep")
"""Called as functions (`bench.called`)."""
_HOMES = {
    "Cell": "bench.cell",
    "Report": "bench.api.report",
    "Study": "bench.api.study",
    "UserError": "bench.errors",
    "load_report": "bench.api.report",
    "load_results": "bench.api.results",
    "plan": "bench.api.planning",
    "run_cell": "bench.api.sweeps",
}


def __getattr__(name: str) -> Any:
    if name in _PACKAGES:
        return import_module(f"bench.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
