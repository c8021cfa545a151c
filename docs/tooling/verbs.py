"""The page of commands: each verb with what its `--help` prints."""

import contextlib
import io
import os
import sys
from collections.abc import Iterator
from unittest import mock

from bench import command

INTRODUCTION = """\
# Commands

The verbs of sweeps are short for `python -m bench`, which takes Hydra's options alone:

| `bench` | the same as |
|---|---|
| `bench run model=minilm method=lora` | `python -m bench model=minilm method=lora` |
| `bench sweep demo train_size=32` | `python -m bench -m +experiment=demo train_size=32` |
| `bench plan demo`, `bench status demo`, `bench report demo` | the same with `command=plan`, `status`, `report` |
| `bench VERB ...`, any other verb | `python -m bench.VERB ...` (of `compare`: `bench.report.compare`) |

Files of your own (`data/tickets.yaml`, `experiment/tickets.yaml`, `model/...`) are found in `conf/` of the folder
where the command runs, and in the folder that `--config-dir FOLDER` names. In a clone,
`make VERB EXPERIMENT=demo ARGS="..."` does its own set-up first; `make help` lists these.

What each verb prints with `--help` follows; `bench sweep --help-all` lists every option, `bench --version` says the
version.
"""
WIDTH = "96"
"""Columns of the help."""


def help_of(*words: str) -> str:
    """What `bench WORDS --help` prints."""
    printed = io.StringIO()
    with (
        mock.patch.object(sys, "argv", ["bench", *words, "--help"]),
        mock.patch.dict(os.environ, {"COLUMNS": WIDTH, "TERM": "dumb"}),
        contextlib.redirect_stdout(printed),
        contextlib.suppress(SystemExit),
    ):
        command.main()
    return printed.getvalue().strip("\n")


def page() -> Iterator[str]:
    """Lines of Markdown."""
    yield INTRODUCTION
    for name, verb in command.VERBS.items():
        yield from (f"## bench {name}", "", f"{verb.summary[:1].upper()}{verb.summary[1:]}.", "")
        yield from ("```text", help_of(name), "```", "")
