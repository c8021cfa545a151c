"""Two sets of records in one of which somebody has put copies, or taken predictions away."""

import shutil
from pathlib import Path

import pandas as pd
import pytest

from bench.report.compare.__main__ import main
from bench.report.inputs.records import ExpectedCell
from bench.results import store
from bench.results.record import Status
from tests.report import simulate

ROWS = [("minilm", "lora"), ("tfidf_sgd", None)]


@pytest.fixture
def cells(tmp_path: Path) -> list[ExpectedCell]:
    """Of A; B has the same."""
    cells = simulate.placed(tmp_path / "a", simulate.grid(tmp_path, ROWS, num_labels=(2,), seeds=(0, 1)))
    simulate.run(cells)
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    return cells


def compared(tmp_path: Path, capsys: pytest.CaptureFixture[str], b: str = "b") -> tuple[str, str]:
    """What is said, on standard output and error."""
    assert main([f"A={tmp_path / 'a'}", f"B={tmp_path / b}", f"out={tmp_path / 'out.csv'}", "page=false"]) == 0
    found = capsys.readouterr()
    return found.out, found.err


def in_b(cell: ExpectedCell, tmp_path: Path) -> Path:
    return tmp_path / "b" / cell.folder.relative_to(tmp_path / "a")


def copy(source: Path, target: Path, cell: ExpectedCell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a copy of a cell's folder somewhere, with other answers."""
    shutil.copytree(source, target)
    with monkeypatch.context() as patch:
        patch.setattr(simulate, "accuracy", lambda cell: 1.0)
        simulate.write(simulate.replace(cell, folder=target))


COPIES = (
    "zz_backup/{key}",
    "backup/{data}/{row}/{key}",
    "{data}.bak/{row}/{key}",
    "{data}/{row}.bak/{key}",
    "{data}/{row}/{key}.bak",
    "{data}/{row}/{key}/backup",
    "{data}/{row}/{key}/{key}",
    "{data}/{key}",
    "{key}",
    "aa",
)


@pytest.mark.parametrize("place", COPIES)
def test_a_copy_of_a_cell_is_no_record(
    place: str,
    cells: list[ExpectedCell],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Wherever it is below B, and whether or not the cell itself is there."""
    cell, gone = cells[0], cells[1]
    for each in (cell, gone):
        names = dict(zip(("data", "row", "key"), each.folder.relative_to(tmp_path / "a").parts, strict=True))
        target = tmp_path / "b" / place.format(**names)
        if not target.exists():
            copy(in_b(each, tmp_path), target, each, monkeypatch)
    (in_b(gone, tmp_path) / store.RECORD).unlink()
    out, err = compared(tmp_path, capsys)
    assert f"0 of {len(cells) - 1} cells changed" in out
    assert f"only in A: 1 cell, {gone.key} the first" in out
    frame = pd.read_csv(tmp_path / "out.csv")
    assert frame["key"].is_unique
    assert (frame["accuracy_a"] == frame["accuracy_b"]).all()
    assert err.count("\n") == 1
    assert "not count: " in err
    assert f"{tmp_path / 'b' / place.split('/', maxsplit=1)[0].format(**names)}" in err


@pytest.mark.parametrize("levels", [1, 2, 3])
def test_a_part_of_a_results_folder_can_be_compared(
    levels: int, cells: list[ExpectedCell], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A data set's folder, a row's, a cell's."""
    below = Path(*cells[0].folder.relative_to(tmp_path / "a").parts[:levels])
    shutil.copytree(tmp_path / "b" / below, tmp_path / "b" / "copies" / "of" / "it" / "here")
    assert main([f"A={tmp_path / 'a' / below}", f"B={tmp_path / 'b' / below}", "page=false"]) == 0
    found = capsys.readouterr()
    count = {1: len(cells), 2: len(cells) // 2, 3: 1}[levels]
    assert f"0 of {count} cells changed beyond noise ({count} tested" in found.out
    assert "p < 0.05)" in found.out
    assert found.err == ""


def test_a_record_in_another_cells_folder_is_said(
    cells: list[ExpectedCell], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(cells[0].folder / store.RECORD, in_b(cells[1], tmp_path) / store.RECORD)
    out, err = compared(tmp_path, capsys)
    assert f"another cell's: its key is {cells[0].key}" in err
    assert f"not compared: 1 cell whose record in B cannot be used, {cells[1].key} the first" in out
    assert "only in" not in out


@pytest.mark.parametrize("sides", ["A", "B", "A and B"])
@pytest.mark.parametrize("damage", ["gone", "cut", "flipped", "another's"])
def test_without_predictions_nothing_is_called_tested(
    sides: str, damage: str, cells: list[ExpectedCell], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for root in (tmp_path / name.lower() for name in sides.split(" and ")):
        for path in root.rglob("predictions-*"):
            content = path.read_bytes()
            path.unlink()
            if damage == "cut":
                path.write_bytes(content[:-100])
            elif damage == "flipped":
                path.write_bytes(bytes([*content[:500], content[500] ^ 1, *content[501:]]))
            elif damage == "another's":
                path.write_bytes(next((tmp_path / "b" / "bbc-headlines").rglob("record.json")).read_bytes())
    out, _ = compared(tmp_path, capsys)
    assert "tested on the same examples" not in out
    assert "0.0000" not in out
    assert (
        f"{len(cells)} cells not tested, for the predictions of {sides} are missing or damaged; by the accuracies in "
        f"their records {len(cells)} are the same and 0 differ"
    ) in out
    frame = pd.read_csv(tmp_path / "out.csv")
    assert frame["p"].isna().all()
    assert (frame["lacking"] == sides).all()


def test_what_is_untested_is_counted_apart(
    cells: list[ExpectedCell], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(simulate, "accuracy", lambda cell: 0.25)
    other, same = (in_b(cell, tmp_path) for cell in cells[:2])
    simulate.write(simulate.replace(cells[0], folder=other))
    for folder in (other, same):
        next(folder.glob("predictions-*")).unlink()
    out, _ = compared(tmp_path, capsys)
    assert f"0 of {len(cells)} cells changed beyond noise ({len(cells) - 2} tested on the same examples" in out
    accuracy = store.read(cells[0].folder).measurements.test.accuracy
    assert (
        "2 cells not tested, for the predictions of B are missing or damaged; by the accuracies in their records 1 are "
        f"the same and 1 differ, most {cells[0].key}: {accuracy:.3f} -> 0.250"
    ) in out


def test_the_report_counts_a_cell_once(cells: list[ExpectedCell], tmp_path: Path) -> None:
    from bench.report.inputs.frame import cells_frame

    shutil.copytree(cells[0].folder, cells[0].folder.with_name(f"{cells[0].key}.bak"))
    shutil.rmtree(cells[0].folder)
    statuses = cells_frame(cells)["status"]
    assert statuses.tolist() == ["missing", *[Status.OK.value] * (len(cells) - 1)]
