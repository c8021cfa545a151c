"""The page of options: those of `conf/config.yaml`, and those of each group by its schema and its files' comments."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_type_hints

from bench.config import METHODS, DataConfig, SplitConfig, TrainingConfig, TransformerConfig
from bench.config.model import ALONE, PredictionsConfig
from bench.decide.options import DecideOptions
from bench.options.folder import CONF
from bench.options.listed import groups, options
from bench.sweep.runners import RUNNERS
from docs.tooling.comments import comments
from docs.tooling.markdown import code, row, sentence
from docs.tooling.schema_table import head, table

SHOWN_CHOICES = ("data", "method", "model", "split", "training")
INTRODUCTION = """\
# Options

Every option is a word `name=value` behind a command; several values with commas make a grid. Options of a group have
its name in front: `training.learning_rate=1e-3`, `method.r=16`, `data.path=tickets.csv`, `split.test_size=500`. This
page is made of `conf/` and of the schema that checks what is given, when the site is built.

A result is found again by its **key**, a hash of everything that changes it. "In the key" says whether an option is
part of it: what is not may be changed at any time, and finished cells stay finished.
"""


def page() -> Iterator[str]:
    """Lines of Markdown."""
    yield INTRODUCTION
    yield from ("## Top level", "", *head(["name", "default", "meaning"]))
    yield from (row([code(one.name), code(one.default), sentence(one.comment)]) for one in options().values())
    yield from ("", "## Groups", "", *head(["group", "choices"]))
    for name in SHOWN_CHOICES:
        yield row([code(f"{name}="), ", ".join(map(code, groups()[name]))])
    yield ""
    yield from _section("training", TrainingConfig, CONF / "training/default.yaml")
    yield from _section("data", DataConfig, CONF / "data/base/options.yaml")
    yield from _several("method", METHODS)
    yield from _several("model", (TransformerConfig, *ALONE, PredictionsConfig))
    yield from _several("split", get_args(get_args(SplitConfig)[0]))
    yield from _section("bench decide", DecideOptions)
    for name in RUNNERS:
        yield from _launcher(name)


def _section(title: str, kind: type, file: Path | None = None, level: int = 2) -> Iterator[str]:
    doc = sentence((kind.__doc__ or "").partition("\n\n")[0])
    yield from (f"{'#' * level} {title}", "", doc, "", *table(kind, comments(file) if file else None), "")


def _several(group: str, kinds: tuple[Any, ...]) -> Iterator[str]:
    """A heading for the group, and a table for each kind of it."""
    yield from (f"## {group}", "")
    for kind in kinds:
        names = ", ".join(code(name) for name in _names(kind, group))
        file = CONF / group / f"{_names(kind, group)[0]}.yaml"
        if kind is TransformerConfig:
            names, file = "transformers", CONF / "model/base/transformer.yaml"
        yield from _section(f"{group}: {names}", kind, file if file.exists() else None, level=3)


def _names(kind: Any, group: str) -> list[str]:
    """By which a choice of the group is known."""
    field = "family" if group == "model" else "name"
    return list(get_args(get_type_hints(kind)[field]))


def _launcher(name: str) -> Iterator[str]:
    yield from (f"## hydra.launcher: {name}", "", f"With `hydra/launcher={name}`, as `hydra.launcher.NAME=VALUE`.", "")
    yield from (*table(RUNNERS[name].schema, comments(CONF / "hydra/launcher" / f"{name}.yaml")), "")
