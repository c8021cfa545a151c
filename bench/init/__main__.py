"""`python -m bench.init FILE`: looks at texts, says what it saw, and writes a data set and an experiment for them.

Exit codes: 0 done, 2 bad input. The file is read, and never written to.
"""

import argparse
import re
import sys
from collections.abc import Callable
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from bench.arguments import Parser, path
from bench.errors import UserError
from bench.escape.terminal import say

if TYPE_CHECKING:  # pyarrow and scikit-learn take a moment, and `--help` needs neither
    from bench.init.guess import Guess
    from bench.init.source import Raw
    from bench.init.survey import Survey

NAME = re.compile(r"[\w.-]+", re.ASCII)
HUB_ID = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line asks for; return the exit code."""
    options = _parser().parse_args(arguments)
    try:
        return _run(options)
    except UserError as error:
        say(f"error: {error}", error=True)
        return 2
    except KeyboardInterrupt:
        print("interrupted: nothing was written", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="python -m bench.init", description=(__doc__ or "").partition(": ")[2].partition("\n\n")[0])
    parser.add_argument("where", metavar="FILE|FOLDER|HUB-ID", help="a table, a folder, or a data set of the hub")
    parser.add_argument("--text", metavar="COLUMN", help="the column of texts (default: guessed, and said)")
    parser.add_argument("--label", metavar="COLUMN", help="the column of labels (likewise)")
    parser.add_argument("--name", help="of data set and experiment (default: as the file is called)")
    parser.add_argument("--yes", action="store_true", help="ask nothing")
    parser.add_argument("--overwrite", action="store_true", help="write files anew that are there already")
    parser.add_argument("--mirror-dir", type=path, metavar="FOLDER", help="a folder that stands in for the hub")
    parser.add_argument("--conf", type=path, metavar="FOLDER", default="conf", help="where to write (default: conf)")
    parser.add_argument("--reports", type=path, metavar="FOLDER", default="reports", help="where the picture goes")
    parser.add_argument("--no-plan", action="store_true", help="do not say how long the sweep would take")
    return parser


def _run(options: argparse.Namespace) -> int:
    from bench.init import show, write  # pyarrow takes a moment
    from bench.init.grid import machine, propose
    from bench.init.survey import survey

    raw = _read(options.where, options.mirror_dir)
    name = _name(options.name, options.where)
    chosen = {"text": options.text, "label": options.label}
    seen = survey(raw, **chosen)
    if not options.yes and sys.stdin.isatty() and sys.stdout.isatty():
        asked = {option: _asked(option, getattr(seen, option), chosen[option]) for option in chosen}
        if asked != {option: getattr(seen, option).column for option in chosen}:
            seen = survey(raw, **asked)
    for part in (show.summary(seen), show.findings(seen), show.first_number(seen.first), show.suspects(seen)):
        if part:
            say("\n".join(part) + "\n")
    place = machine(options.mirror_dir)
    proposal = propose(list(seen.counts.values()), place)
    settings = {} if options.mirror_dir is None else {"mirror_dir": options.mirror_dir}
    files = {
        f"data/{name}.yaml": write.data_file(name, seen),
        f"experiment/{name}.yaml": write.experiment_file(name, proposal, settings),
    }
    written = write.write_files(Path(options.conf), files, overwrite=options.overwrite)
    say(f"wrote {' and '.join(map(str, written))}")
    picture = _picture(seen, Path(options.reports, name))
    say(f"picture of the data: {picture}\n")
    return 0 if options.no_plan else _plan(name, options)


def _read(where: str, mirror_dir: str | None) -> "Raw":
    from bench.init.hub import read_hub
    from bench.init.source import read_source

    if not Path(where).expanduser().exists() and HUB_ID.fullmatch(where):
        return read_hub(where, mirror_dir)
    return read_source(where)


def _name(given: str | None, where: str) -> str:
    """What data set and experiment are called. Raises UserError."""
    if given is not None:
        if not NAME.fullmatch(given):
            raise UserError(f"--name {given!r}: letters, digits and ._- make a name")
        return given
    stem = PurePath(where.rstrip("/")).name.removesuffix(".gz")
    plain = re.sub(r"[^A-Za-z0-9_-]+", "_", PurePath(stem).stem).strip("_").lower()
    return plain or "mine"


def _asked(option: str, guess: "Guess", given: str | None) -> str:
    """The column, by asking where it was guessed and another could be meant."""
    if given is not None or not guess.others:
        return str(guess.column)
    answer = input(f"{option} column [{guess.column}] (or {', '.join(guess.others)}): ").strip()
    return answer or str(guess.column)


def _picture(seen: "Survey", folder: Path) -> Path:
    from bench.init.picture import draw

    return draw(seen, folder)


def _plan(name: str, options: argparse.Namespace) -> int:
    """What a sweep of the new experiment would run."""
    from bench.__main__ import main as bench

    if Path(options.conf) != Path("conf"):
        say(f"next: python -m bench -m +experiment={name} --config-dir {options.conf}")
        return 0
    sys.argv[:] = ["bench", "-m", f"+experiment={name}", "command=plan"]
    program: Callable[[], int] = bench
    try:
        code = program()
    except SystemExit as end:
        code = int(end.code or 0)
    say(f"\nnext: bench sweep {name}   (or: make sweep EXPERIMENT={name})")
    return code


if __name__ == "__main__":
    sys.exit(main())
