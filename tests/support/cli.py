"""The command that a user types, run to its end; and what it composes, without running it."""

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from bench.running.devices import ALLOCATOR

REPOSITORY = Path(__file__).parents[2]

NOT_INHERITED = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "FINETUNE_BENCH_CACHE", "PYTHONPATH", *ALLOCATOR)
"""What a developer may have set, or a test that was a worker, and a fresh machine has not."""

LIGHT = """\
import sys
from bench.__main__ import main
try:
    code = main()
except SystemExit as end:
    code = end.code
heavy = {"torch", "transformers", "datasets", "sklearn"} & set(sys.modules)
sys.exit(f"heavy imports: {heavy}" if heavy else code)
"""
"""The command as a program that also complains where something heavy was imported on the way."""


def bench(
    *arguments: str,
    folder: Path,
    results: Path | None = None,
    env: dict[str, str | None] | None = None,
    light: bool = False,
    timeout: float = 120,
) -> subprocess.CompletedProcess[str]:
    """Run `python -m bench` to its end; results (unless given), reports and caches are below `folder`.

    `env` is put on top of the environment, None takes a variable out of it. With `light` the command fails
    where it imports torch, transformers, datasets or scikit-learn.
    """
    return subprocess.run(
        command(*arguments, folder=folder, results=results, light=light),
        cwd=REPOSITORY,
        env=environment(folder, env),
        check=False,
        capture_output=True,
        text=True,
        timeout=timeout,
    )


def command(
    *arguments: str, folder: Path, results: Path | None = None, light: bool = False, module: str = "bench"
) -> list[str]:
    """The command's words; those of Hydra's own options (`-m`) come first, as argparse wants it."""
    start = [sys.executable, "-c", LIGHT] if light else [sys.executable, "-m", module]
    return [
        *start,
        *arguments,
        f"results_dir={results or folder / 'results'}",
        f"reports_dir={folder / 'reports'}",
        f"cache_dir={folder / 'cache'}",
    ]


def environment(folder: Path, env: dict[str, str | None] | None = None) -> dict[str, str]:
    """The environment of the tests (offline: `tests/conftest.py`), without the developer's own settings."""
    merged = dict.fromkeys(NOT_INHERITED) | {"HF_HOME": str(folder / "huggingface")} | (env or {})
    kept = {name: value for name, value in os.environ.items() if name not in merged}
    return kept | {name: value for name, value in merged.items() if value is not None}


def call(*arguments: str) -> int:
    """The exit code of `python -m bench` with these arguments, in this process: quicker, for what runs no model."""
    from bench.__main__ import main

    with mock.patch.object(sys, "argv", ["bench", *arguments]), mock.patch.dict(os.environ):
        try:
            return main()
        except SystemExit as end:
            return int(end.code or 0)


def composed(*arguments: str) -> list[dict[str, Any]]:
    """The configurations that `python -m bench` with these arguments runs: one, or with `-m` a sweep's."""
    caught: list[dict[str, Any]] = []

    def catch(configs: list[dict[str, Any]], *_: Any) -> int:
        caught.extend(configs)
        return 0

    with (
        mock.patch("bench.sweep.launch.launch", catch),
        mock.patch("bench.running.single.run_single", lambda content, *_: catch([content])),
    ):
        assert call(*arguments) == 0
    return caught


def in_process(
    main: Callable[[list[str]], int], arguments: Sequence[object], capsys: pytest.CaptureFixture[str]
) -> tuple[int, str, str]:
    """A verb's `main` in this process: exit code, standard output, standard error, of this call alone."""
    capsys.readouterr()
    try:
        code = main([*map(str, arguments)])
    except SystemExit as end:
        code = int(end.code or 0)
    printed = capsys.readouterr()
    return code, printed.out, printed.err
