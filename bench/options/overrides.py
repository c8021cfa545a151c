"""What the command line gives holds for some cell of its grid, or is refused (`without_effect` says why it does not).

Only what a command line gives by itself counts: presets and experiments say what holds for the rows that can use it.
"""

from collections.abc import Iterable, Sequence

from bench.config.tune import searched_names
from bench.errors import refuse
from bench.escape.literals import option_value
from bench.escape.secrets import masked_override
from bench.options.without_effect import Point, why_without_effect


def option_of(word: str) -> str | None:
    """The option that an override gives a value; None where it chooses a group, takes away, or is Hydra's own."""
    name, is_value, _ = word.lstrip("+").partition("=")
    return None if not is_value or "/" in name or "@" in name or name.startswith(("~", "hydra")) else name


def check_alone(words: Iterable[str]) -> None:
    """Raise UserError where `words`, Hydra's own of a command without `-m`, ask for a launcher: one cell has none."""
    refuse(
        f"{masked_override(word)} has no effect, for a single cell is run in this process: leave it out, or add -m"
        for word in words
        if word.lstrip("+~").startswith(("hydra.launcher", "hydra/launcher"))
    )


def check_given(words: Iterable[str], points: Sequence[Point]) -> None:
    """Raise UserError, with all problems, where an option that `words` give has no effect at any of `points`.

    Of several values, each has to have one somewhere.
    """
    problems: list[str] = []
    options = (each for word in words if (option := option_of(word)) for each in _each(option, points))
    for option in dict.fromkeys(options):
        if "." not in option and isinstance(points[0].written(option), dict):
            continue  # a group is chosen
        reasons: dict[str, str | None] = {}
        for point in points:
            if point.written(option) is None:
                continue  # null asks for nothing
            value = option_value(point.written(option))
            if reasons.get(value, "") is not None:  # the first reason stands for those that follow
                found = why_without_effect(option, point)
                reasons[value] = found if found is None else reasons.get(value) or found
        for value, reason in reasons.items():
            if reason is not None:
                said = masked_override(f"{option}={value}")
                problems.append(f"{said} has no effect, for {reason}: leave it out")
    refuse(problems)


def _each(option: str, points: Sequence[Point]) -> list[str]:
    """The option, or those that it names: `tune.search` is of several rows, and each of it has to be one of theirs."""
    if option != "tune.search":
        return [option]
    return [option, *(f"{option}.{name}" for point in points for name in searched_names(point.written(option)))]


def effective(words: Sequence[str], point: Point) -> list[str]:
    """Those of a point's overrides that have an effect at it: what its cell is run again by, alone."""
    return [word for word in words if (option := option_of(word)) is None or why_without_effect(option, point) is None]
