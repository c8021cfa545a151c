"""What a grid's rows are called in its report: model and method, and what else tells rows of one grid apart."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from bench.cell import Cell, identity
from bench.escape.literals import option_value
from bench.escape.secrets import MASK, masked
from bench.models.truncation import TRUNCATIONS

AXES = {"task.num_labels", "task.labels", "task.train_size", "task.seed", "task.data.name"}
"""What a report lays out by itself; given labels go with their number."""

LIMITS = {
    "training.num_train_epochs": "training.min_steps",
    "method.num_epochs": "method.max_steps",
    "task.split.validation_fraction": "task.split.min_validation_per_label",
}
"""Options, and what holds in their place for small sets: a name that gave the one alone would promise too much."""

OF_KIND = ("thresholds", "best_metric")
"""Options whose default is another one where texts have several labels, by the last part of their names."""

FOLLOWS = {"best_metric": ("class_weight", "thresholds"), "max_windows": ("windows",)}
"""Options whose default others set, all by the last part of their names."""

OPTIONS = "method.options."
"""Options of another library; those at its defaults are no part of a cell's identity."""

SEARCH, TRIALS = "tune.search.", "tune.trials"
"""Where hyperparameters are searched, by the names of options; and in how many trials."""

CONTENT = {"task.data.revision": "data", "task.data.content": "data", "model.content": "model", "model.sha256": "model"}
"""Options that say what files held: instead of them a row has the name of its file."""


def row_names(cells: Sequence[Cell]) -> dict[str, tuple[str, str | None]]:
    """Model and method names by cell key.

    Where a grid has a model and method more than once (`method.r=4,16`), the options that differ are added:
    "lora r=4", "lora r=16"; and where they read other files (`model.path=m1,m2`), the names of those. What tells data
    sets apart names no row: on each of them a row is the same one.
    """
    groups: dict[tuple[str, str | None], list[Cell]] = defaultdict(list)
    for cell in cells:
        groups[cell.model.name, cell.method_label].append(cell)
    names: dict[str, tuple[str, str | None]] = {}
    for (model, method), members in groups.items():
        kinds = _with_defaults([(_as_given(_options(identity(alike[0]))), alike) for alike in _kinds(members)])
        differing = [name for name in _differing([values for values, _ in kinds]) if not _comes_of_data(name, kinds)]
        differing = _with_limits(differing, [values for values, _ in kinds])
        differing = [name for name in differing if not _follows(name, differing, kinds)]
        read = {what: _file_names([alike[0] for _, alike in kinds], what) for what in ("data", "model")}
        told = {name: _told([values.get(name) for values, _ in kinds]) for name in differing}
        of_files = {CONTENT[name] for name in differing if name in CONTENT}
        for place, (values, alike) in enumerate(kinds):
            said = [name for name in differing if name not in CONTENT and not _is_idle(name, values)]
            own = [f"{_short(name)}={told[name][place]}" for name in said]
            own = [f"{text} or less" if _may_be_less(text, alike[0]) else text for text in own]
            if "data" in of_files:
                own.append(f"data={read['data'][place]}")
            which = f"{model} {read['model'][place]}" if "model" in of_files else model
            extra = " ".join(own)
            name = (f"{which} {extra}".rstrip(), None) if method is None else (which, f"{method} {extra}".rstrip())
            names |= dict.fromkeys((cell.key for cell in alike), name)
    return names


@dataclass(frozen=True, slots=True)
class Rows:
    """What a report calls the rows of a grid: "minilm lora r=4", "tfidf_sgd". Plans and progress call them the same.

    (`Cell.row` is a part of keys and folders.)
    """

    labels: Mapping[str, str]
    """The row's name by cell key."""
    several: frozenset[str]
    """Those whose model and method other rows have too."""


def rows_of(cells: Sequence[Cell]) -> Rows:
    """The rows of the grid that `cells` are, all of it."""
    names = {key: name if method is None else f"{name} {method}" for key, (name, method) in row_names(cells).items()}
    alike: dict[str, set[str]] = defaultdict(set)
    for cell in cells:
        alike[cell.row].add(names[cell.key])
    return Rows(names, frozenset(name for each in alike.values() if len(each) > 1 for name in each))


def _may_be_less(text: str, cell: Cell) -> bool:
    """Whether an option's text promises a length that gives way to a model with fewer positions."""
    part = cell.training or cell.method
    return text.startswith("max_length=") and not getattr(part, "max_length_asked", True)


def _file_names(cells: Sequence[Cell], what: str) -> list[str]:
    """What each of `cells` reads its data or model from, as short as tells different contents apart."""
    sources = [cell.task.data if what == "data" else cell.model for cell in cells]
    contents = [_content(source) for source in sources]
    paths = [
        PurePath(getattr(source, "path", None) or getattr(source, "id", None) or source.name) for source in sources
    ]
    depth, deepest = 1, max(len(path.parts) for path in paths)
    while True:
        short = [masked("/".join(path.parts[-depth:])) for path in paths]
        if len(set(short)) == len(set(zip(short, contents, strict=True))):
            return short
        if depth >= deepest:  # one place with several contents, from several machines say
            return [f"{name} {(content or 'hub')[:8]}" for name, content in zip(short, contents, strict=True)]
        depth += 1


def _content(source: Any) -> str | None:
    """What says which files a data set or model is read from."""
    return next((value for name in ("content", "revision", "sha256") if (value := getattr(source, name, None))), None)


def _kinds(cells: Sequence[Cell]) -> list[list[Cell]]:
    """The cells that are alike but for the axes together: there are few kinds, and thousands of cells."""
    kinds: list[tuple[tuple[Any, ...], list[Cell]]] = []
    for cell in cells:
        parts = (cell.model, cell.method, cell.training, cell.tune, cell.task.split, cell.task.data)
        alike = next((alike for known, alike in kinds if known == parts), None)
        if alike is None:
            kinds.append((parts, [cell]))
        else:
            alike.append(cell)
    return [alike for _, alike in kinds]


def _with_defaults(kinds: list[tuple[dict[str, Any], list[Cell]]]) -> list[tuple[dict[str, Any], list[Cell]]]:
    """With the default of an option that another kind is given: where some are "r=4", one without is "r=8", say."""
    given = dict.fromkeys(name for values, _ in kinds for name in values)
    return [
        (values | _defaults(alike[0], [name for name in given if name not in values]), alike) for values, alike in kinds
    ]


def _defaults(cell: Cell, names: Sequence[str]) -> dict[str, Any]:
    return {
        name: cell.approach.default_of(name.removeprefix(OPTIONS)) if name.startswith(OPTIONS) else _value(name, cell)
        for name in names
    }


def _value(name: str, cell: Cell) -> Any:
    """The value of an option that is no part of the identity, being at its default; None where there is none."""
    if name == TRIALS:
        return 0
    value: Any = cell
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else getattr(value, part, None)
    return identity(value)


def _options(content: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested options as one level of dotted names, without the axes."""
    flat: dict[str, Any] = {}
    for name, value in content.items():
        path = f"{prefix}{name}"
        if isinstance(value, Mapping) and not path.startswith((OPTIONS, SEARCH)):
            flat |= _options(value, f"{path}.")
        elif path not in AXES:
            flat[path] = value
    return flat


def _as_given(options: dict[str, Any]) -> dict[str, Any]:
    """With what is kept of long texts as `training.truncation` says it, and what is searched in its option's place."""
    searched = {name.removeprefix(SEARCH): entry for name, entry in options.items() if name.startswith(SEARCH)}
    options = {name: entry for name, entry in options.items() if not name.startswith(SEARCH)} | searched
    side = options.get("training.truncation_side")
    if side not in TRUNCATIONS:
        return options
    renamed = {name if name != "training.truncation_side" else "training.truncation": options[name] for name in options}
    return renamed | {"training.truncation": TRUNCATIONS[side]}


def _differing(options: Sequence[Mapping[str, Any]]) -> list[str]:
    names = dict.fromkeys(name for values in options for name in values)
    return [name for name in names if any(values.get(name) != options[0].get(name) for values in options)]


def _comes_of_data(name: str, kinds: Sequence[tuple[Mapping[str, Any], Sequence[Cell]]]) -> bool:
    """Whether an option is one that a data set brings along, and is the same in all cells of each data set."""
    if not name.startswith("task.") and _short(name) not in OF_KIND:
        return False
    values: dict[str, set[str]] = defaultdict(set)
    for options, alike in kinds:
        values[alike[0].task.data.name].add(repr(options.get(name)))
    return all(len(each) == 1 for each in values.values())


def _follows(name: str, differing: Sequence[str], kinds: Sequence[tuple[Mapping[str, Any], Sequence[Cell]]]) -> bool:
    """Whether an option differs as others that differ do: with these, a name says enough."""
    leaders = [other for other in differing if _short(other) in FOLLOWS.get(_short(name), ())]
    leaders += [TRIALS] if TRIALS in differing and name in _with_trials(kinds) else []
    if not leaders:
        return False
    pairs = {
        (tuple(_text(options.get(leader)) for leader in leaders), _text(options.get(name))) for options, _ in kinds
    }
    return len(pairs) == len({of_leaders for of_leaders, _ in pairs})


def _with_trials(kinds: Sequence[tuple[Mapping[str, Any], Sequence[Cell]]]) -> set[str]:
    """The options that differ where the number of trials does: those of `tune`, and those that are searched."""
    searches = (alike[0].tune.search for _, alike in kinds if alike[0].tune is not None)
    return {"tune.prune", "tune.learning_rate"}.union(*searches)


def _is_idle(name: str, options: Mapping[str, Any]) -> bool:
    """Whether an option that follows another one has no value beside this one's."""
    return _short(name) in FOLLOWS and options.get(name) is None


def _with_limits(names: Sequence[str], options: Sequence[Mapping[str, Any]]) -> list[str]:
    """`names`, each with the option that may overrule it: "epochs=1 min_steps=60" is not one epoch."""
    limits = [LIMITS[name] for name in names if name in LIMITS]
    set_somewhere = [limit for limit in limits if any(values.get(limit) for values in options)]
    return list(dict.fromkeys([*names, *set_somewhere]))


def _short(name: str) -> str:
    """The last part of a dotted name, as a reader knows it."""
    return name.rpartition(".")[2]


def _told(values: Sequence[Any]) -> list[str]:
    """Values as text; those that only a secret tells apart are numbered."""
    texts = [_text(value) for value in values]
    numbers: dict[str, list[Any]] = defaultdict(list)
    for text, value in zip(texts, values, strict=True):
        if value not in numbers[text]:
            numbers[text].append(value)
    return [
        text if MASK not in text or len(numbers[text]) == 1 else f"{text} ({numbers[text].index(value) + 1})"
        for text, value in zip(texts, values, strict=True)
    ]


def _text(value: Any) -> str:
    if isinstance(value, Mapping) and "low" in value and "high" in value:  # of a search
        return f"{option_value(value['low'])}..{option_value(value['high'])}"
    if isinstance(value, str) and re.fullmatch("[0-9a-f]{40,}", value):  # a hash or a commit
        return value[:12]
    return masked(option_value(value))
