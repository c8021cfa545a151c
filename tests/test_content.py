"""What a cell reads is part of what it is: files by their content, wherever they lie and whatever they are called."""

import os
import re
import shutil
import subprocess
import time
from pathlib import Path

import pandas as pd
import pytest

from bench.report.compare.__main__ import main as compare
from bench.results import store
from bench.results.record import Record, Status
from tests.support import texts
from tests.support.cli import REPOSITORY, bench, call, command, environment


def records(folder: Path) -> list[Record]:
    found = [store.read(place) for place in store.scan(folder / "results")]
    return [record for record in found if record is not None]


def accuracy(output: str) -> float:
    match = re.search(r"test accuracy ([\d.]+)", output)
    assert match is not None, output
    return float(match[1])


def flipped(frame: pd.DataFrame) -> pd.DataFrame:
    """Every second row with another label."""
    one, other = sorted(set(frame["label"]))
    wrong = frame["label"].map({one: other, other: one})
    return frame.assign(label=frame["label"].where([i % 2 == 0 for i in range(len(frame))], wrong))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder in place of a data set of the hub."""
    place = tmp_path / "copy"
    place.mkdir()
    texts.topics(120).to_parquet(place / "train-00000-of-00001.parquet")
    return place


def ours(tmp_path: Path, *more: str) -> list[str]:
    places = [f"results_dir={tmp_path / 'results'}", f"reports_dir={tmp_path / 'reports'}"]
    return [*places, f"cache_dir={tmp_path / 'cache'}", "num_labels=2", "model=tfidf_sgd", *more]


def hub_data(folder: Path) -> list[str]:
    return ["data=sms_spam", f"data.path={folder}", "data.text_column=text"]


def test_a_folder_with_other_labels_is_another_cell(tmp_path: Path, folder: Path, capsys) -> None:
    words = ours(tmp_path, *hub_data(folder), "train_size=32")
    assert call(*words) == 0
    right = accuracy(capsys.readouterr().out)
    assert call(*words) == 0
    assert capsys.readouterr().out.startswith("kept: ")
    table = folder / "train-00000-of-00001.parquet"
    flipped(pd.read_parquet(table)).to_parquet(table)
    assert call(*words) == 0
    out = capsys.readouterr().out
    assert not out.startswith("kept")
    assert accuracy(out) < right - 0.2
    assert len(records(tmp_path)) == 2
    assert {one.configuration.identity["task"]["data"]["content"] for one in records(tmp_path)} == {
        one.provenance.data_revision for one in records(tmp_path)
    }


def test_a_folder_that_was_moved_is_the_same_cell(tmp_path: Path, folder: Path, capsys) -> None:
    assert call(*ours(tmp_path, *hub_data(folder), "train_size=32")) == 0
    folder.rename(tmp_path / "moved")
    capsys.readouterr()
    assert call(*ours(tmp_path, *hub_data(tmp_path / "moved"), "train_size=32")) == 0
    assert capsys.readouterr().out.startswith("kept: ")


def test_an_edit_that_keeps_size_and_times_is_noticed(tmp_path: Path, capsys) -> None:
    path = tmp_path / "topics.csv"
    frame = texts.topics(60, labels=("aaaaa", "bbbbb"))
    frame.to_csv(path, index=False)
    words = ours(tmp_path, "data=file", "data.name=topics", f"data.path={path}", "train_size=16")
    assert call(*words) == 0
    before = path.stat()
    flipped(frame).to_csv(path, index=False)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size
    capsys.readouterr()
    assert call(*words) == 0
    assert not capsys.readouterr().out.startswith("kept")


def test_what_a_mirror_holds_counts(tmp_path: Path, folder: Path, capsys) -> None:
    mirror = tmp_path / "mirror"
    place = mirror / "datasets" / "ucirvine" / "sms_spam"
    shutil.copytree(folder, place)
    words = ours(tmp_path, "data=sms_spam", "data.text_column=text", f"mirror_dir={mirror}", "train_size=32")
    assert call(*words) == 0
    table = place / "train-00000-of-00001.parquet"
    flipped(pd.read_parquet(table)).to_parquet(table)
    capsys.readouterr()
    assert call(*words) == 0
    assert not capsys.readouterr().out.startswith("kept")
    assert len(records(tmp_path)) == 2


def test_two_model_folders_are_two_cells_with_their_own_numbers(tmp_path: Path, tiny_models: dict[str, Path]) -> None:
    import torch
    from safetensors.torch import load_file, save_file

    for name in ("m1", "m2"):
        shutil.copytree(tiny_models["bert"], tmp_path / name)
    weights = {name: torch.zeros_like(value) for name, value in load_file(tmp_path / "m2/model.safetensors").items()}
    save_file(weights, tmp_path / "m2/model.safetensors", metadata={"format": "pt"})
    texts.topics(60).to_csv(tmp_path / "topics.csv", index=False)
    ended = bench(
        "-m", "split=nested", "data=file", "data.name=topics", f"data.path={tmp_path / 'topics.csv'}",
        "model=minilm_hub",
        f"model.path={tmp_path / 'm1'},{tmp_path / 'm2'}", "method=linear_probe", "num_labels=2", "train_size=16",
        folder=tmp_path,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    assert "2 cells, 0 done, 2 to run" in ended.stdout
    results = pd.read_csv(tmp_path / "reports" / "single" / "results.csv")
    by_model = dict(zip(results["model"], results["test_accuracy"], strict=True))
    assert set(by_model) == {"minilm_hub m1", "minilm_hub m2"}
    assert by_model["minilm_hub m1"] > by_model["minilm_hub m2"] == 0.5


def test_a_file_that_is_edited_while_its_sweep_runs_ends_the_cells(tmp_path: Path) -> None:
    path = tmp_path / "topics.csv"
    frame = texts.topics(60)
    frame.to_csv(path, index=False)
    words = command(
        "-m", "data=file", "data.name=topics", f"data.path={path}", "model=tfidf_sgd", "num_labels=2",
        "train_size=16", "seed=range(0,12)", folder=tmp_path,
    )  # fmt: skip
    with subprocess.Popen(
        words, cwd=REPOSITORY, env=environment(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as sweep:
        while len(list(store.scan(tmp_path / "results"))) < 2 and sweep.poll() is None:
            time.sleep(0.02)
        flipped(frame).to_csv(path, index=False)
        printed = sweep.communicate(timeout=300)[0].decode()
    assert sweep.returncode == 1
    found = records(tmp_path)
    failed = [record for record in found if record.status is Status.ERROR]
    assert (len(failed), len(found) < 12) == (1, True), "the others would fail as this one"
    reason = f"data.path={path} was changed since this cell was planned; start again"
    (line,) = [line for line in printed.splitlines() if line.startswith("stopped early: ")]
    assert line == f"stopped early: {reason} ({12 - len(found)} cells that read it were not begun)"
    assert {record.status for record in found} == {Status.OK, Status.ERROR}
    for record in found:
        if record.status is Status.OK:
            assert record.provenance.data_revision == record.configuration.identity["task"]["data"]["revision"]
        else:
            assert record.failure is not None
            assert f"data.path={path} was changed since this cell was planned; start again" in record.failure.message


def test_two_files_in_a_sweep_are_not_compared(tmp_path: Path) -> None:
    texts.topics(60).to_csv(tmp_path / "one.csv", index=False)
    flipped(texts.topics(60, seed=1)).to_csv(tmp_path / "other.csv", index=False)
    words = ours(tmp_path, "data=file", "data.name=both", "train_size=16", "seed=0,1,2")
    assert call("-m", *words, f"data.path={tmp_path / 'one.csv'},{tmp_path / 'other.csv'}") == 0
    page = (tmp_path / "reports" / "single" / "index.md").read_text()
    assert "tfidf_sgd data=one.csv" in page
    assert "tfidf_sgd data=other.csv" in page
    assert not re.search(r"(?i)behind \(p|is told apart from every other row", page)
    assert not re.search("[0-9a-f]{64}", page)
    answer = page[page.index("## The answer") : page.index("## Heatmaps")]
    assert "the rows did not have the same examples" in answer
    assert "Nothing is compared there" in answer
    assert "0." not in answer, "no difference between them is named"


def test_compare_says_that_the_data_is_another_one(tmp_path: Path, capsys) -> None:
    path = tmp_path / "topics.csv"
    words = ["data=file", "data.name=topics", f"data.path={path}", "train_size=16"]
    for side, frame in (("a", texts.topics(60)), ("b", flipped(texts.topics(60)))):
        frame.to_csv(path, index=False)
        assert call(*ours(tmp_path / side, *words)) == 0
    capsys.readouterr()
    page = tmp_path / "page"
    assert compare([f"A={tmp_path / 'a' / 'results'}", f"B={tmp_path / 'b' / 'results'}", f"page={page}"]) == 0
    out = capsys.readouterr().out
    assert "by point: Nothing could be compared. 1 point: 1 not compared." in out
    assert "task.data.revision" in (page / "tables" / "options.csv").read_text()
    assert "1 cell of A is in B with other files: the content of data topics differs" in out


def test_what_is_planned_looks_at_each_folder_once(tmp_path: Path, folder: Path, monkeypatch) -> None:
    from bench.sources import fingerprint

    looked: list[Path] = []
    below = fingerprint.files_below
    monkeypatch.setattr(
        fingerprint, "files_below", lambda place, **options: looked.append(place) or below(place, **options)
    )
    words = ours(tmp_path, *hub_data(folder), "train_size=16", "seed=range(0,50)", "command=plan")
    assert call("-m", *words) == 0
    assert len(looked) < 5


def test_nothing_heavy_is_imported_to_plan(tmp_path: Path, folder: Path) -> None:
    words = ["-m", *hub_data(folder), "model=tfidf_sgd", "num_labels=2", "train_size=16", "command=plan"]
    ended = bench(*words, folder=tmp_path, light=True)
    assert ended.returncode == 0, ended.stderr


def test_a_folder_named_as_the_hub_s_model_is_not_read_by_chance(
    tmp_path: Path, folder: Path, tiny_models: dict[str, Path], monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    words = [word for word in ours(tmp_path, *hub_data(folder)) if not word.startswith("model=")]
    words += ["method=lora", "model=bert_base", "train_size=32", "device=cpu", "training.num_train_epochs=1"]
    shutil.copytree(tiny_models["bert"], tmp_path / "google-bert/bert-base-uncased")
    monkeypatch.chdir(tmp_path)
    for command_line in (words, ["-m", *words], ["-m", "command=plan", *words]):
        assert call(*command_line) == 2
        error = capsys.readouterr().err
        assert error.startswith("error: model.id=google-bert/bert-base-uncased is a folder here")
        assert error.count("\n") == 1
    assert not records(tmp_path)
    assert call(*words, "model.path=google-bert/bert-base-uncased") == 0
    (record,) = records(tmp_path)
    assert record.configuration.identity["model"]["content"]


@pytest.mark.parametrize("gone", [False, True])
def test_cells_on_other_files_go_on_where_one_was_changed(gone: bool, tmp_path: Path) -> None:
    for seed, name in enumerate(("one", "other")):
        texts.topics(60, seed=seed).to_csv(tmp_path / f"{name}.csv", index=False)
    changing = tmp_path / "one.csv"
    words = command(
        "-m", "data=file", "data.name=topics", f"data.path={changing},{tmp_path / 'other.csv'}", "model=tfidf_sgd",
        "num_labels=2", "train_size=16", "seed=range(0,12)", folder=tmp_path,
    )  # fmt: skip
    with subprocess.Popen(
        words, cwd=REPOSITORY, env=environment(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as sweep:
        while not list(store.scan(tmp_path / "results")) and sweep.poll() is None:
            time.sleep(0.02)
        if gone:
            changing.unlink()
        else:
            flipped(texts.topics(60)).to_csv(changing, index=False)
        printed = sweep.communicate(timeout=300)[0].decode()
    statuses = [record.status for record in records(tmp_path)]
    assert statuses.count(Status.ERROR) == 1, printed
    assert statuses.count(Status.OK) >= 12, "those of the other file"
    assert "stopped early: " in printed
    assert f"({24 - len(statuses)} cells that read it were not begun)" in printed
