"""`bench label`: which unlabelled texts are worth a label, or which labels of an experiment look wrong.

    bench label [EXPERIMENT] [OPTION=VALUE ...] --pool FILE [--n 200] [--features MODEL] [--out to_label.csv]
    bench label [EXPERIMENT] [OPTION=VALUE ...] --join to_label.csv --out FILE.csv
    bench label [EXPERIMENT] [OPTION=VALUE ...] --wrong [--n 200] [--out wrong.csv]

The data set is that of `bench sweep` with the same words. The CSV file has the pool's columns, an empty column
for the label, what a model guesses, with its probability, and the rank. Exit codes: 0 done, 2 bad input.
"""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from bench.arguments import option_of, parser_of, path, width
from bench.data.readers.delimited import QUOTING
from bench.ending import exit_code
from bench.errors import UserError
from bench.escape.literals import override_text
from bench.escape.shell import command
from bench.escape.terminal import say
from bench.kind import MULTI_LABEL
from bench.label.experiment import RECOMMENDED, Experiment, experiment
from bench.options.refusal import refusals
from bench.predict import file_options
from bench.running.garbage import leave_at_exit
from bench.wording import counted

if TYPE_CHECKING:
    from bench.label.reading import GivenFile

AT_RANDOM = "drawn at random: with several labels a text no choice was better at every size (--by margin or badge)"


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line asks for; return the exit code."""
    options = _parser().parse_intermixed_args(arguments)
    return exit_code(lambda: _run(options), interrupted="nothing was written")


def _parser() -> argparse.ArgumentParser:
    usage = "bench label [EXPERIMENT] [OPTION=VALUE ...] --pool FILE | --join FILE | --wrong [OPTIONS]"
    parser = parser_of(__doc__, "bench label", usage)
    parser.add_argument("words", nargs="*", metavar="OPTION=VALUE", default=[], help="EXPERIMENT, Hydra overrides")
    what = parser.add_mutually_exclusive_group(required=True)
    pool = "unlabelled texts: .csv, .tsv, .json, .jsonl, .parquet, or .txt (one a line)"
    what.add_argument("--pool", type=path, metavar="FILE", help=pool)
    join = "the rows of the data's own file, and below them those of this file that have a label now"
    what.add_argument("--join", type=path, metavar="FILE", help=join)
    what.add_argument("--wrong", action="store_true", help="labels that are likely wrong (confident learning)")
    parser.add_argument(
        "--n", type=width, metavar="N", help="texts to label (default: 200 at most), or labels to look at (all)"
    )
    row = f"guess by this row of the report, or `{RECOMMENDED}` (default: logistic regression on --features)"
    learner = parser.add_mutually_exclusive_group()
    learner.add_argument("--row", metavar="NAME", help=row)
    learner.add_argument("--model", type=path, metavar="FOLDER", help="guess by this kept model, as it is")
    features = "texts are unlike each other by what this frozen model makes of them (minilm); default: by TF-IDF"
    parser.add_argument("--features", metavar="MODEL", help=features)
    how = "badge: unsure and unlike each other; margin: unsure alone; random (default: badge; of several labels random)"
    parser.add_argument("--by", choices=("badge", "margin", "random"), help=how)
    out = "write it there (default: to_label.csv, joined.csv, wrong.csv)"
    parser.add_argument("--out", type=path, metavar="FILE.csv", help=out)
    column = "the column of FILE that has the text, where it is called otherwise than in the data"
    parser.add_argument("--text-column", metavar="NAME", help=column)
    parser.add_argument("--encoding", help="of FILE, as data.encoding (default: utf-8, or that of the data)")
    parser.add_argument("--delimiter", help="between columns of FILE, as data.delimiter (default: found)")
    parser.add_argument("--quoting", choices=QUOTING, help="of FILE, as data.quoting")
    parser.add_argument("--force", action="store_true", help="write over --out where it is there already")
    parser.add_argument("--config-dir", metavar="FOLDER", type=path, help="files of your own, as of bench sweep")
    return parser


def _file(name: str, options: argparse.Namespace) -> "GivenFile":
    from bench.label.reading import GivenFile  # heavier than `--help` needs

    given = {option: value for option in file_options.NAMES if (value := getattr(options, option)) is not None}
    return GivenFile(option=f"--{name}", path=getattr(options, name), **given)


@refusals()
def _run(options: argparse.Namespace) -> int:
    _check_effect(options)
    asked = experiment(options.words, options.config_dir)
    from bench.label import files  # heavier than `--help` needs

    if options.wrong:
        do, usual = _suspect, "wrong.csv"
    elif options.join is not None:
        do, usual = _join, "joined.csv"
    else:
        do, usual = _choose, "to_label.csv"
    inputs = (options.pool, options.join, asked.data.path, asked.data.test_path)
    target = files.checked(options.out or usual, force=options.force, inputs=inputs)
    say(f"{target}: {do(options, asked, target)}")
    return 0


def _check_effect(options: argparse.Namespace) -> None:
    """Raise UserError where an option that was given has no effect."""
    given = [f"--{name}" for name in ("row", "model", "features", "by") if getattr(options, name) is not None]
    if options.pool is None and given:
        raise UserError(f"{given[0]} goes with --pool")
    if options.join is not None and options.n is not None:
        raise UserError("--n goes with --pool and --wrong")
    odd = [name for name in file_options.NAMES if options.wrong and getattr(options, name) is not None]
    if odd:
        raise UserError(f"{option_of(odd[0])} goes with --pool and --join")


def _choose(options: argparse.Namespace, asked: Experiment, target: Path) -> str:
    """Write the texts of `--pool` that are worth a label; what was written, in words."""
    from bench.label import files, texts
    from bench.label.cells import how_to_fill

    pool = texts.unlabelled(_file("pool", options), asked)
    if not pool.texts:
        raise UserError(f"{options.pool} has nothing to label: {pool.said()}")
    count = options.n or min(texts.USUAL, len(pool.texts))
    if count > len(pool.texts):
        raise UserError(f"--n {count} is more than {options.pool} has to label: {pool.said()}")
    by = texts.By(row=options.row, model=options.model, features=options.features)
    guessed = texts.guessed_by(by, pool, asked)
    several = asked.data.kind == MULTI_LABEL
    table = texts.to_label(pool, guessed, asked.data, count, options.by or ("random" if several else "badge"))
    files.write(target, table.columns, table.rows)
    said = f"{counted(count, 'text')} to label {how_to_fill(asked.data)}, of {pool.said()}"
    if several and options.by is None:
        said += f"\n  {AT_RANDOM}"
    if asked.data.source != "file" or asked.data.test_path is not None:  # --join takes one file
        return said
    then = command(["bench", "label", *options.words, "--join", str(target), "--out", "FILE.csv"])
    return f"{said}\n  when that is filled in: {then}"


def _join(options: argparse.Namespace, asked: Experiment, target: Path) -> str:
    """Write the data's rows with those of `--join` below them; what was written, in words."""
    from bench.label import files, join

    joined = join.joined(_file("join", options), asked)
    files.write_as_data(target, joined.columns, joined.rows, asked.data)
    others = [word for word in options.words if not word.startswith("data.path=")]
    then = command(["bench", "sweep", *others, f"data.path={override_text(str(target))}"])
    return f"{joined.said()}\n  {then}"


def _suspect(options: argparse.Namespace, asked: Experiment, target: Path) -> str:
    """Write the labels that are likely wrong; what was written, in words."""
    from bench.label import files, wrong

    found = wrong.suspects(asked, options.n)
    files.write(target, found.columns, found.rows)
    return f"{counted(len(found.rows), 'label')} of {found.looked_at:,} look wrong, the surest first"


if __name__ == "__main__":
    leave_at_exit()
    sys.exit(main())
