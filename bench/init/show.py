"""What `bench init` says on the terminal."""

from collections.abc import Sequence

from bench.escape.characters import shortened, visible_line
from bench.init.findings import Finding
from bench.init.first_numbers import FirstNumbers
from bench.init.survey import Survey

MAX_LABELS, MAX_SUSPECTS = 20, 10
MARKS = {"problem": "!", "warning": "!", "note": "-"}


def summary(seen: Survey) -> list[str]:
    """Lines that say what was seen."""
    lines = [
        f"{len(seen.raw):,} rows, {len(seen.texts):,} of them with a text and a label. {seen.raw.description}.",
        f"text:  column {_column(seen.text.column)} ({seen.text.reason}){_others(seen.text.others, '--text')}",
        f"label: column {_column(seen.label.column)} ({seen.label.reason}){_others(seen.label.others, '--label')}",
    ]
    if seen.split is not None:
        lines.append(f"split: column {_column(seen.split)} says which rows are for testing")
    lines += ["", f"{len(seen.counts)} labels:"]
    widest = max(seen.counts.values())
    for label, count in list(seen.counts.items())[:MAX_LABELS]:
        bar = "█" * max(1, round(30 * count / widest))
        lines.append(f"  {shortened(visible_line(label), 30):<30} {count:>8,}  {bar}")
    if len(seen.counts) > MAX_LABELS:
        lines.append(f"  and {len(seen.counts) - MAX_LABELS} more")
    words, tokens = seen.words, seen.tokens
    lines += [
        "",
        f"lengths: half of the texts have at most {words[0.5]:,} words, 95 % at most {words[0.95]:,}, the longest "
        f"{words[1.0]:,} (about {tokens[0.5]:,}, {tokens[0.95]:,} and {tokens[1.0]:,} tokens)",
    ]
    return lines


def findings(seen: Survey) -> list[str]:
    """A line for each thing that was found, with the first rows it is about."""
    lines = [_finding(each, seen) for each in seen.findings]
    return [f"{note} (note of the reader)" for note in seen.raw.notes] + (lines or ["nothing odd was found"])


def first_number(first: FirstNumbers | None) -> list[str]:
    """The first number, and labels that look wrong."""
    if first is None:
        return ["first number: none, for no two labels have five rows each"]
    lines = [
        f"first number, by cross-validation on {first.rows:,} rows and {first.labels} labels: the most frequent label "
        f"{first.majority:.1%}, TF-IDF {first.accuracy:.1%} accuracy (macro F1 {first.macro_f1:.3f})"
    ]
    return lines


def suspects(seen: Survey, limit: int = MAX_SUSPECTS) -> list[str]:
    """Rows whose labels are likely wrong."""
    if seen.first is None or not seen.first.suspects:
        return []
    found, lines = seen.first.suspects, []
    lines.append(f"{len(found):,} rows whose label looks wrong to TF-IDF, the surest first:")
    for each in found[:limit]:
        place = seen.raw.place(seen.rows[each.row])
        text = shortened(visible_line(seen.texts[each.row]), 70)
        lines.append(f"  {place}: {_column(each.given)}, likelier {_column(each.likely)}: {text}")
    return lines


def _finding(finding: Finding, seen: Survey) -> str:
    where = f" ({', '.join(map(seen.raw.place, finding.rows))}{_more(finding)})" if finding.rows else ""
    return f"{MARKS[finding.severity]} {finding.text}{where}"


def _more(finding: Finding) -> str:
    return ", ..." if finding.count > len(finding.rows) else ""


def _column(name: str) -> str:
    return repr(shortened(visible_line(name), 60))


def _others(others: Sequence[str], option: str) -> str:
    return f"; {option} chooses another: {', '.join(map(_column, others))}" if others else ""
