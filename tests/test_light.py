"""Planning, reporting and keeping watch over workers import nothing heavy."""

import subprocess
import sys

import pytest

from tests.support.cli import REPOSITORY

HEAVY = ("torch", "transformers", "peft", "datasets", "sklearn", "bitsandbytes")

PLAN = """
import sys
from unittest import mock
from bench.__main__ import main
from bench.compose import to_cell

def plan(configs, *_):
    assert len({to_cell(config).key for config in configs}) == 54
    return 0

sys.argv = ["bench", "-m", "+experiment=demo"]
with mock.patch("bench.sweep.launch.launch", plan):
    try:
        main()
    except SystemExit as end:
        assert end.code == 0
"""


@pytest.mark.parametrize(
    "work",
    [
        "import bench.__main__, hydra_plugins.bench_sweep, bench.running.single, bench.sweep.launch, bench.report.page",
        "from bench.report.statistics import decision, equivalence, interval_frames, ranks, targets",
        "from bench.report.inputs import frame, prediction_store, read_predictions",
        "import bench.running.run, bench.data.read, bench.data.split",  # what the parent takes to record a crash
        PLAN,
        "import bench.doctor.checks, bench.doctor.sweep, bench.doctor.show",
        "import bench.watch.__main__, bench.watch.server, bench.watch.study",
    ],
    ids=["imports", "statistics", "inputs", "crash", "planning", "doctor", "watch"],
)
def test_the_parent_stays_light(work: str) -> None:
    program = f"{work}\nimport sys\nprint(sorted(set({HEAVY!r}) & set(sys.modules)))"
    ended = subprocess.run(
        [sys.executable, "-c", program], check=False, cwd=REPOSITORY, capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout == "[]\n"
