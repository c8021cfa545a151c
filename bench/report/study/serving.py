"""What was measured of served models, as plain data."""

from dataclasses import asdict
from typing import Any

from bench.report.view import View

SAME = ("refit", "measured", "device_name", "cores", "ready_seconds")
BYTES = ("memory_bytes", "gpu_memory_bytes", "model_bytes", "base_bytes")


def serving(view: View) -> list[dict[str, Any]]:
    """One entry a measured model, with the point that it belongs to."""
    return [
        {
            "row": cell.row,
            "labels": cell.num_labels,
            "size": cell.train_size,
            **{name: getattr(one, name) for name in (*SAME, *BYTES)},
            "gpu": one.device == "cuda",
            "packages": dict(one.packages),
            "texts": None if one.texts is None else one.texts.source,
            "loads": [{name: value for name, value in asdict(load).items() if name != "seconds"} for load in one.loads],
        }
        for cell, one in view.served
    ]
