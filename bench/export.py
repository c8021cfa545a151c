"""A task's test examples as a CSV file, to have them labelled elsewhere.

    bench export data=bbc_headlines num_labels=5 out=test.csv

`out=FILE` says where to; all other words are Hydra overrides, as of `bench run`. The columns are id, text, and
labels: the names to choose from, the same for every example. The true labels are not in it. What a spreadsheet would
take for a formula ("=1+1") has an apostrophe before it, in ids too; answers may give ids with it or without. Answers
come back as a CSV file with the columns id and label (conf/model/predictions.yaml).
"""

import csv
import io
import sys
from pathlib import Path
from typing import Any

from bench.arguments import given_path
from bench.data.examples import Splits
from bench.ending import exit_code
from bench.errors import UserError, said
from bench.escape.secrets import masked_override
from bench.escape.sheet import guarded
from bench.escape.shell import command
from bench.escape.streams import print_help
from bench.escape.terminal import say
from bench.kind import MULTI_LABEL
from bench.options.folder import CONF
from bench.options.refusal import refusals, with_quotes

COLUMNS = ("id", "text", "labels")


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line says; return the exit code (2: bad input)."""
    words = [with_quotes(word) for word in (sys.argv[1:] if arguments is None else arguments)]
    if {"-h", "--help"} & set(words):
        print_help(__doc__ or "")
        return 0
    return exit_code(lambda: _run(words))


@refusals()
def _run(words: list[str]) -> int:
    path, overrides = _parse(words)
    splits = export(path, _composed(overrides))
    say(_next_steps(path, splits, overrides))
    return 0


def _parse(words: list[str]) -> tuple[Path, list[str]]:
    """The file to write, and the other words. Raises UserError."""
    given = [word.removeprefix("out=") for word in words if word.startswith("out=")]
    if len(given) != 1 or not given[0]:
        raise UserError("out=FILE is needed once: the CSV file to write")
    return given_path("out", given[0]), [word for word in words if not word.startswith("out=")]


def _composed(overrides: list[str]) -> dict[str, Any]:
    """The configuration, as `python -m bench` composes it. Raises what Hydra raises."""
    import hydra
    from omegaconf import OmegaConf

    with hydra.initialize_config_dir(config_dir=str(CONF), version_base="1.3"):
        config = hydra.compose("config", overrides)
    content = OmegaConf.to_container(config, resolve=True, throw_on_missing=True)
    assert isinstance(content, dict)
    return {str(key): value for key, value in content.items()}


def export(path: Path, content: dict[str, Any]) -> Splits:
    """Write the test examples of the task that a composed configuration describes; return its examples.

    Raises UserError where `path` is there already or can't be written, or the task can't be drawn.
    """
    from bench.compose import to_cell, to_settings
    from bench.data.read import load_pool
    from bench.data.split import draw
    from bench.models.outside import check_outside_models
    from bench.results.store import write_atomically
    from bench.sources.cache import cache_folder

    try:
        is_there = path.exists()
    except (OSError, ValueError) as error:  # another user's folder, a name that none can have
        raise UserError(f"out={path}: {said(error)}") from error
    if is_there:
        raise UserError(f"out={path} is there already")
    check_outside_models(f"out={path}", path)
    task, settings = to_cell(content).task.for_testing(), to_settings(content)
    pool = load_pool(task.data, cache=cache_folder(settings.cache_dir), mirror_dir=settings.mirror_dir)
    splits = draw(task, pool)
    try:
        write_atomically(path, to_csv(splits).encode())
    except OSError as error:
        raise UserError(f"out={path}: {error.strerror or error}") from error
    return splits


def to_csv(splits: Splits) -> str:
    """The test examples of `splits`, one row each, without their true labels; formulas have an apostrophe before."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    names = " | ".join(splits.labels)
    writer.writerows(
        (guarded(example), guarded(text), guarded(names))
        for example, text in zip(splits.test.ids, splits.test.texts, strict=True)
    )
    return out.getvalue()


def _next_steps(path: Path, splits: Splits, overrides: list[str]) -> str:
    words = [
        "python",
        "-m",
        "bench",
        "model=predictions",
        "model.name=NAME",
        "model.path=ANSWERS.csv",
        *map(masked_override, overrides),
    ]
    several = splits.kind == MULTI_LABEL
    how = '; a label is a list of them (["a", "b"] or []), or model.label_separator is between them' if several else ""
    return (
        f"{path}: {len(splits.test)} test examples, each to be labelled with {'any' if several else 'one'} of "
        f"{', '.join(splits.labels)}. Answers, as a CSV file with the columns id and label{how}, are judged by\n"
        f"  {command(words)}"
    )


if __name__ == "__main__":
    sys.exit(main())
