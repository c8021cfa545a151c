"""Every command that README.md and docs/ show is one: its words are parsed and composed as the program does it."""

import importlib
import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from bench.command import VERBS
from bench.decide.options import taken
from tests.support.cli import REPOSITORY, composed

PAGES = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").rglob("*.md"))]
COMMAND = re.compile(r"(?:\.venv/bin/)?(?:bench|python -m bench(?:\.\w+)*|make) [^|]+")
FENCED = re.compile(r"^ *```\w*\n(.*?)^ *```$", re.M | re.S)
PLACEHOLDER = re.compile(r"\b(?!A=|B=|ARGS=|EXPERIMENT=|DATA=|N=|HOST\b)[A-Z][A-Z_]{2,}\b(?!=)|\.\.\.")
"""What stands for something: `FOLDER`. Such a command is not tried."""
TARGETS = set(re.findall(r"^([a-z-]+):", (REPOSITORY / "Makefile").read_text("utf-8"), re.M))
GRIDS = ("sweep", "plan", "status", "report")
OWN = ("tickets", "headlines", "first_look")
"""Data sets and experiments that pages have the reader write."""


def shown() -> Iterator[tuple[str, str]]:
    """(page, command) of all lines of code, and of code within sentences."""
    for page in PAGES:
        text = page.read_text("utf-8").replace("\\\n", " ")
        fenced = "\n".join(FENCED.findall(text))
        lines = [line.strip() for line in (*re.findall(r"^ {4,}\S.*$", text, re.M), *fenced.splitlines())]
        blocks = [line for line in lines if COMMAND.match(line)]
        spans = [re.sub(r"\s+", " ", span) for span in re.findall(r"`([^`]+)`", FENCED.sub("", text))]
        for command in (*blocks, *(span for span in spans if COMMAND.match(span))):
            yield page.relative_to(REPOSITORY).as_posix(), re.split(r"\s+#|\s{3,}| && | > ", command.strip())[0]


COMMANDS = {command: page for page, command in shown() if not PLACEHOLDER.search(command)}


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which `tickets` is a data set and an experiment, as `bench init tickets.csv` leaves it."""
    for group in ("data", "experiment"):
        (tmp_path / "conf" / group).mkdir(parents=True)
    (tmp_path / "answers.csv").write_text("id,label\n")
    (tmp_path / "conf/model").mkdir()
    (tmp_path / "conf/model/mine.yaml").write_text(own_model())
    for name in OWN:
        (tmp_path / f"conf/data/{name}.yaml").write_text(
            f"defaults: [base/options@_here_, _self_]\nname: {name}\nsource: file\npath: {name}.csv\n"
        )
        (tmp_path / f"conf/experiment/{name}.yaml").write_text(
            f"# @package _global_\ndefaults:\n  - override /data: {name}\nexperiment: {name}\n"
            "hydra: {sweeper: {rows: [{model: tfidf_sgd}, {model: minilm}]}}\n"
        )
    monkeypatch.chdir(tmp_path)
    return tmp_path


def own_model() -> str:
    """The file that extending.md has the reader write."""
    page = (REPOSITORY / "docs/extending.md").read_text("utf-8")
    section = page.partition("## Add a model")[2].partition("Then `bench models mine`")[0]
    return "\n".join(line.removeprefix("    ") for line in section.splitlines() if line.startswith("    "))


def words_of(command: str) -> list[str]:
    """The words of `bench`, whichever way the command is written."""
    words = shlex.split(command)
    program = words.pop(0)
    if program == "make":
        return from_make(words)
    if program.endswith("bench"):
        return words
    module = words[1]
    return ["run", *words[2:]] if module == "bench" else [module.rpartition(".")[2], *words[2:]]


def from_make(words: list[str]) -> list[str]:
    """What the Makefile hands on, for targets that are verbs; else the target itself must be there."""
    target, given = words[0], dict(word.split("=", 1) for word in words[1:])
    assert target in TARGETS, f"make {target}"
    if target == "mine":
        return ["init", given.get("DATA", "tickets.csv")]
    if target not in VERBS or target == "compare":
        return ["completion", "bash"]
    return [target, given.get("EXPERIMENT", "demo"), *shlex.split(given.get("ARGS", ""))]


def check(verb: str, words: list[str]) -> None:
    """Raise where the program would refuse the words."""
    if verb in ("--help", "--version"):
        return
    assert verb in VERBS, f"bench {verb}"
    if not words or {"--help", "--help-all"} & set(words):
        return
    program = importlib.import_module(VERBS[verb].module)
    if verb in ("run", *GRIDS):
        assert composes(tuple(VERBS[verb].arguments(words)))
    elif verb == "decide":
        assert composes(tuple(VERBS["plan"].arguments(taken(words)[1])))
    elif verb == "export":
        assert composes(tuple(word for word in words if not word.startswith("out=")))
    elif verb == "compare":
        assert {word.partition("=")[0] for word in words} >= {"A", "B"}
    elif hasattr(program, "_parser"):
        options = program._parser().parse_intermixed_args(words)
        if "EXPERIMENT" in VERBS[verb].usage:
            rest = [word.removeprefix("experiment=") for word in options.words]
            assert composes(tuple(VERBS["plan"].arguments(rest)))


@cache
def composes(words: tuple[str, ...]) -> bool:
    return bool(composed(*(word for word in words if not word.startswith("command="))))


def test_there_are_commands_on_many_pages() -> None:
    assert len(COMMANDS) > 75
    assert len(set(COMMANDS.values())) > 12


def test_every_command_composes() -> None:
    refused: list[str] = []
    for command, page in COMMANDS.items():
        try:
            words = words_of(command)
            check(words[0], words[1:])
        except (Exception, SystemExit) as error:
            refused.append(f"{page}: {command}: {type(error).__name__} {error}")
    assert refused == []
