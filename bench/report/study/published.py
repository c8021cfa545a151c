"""Published numbers as plain data."""

from typing import Any

from bench.report.inputs.published import Published


def published(found: Published | None, column: str, data: str) -> list[dict[str, Any]]:
    """Those of one metric (its column in frames), each once; `other_data`: they were measured on other texts."""
    if found is None:
        return []
    numbers = found.numbers[found.numbers["metric"] == column].drop_duplicates(
        ["model", "method", "num_labels", "train_size"]
    )
    lines: Any = numbers.itertuples()
    return [
        {
            "text": str(line.name),
            "labels": int(line.num_labels),
            "size": int(line.train_size),
            "value": float(line.value),
            "other_data": found.study is not None and data not in found.study.data,
        }
        for line in lines
    ]
