"""`bench doctor`: whether a sweep could run here, and what to do where it could not. Runs no cell.

    bench doctor [EXPERIMENT] [OPTION=VALUE ...] [--json]

It looks at Python, torch, GPUs, cores, memory, disks, the hub, its token and licences, models and data, and Slurm, for
the sweep that the same words of `bench sweep` would run; without a name that is go_emotions_grid. Each line is
`ok`, `note`, or `problem`: what that sweep could not run for. Exit codes: 0 it could run, 1 it could not, 2 bad input.
"""

import argparse
import re
import sys
from collections.abc import Sequence

from bench.arguments import parser_of, path
from bench.errors import INTERRUPTED
from bench.escape.terminal import say

DEFAULT = "go_emotions_grid"
"""As EXPERIMENT in the Makefile."""


def main(arguments: list[str] | None = None) -> int:
    """Print what is found; return the exit code."""
    options = _parser().parse_intermixed_args(arguments)
    experiment, words = _chosen(options.words)
    # heavier than `--help` needs
    from bench.doctor.checks import examined
    from bench.doctor.show import as_json, shown, verdict
    from bench.doctor.sweep import composed

    lines = []
    sweep = composed(experiment, words, options.config_dir)
    try:
        for line in examined(sweep):
            lines.append(line)
            if not options.json:
                say(shown(line))
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
    say(as_json(sweep, lines) if options.json else f"\n{verdict(sweep, lines)}")
    return int(any(line.finding.state == "problem" for line in lines))


def _parser() -> argparse.ArgumentParser:
    parser = parser_of(__doc__, "bench doctor")
    parser.add_argument("words", nargs="*", metavar="OPTION=VALUE", default=[], help="experiment=NAME, Hydra overrides")
    parser.add_argument("--config-dir", metavar="FOLDER", type=path, help="files of your own, as of bench sweep")
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser


def _chosen(words: Sequence[str]) -> tuple[str, list[str]]:
    """The experiment's file, by `experiment=NAME` or a first word without `=`, and the other words."""
    experiment, rest = DEFAULT, []
    for number, word in enumerate(words):
        named = re.fullmatch(r"\+*experiment=(.+)", word)
        if named is not None:
            experiment = named[1]
        elif number == 0 and "=" not in word:
            experiment = word
        else:
            rest.append(word)
    return experiment, rest


if __name__ == "__main__":
    sys.exit(main())
