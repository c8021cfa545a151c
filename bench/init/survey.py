"""What a data set is like: columns, counts, lengths, what is wrong with it, and a first number."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.data.neartext import near_keys, plain
from bench.data.sametext import is_blank, same
from bench.errors import UserError
from bench.init import findings
from bench.init.findings import Finding
from bench.init.first_numbers import FirstNumbers, first_numbers
from bench.init.guess import Guess, guess_label, guess_split, guess_text, profile
from bench.init.source import Raw

QUANTILES = (0.5, 0.95, 1.0)
MAX_COMPARED = 50_000
"""Texts that are compared run by run: 200,000 take 20 seconds."""
CHARACTERS_PER_TOKEN = 4
"""Of English text, about."""


@dataclass(frozen=True, slots=True)
class Survey:
    """What was seen, once all rows that can't be used are left out and labels are as they will be read."""

    raw: Raw
    text: Guess
    label: Guess
    split: str | None
    """A column that says which rows are for testing."""
    texts: tuple[str, ...]
    labels: tuple[str, ...]
    rows: tuple[int, ...]
    """Which row of the source each of them is, from 0."""
    findings: tuple[Finding, ...]
    first: FirstNumbers | None

    @property
    def counts(self) -> Counter[str]:
        """Rows of each label that will be used, the most frequent first."""
        return Counter(dict(Counter(self.labels).most_common()))

    @property
    def words(self) -> dict[float, int]:
        """Words of a text at `QUANTILES`."""
        return _quantiles([len(text.split()) for text in self.texts])

    @property
    def tokens(self) -> dict[float, int]:
        """Tokens of a text, about, likewise."""
        return _quantiles([2 + len(text) // CHARACTERS_PER_TOKEN for text in self.texts])

    @property
    def options(self) -> dict[str, object]:
        """Options of the data's YAML that deal with what was found."""
        found: dict[str, object] = {}
        for each in self.findings:
            found |= each.options or {}
        return found


def survey(raw: Raw, *, text: str | None, label: str | None) -> Survey:
    """Look at `raw`, whose columns are `text` and `label` where they are given. Raises UserError."""
    if len(raw) == 0:
        raise UserError("there are no rows: nothing to look at")
    chosen_text, chosen_label = _columns(raw, text, label)
    given_texts, given_labels = raw.columns[chosen_text.column], raw.columns[chosen_label.column]
    found = findings.blanks(given_texts, given_labels)
    rows = [
        row
        for row, (a, b) in enumerate(zip(given_texts, given_labels, strict=True))
        if a is not None and b is not None and not is_blank(a) and not is_blank(b)
    ]
    texts = [given_texts[row] or "" for row in rows]
    written = [given_labels[row] or "" for row in rows]
    found += findings.spellings(written)
    merged = next((each.options["merge_labels"] for each in found if each.kind == "alike_labels" and each.options), {})
    assert isinstance(merged, Mapping)
    labels = [merged.get(name.strip(), name.strip()) for name in written]
    if len(set(labels)) < 2:
        raise UserError(f"column {chosen_label.column!r} holds one label alone: there is nothing to tell apart")
    found += findings.rare_labels(labels) + findings.repeats(texts, labels, _near(texts))
    others = {
        name: [values[row] for row in rows]
        for name, values in raw.columns.items()
        if name not in (chosen_text.column, chosen_label.column)
    }
    found += findings.personal_data(texts) + findings.leaks(texts, labels, others)
    placed = tuple(_in_source(each, rows) for each in found)
    unique = _once(texts, labels)
    first = first_numbers([texts[row] for row in unique], [labels[row] for row in unique])
    split = guess_split({name: values for name, values in raw.columns.items() if name not in (text, label)})
    return Survey(raw, chosen_text, chosen_label, split, tuple(texts), tuple(labels), tuple(rows), placed, first)


def _near(texts: Sequence[str]) -> list[str]:
    """What texts that are nearly the same share; of very many, without looking for longer ones that were retyped."""
    return near_keys(texts) if len(texts) <= MAX_COMPARED else list(map(plain, texts))


def _columns(raw: Raw, text: str | None, label: str | None) -> tuple[Guess, Guess]:
    missing = [
        f"--{option} {name}" for option, name in (("text", text), ("label", label)) if name and name not in raw.columns
    ]
    if missing:
        raise UserError(f"{' and '.join(missing)}: no such column; there are {', '.join(raw.columns)}")
    profiles = [profile(name, values) for name, values in raw.columns.items()]
    chosen = guess_text([each for each in profiles if each.name != label]) if text is None else Guess(text, "as asked")
    if label is not None:
        return chosen, Guess(label, "as asked")
    return chosen, guess_label(profiles, chosen.column)


def _in_source(finding: Finding, rows: Sequence[int]) -> Finding:
    """With rows as the source counts them: blanks are found before rows are left out."""
    if finding.kind in ("empty", "no_text", "no_label"):
        return finding
    return Finding(
        finding.kind,
        finding.severity,
        finding.count,
        finding.text,
        tuple(rows[row] for row in finding.rows),
        finding.options,
    )


def _once(texts: Sequence[str], labels: Sequence[str]) -> list[int]:
    """Rows of texts that stand under one label alone, each text once: what a model is trained and judged on."""
    first: dict[str, int] = {}
    conflicting: set[str] = set()
    for row, text in enumerate(texts):
        key = same(text)
        if labels[first.setdefault(key, row)] != labels[row]:
            conflicting.add(key)
    return [row for key, row in first.items() if key not in conflicting]


def _quantiles(values: Sequence[int]) -> dict[float, int]:
    ordered = sorted(values)
    return {part: ordered[min(len(ordered) - 1, int(part * len(ordered)))] for part in QUANTILES}
