"""`bench`: the installed command. Each verb is the same program as its `python -m` form."""

import difflib
import importlib
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench import __version__
from bench.errors import INTERRUPTED
from bench.escape.characters import shortened
from bench.escape.streams import print_help
from bench.escape.terminal import say
from bench.help_screen import SHOWN, screen
from bench.options.order import own_options

HELP = ("-h", "--help", "help")
ALL_HELP = "--help-all"
"""Of a verb with Hydra's options: all of them, as Hydra prints them."""


@dataclass(frozen=True, slots=True)
class Verb:
    """What follows `bench`, and the program that it is."""

    module: str
    """Its `main` does the work, and reads the words behind from `sys.argv`."""
    summary: str
    usage: str
    example: str
    """Words behind the verb that do something useful."""
    words: tuple[str, ...] = ()
    """What stands before those that are given."""
    takes_experiment: bool = False
    """Whether a first word without `=` names a file in `conf/experiment/`."""

    def arguments(self, given: Sequence[str]) -> list[str]:
        """The program's own words for those that were given behind the verb."""
        words = list(given)
        if self.takes_experiment and (index := _first(words)) is not None and "=" not in words[index]:
            words[index] = f"+experiment={words[index]}"
        return [*self.words, *words]

    def given(self, arguments: Sequence[str]) -> list[str]:
        """What is to be given behind the verb, for the program to have these words: the reverse of `arguments`."""
        words = [word for word in arguments if word not in self.words]
        if self.takes_experiment and (index := _first(words)) is not None:
            words[index] = words[index].removeprefix("+experiment=")
        return words


def _first(words: Sequence[str]) -> int | None:
    """The position of the first word that is no option of Hydra's own."""
    return next((index for index, is_own in enumerate(own_options(words)) if not is_own), None)


EXPERIMENT = "[EXPERIMENT] [OPTION=VALUE ...]"


def _of_sweeps(command: str, summary: str, example: str) -> Verb:
    words = ("-m",) if command == "run" else ("-m", f"command={command}")
    return Verb("bench.__main__", summary, EXPERIMENT, example, words, takes_experiment=True)


VERBS = {
    "init": Verb(
        "bench.init.__main__",
        "look at your own texts, and write an experiment for them",
        "FILE|FOLDER|HUB-ID",
        "tickets.csv",
    ),
    "run": Verb(
        "bench.__main__", "run one cell", "[OPTION=VALUE ...]", "model=minilm method=lora data=bbc_headlines seed=7"
    ),
    "sweep": _of_sweeps("run", "run what is missing of a grid, then report", "demo train_size=32,64"),
    "plan": _of_sweeps("plan", "what a sweep would run, on how much memory, how long", "demo train_size=32,64"),
    "status": _of_sweeps("status", "how far a sweep is, and what runs where", "demo"),
    "decide": Verb(
        "bench.decide.__main__",
        "a sweep that runs only the seeds that may still change the answer",
        "[EXPERIMENT] [OPTION=VALUE ...]",
        "demo budget_hours=1",
    ),
    "watch": Verb(
        "bench.watch.__main__",
        "the report's page in a browser while a sweep runs, drawn again as cells end",
        "[EXPERIMENT] [OPTION=VALUE ...]",
        "demo --port 8500",
    ),
    "doctor": Verb(
        "bench.doctor.__main__",
        "whether a sweep could run here, and what to do where it could not",
        "[EXPERIMENT] [OPTION=VALUE ...]",
        "demo",
    ),
    "report": _of_sweeps("report", "draw the report again from the records there are", "demo target_accuracy=0.9"),
    "best": Verb(
        "bench.best.__main__",
        "name the best row by the report's rule, train it on all rows",
        "[EXPERIMENT] [OPTION=VALUE ...]",
        "demo --no-gpu",
    ),
    "label": Verb(
        "bench.label.__main__",
        "which unlabelled texts to label next, or which labels look wrong",
        "[EXPERIMENT] [OPTION=VALUE ...]",
        "tickets --pool unlabelled.csv --n 200",
    ),
    "predict": Verb(
        "bench.predict.__main__",
        "classify texts with a cell's kept model",
        "CELL_FOLDER TEXT ...",
        "results/DATA/ROW/CELL 'Where is my parcel?'",
    ),
    "serve": Verb(
        "bench.serve.__main__",
        "a cell's kept model behind HTTP",
        "MODEL [--port N] [--host ADDRESS]",
        "models/tickets --port 8500",
    ),
    "publish": Verb(
        "bench.publish.__main__",
        "a kept model to the hub, after a look at what would be public",
        "MODEL --repo-id OWNER/NAME [--yes]",
        "models/tickets --repo-id me/tickets",
    ),
    "convert": Verb(
        "bench.convert.__main__",
        "a kept model with its adapter merged, or as ONNX",
        "MODEL --to FORM --out FOLDER",
        "models/tickets --to onnx --out deployed/tickets",
    ),
    "compare": Verb(
        "bench.report.compare.__main__",
        "what changed between two folders of records, also as a page",
        "A=FOLDER B=FOLDER",
        "A=results/before B=results/after",
    ),
    "models": Verb("bench.models.__main__", "the models, their licences and memory", "[NAME ...]", "minilm bert_base"),
    "bundle": Verb(
        "bench.bundle.__main__",
        "everything that a sweep needs in a folder, for a machine without a network",
        "[EXPERIMENT] [OPTION=VALUE ...]",
        "demo --to bundle --python 3.12",
    ),
    "completion": Verb("bench.completion", "what completes the words of bench in your shell", "bash|zsh|fish", "bash"),
    "export": Verb(
        "bench.export",
        "a task's test examples as a CSV file",
        "out=FILE [OPTION=VALUE ...]",
        "data=bbc_headlines num_labels=5 out=test.csv",
    ),
}


def main() -> int:
    """Do what the command line says; return the exit code (2: there is no such verb)."""
    given = sys.argv[1:]
    if not given or given[0] in HELP:
        print_help(_help())
        return 0 if given else 2
    if given[0] == "--version":
        print(f"finetune-bench {__version__}")
        return 0
    if (verb := VERBS.get(given[0])) is None:
        say(f"error: {_no_verb(given[0])}", error=True)
        return 2
    words = given[1:]
    if "--version" in words[: words.index("--") if "--" in words else None]:
        print(f"finetune-bench {__version__}")
        return 0
    if any(word in HELP[:2] for word in words):
        if given[0] in SHOWN:
            print_help(screen(given[0], verb.usage, verb.summary, verb.example))
            return 0
        print_help(_help_of(given[0], verb))
    sys.argv[:] = [f"bench {given[0]}", *verb.arguments(["--help" if one == ALL_HELP else one for one in words])]
    program: Callable[[], int] = importlib.import_module(verb.module).main
    return program()


def _no_verb(word: str) -> str:
    """What is said of a first word that is no verb."""
    close = difflib.get_close_matches(word, VERBS, n=1)
    like = f"; did you mean {close[0]}?" if close else ""
    return f"bench {shortened(word, 60)}: there are {', '.join(VERBS)} (bench --help){like}"


def _help() -> str:
    lines = [f"  bench {name} {verb.usage}".ljust(52) + verb.summary for name, verb in VERBS.items()]
    return "\n".join(["usage: bench VERB ...", "", *lines, "", "bench VERB --help says more."])


def _help_of(name: str, verb: Verb) -> str:
    """What stands above the program's own help."""
    return f"bench {name} {verb.usage}: {verb.summary}\n  bench {name} {verb.example}\n"


def start() -> None:
    """The entry point of the installed command: as `python -m bench` is started."""
    from bench.escape.streams import mask_output
    from bench.escape.terminal import say_exception
    from bench.running.garbage import leave_at_exit

    leave_at_exit()
    mask_output()  # libraries print addresses of the hub as they are
    sys.excepthook = say_exception
    try:
        code = main()
    except KeyboardInterrupt:  # while a verb's modules are imported: later it says itself what is left
        say("interrupted", error=True)
        code = INTERRUPTED
    sys.exit(code)
