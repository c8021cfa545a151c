"""`bench`: the installed command. Each verb is the same program as its `python -m` form."""

import importlib
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.escape.characters import shortened
from bench.escape.terminal import say

HELP = ("-h", "--help", "help")


@dataclass(frozen=True, slots=True)
class Verb:
    """What follows `bench`, and the program that it is."""

    module: str
    """Its `main` does the work, and reads the words behind from `sys.argv`."""
    summary: str
    usage: str = ""
    words: tuple[str, ...] = ()
    """What stands before those that are given."""
    takes_experiment: bool = False
    """Whether a first word without `=` names a file in `conf/experiment/`."""

    def arguments(self, given: Sequence[str]) -> list[str]:
        """The program's own words for those that were given behind the verb."""
        words = list(given)
        if self.takes_experiment and words and "=" not in words[0] and not words[0].startswith("-"):
            words[0] = f"+experiment={words[0]}"
        return [*self.words, *words]


EXPERIMENT = "[EXPERIMENT] [OPTION=VALUE ...]"
VERBS = {
    "init": Verb(
        "bench.init.__main__", "look at your own texts, and write an experiment for them", "FILE|FOLDER|HUB-ID"
    ),
    "run": Verb("bench.__main__", "run one cell", "[OPTION=VALUE ...]"),
    "sweep": Verb("bench.__main__", "run what is missing of a grid, then report", EXPERIMENT, ("-m",), True),
    "plan": Verb(
        "bench.__main__",
        "what a sweep would run, on how much memory, how long",
        EXPERIMENT,
        ("-m", "command=plan"),
        True,
    ),
    "status": Verb(
        "bench.__main__", "how far a sweep is, and what runs where", EXPERIMENT, ("-m", "command=status"), True
    ),
    "report": Verb(
        "bench.__main__", "draw the report again from the records there are", EXPERIMENT, ("-m", "command=report"), True
    ),
    "predict": Verb("bench.predict.__main__", "classify texts with a cell's kept model", "CELL_FOLDER TEXT ..."),
    "compare": Verb("bench.report.compare", "which cells changed between two folders of records", "A=FOLDER B=FOLDER"),
    "models": Verb("bench.models.__main__", "the models, their licences and memory"),
    "export": Verb("bench.export", "a task's test examples as a CSV file", "out=FILE [OPTION=VALUE ...]"),
}


def main() -> int:
    """Do what the command line says; return the exit code (2: there is no such verb)."""
    given = sys.argv[1:]
    if not given or given[0] in HELP:
        print(_help())
        return 0 if given else 2
    if (verb := VERBS.get(given[0])) is None:
        say(f"error: bench {shortened(given[0], 60)}: there are {', '.join(VERBS)} (bench --help)", error=True)
        return 2
    sys.argv[:] = [f"bench {given[0]}", *verb.arguments(given[1:])]
    program: Callable[[], int] = importlib.import_module(verb.module).main
    return program()


def _help() -> str:
    lines = [f"  bench {name} {verb.usage}".ljust(52) + verb.summary for name, verb in VERBS.items()]
    return "\n".join(["usage: bench VERB ...", "", *lines, "", "bench VERB --help says more."])


def start() -> None:
    """The entry point of the installed command: as `python -m bench` is started."""
    from bench.escape.streams import mask_output
    from bench.escape.terminal import say_exception
    from bench.running.garbage import leave_at_exit

    leave_at_exit()
    mask_output()  # libraries print addresses of the hub as they are
    sys.excepthook = say_exception
    sys.exit(main())
