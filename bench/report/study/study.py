"""What a report knows, as plain data: the whole of it for `report.json`, and the compact form that its page reads."""

import datetime
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from bench.report.content.amounts import is_share
from bench.report.options import ReportOptions
from bench.report.study.pairs import best_rows, pairs
from bench.report.study.points import points
from bench.report.study.published import published
from bench.report.study.schema import FILE, VERSION
from bench.report.study.serving import serving
from bench.report.view import View

MAX_POINTS = 600
"""That a page embeds: with more, it would be slow to load on a phone."""
SHARES = {"mean", "low", "high", "sd", "difference", "value"}
"""What is shown with a fixed number of digits; other numbers with as many significant ones."""
DIGITS = 5


def study(options: ReportOptions, data_sets: Sequence[Mapping[str, Any]], failed: Sequence[str] = ()) -> dict[str, Any]:
    """The whole report; `failed` are data sets that `data_set` gave nothing for."""
    return {
        "schema": VERSION,
        "title": options.title,
        "made": datetime.date.today().isoformat(),
        "currency": options.currency,
        "shard": None if options.shard is None else asdict(options.shard),
        "data_sets": list(data_sets),
        "failed": list(failed),
    }


def as_json(whole: Mapping[str, Any]) -> bytes:
    """As it is in `report.json`; ASCII alone. Raises ValueError where a number is not finite."""
    return json.dumps(whole, allow_nan=False).encode()


def data_set(view: View) -> dict[str, Any]:
    """Everything that is known of one data set; what is not known is null."""
    metric, best = view.deciding.metric, best_rows(view)
    found, are_all = pairs(view, best)
    return {
        "id": view.data,
        "name": view.data_name,
        "baseline": view.baseline,
        "metric": {
            "name": metric.name,
            "label": metric.label,
            "lower_is_better": not metric.higher_is_better,
            "unit": "%" if is_share(metric) else "",
        },
        "label_counts": sorted({int(count) for count in view.cells["num_labels"]}),
        "train_sizes": sorted({int(size) for size in view.cells["train_size"]} - {0}),
        "rows": _rows(view),
        "points": points(view),
        "best": [{"labels": labels, "size": size, "row": row} for (labels, size), row in best.items()],
        "pairs": found,
        "has_all_pairs": are_all,
        "published": published(view.published, view.deciding.column, view.data),
        "serving": serving(view),
        "answers": [],
    }


def _rows(view: View) -> list[dict[str, Any]]:
    found = view.cells.groupby("row", observed=True).agg({"role": "first", "train_size": "max"})
    return [
        {"id": str(row), "name": view.name_of(str(row)), "role": str(role), "trained": bool(size > 0)}
        for row, role, size in found.itertuples(name=None)
    ]


def compact(whole: Mapping[str, Any], most: int = MAX_POINTS) -> dict[str, Any]:
    """The form that a page embeds: numbers rounded, of pairs those with the best row and of untrained rows with the
    baseline (points have the others), and at most `most` points, shared alike by data sets. Rows are left out whole,
    those that are in front least often first; `left_out` says how many, and where they are."""
    sets = whole["data_sets"]
    return {**whole, "data_sets": [_rounded(_smaller(one, most // max(len(sets), 1))) for one in sets]}


def _smaller(one: Mapping[str, Any], most: int) -> dict[str, Any]:
    kept = _kept(one, most)
    points_kept = [point for point in one["points"] if point["row"] in kept]
    some = [pair for pair in _embedded_pairs(one) if {pair["a"], pair["b"]} <= kept]
    left_out = {
        "rows": len(one["rows"]) - len(kept),
        "points": len(one["points"]) - len(points_kept),
        "pairs": len(one["pairs"]) - len(some),
        "file": FILE,
    }
    rows = [row for row in one["rows"] if row["id"] in kept]
    return {**one, "rows": rows, "points": points_kept, "pairs": some, "has_all_pairs": False, "left_out": left_out}


def _embedded_pairs(one: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    """Those with the best row of their label count and size, and those of untrained rows with the baseline."""
    best = {(place["labels"], place["size"]): place["row"] for place in one["best"]}
    untrained = {row["id"] for row in one["rows"] if not row["trained"]}
    for pair in one["pairs"]:
        rows = pair["a"], pair["b"]
        if best.get((pair["labels"], pair["size"])) in rows or (one["baseline"] in rows and untrained & {*rows}):
            yield pair


def _kept(one: Mapping[str, Any], most: int) -> set[str]:
    """The baseline and the row that is in front most often, then others as long as points are at most `most`: those
    that are in front somewhere, then those with the highest scores."""
    number, scores = Counter(point["row"] for point in one["points"]), _mean_scores(one["points"])
    in_front = Counter(place["row"] for place in one["best"])
    by_score = sorted(number, key=lambda row: -scores.get(row, 0))
    ordered = [row for row in dict.fromkeys((one["baseline"], *_most_first(in_front), *by_score)) if row is not None]
    kept, total = set(ordered[:2]), sum(number[row] for row in ordered[:2])
    for row in ordered[2:]:
        if total + number[row] <= most:
            kept.add(row)
            total += number[row]
    return kept


def _most_first(counts: Counter[str]) -> list[str]:
    return [name for name, _ in counts.most_common()]


def _mean_scores(entries: Iterable[Mapping[str, Any]]) -> dict[str, float]:
    """The mean of each row's means, where it has any."""
    found: dict[str, list[float]] = {}
    for point in entries:
        if point["mean"] is not None:
            found.setdefault(point["row"], []).append(point["mean"])
    return {row: sum(means) / len(means) for row, means in found.items()}


def _rounded(value: Any, name: str = "") -> Any:
    """The numbers of `value` as they are shown: shares with `DIGITS` digits, others with as many significant ones."""
    if isinstance(value, Mapping):
        return {key: _rounded(item, key) for key, item in value.items()}
    if isinstance(value, list):
        return [_rounded(item, name) for item in value]
    if not isinstance(value, float):
        return value
    return round(value, DIGITS) if name in SHARES else float(f"{value:.{DIGITS}g}")
