"""What became of a job that left cells without a record."""

from pathlib import Path

import pytest

from bench.results.record import Status
from bench.sweep.slurm import lost, queue
from bench.sweep.slurm.submission import Submission
from tests.sweep.slurm.jobs import cells


@pytest.mark.parametrize(
    ("own", "state", "log", "kind", "time_limit"),
    [
        ("SIGUSR2", "COMPLETED", "", "interrupted", True),
        ("SIGTERM", "PREEMPTED", "", "interrupted", False),
        ("SIGTERM", "CANCELLED", "", "cancelled", False),
        ("done", "COMPLETED", "", "interrupted", False),
        (None, "TIMEOUT", "", "interrupted", True),
        (None, "NODE_FAIL", "", "interrupted", False),
        (None, "FAILED", "ModuleNotFoundError: No module named 'bench'", "failed", False),
        (None, "OUT_OF_MEMORY", "", "failed", False),
        (None, None, "error: *** JOB 3 ON n1 CANCELLED AT 2026 DUE TO TIME LIMIT ***", "interrupted", True),
        (None, None, "error: *** JOB 3 ON n1 CANCELLED AT 2026 DUE TO PREEMPTION ***", "interrupted", False),
        (None, None, "error: *** JOB 3 ON n1 CANCELLED AT 2026 ***", "cancelled", False),
        (None, None, "a last word", "failed", False),
        (None, None, None, "cancelled", False),  # it never started
    ],
)
def test_what_became_of_a_lost_job(  # noqa: PLR0917 - what is given, and what is said of it
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    own: str | None, state: str | None, log: str | None, kind: str, time_limit: bool,
) -> None:  # fmt: skip
    monkeypatch.setattr(queue, "ended", lambda _: state and queue.Ended(state, "0:0", "n1"))
    made = Submission(name="x", started="", tasks=(("a",), ("b",)), stamps={}, job_id="3")
    made.folder(tmp_path).mkdir(parents=True)
    if own is not None:
        (made.folder(tmp_path) / "3_1.ended").write_text(own)
    if log is not None:
        (made.folder(tmp_path) / "3_1_0_log.err").write_text(log)
    found = lost.loss(made, 1, tmp_path, silent=False)
    assert (found.kind, found.time_limit) == (kind, time_limit)
    written = lost.record(cells(1)[0], found, made, "cpu")
    assert written.status is (Status.TIMEOUT if time_limit else Status.CRASHED)
    assert written.failure is not None
    assert "slurm job 3_1 on n" in written.failure.message.splitlines()[-1]
    assert (log or "") in written.failure.message
