"""`bench best`: name the best row of an experiment by its report's own rule, and train it on all rows.

    bench best [EXPERIMENT] [OPTION=VALUE ...] [--metric NAME] [--max-price N | --no-gpu] [--row NAME] ...

Cells are those of `bench sweep` with the same words; none is run. The row is then trained once more on all
training, validation and test examples together, with the learning rate and the epochs that validation chose, and kept
in models/EXPERIMENT with a card. Exit codes: 0 done, 1 training failed, 2 bad input.
"""

import argparse
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from bench.arguments import parser_of, path
from bench.ending import ended_as_interrupted, exit_code
from bench.escape.terminal import say
from bench.options.refusal import refusals
from bench.running.garbage import leave_at_exit

if TYPE_CHECKING:
    from bench.cell import Cell
    from bench.report.inputs.records import ExpectedCell
    from bench.report.statistics.ceilings import Ceiling
    from bench.settings import Settings


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line asks for; return the exit code."""
    options = _parser().parse_intermixed_args(arguments)
    with ended_as_interrupted():
        return exit_code(lambda: _run(options), interrupted="nothing was kept")


def _parser() -> argparse.ArgumentParser:
    parser = parser_of(__doc__, "bench best", "bench best [EXPERIMENT] [OPTION=VALUE ...] [OPTIONS]")
    parser.add_argument("words", nargs="*", metavar="OPTION=VALUE", default=[], help="EXPERIMENT, Hydra overrides")
    parser.add_argument("--metric", metavar="NAME", help="compare rows by it, as metric=NAME")
    ceiling = parser.add_mutually_exclusive_group()
    price = "rows whose training costs no more (the baseline always); with price_per_gpu_hour=N"
    ceiling.add_argument("--max-price", type=_amount, metavar="N", help=price)
    ceiling.add_argument("--max-seconds", type=_amount, metavar="N", help="rows that train in no more time")
    ceiling.add_argument("--no-gpu", action="store_true", help="rows that ran without a GPU, by their records")
    parser.add_argument("--row", metavar="NAME", help='this row, as the report calls it: --row "minilm lora"')
    parser.add_argument("--labels", type=int, metavar="N", help="at this label count (default: the most)")
    parser.add_argument("--examples", type=int, metavar="N", help="at this training size (default: the most)")
    refit = "train it on all rows (default), or only name it"
    parser.add_argument("--refit", choices=("all", "none"), default="all", help=refit)
    parser.add_argument("--dry-run", dest="refit", action="store_const", const="none", help="as --refit=none")
    parser.add_argument("--out", type=path, metavar="FOLDER", help="keep it there (default: models/EXPERIMENT)")
    parser.add_argument("--overwrite", action="store_true", help="in place of a model that was kept there")
    parser.add_argument("--config-dir", metavar="FOLDER", type=path, help="files of your own, as of bench sweep")
    return parser


def _amount(text: str) -> float:
    value = float(text) if re.fullmatch(r"\d+(\.\d*)?|\.\d+", text) else -1.0
    if value < 0:
        raise argparse.ArgumentTypeError(f"{text[:60]} must be a number, at least 0")
    return value


@refusals()
def _run(options: argparse.Namespace) -> int:
    cells, expected, settings = _composed(options)
    # heavier than `--help` needs
    from bench.best.choose import Wanted, choose
    from bench.best.words import reasons
    from bench.report.options import ReportOptions

    wanted = Wanted(
        ceiling=_ceiling(options),
        row=options.row,
        num_labels=options.labels,
        train_size=options.examples,
    )
    choice = choose(cells, expected, ReportOptions.of(settings, settings.title), wanted)
    why = reasons(choice)
    for sentence in why:
        say(sentence)
    if options.refit == "none":
        return 0
    from bench.best.finish import finish
    from bench.models.refitted import FOLDER

    folder = Path(options.out) if options.out is not None else FOLDER / settings.title
    return finish(choice, why, settings, folder, overwrite=options.overwrite)


def _ceiling(options: argparse.Namespace) -> "Ceiling":
    from bench.report.statistics.ceilings import ANY, NO_GPU, Ceiling

    if options.no_gpu:
        return NO_GPU
    if options.max_price is not None:
        return Ceiling("price", options.max_price)
    return ANY if options.max_seconds is None else Ceiling("seconds", options.max_seconds)


def _composed(options: argparse.Namespace) -> "tuple[list[Cell], list[ExpectedCell], Settings]":
    """The experiment's cells, as a sweep has them. Raises what `bench.options.refusal.REFUSED` names."""
    from bench.sweep.composed import composed
    from bench.sweep.launch import expected_cells, read
    from bench.sweep.shard import refuse_shard

    _, cells, settings = read(composed(_words(options)).configs)
    refuse_shard(settings, "the best row is that of the whole grid")
    return cells, expected_cells(cells, settings), settings


def _words(options: argparse.Namespace) -> list[str]:
    """What the program of a sweep takes."""
    from bench.sweep.composed import with_experiment

    words = with_experiment(options.words, options.config_dir)
    if options.metric is not None:
        words.append(f"metric={options.metric}")
    return words


if __name__ == "__main__":
    leave_at_exit()
    sys.exit(main())
