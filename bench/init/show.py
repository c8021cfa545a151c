"""What `bench init` says on the terminal."""

from collections.abc import Sequence

from bench.data.set_names import set_of
from bench.escape.characters import shortened, visible_line
from bench.escape.shell import word
from bench.init import sets_seen
from bench.init.findings import Finding
from bench.init.first_numbers import FirstNumbers
from bench.init.first_of_sets import FirstOfSets
from bench.init.lengths import quantiles
from bench.init.overview import MAX_COMPARED, MAX_LOOKED_AT, Overview
from bench.init.source import Source
from bench.kind import MULTI_LABEL
from bench.wording import counted

MAX_LABELS, MAX_SUSPECTS = 20, 10
USES = {"train": "training", "validation": "choosing", "test": "testing"}
MARKS = {"problem": "!", "warning": "!", "note": "-"}


def summary(seen: Overview) -> list[str]:
    """Lines that say what was seen."""
    columns, usable = seen.columns, len(seen.seen.texts)
    is_several = seen.seen.kind == MULTI_LABEL
    rows, how = counted(len(seen.source), "row"), visible_line(seen.source.description)
    lines = [f"{rows}, {usable:,} of them with a text{'' if is_several else ' and a label'}. {how}."]
    for option, guess in (("text", columns.text), ("label", columns.label)):
        column = ", ".join(map(_column, columns.label_columns)) if option == "label" else _column(guess.column)
        several = "s" if option == "label" and len(columns.label_columns) > 1 else ""
        lines.append(f"{option}: column{several} {column} ({guess.reason}){_others(guess.others, f'--{option}')}")
        if option == "text" and guess.others and "," not in f"{guess.others[0]}{guess.column}":
            lines[-1] += f" (--text {word(f'{guess.others[0]},{guess.column}')} joins them)"
    if columns.split is not None:
        split = columns.split
        lines.append(f"split: column {_column(split.column)} says which rows are for testing ({split.reason})")
    lines += _of_tables(seen.source)
    for option, other in (("group", columns.group), ("time", columns.time)):
        if other is not None:
            is_used = f"{option}_column" not in columns.proposed
            use = "" if is_used else f": not used; --{option} {other.column} splits by it"
            lines.append(f"{option}: column {_column(other.column)} ({other.reason}){use}")
    lines += ["", f"{counted(len(seen.counts), 'label')}:"]
    widest = max(seen.counts.values())
    for label, count in list(seen.counts.items())[:MAX_LABELS]:
        bar = "█" * max(1, round(30 * count / widest))
        lines.append(f"  {shortened(visible_line(label), 30):<30} {count:>8,}  {bar}")
    if len(seen.counts) > MAX_LABELS:
        lines.append(f"  and {len(seen.counts) - MAX_LABELS:,} more")
    if seen.seen.kind == MULTI_LABEL:
        lines += ["", *(visible_line(line) for line in sets_seen.lines(seen.seen))]
    lengths = seen.lengths
    units, tokens = quantiles(lengths.units), quantiles(lengths.tokens)
    lines += [
        "",
        f"lengths: half of the texts have at most {units[0.5]:,} {lengths.unit}, 95 % at most {units[0.95]:,}, the "
        f"longest {units[1.0]:,} (about {tokens[0.5]:,}, {tokens[0.95]:,} and {tokens[1.0]:,} tokens)",
    ]
    return lines


def findings(seen: Overview) -> list[str]:
    """A line for each thing that was found, with the first rows it is about, and for what was not looked for."""
    notes = [f"- {note}" for note in seen.seen.notes]
    count = len(seen.seen.texts)
    lines = [_finding(each) for each in seen.findings] or ["nothing odd was found"]
    if count > MAX_COMPARED:
        lines.append(f"- near repeats were not looked for: there are more than {MAX_COMPARED:,} texts")
    if count > MAX_LOOKED_AT:
        lines.append(f"- addresses, numbers and leaks were looked for in {MAX_LOOKED_AT:,} texts, spread over all rows")
    return notes + lines


def first_number(first: FirstNumbers | FirstOfSets | None) -> list[str]:
    """The first number."""
    if first is None:
        return ["first number: none, for no two labels have five different texts each"]
    drawn = ", drawn at random," if first.is_sample else ""
    if isinstance(first, FirstOfSets):
        return [
            f"first number, by cross-validation on {first.rows:,} rows{drawn} and {first.labels} labels: TF-IDF, each "
            f"label against the rest, macro F1 {first.macro_f1:.3f} (micro F1 {first.micro_f1:.3f}, all labels right "
            f"in {first.subset_accuracy:.1%} of the rows)"
        ]
    return [
        f"first number, by cross-validation on {first.rows:,} rows{drawn} and {first.labels} labels: the most frequent "
        f"label {first.majority:.1%}, TF-IDF {first.accuracy:.1%} accuracy (macro F1 {first.macro_f1:.3f})"
    ]


def suspects(seen: Overview, limit: int = MAX_SUSPECTS) -> list[str]:
    """Rows whose labels are likely wrong."""
    if not isinstance(seen.first, FirstNumbers) or not seen.first.suspects:
        return []
    found = seen.first.suspects
    among = f" of {seen.first.rows:,} drawn at random" if seen.first.is_sample else ""
    lines = [f"{counted(len(found), 'row')}{among} whose label looks wrong to TF-IDF, the surest first:"]
    for each in found[:limit]:
        text = shortened(visible_line(seen.seen.texts[each.row]), 70)
        lines.append(f"  {seen.seen.where(each.row)}: {_column(each.given)}, likelier {_column(each.likely)}: {text}")
    return lines


def _of_tables(source: Source) -> list[str]:
    """How the tables of a folder are used."""
    if len(source.parts) < 2:
        return []
    by_set: dict[str | None, list[str]] = {}
    for part in source.parts:
        by_set.setdefault(set_of(part.split), []).append(part.split)
    if None in by_set or "train" not in by_set:
        return ["split: drawn from all tables together, for they are not called train and test"]
    used = [f"{' and '.join(map(_column, by_set[each]))} for {use}" for each, use in USES.items() if each in by_set]
    drawn = "" if "test" in by_set else "; what is tested on is drawn from all of them"
    return [f"split: {', '.join(used)}{drawn}"]


def _finding(finding: Finding) -> str:
    more = ", ..." if finding.count > len(finding.places) else ""
    where = f" ({', '.join(finding.places)}{more})" if finding.places else ""
    return visible_line(f"{MARKS[finding.severity]} {finding.text}{where}")


def _column(name: str) -> str:
    return repr(shortened(visible_line(name), 60))


def _others(others: Sequence[str], option: str) -> str:
    return f"; {option} chooses another: {', '.join(map(_column, others))}" if others else ""
