"""What changed, in words: the card, the findings of sections, and what figures say to those who can't see them."""

from collections.abc import Iterable, Sequence

import numpy as np

from bench.metrics.metric import Metric
from bench.report.compare.points import Comparison
from bench.report.compare.provenance import ChangedOption, Origin
from bench.report.content.amounts import gain_range_text, gain_text
from bench.report.content.answer_card import Card, Fact
from bench.report.content.verdict_words import place_text
from bench.report.content.wording import capitalised, in_words
from bench.report.content.words import listed
from bench.report.statistics.changes import PointChange, RowChange, Verdict
from bench.report.statistics.intervals import Interval
from bench.wording import counted

MAX_NAMED = 3
VERDICTS: dict[Verdict, str] = {
    "worse": "worse",
    "better": "better",
    "one_seed": "differing on one seed",
    "unchanged": "no significant change",
    "not_compared": "not compared",
    "failed_now": "failed now",
    "ok_now": "finished now",
    "no_result": "no result in either",
    "only_before": "only in A",
    "only_after": "only in B",
}


def point_text(found: Comparison, one: PointChange) -> str:
    """ "MiniLM, LoRA at 5 labels, 512 training examples"; with its data set where there are several."""
    return f"{_row(found, one)} at {place_text(one.point.num_labels, one.point.train_size)}"


def row_title(found: Comparison, data: str, row: str) -> str:
    """What people call a row; with its data set where there are several."""
    name = f" on {found.data_names.get(data, data)}" if len(found.decidings) > 1 else ""
    return f"{found.name_of(row)}{name}"


def _row(found: Comparison, one: PointChange) -> str:
    return row_title(found, one.data, one.point.row)


def change_text(found: Comparison, one: PointChange) -> str:
    """ "-8.1 points, -11.0 to -5.2" of a point that was compared."""
    assert one.comparison is not None
    return amount_text(found, one.data, one.comparison.difference)


def amount_text(found: Comparison, data: str, interval: Interval) -> str:
    """The same of any difference."""
    metric = found.metric_of(data)
    return f"{gain_text(interval.estimate, metric)}, {gain_range_text(interval.low, interval.high, metric)}"


def with_verdict(found: Comparison, *verdicts: Verdict) -> list[PointChange]:
    """The points with one of these verdicts, the largest differences first."""
    chosen = [one for one in found.changes if one.verdict in verdicts]
    return sorted(chosen, key=lambda one: 0.0 if one.comparison is None else -abs(one.comparison.difference.estimate))


def card(found: Comparison, told: Sequence[Origin], options: Sequence[ChangedOption]) -> Card:
    """The answer; all numbers are those of `found`."""
    return Card(
        decision=_decision(found),
        headline=headline(found),
        why=_why(found),
        facts=tuple(_facts(found)),
        notes=tuple((name, text) for name, text in _notes(found, told, options) if text),
    )


def _decision(found: Comparison) -> str:
    """By which the card is coloured."""
    met = {one.verdict for one in found.changes}
    if met & {"worse", "failed_now"}:
        return "worse"
    if "better" in met:
        return "use"
    return "stay" if found.compared and "one_seed" not in met else "undecided"


def headline(found: Comparison) -> str:
    """The answer in a line: "MiniLM, LoRA got worse"; "Nothing changed beyond noise"."""
    both = [row for row in found.rows if row.of("worse") and row.of("better")]
    worse = [row for row in found.rows if row.of("worse") and row not in both]
    better = [row for row in found.rows if row.of("better") and row not in both]
    said = [
        _rows_that(worse, found, "got worse"),
        _rows_that(better, found, "got better"),
        _rows_that(both, found, "got worse at some points and better at others"),
    ]
    said = [each for each in said if each]
    failed, unsure = (len(with_verdict(found, verdict)) for verdict in ("failed_now", "one_seed"))
    fails = f"{counted(failed, 'point')} {'fails' if failed == 1 else 'fail'} now" if failed else ""
    if said:
        return "; ".join([*said, *([fails] if failed else [])])
    if unsure:
        differ = (
            f"{counted(unsure, 'point')} {'differs' if unsure == 1 else 'differ'}, on one seed, which decides nothing"
        )
        return differ + (f"; {fails}" if failed else "")
    if found.compared:
        return "Nothing changed beyond noise" + (f", but {fails}" if failed else "")
    return "Nothing could be compared" + (f", and {fails}" if failed else "")


def _rows_that(rows: Sequence[RowChange], found: Comparison, what: str) -> str:
    if len(rows) == 1:
        return f"{row_title(found, rows[0].data, rows[0].row)} {what}"
    return f"{len(rows)} rows {what}" if rows else ""


def _why(found: Comparison) -> str:
    compared, changed = len(found.compared), len(with_verdict(found, "better", "worse"))
    if not compared:
        return "No point could be compared: the notes say why."
    if (unsure := len(with_verdict(found, "one_seed"))) and not changed:
        return (
            f"At {unsure:,} of {counted(compared, 'compared point')} the answers differ beyond the test examples' "
            "noise, but there is one seed in common: the next one may differ as much. Three seeds or more decide."
        )
    names = " and ".join(dict.fromkeys(each.metric.label for each in found.decidings.values()))
    part = "None of" if not changed else "All of" if changed == compared > 1 else f"{changed:,} of"
    said = f"{part} {counted(compared, 'compared point')} changed beyond noise, in {names}"
    alike = sum(one.is_identical for one in found.compared)
    if alike == compared:
        return f"{said}: every test example was answered as before."
    more = f" At {alike:,}, every test example was answered as before." if alike else ""
    return f"{said}: paired on the same seeds and test examples, corrected for all points.{more}"


def _facts(found: Comparison) -> list[Fact]:
    rows = [row for row in found.rows if row.of("better", "worse")]
    if not rows:
        return _facts_of_none(found)
    rows.sort(key=lambda row: 0.0 if row.mean is None else -abs(row.mean.estimate))
    facts = [_row_fact(found, row) for row in rows[:MAX_NAMED]]
    changed = len(with_verdict(found, "better", "worse"))
    return [*facts, Fact(f"{changed:,} of {len(found.compared):,}", "compared points changed beyond noise")]


def _row_fact(found: Comparison, row: RowChange) -> Fact:
    """The mean of a row's points; where these have no seed in common, its largest change."""
    metric, several = found.metric_of(row.data), len(row.compared) > 1
    interval, what = row.mean, f"mean of its {len(row.compared):,} points" if several else "at its one point"
    if interval is None:
        largest = max(row.of("better", "worse"), key=_size)
        assert largest.comparison is not None
        interval = largest.comparison.difference
        what = f"at {place_text(largest.point.num_labels, largest.point.train_size)}"
    span = gain_range_text(interval.low, interval.high, metric)
    return Fact(
        gain_text(interval.estimate, metric), f"{row_title(found, row.data, row.row)}, {what}; 95 % interval {span}"
    )


def _size(one: PointChange) -> float:
    return 0.0 if one.comparison is None else abs(one.comparison.difference.estimate)


def _facts_of_none(found: Comparison) -> list[Fact]:
    """The largest difference there is, and how large a change could have been missed."""
    if not found.compared:
        return []
    largest = max(found.compared, key=_size)
    assert largest.comparison is not None
    interval, metric = largest.comparison.difference, found.metric_of(largest.data)
    span = gain_range_text(interval.low, interval.high, metric)
    facts = [Fact(f"0 of {len(found.compared):,}", "compared points changed beyond noise")]
    if all(one.is_identical for one in found.compared):
        return facts
    of = f"the largest difference, of {point_text(found, largest)}; 95 % interval {span}"
    return [*facts, Fact(gain_text(interval.estimate, metric), of), *_unseen(found, metric)]


def _unseen(found: Comparison, metric: Metric) -> list[Fact]:
    """How far off a change is that could have been missed; one seed does not know that."""
    known = [one.comparison for one in found.compared if one.comparison is not None and one.comparison.paired.decides]
    if not known:
        return []
    far = float(np.median([max(-one.difference.low, one.difference.high) for one in known]))
    what = "of change could go unseen at a typical point: the far end of its 95 % interval"
    return [Fact(gain_text(far, metric).lstrip("+"), what)]


def _notes(found: Comparison, told: Sequence[Origin], options: Sequence[ChangedOption]) -> Iterable[tuple[str, str]]:
    for verdict, name in (("worse", "Worse"), ("better", "Better")):
        yield name, with_change(found, with_verdict(found, verdict))  # type: ignore[arg-type]
    yield "Over all its points", _rows_alone(found)
    one_seed = with_verdict(found, "one_seed")
    yield "One seed", with_change(found, one_seed)
    yield "Failed now", sentence(_ended(found, one) for one in with_verdict(found, "failed_now"))
    lost = [one for one in found.changes if one.lost_seeds and one.verdict != "failed_now"]
    yield "Fewer seeds", sentence(f"{point_text(found, one)} ({counted(one.lost_seeds, 'seed')} less)" for one in lost)
    yield "Finished now", sentence(point_text(found, one) for one in with_verdict(found, "ok_now"))
    yield (
        "Not compared",
        sentence(f"{point_text(found, one)} ({one.why})" for one in with_verdict(found, "not_compared")),
    )
    yield "Only in one", only_text(found)
    yield _explains(found, told, options)


def _explains(found: Comparison, told: Sequence[Origin], options: Sequence[ChangedOption]) -> tuple[str, str]:
    """What differs between the two sides; where nothing changed, only if there is something."""
    if {one.verdict for one in found.changes} & {"better", "worse", "one_seed", "failed_now", "ok_now"}:
        return "May explain it", origin_text(told, options)
    return "What differs", origin_text(told, options) if options or any(one.differs for one in told) else ""


def with_change(found: Comparison, points: Sequence[PointChange]) -> str:
    """The first of the points with what changed, row by row: "MiniLM, LoRA at 5 labels, 32 training examples (-12.0
    points, -14.1 to -9.9), at 5 labels, ..."."""
    rows: dict[str, list[str]] = {}
    for one in points[:MAX_NAMED]:
        where = place_text(one.point.num_labels, one.point.train_size)
        rows.setdefault(_row(found, one), []).append(f"at {where} ({change_text(found, one)})")
    text = "; ".join(f"{row} {', '.join(said)}" for row, said in rows.items())
    rest = len(points) - MAX_NAMED
    return text + (f" and {counted(rest, 'more point')}." if rest > 0 else "." if text else "")


def sentence(names: Iterable[str]) -> str:
    """A list with a full stop; nothing for none."""
    text = listed(names, MAX_NAMED, "point")
    return f"{text}." if text else ""


def _rows_alone(found: Comparison) -> str:
    """Rows whose mean is told apart though none of their points is."""
    rows = [row for row in found.rows if row.is_changed and not row.of("better", "worse")]
    said = [
        f"{row_title(found, row.data, row.row)}: {amount_text(found, row.data, row.mean)}"
        for row in rows
        if row.mean is not None
    ]
    return f"{listed(said, MAX_NAMED)}: significant in the mean, at no point alone." if said else ""


def _ended(found: Comparison, one: PointChange) -> str:
    statuses = "" if one.after is None else ", ".join(sorted(set(one.after.ended.values())))
    return f"{point_text(found, one)} ({in_words(statuses)})"


def only_text(found: Comparison) -> str:
    """How many points one side alone has."""
    said = [
        f"{counted(len(points), 'point')} in {side} alone"
        for verdict, side in (("only_before", "A"), ("only_after", "B"))
        if (points := with_verdict(found, verdict))  # type: ignore[arg-type]
    ]
    return f"{capitalised(', '.join(said))}." if said else ""


def origin_text(told: Sequence[Origin], options: Sequence[ChangedOption]) -> str:
    """What differs between the two sides: "torch 2.13.0 → 2.14.0; method.r 8 → 16."."""
    said = [f"{one.name} {one.before or 'none'} → {one.after or 'none'}" for one in options]
    said += [f"{one.what} {one.before} → {one.after}" for one in told if one.differs]
    return (
        f"{listed(said, MAX_NAMED, 'difference')}."
        if said
        else "Nothing that the records tell: same versions, devices and options."
    )


def finding_of_points(found: Comparison) -> str:
    """How many points got better and worse, in a sentence: for the table and the figure."""
    counts = {verdict: len(with_verdict(found, verdict)) for verdict in VERDICTS}
    said = [f"{count:,} {VERDICTS[verdict]}" for verdict, count in counts.items() if count]
    return f"{counted(len(found.changes), 'point')}: {', '.join(said)}."


def finding_of_rows(found: Comparison) -> str:
    """Which rows changed at some point, and by how much in the mean of their points."""
    changed = [row for row in found.rows if row.is_changed or row.of("better", "worse")]
    if not changed:
        return f"None of {counted(len(found.rows), 'row')} changed."
    said = [
        f"{row_title(found, row.data, row.row)} by {gain_text(row.mean.estimate, found.metric_of(row.data))}"
        for row in changed
        if row.mean is not None
    ]
    means = f": {listed(said, MAX_NAMED)} in the mean of {'its' if len(said) == 1 else 'their'} points" if said else ""
    return f"{len(changed):,} of {counted(len(found.rows), 'row')} changed{means}."


def alternative(found: Comparison) -> str:
    """What the figures say, for those who can't see them."""
    changed = with_verdict(found, "worse", "better")
    largest = f" Most: {with_change(found, changed)}" if changed else ""
    return f"{headline(found)}. {finding_of_points(found)}{largest}"
