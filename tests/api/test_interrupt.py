"""An interruption of `bench.sweep`, as a notebook's kernel gives it: to the caller alone."""

import signal
import subprocess
import sys
from pathlib import Path

import psutil

from bench.results.record import Status
from tests.support.cli import REPOSITORY
from tests.support.faulty import Place, below, gone

SCRIPT = """\
import sys
from bench import sweep
try:
    sweep(show=False, **{options!r})
except KeyboardInterrupt:
    sys.exit("interrupted")
"""


def test_finished_cells_stay_and_workers_end(tmp_path: Path) -> None:
    place = Place(tmp_path, tmp_path / "results")
    place.plan({2: {"kind": "sleep", "seconds": 100}})
    options = dict(word.split("=", 1) for word in place.words() if not word.startswith("seed"))
    folders = {f"{name}_dir": str(tmp_path / name) for name in ("results", "reports", "cache")}
    script = tmp_path / "script.py"
    script.write_text(SCRIPT.format(options=options | folders | {"seed": [0, 1, 2, 3], "device": "cpu"}))
    environment = place.environment()
    caller = subprocess.Popen(
        [sys.executable, str(script)], cwd=tmp_path, stderr=subprocess.PIPE, text=True, start_new_session=True,
        env=environment | {"PYTHONPATH": f"{environment['PYTHONPATH']}:{REPOSITORY}"},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509 - no thread runs here
    )  # fmt: skip
    try:
        place.wait_for("start", 3)
        started = below(caller)
        assert len(started) > 1, "the command, and its workers"
        caller.send_signal(signal.SIGINT)
        _, said = caller.communicate(timeout=60)
    finally:
        for process in (*below(caller), psutil.Process(caller.pid)) if caller.poll() is None else ():
            process.kill()
    assert said.splitlines()[-1] == "interrupted"
    assert gone(started)
    assert place.statuses() == {0: Status.OK.value, 1: Status.OK.value}
    assert place.leftovers() == []
