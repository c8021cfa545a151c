"""The YAML files of a data set and an experiment, every line with its reason."""

from collections.abc import Mapping
from pathlib import Path

import yaml  # type: ignore[import-untyped]

from bench.errors import UserError, said
from bench.escape.characters import visible_line
from bench.init.grid import Proposal
from bench.init.survey import Survey

REASONS = {
    "drop_empty": "rows without a text are left out, and counted",
    "drop_unlabelled": "rows without a label are left out, and counted",
    "strip_labels": "blanks at the ends of labels do not count",
    "merge_labels": "labels that look alike are one",
    "delimiter": "between columns",
    "encoding": "of the file",
    "path": "it is read, and never written to",
    "source": "",
    "reader": "",
    "split_column": "which rows are for training and testing",
}


def data_file(name: str, seen: Survey) -> str:
    """The text of `conf/data/<name>.yaml`."""
    counts = ", ".join(f"{visible_line(label)} {count:,}" for label, count in list(seen.counts.items())[:12])
    more = f" and {len(seen.counts) - 12} more" if len(seen.counts) > 12 else ""
    lines = [
        f"# Written by `bench init`: {len(seen.raw):,} rows, {len(seen.texts):,} of them usable. Lines may be changed.",
        f"# {seen.raw.description}.",
        f"# {len(seen.counts)} labels: {counts}{more}",
        "defaults: [base/options@_here_, _self_]",
        "",
        f"name: {_scalar(name)}",
    ]
    options: dict[str, object] = {"source": "file"} | dict(seen.raw.options)
    lines += [_line(option, value, REASONS.get(option, "")) for option, value in options.items()]
    lines.append(_line("text_column", seen.text.column, seen.text.reason))
    lines.append(_line("label_column", seen.label.column, seen.label.reason))
    lines += [_line(option, value, REASONS.get(option, "")) for option, value in seen.options.items()]
    return "\n".join(lines) + "\n"


def experiment_file(name: str, proposal: Proposal, settings: Mapping[str, object]) -> str:
    """The text of `conf/experiment/<name>.yaml`; `settings` are where and how its cells are run."""
    sizes, seeds = ",".join(map(str, proposal.train_sizes)), ",".join(map(str, proposal.seeds))
    lines = [
        "# @package _global_",
        "# Written by `bench init`: is fine-tuning worth it over TF-IDF on these texts? Lines may be changed.",
        "defaults:",
        f"  - override /data: {_scalar(name)}",
        "  - override /split: natural   # one test set for all sizes and seeds; labels in the proportions of the data",
        "",
        f"experiment: {_scalar(name)}",
        *(_line(option, value, "") for option, value in settings.items()),
        "",
        "hydra:",
        "  sweeper:",
        "    params:",
        "      num_labels: all",
        f"      train_size: {_scalar(sizes)}      # training examples over all labels",
        f"      seed: {_scalar(seeds)}",
        "    rows:",
    ]
    for row in proposal.rows:
        values = ", ".join(f"{option}: {_quoted(value)}" for option, value in row.values.items())
        lines.append(f"      - {{{values}}}  # {row.why}")
    return "\n".join(lines) + "\n"


def write_files(folder: Path, files: Mapping[str, str], *, overwrite: bool) -> list[Path]:
    """Write `files`, by their path below `folder`. Raises UserError where one is there already, or can't be written."""
    paths = [folder / name for name in files]
    there = [str(path) for path in paths if path.exists()]
    if there and not overwrite:
        raise UserError(f"{' and '.join(there)}: there already; --overwrite writes it anew, --name gives another name")
    for path, text in zip(paths, files.values(), strict=True):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            raise UserError(f"{path} cannot be written: {said(error)}") from error
    return paths


def _line(option: str, value: object, reason: str) -> str:
    written = f"{option}: {_scalar(value)}"
    return f"{written.ljust(28)}# {visible_line(reason)}" if reason else written


def _scalar(value: object) -> str:
    """A value as YAML writes it on one line."""
    text: str = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=10**6)
    return text.removesuffix("\n").removesuffix("\n...")


def _quoted(value: str) -> str:
    return f'"{value}"' if "," in value else value
