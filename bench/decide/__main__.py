"""`bench decide`: a sweep that spends cells only where they may still change the answer.

    bench decide [EXPERIMENT] [OPTION=VALUE ...] [budget_hours=8] [margin=0.01] [question=best] ...

Seeds of every row at every point of the grid are added round by round; a row that is behind by more than noise is
dropped, and a point is closed when one row is best, when the best ones are as good as each other, or when more seeds
would hardly tell. The same command goes on where it was; command=plan says what to expect, and runs nothing.

    question=best             which row is best at each point (default)
    question=best_at_largest  the same at the largest training size alone
    question=beats_baseline   whether any row beats the baseline
    question=cheapest         a cheap row that is at most the margin behind the best
    margin=0.01               rows that differ by less are as good as each other
    max_seeds=10              seeds of a row at a point, at most; or seed=0,1,2 names them
    prune=true                end trainings early whose validation leaves them no chance
    budget_hours=8            hours of a device that cells of this race may take in all

Exit codes: 0 done, or nothing more to be had; 1 a cell failed; 2 bad input; 130 interrupted.
"""

import argparse
import sys

from bench.arguments import parser_of, path
from bench.ending import exit_code
from bench.options.refusal import refusals
from bench.running.garbage import leave_at_exit


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line asks for; return the exit code."""
    options = _parser().parse_intermixed_args(arguments)
    return exit_code(lambda: _run(options))


def _parser() -> argparse.ArgumentParser:
    parser = parser_of(__doc__, "bench decide", "bench decide [EXPERIMENT] [OPTION=VALUE ...]")
    parser.add_argument("words", nargs="*", metavar="OPTION=VALUE", default=[], help="EXPERIMENT, options, overrides")
    parser.add_argument("--config-dir", metavar="FOLDER", type=path, help="files of your own, as of bench sweep")
    return parser


@refusals()
def _run(options: argparse.Namespace) -> int:
    from bench.decide.race import decide  # heavier than `--help` needs

    return decide(options.words, options.config_dir)


if __name__ == "__main__":
    leave_at_exit()
    sys.exit(main())
