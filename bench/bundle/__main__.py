"""`bench bundle`: everything that a sweep needs, in one folder, for a machine without a network.

    bench bundle [EXPERIMENT] [OPTION=VALUE ...] --to FOLDER [--plan] [--python 3.12] [--platform TAG] [--no-wheels] ...
    bench bundle --check FOLDER

Packages as wheels, models and data of the cells of `bench sweep` with the same words, files of your own, and a README
with the commands. The same command again goes on where one was cut off. Exit codes: 0 done, 1 --check found something
wrong, 2 bad input.
"""

import argparse
import sys
from pathlib import Path

from bench.arguments import parser_of, path
from bench.ending import exit_code
from bench.errors import UserError, said
from bench.escape.terminal import say
from bench.options.refusal import refusals
from bench.running.garbage import leave_at_exit
from bench.wording import counted


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line asks for; return the exit code."""
    options = _parser().parse_intermixed_args(arguments)
    left = "" if options.check is not None else "the same command goes on with what is there"
    return exit_code(lambda: _run(options), interrupted=left)


def _parser() -> argparse.ArgumentParser:
    usage = "bench bundle [EXPERIMENT] [OPTION=VALUE ...] --to FOLDER | --check FOLDER"
    parser = parser_of(__doc__, "bench bundle", usage)
    parser.add_argument("words", nargs="*", metavar="OPTION=VALUE", default=[], help="EXPERIMENT, Hydra overrides")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--to", type=path, metavar="FOLDER", help="make it there")
    what.add_argument("--check", type=path, metavar="FOLDER", help="whether it is whole, and for this machine")
    parser.add_argument("--plan", action="store_true", help="only say what it would hold, and how big that is")
    parser.add_argument("--python", metavar="3.12", help="the other machine's (default: as here)")
    tag = "newest tag of wheels that it takes, as manylinux_2_28_x86_64 (default: as here)"
    parser.add_argument("--platform", metavar="TAG", help=tag)
    parser.add_argument("--no-wheels", action="store_true", help="no packages: they are there, or brought otherwise")
    extras = "further extras to bring, as serve,tune; those that the cells need are brought anyway"
    parser.add_argument("--extras", metavar="NAMES", default="", help=extras)
    pins = "NAME==VERSION lines (default: the checkout's constraints.txt, or what is installed here)"
    parser.add_argument("--constraints", type=path, metavar="FILE", help=pins)
    parser.add_argument("--config-dir", metavar="FOLDER", type=path, help="files of your own, as of bench sweep")
    return parser


@refusals()
def _run(options: argparse.Namespace) -> int:
    return _check(Path(options.check)) if options.check is not None else _make(options)


def _make(options: argparse.Namespace) -> int:
    # heavier than `--help` needs
    from bench.bundle.asked import asked
    from bench.bundle.make import extra, listed, make, planned
    from bench.extras import EXTRAS
    from bench.sources.target import target_of

    extras = [name for name in options.extras.split(",") if name]
    if unknown := [name for name in extras if name not in EXTRAS.values()]:
        raise UserError(
            f"--extras {unknown[0]}: there is no such extra; there are {', '.join(sorted(set(EXTRAS.values())))}"
        )
    if options.no_wheels and (options.python or options.platform or options.constraints or extras):
        raise UserError("--no-wheels brings no packages: leave out --python, --platform, --extras and --constraints")
    target = None if options.no_wheels else target_of(options.python, options.platform)
    bundle = Path(options.to)
    try:
        sweep = asked(options.words, options.config_dir, brings_program=target is not None)
        if sweep.left:
            say(f"note: left out, for they name places of this machine: {', '.join(sweep.left)}", error=True)
        with planned(sweep, target, extras, options.constraints and Path(options.constraints)) as plan:
            say(listed(plan, bundle))
            if options.plan:
                return 0
            digest = make(plan, bundle)
            if others := extra(bundle):
                say(
                    f"note: {counted(len(others), 'file')} there, as {others[0]}, are no part of it: remove them",
                    error=True,
                )
    except OSError as error:
        raise UserError(said(error)) from error
    say(f"{bundle}: made; README.md has the commands (manifest {digest})")
    return 0


def _check(folder: Path) -> int:
    from bench.bundle import check

    try:
        found = list(check.problems(folder))
        for line in found or [check.said(folder)]:
            say(line)
    except (check.NoBundle, OSError) as error:
        raise UserError(said(error)) from error
    return int(bool(found))


if __name__ == "__main__":
    leave_at_exit()
    sys.exit(main())
