"""Where new folders and files are put: whole, in nobody's place, and not into a model that is kept."""

import os
from pathlib import Path

import pytest

from bench.errors import UserError
from bench.export import main as export
from bench.folders import whole_folder
from bench.label import files
from bench.models import kept
from bench.predict.output import check_output
from bench.running.new_folder import check_new_folder


def names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def test_a_folder_takes_the_place_of_an_empty_one(tmp_path: Path) -> None:
    for _ in range(2):
        (tmp_path / "new").mkdir(exist_ok=True)
        with whole_folder(tmp_path / "new") as new:
            (new / "made").write_text("made")
        assert names(tmp_path) == ["new", "new/made"]
        (tmp_path / "new" / "made").unlink()


def _make(place: Path, meanwhile: Path) -> None:
    with whole_folder(place) as new:
        (new / "made").write_text("hours of work")
        meanwhile.parent.mkdir(exist_ok=True)
        meanwhile.write_text("mine")


@pytest.mark.parametrize("what", ["folder", "file"])
def test_what_was_put_there_meanwhile_stays_and_the_new_one_is_beside_it(what: str, tmp_path: Path) -> None:
    place = tmp_path / "new"
    own = place / "mine" if what == "folder" else place
    with pytest.raises(UserError, match="new was filled meanwhile, and stays; what was made is in") as caught:
        _make(place, own)
    assert own.read_text() == "mine"
    beside = Path(str(caught.value).rpartition(" ")[2])
    assert beside.name.startswith("new-")
    assert names(beside) == ["made"]
    assert len(list(tmp_path.iterdir())) == 2


def test_with_replace_it_makes_way(tmp_path: Path) -> None:
    (tmp_path / "new" / "old").mkdir(parents=True)
    with whole_folder(tmp_path / "new", replace=True) as new:
        (new / "made").write_text("made")
    assert names(tmp_path) == ["new", "new/made"]


def test_a_name_as_long_as_names_may_be(tmp_path: Path) -> None:
    with whole_folder(tmp_path / ("ü" * 127)) as new:
        (new / "made").write_text("made")
    assert len(names(tmp_path)) == 2


def test_places_that_no_folder_can_be_put_into(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "link").symlink_to("empty")
    (tmp_path / "dangling").symlink_to("nowhere")
    for name in ("link", "dangling"):
        with pytest.raises(UserError, match=f"^--out .*{name} is a link, and would be replaced: give the folder"):
            check_new_folder("--out", tmp_path / name)
    check_new_folder("--out", tmp_path / "empty")
    check_new_folder("--out", tmp_path / "not" / "there")
    with monkeypatch.context() as patched:
        patched.setattr(Path, "is_mount", lambda path: path.name == "empty")
        with pytest.raises(UserError, match="empty is where a disk is mounted, and can't be replaced: give a"):
            check_new_folder("--out", tmp_path / "empty")
    monkeypatch.chdir(tmp_path / "empty")
    for given in (Path(), tmp_path / "empty"):
        with pytest.raises(UserError, match="is the folder that this runs in, and would be replaced: give a folder in"):
            check_new_folder("--out", given)


def test_nothing_is_written_into_a_kept_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not by any verb, not through a link: with a file that is not its own it would not be loaded."""
    model = tmp_path / "models" / "tickets"
    (model / "below").mkdir(parents=True)
    (model / kept.FILE).write_text("{}")
    (tmp_path / "link").symlink_to(model)
    for place in (model, model / "below", tmp_path / "link"):
        message = f"{place}/.* would be a part of the model that is kept in {model}: give a place outside of it"
        with pytest.raises(UserError, match=f"^--out {message}"):
            check_new_folder("--out", place / "onnx")
        with pytest.raises(UserError, match=f"^--out {message}"):
            check_output(str(place / "x.csv"), [], [], force=True)
        with pytest.raises(UserError, match=f"^--out {message}"):
            files.checked(str(place / "x.csv"), force=True, inputs=[])
    monkeypatch.chdir(model)
    with pytest.raises(UserError, match="would be a part of the model"):
        check_output("x.csv", [], [], force=True)
    assert export(["data=sms_spam", f"out={model}/x.csv"]) == 2
    assert f"out={model}/x.csv would be a part of the model" in capsys.readouterr().err
    check_new_folder("--out", model.parent / "tickets_onnx")
    assert sorted(os.listdir(model)) == ["below", kept.FILE]
