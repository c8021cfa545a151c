"""`bench init FILE`: looks at texts, says what it saw, and writes a data set and an experiment for them.

Exit codes: 0 done, 2 bad input. The file is read, and never written to.
"""

import argparse
import dataclasses
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.arguments import Parser, path
from bench.ending import exit_code
from bench.escape.characters import visible_line
from bench.escape.terminal import say
from bench.init.naming import name_of, reading_options, refuse_existing, refuse_missing
from bench.running.garbage import gc_disabled

if TYPE_CHECKING:  # pyarrow and scikit-learn take a moment, and `--help` needs neither
    from bench.init.asked import Asked
    from bench.init.guess import Guess
    from bench.init.overview import Overview
    from bench.init.several import LabelSets
    from bench.init.source import Source


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line asks for; return the exit code."""
    options = _parser().parse_args(arguments)
    with gc_disabled():  # a table is much that stays
        return exit_code(lambda: _run(options))


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="bench init", description=(__doc__ or "").partition(": ")[2].partition("\n\n")[0])
    parser.add_argument("where", metavar="FILE|FOLDER|HUB-ID", help="a table, a folder, or a data set of the hub")
    parser.add_argument(
        "reading",
        nargs="*",
        default=[],  # else argparse says that it is required
        metavar="data.OPTION=VALUE",
        help="how it is read: data.encoding, data.delimiter, ...",
    )
    parser.add_argument("--text", metavar="COLUMN", help="the column of texts, or subject,body (default: guessed)")
    parser.add_argument("--label", metavar="COLUMN", help="the column of labels, or bug,urgent with --several")
    parser.add_argument("--several", action="store_true", help="rows have several labels or none, and keep them all")
    parser.add_argument("--split", metavar="COLUMN", help="which rows are for training and testing (default: guessed)")
    parser.add_argument("--group", metavar="COLUMN", help="whose texts they are: nobody's are on both sides")
    parser.add_argument("--time", metavar="COLUMN", help="when they were written: the latest are for testing")
    parser.add_argument("--name", help="of data set and experiment (default: as the file is called)")
    parser.add_argument("--yes", action="store_true", help="ask nothing")
    parser.add_argument("--overwrite", action="store_true", help="write files anew that are there already")
    parser.add_argument("--mirror-dir", type=path, metavar="FOLDER", help="a folder that stands in for the hub")
    parser.add_argument("--conf", type=path, metavar="FOLDER", default="conf", help="where to write (default: conf)")
    parser.add_argument("--reports", type=path, metavar="FOLDER", default="reports", help="where the picture goes")
    parser.add_argument("--no-plan", action="store_true", help="do not say how long the sweep would take")
    return parser


def _run(options: argparse.Namespace) -> int:
    name = name_of(options.name, options.where)
    given = reading_options(options.reading)
    conf = Path(options.conf)
    paths = [conf / "data" / f"{name}.yaml", conf / "experiment" / f"{name}.yaml"]
    refuse_missing(options.where)
    refuse_existing(name, paths, overwrite=options.overwrite)
    _look_and_write(name, given, paths, options)
    return 0 if options.no_plan else _plan(name, options)


def _look_and_write(name: str, given: Mapping[str, str], paths: list[Path], options: argparse.Namespace) -> None:
    """All but the plan, for which what was read is let go again."""
    seen = _overview(name, given, options)
    _say(seen)
    picture = _picture(seen, Path(options.reports, name))
    _write(name, paths, seen, options)
    say(f"wrote {' and '.join(map(str, paths))}")
    say(f"picture of the data: {picture}\n")


def _overview(name: str, given: Mapping[str, str], options: argparse.Namespace) -> "Overview":
    from bench.init.asked import Asked
    from bench.init.overview import look
    from bench.init.source import read_source
    from bench.sources.cache import cache_folder

    source = read_source(options.where, {"name": name, **given}, cache_folder(None), options.mirror_dir)
    asked = Asked(**{each.name: getattr(options, each.name) for each in dataclasses.fields(Asked)})
    if not options.yes and sys.stdin.isatty() and sys.stdout.isatty():
        asked = _answered(source, asked)
    return look(source, asked)


def _answered(source: "Source", asked: "Asked") -> "Asked":
    """The columns of texts and labels, by asking where they are guessed and others could be meant."""
    from bench.init.columns import choose

    columns = choose(source, asked)
    if columns.sets is not None and columns.sets.is_proposed and not asked.several and _is_wanted(columns.sets):
        label = columns.sets.column or ",".join(columns.sets.columns)
        asked = dataclasses.replace(asked, several=True, label=label)
        columns = choose(source, asked)
    guesses: dict[str, Guess] = {"text": columns.text, "label": columns.label}
    answers: dict[str, Any] = {}
    for option, guess in guesses.items():
        if getattr(asked, option) is None and guess.others:
            question = f"{option} column [{guess.column}] (or {', '.join(guess.others)}): "
            answers[option] = input(question).strip() or guess.column
    return dataclasses.replace(asked, **answers)


def _is_wanted(sets: "LabelSets") -> bool:
    """Whether somebody wants several labels a row, by asking."""
    found = f"{sets.share:.0%} of the rows have several labels in {visible_line(sets.label.column)}"
    return input(f"{found}: keep them all? [y/N] ").strip().lower() in ("y", "yes")


def _say(seen: "Overview") -> None:
    from bench.init import show

    for part in (show.summary(seen), show.findings(seen), show.first_number(seen.first), show.suspects(seen)):
        if part:
            say("\n".join(part) + "\n")


def _picture(seen: "Overview", folder: Path) -> Path:
    from bench.init.picture import draw

    return draw(seen, folder)


def _write(name: str, paths: list[Path], seen: "Overview", options: argparse.Namespace) -> None:
    from bench.init.files import data_file, experiment_file, write_files
    from bench.init.grid import machine, propose

    usable = [count for label, count in seen.counts.items() if label not in seen.unusable]
    proposal = propose(
        usable,
        machine(options.mirror_dir),
        are_some_unusable=bool(seen.unusable),
        rows_of_sets=len(seen.seen.texts) if seen.columns.keeps_sets else None,
    )
    settings = {} if options.mirror_dir is None else {"mirror_dir": options.mirror_dir}
    texts = (data_file(name, seen), experiment_file(name, proposal, settings))
    write_files(dict(zip(paths, texts, strict=True)))


def _plan(name: str, options: argparse.Namespace) -> int:
    """What a sweep of the new experiment would run."""
    from bench.__main__ import main as bench

    if Path(options.conf) != Path("conf"):
        say(f"next: bench sweep {name} --config-dir {options.conf}")
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
