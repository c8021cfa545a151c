"""docs/notebooks run as they stand, where nothing can be fetched."""

import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from tests.support.cli import REPOSITORY, environment

NOTEBOOKS = sorted((REPOSITORY / "docs/notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_runs_from_the_first_cell_to_the_last(notebook: Path, tmp_path: Path) -> None:
    shutil.copy(notebook, tmp_path)
    words = ["-m", "pytest", "--nbmake", "--nbmake-timeout=200", "-p", "no:cacheprovider", notebook.name]
    done = subprocess.run(
        [sys.executable, *words], cwd=tmp_path, check=False, capture_output=True, text=True, timeout=250,
        env=environment(tmp_path) | {"PYTHONPATH": str(REPOSITORY), "JUPYTER_PLATFORM_DIRS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    assert "1 passed" in done.stdout
    assert (tmp_path / "reports/tickets/index.html").is_file()


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_is_kept_with_what_it_shows(notebook: Path) -> None:
    cells = [cell for cell in nbformat.read(notebook, 4).cells if cell.cell_type == "code"]
    assert all(cell.execution_count for cell in cells)
    shown = [output for cell in cells for output in cell.outputs if output.output_type != "stream"]
    assert any("image/png" in str(output) or "text/html" in output.get("data", {}) for output in shown)
    assert not any(output.output_type == "error" for cell in cells for output in cell.outputs)
