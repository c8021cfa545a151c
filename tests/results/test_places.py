"""Where records count, and how they are found."""

import os
from pathlib import Path

import pytest

from bench.results.places import RECORD, find_records, place_of
from tests.support.cli import composed
from tests.sweep import simulated

KEY = "minilm-lora_bbc-headlines_2-labels_32-examples_seed-0_0123456789abcdef"


@pytest.mark.parametrize("name", ["topics", "a_b", "a/b", "../..", "_", "é", "x" * 200, "[/]", "a b.bak", "-1"])
def test_a_cells_folder_is_its_keys_place(tmp_path: Path, name: str) -> None:
    from dataclasses import replace

    from bench.compose import to_cell
    from bench.escape.filename import key_part

    cell = to_cell(composed(*simulated.small(tmp_path))[0])
    cell = replace(cell, task=replace(cell.task, data=replace(cell.task.data, name=name), seed=-1))
    cell = replace(cell, model=replace(cell.model, name=name))
    assert place_of(cell.key) == (key_part(name), key_part(cell.row), cell.key)
    assert cell.folder(tmp_path) == tmp_path.joinpath(*place_of(cell.key))


@pytest.mark.parametrize("name", [f"{KEY}.bak", f"copy_of_{KEY}", KEY[:-1], "x", "", "a_b_c_d_e_f", f"{KEY} (1)"])
def test_other_names_are_no_cells(name: str) -> None:
    assert place_of(name) == ()


def put(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / RECORD).write_text("{}")
    return folder


def test_links_are_followed_down_to_cells_and_no_circle_is_walked(tmp_path: Path) -> None:
    """A data set's folder may well be on another disk."""
    root, disk = tmp_path / "results", tmp_path / "disk"
    own = put(disk / "minilm-lora" / KEY)
    root.mkdir()
    (root / "bbc-headlines").symlink_to(disk)
    (root / "self").symlink_to("self")
    for place in (root / "around", own / "around"):
        place.symlink_to(root)
    found = find_records(root)
    assert found.own == [root / "bbc-headlines" / "minilm-lora" / KEY]
    assert all(path.parts.count(KEY) == 1 for path in found.elsewhere)
    assert found.closed == []


def test_a_folder_that_cannot_be_looked_into_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own, real = put(tmp_path / "bbc-headlines" / "minilm-lora" / KEY), os.scandir

    def scandir(path: Path):
        if Path(path).name == "closed":
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    (tmp_path / "closed").mkdir()
    monkeypatch.setattr(os, "scandir", scandir)
    found = find_records(tmp_path)
    assert found.own == [own]
    assert [error.filename for error in found.closed] == [str(tmp_path / "closed")]


def test_names_that_are_no_utf_8_are_walked_and_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from bench.escape.terminal import say

    own = put(tmp_path / "bbc-headlines" / "minilm-lora" / KEY)
    put(Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff")) / KEY)
    found = find_records(tmp_path)
    assert found.own == [own]
    say(found.left_out)
    assert r"\udcff" in capsys.readouterr().out


def test_many_records_out_of_place_are_one_line(tmp_path: Path) -> None:
    put(tmp_path / "bbc-headlines" / "minilm-lora" / KEY)
    for number in range(5):
        put(tmp_path / "old" / f"{number}")
    found = find_records(tmp_path)
    assert len(found.elsewhere) == 5
    assert found.left_out.startswith("5 records are not in their cells' own folders and do not count: ")
    assert found.left_out.endswith(" and 2 more")
