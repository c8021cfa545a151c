"""The YAML files of a data set and an experiment, every line with its reason."""

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path

import yaml  # type: ignore[import-untyped]

from bench.config import DataConfig
from bench.errors import UserError, said
from bench.escape.characters import shortened, visible_line
from bench.init.grid import Proposal
from bench.init.naming import WRITTEN
from bench.init.overview import Overview

MAX_NAMED = 12
REASONS = {
    "path": "it is read, and never written to",
    "encoding": "of the file; of several, the first that fits",
    "delimiter": "between columns",
    "quoting": "as asked",
    "multi_label": "rows with several labels, or none, are left out",
    "drop_empty": "rows without a text are left out, and counted",
    "drop_unlabelled": "rows without a label are left out, and counted",
    "strip_labels": "blanks at the ends of labels do not count",
    "merge_labels": "labels that look alike are one",
    "splits": "the others have no labels",
    "exclude_labels": "with too few different texts to learn from and to test on",
}
OF_SETS = {
    "multi_label": "rows keep all of their labels, and may have none",
    "label_separator": "between labels",
    "label_columns": "columns of 0 and 1",
}
"""Where rows have several labels."""
PROPOSED = {
    "group_column": "nobody's texts on both sides of the split",
    "time_column": "the latest texts are tested on",
}


def data_file(name: str, seen: Overview) -> str:
    """The text of `conf/data/<name>.yaml`."""
    first = list(seen.counts.items())[:MAX_NAMED]
    counts = ", ".join(f"{shortened(visible_line(label), 60)} {count:,}" for label, count in first)
    more = f" and {len(seen.counts) - MAX_NAMED} more" if len(seen.counts) > MAX_NAMED else ""
    lines = [
        f"# {WRITTEN}: {len(seen.source):,} rows, {len(seen.seen.texts):,} of them usable. Lines may be changed.",
        f"# {visible_line(seen.source.description)}.",
        f"# {len(seen.counts):,} labels: {counts}{more}",
        "defaults: [base/options@_here_, _self_]",
        "",
        f"name: {_scalar(name)}",
    ]
    reasons = REASONS | _reasons(seen) | (OF_SETS if seen.columns.keeps_sets else {})
    lines += [_line(option, value, reasons.get(option, "")) for option, value in _given(seen.data).items()]
    for option, guess in seen.columns.proposed.items():
        lines.append(f"# {_line(option, guess.column, f'{PROPOSED[option]}: {guess.reason}')}")
    return "\n".join(lines) + "\n"


def experiment_file(name: str, proposal: Proposal, settings: Mapping[str, object]) -> str:
    """The text of `conf/experiment/<name>.yaml`; `settings` are where and how its cells are run."""
    sizes, seeds = ",".join(map(str, proposal.train_sizes)), ",".join(map(str, proposal.seeds))
    lines = [
        "# @package _global_",
        f"# {WRITTEN}: is fine-tuning worth it over TF-IDF on these texts? Lines may be changed.",
        "defaults:",
        f"  - override /data: {_scalar(name)}",
        "  - override /split: natural   # one test set for all sizes and seeds; labels in the proportions of the data",
        "",
        f"experiment: {_scalar(name)}",
        *(_line(option, value, "") for option, value in settings.items()),
        *_training(proposal),
        "",
        "hydra:",
        "  sweeper:",
        "    params:",
        f"      {_line('num_labels', proposal.num_labels, proposal.why_labels)}",
        *([f"      {_line('train_size', sizes, 'training examples over all labels')}"] if sizes else []),
        f"      {_line('seed', seeds, '')}",
        "    rows:",
    ]
    for row in proposal.rows:
        values = ", ".join(f"{option}: {_quoted(value)}" for option, value in row.values.items())
        lines.append(f"      - {{{values}}}  # {row.why}")
    return "\n".join(lines) + "\n"


def write_files(files: Mapping[Path, str]) -> None:
    """Write `files`. Raises UserError where one can't be written."""
    for path, text in files.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            raise UserError(f"{path} cannot be written: {said(error)}; --conf gives another folder") from error


def _given(data: DataConfig) -> dict[str, object]:
    """The options of `data` that are not at their defaults, but for its name."""
    values = {each.name: getattr(data, each.name) for each in fields(data) if each.name != "name"}
    always = ("source", "text_column", *(() if data.label_columns else ("label_column",)))
    defaults = {each.name: each.default for each in fields(data)}
    chosen = {name: value for name, value in values.items() if name in always or value != defaults[name]}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in chosen.items()}


def _reasons(seen: Overview) -> dict[str, str]:
    columns = seen.columns
    guesses = {"text_column": columns.text, "label_column": columns.label, "split_column": columns.split}
    guesses |= {"group_column": columns.group, "time_column": columns.time}
    return {option: guess.reason for option, guess in guesses.items() if guess is not None}


def _training(proposal: Proposal) -> list[str]:
    lines = [f"  {_line(option, value, why)}" for option, (value, why) in proposal.training.items()]
    return ["training:", *lines] if lines else []


def _line(option: str, value: object, reason: str) -> str:
    written = f"{option}: {_scalar(value)}"
    return f"{written.ljust(27)} # {visible_line(reason)}" if reason else written


def _scalar(value: object) -> str:
    """A value as YAML writes it on one line; what looks like an interpolation is none."""
    plain = _uninterpolated(value)
    text = _dumped(plain, None)
    return text if "\n" not in text else _dumped(plain, '"')


def _dumped(value: object, style: str | None) -> str:
    text: str = yaml.safe_dump(
        value, default_flow_style=True, allow_unicode=True, width=10**6, default_style=style, sort_keys=False
    )
    return text.removesuffix("\n").removesuffix("\n...")


def _uninterpolated(value: object) -> object:
    if isinstance(value, str):
        return value.replace("${", "\\${")
    if isinstance(value, list):
        return [_uninterpolated(each) for each in value]
    if isinstance(value, dict):
        return {key: _uninterpolated(each) for key, each in value.items()}
    return value


def _quoted(value: str) -> str:
    return f'"{value}"' if "," in value else value
