"""What a page says of two rows at one point, read from its words, stars, dots and tables."""

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import permutations, product

from bench.report.content.parts import Section
from bench.report.content.wording import UNTRAINED
from bench.report.figures.heatmap_cells import APART, BEST, TIED
from bench.report.sections.answers import entries
from bench.report.view import View

BETTER, WORSE, NEITHER = "better", "worse", "neither"
TURNED = {BETTER: WORSE, WORSE: BETTER, NEITHER: NEITHER}
TOLD = {"better": {BETTER}, "worse": {WORSE}, "no": {NEITHER}, "one seed": {NEITHER}}
VERBS = {"beats": BETTER, "is worse than": WORSE, "does not differ significantly from": NEITHER}
Said = tuple[str, str, int, int, set[str], str]
"""Two rows, label count and size; which verdicts on the first of them the page leaves open, and where."""


def from_stars(view: View, stars: dict) -> Iterator[Said]:
    places = {(labels, size) for _, labels, size in stars}
    for labels, size in places:
        rows = view.verdicts.rows_at(labels, size)
        (best,) = [row for row in rows if stars.get((row, labels, size)) == BEST]
        for row in rows:
            if row != best and view.verdicts.of(best, row, labels, size) is not None:
                tied = stars.get((row, labels, size)) == TIED
                yield best, row, labels, size, {NEITHER, WORSE} if tied else {BETTER}, "star"


def from_dots(view: View, dots: dict, base: str) -> Iterator[Said]:
    for labels, size in {(one.standing.num_labels, one.standing.train_size) for one in view.budgets}:
        for row in view.verdicts.rows_at(labels, size):
            if row != base and view.verdicts.of(row, base, labels, size) is not None:
                apart = dots.get((row, labels, size)) == APART
                yield row, base, labels, size, {BETTER, WORSE} if apart else {NEITHER}, "dot"


def number(text: object) -> int:
    return 0 if str(text) == UNTRAINED else int(str(text).replace(",", ""))


def row_called(view: View, name: str) -> str:
    """The row that people call so."""
    return next(row for row in view.rows if view.name_of(row) == name)


def sizes_of(view: View, labels: int) -> list[int]:
    return sorted(one.standing.train_size for one in view.budgets if one.standing.num_labels == labels)


def from_tables(view: View, section: Section) -> Iterator[Said]:
    for titled in section.tables:
        lines = [[str(entry) for entry in line] for line in titled.table.lines]
        if titled.name == "best_rows":
            for labels, size, best, _, tied, *_ in lines:
                yield from _of_best(view, (best, int(labels), number(size)), _names(tied), "best rows")
        elif titled.title.startswith("Differences to "):
            for row, labels, size, _, told, *_ in lines:
                opponent = row_called(view, titled.title.removeprefix("Differences to "))
                yield row, opponent, int(labels), number(size), TOLD[told], "differences"
        else:
            opponent = row_called(view, titled.title.split(" row beats ")[1])
            for row, *where in lines:
                for head, text in zip(titled.table.header[1:], where, strict=True):
                    labels = int(str(head).split()[0])
                    yield from _from(view, row, opponent, labels, text)


def _names(text: str) -> Callable[[str], bool]:
    """Which rows a list of tied ones holds."""
    if text.startswith("all others but "):
        apart = text.removeprefix("all others but ").split(", ")
        return lambda row: row not in apart
    if re.fullmatch(r"all \d+ others", text):
        return lambda row: True
    return lambda row: row in text.split(", ")


def _of_best(view: View, standing: tuple[str, int, int], tied: Callable[[str], bool], where: str) -> Iterator[Said]:
    """The best row at a label count and size against all others, of which some are tied with it."""
    best, labels, size = standing
    for row in view.verdicts.rows_at(labels, size):
        if row != best and view.verdicts.of(best, row, labels, size) is not None:
            yield best, row, labels, size, {NEITHER, WORSE} if tied(row) else {BETTER}, where


def _from(view: View, row: str, opponent: str, labels: int, text: str) -> Iterator[Said]:
    """ "800", "800 (the smallest)", "at no size; worse at some": at which sizes a row is better than another."""
    sizes = sizes_of(view, labels)
    if found := re.match(r"([\d,]+)", text):
        since = number(found[1])
        for size in sizes:
            if size >= since:
                yield row, opponent, labels, size, {BETTER}, "from"
        before = [size for size in sizes if size < since and view.verdicts.of(row, opponent, labels, size) is not None]
        if before:
            yield row, opponent, labels, before[-1], {NEITHER, WORSE}, "from"
    elif text.startswith("at no size"):
        for size in sizes:
            yield row, opponent, labels, size, {NEITHER} if text == "at no size" else {NEITHER, WORSE}, "from"
    elif text.startswith("at some sizes"):
        yield row, opponent, labels, sizes[-1], {NEITHER, WORSE}, "from"


def from_words(view: View, section: Section) -> Iterator[Said]:
    for heading, points in section.lists:
        if heading == "How we compare":
            continue
        labels, size = int(heading.split()[0]), re.search(r"([\d,]+) training examples", heading)
        place = labels, 0 if size is None else number(size[1])
        for text in points:
            yield from _of_sentence(view, text, *place)


def _of_sentence(view: View, text: str, labels: int, size: int) -> Iterator[Said]:
    rows = sorted(view.rows, key=lambda row: len(view.name_of(row)), reverse=True)
    if found := re.match(r"(?:Of the rows with all seeds, )?(.+?) has the highest ", text):
        yield from _of_best_sentence(view, text, (row_called(view, found[1]), labels, size))
        return
    for (a, b), (verb, told) in product(permutations(rows, 2), VERBS.items()):
        said = f"{view.name_of(a)} {verb} {view.name_of(b)}"
        if text.startswith((f"{said}:", f"{said} ")):
            there = [at for at in sizes_of(view, labels) if view.verdicts.of(a, b, labels, at) is not None]
            sizes = _sizes_said(text.removeprefix(said), there, size)
            yield from ((a, b, labels, at, {told}, f"words {text}") for at in sizes)
    for a, b in permutations(rows, 2):
        if text.startswith(f"{view.name_of(a)} differs significantly from {view.name_of(b)} at no size"):
            yield from ((a, b, labels, at, {NEITHER}, f"words {text}") for at in sizes_of(view, labels))


def _of_best_sentence(view: View, text: str, standing: tuple[str, int, int]) -> Iterator[Said]:
    best, labels, size = standing
    if "significantly better than every other row" in text:
        yield from _of_best(view, standing, lambda row: False, f"words {text}")
    elif "No significant difference to any other row" in text:
        yield from _of_best(view, standing, lambda row: True, f"words {text}")
    for found in re.finditer(r"(?:No significant difference to|nothing between it and) (.+?)\.(?: |$)", text):
        named = [
            row
            for row in view.rows
            if re.search(rf"(?:^|; |, | and ){re.escape(view.name_of(row))}(?:$|; |, | and )", found[1])
        ]
        yield from ((best, row, labels, size, {NEITHER, WORSE}, f"words {text}") for row in named)


def _sizes_said(rest: str, there: Sequence[int], size: int) -> Sequence[int]:
    """Of which sizes the rest of a sentence speaks; `there` are those that both rows have."""
    if rest.startswith(":"):
        return [size]
    if rest.startswith(" at every size"):
        return there
    if found := re.match(r" from ([\d,]+) training", rest):
        return [at for at in there if at >= number(found[1])]
    if found := re.match(r" at ([\d, and]+) training examples", rest):
        return [number(one) for one in re.split(", | and ", found[1])]
    return there[-1:]


def from_answers(view: View) -> Iterator[Said]:
    """What the cards of the first screen say, whatever is chosen: headline, reason, ties and the cheaper row."""
    for entry in entries(view)[:1]:
        for one in entry["answers"]:
            words = entry["cards"][one["card"]]
            place = one["labels"], one["size"]
            row, base = one["row"], view.verdicts.baseline
            where = f"card {words['headline']} {words['why']}"
            if "significantly better than" in words["why"]:
                assert words["headline"] == f"Use {view.name_of(row)}"
                yield row, base, *place, {BETTER}, where
            elif one["decision"] == "undecided" and base != row and "was not run here" not in words["why"]:
                yield from [(row, base, *place, {NEITHER}, where)] if view.verdicts.of(row, base, *place) else []
            notes = dict(words["notes"])
            ties = f"{notes.get('No significant difference', '')} {notes.get('Behind', '')}"
            for other in one["tied"]:
                if other != base and f"{view.name_of(other)} (" in ties:
                    yield row, other, *place, {NEITHER, WORSE}, where
            if words["why"].endswith("everything else that was tried."):
                yield from _of_best(view, (row, *place), lambda _: False, where)


def from_ranks(view: View, section: Section | None) -> Iterator[Said]:
    """A row that may be the first has none that is better, one that may be the last none that is worse."""
    for titled in [] if section is None else section.tables:
        for row, _, *ranges in ([str(entry) for entry in line] for line in titled.table.lines):
            for head, text in zip(titled.table.header[2:], ranges, strict=True):
                labels, size = (number(part.split()[0]) for part in str(head).split(" labels, "))
                others = [other for other in view.verdicts.rows_at(labels, size) if other != row]
                left = _of_range(text, len(others) + 1)
                for other in others:
                    if view.verdicts.of(row, other, labels, size) is not None:
                        yield row, other, labels, size, left, "ranks"


def _of_range(text: str, last: int) -> set[str]:
    """What "1 to 3" leaves open of each other row."""
    words = text.split()
    no_better, no_worse = words[0] == "1", words[-1] == str(last)
    return set(TURNED) - ({WORSE} if no_better else set()) - ({BETTER} if no_worse else set())


def contradictions(said: Iterator[Said]) -> list[str]:
    """The pairs and points of which no verdict agrees with all that is said."""
    open_: dict[tuple[str, str, int, int], set[str]] = {}
    where: dict[tuple[str, str, int, int], list[str]] = {}
    for a, b, labels, size, verdicts, source in said:
        told = verdicts if a < b else {TURNED[one] for one in verdicts}
        place = (*sorted((a, b)), labels, size)
        open_[place] = open_.get(place, set(TURNED)) & told
        where.setdefault(place, []).append(f"{source}: {a} {sorted(verdicts)} {b}")
    return [f"{place}: {where[place]}" for place, left in open_.items() if not left]
