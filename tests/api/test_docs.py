"""docs/python.md runs as it stands, from the first line to the last, and names what there is."""

import re
import subprocess
import sys
from pathlib import Path

import bench
from tests.support.cli import REPOSITORY, environment

TEXT = (REPOSITORY / "docs/python.md").read_text("utf-8")


def test_its_code_runs(tmp_path: Path) -> None:
    blocks = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    assert len(blocks) == 5
    script = tmp_path / "page.py"
    script.write_text("\n".join(blocks))
    done = subprocess.run(
        [sys.executable, str(script)], cwd=tmp_path, env=environment(tmp_path) | {"PYTHONPATH": str(REPOSITORY)},
        check=False, capture_output=True, text=True, timeout=200,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "tfidf_logistic" in done.stdout
    assert "probability_" in done.stdout


def test_it_names_what_there_is() -> None:
    for name in set(bench.__all__) - {"__version__"}:
        assert f"`{name}" in TEXT, name
