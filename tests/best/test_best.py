"""`bench best`: the row that the report names, trained on all rows, kept whole or not at all."""

import csv
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from bench.best import refit
from bench.best.__main__ import main
from bench.compose import to_cell
from bench.data.read import load_pool
from bench.models import kept, refitted
from bench.predict.__main__ import main as predict
from tests.support import cli
from tests.support.texts import topics

ROWS = "model=tfidf_sgd,tfidf_logistic,tfidf_linear_svm,tfidf_naive_bayes,majority"
TEXT = "goal match team"


@dataclass
class Swept:
    """An experiment of classical rows whose cells are finished."""

    folder: Path
    words: tuple[str, ...]

    def words_at(self, results: Path) -> tuple[str, ...]:
        return (*(word for word in self.words if not word.startswith("results_dir=")), f"results_dir={results}")

    def copy(self, folder: Path, change: Callable[[dict[str, Any]], None]) -> tuple[str, ...]:
        """The words for a copy of the records, each changed."""
        shutil.copytree(self.folder / "results", folder, dirs_exist_ok=True)
        for path in folder.rglob("record.json"):
            content = json.loads(path.read_text())
            change(content)
            path.write_text(json.dumps(content))
        return self.words_at(folder)


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Swept:
    folder = tmp_path_factory.mktemp("best")
    table = topics(40, labels=("sport", "business"))
    table["text"] = [f"{text} only{chr(97 + i // 26)}{chr(97 + i % 26)}" for i, text in enumerate(table.text)]
    table.to_csv(folder / "topics.csv", index=False)
    words = ("data=file", "data.name=topics", f"data.path={folder / 'topics.csv'}", "num_labels=2", "train_size=8,24",
             "seed=0,1", "split=nested_small", "name=topics", ROWS, "device=cpu",
             *(f"{name}_dir={folder / name}" for name in ("results", "reports", "cache")))  # fmt: skip
    assert cli.call("-m", *words) == 0
    return Swept(folder, words)


def test_it_names_the_row_that_the_page_names_in_its_words(
    swept: Swept, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*swept.words, "--out", str(tmp_path / "mine")]) == 0
    said = capsys.readouterr().out.splitlines()
    page = (swept.folder / "reports/topics/index.md").read_text()
    page = page.replace("\\", "").replace("**", "")
    found = re.fullmatch(r"(.*) \(2 labels, 24 training examples\)\. (.*)", said[0])
    assert found is not None
    assert found[1] in page
    assert found[2] in page
    (study,) = json.loads((swept.folder / "reports/topics/report.json").read_text())["data_sets"]
    names = {row["id"]: row["name"] for row in study["rows"]}
    assert names[refitted.read(tmp_path / "mine").row] in said[0]
    notes = [text for text in said if text.startswith(("No significant difference: ", "Cheaper: ", "Next: "))]
    assert notes
    assert all(note.partition(": ")[2] in page for note in notes)
    assert main([*swept.words, "--dry-run", "--examples", "8"]) == 0
    assert "(2 labels, 8 training examples)" in capsys.readouterr().out


@pytest.mark.parametrize("row", ["tfidf_sgd", "tfidf_logistic", "tfidf_linear_svm", "tfidf_naive_bayes", "majority"])
def test_every_classical_row_is_trained_on_all_rows_and_kept(
    row: str, swept: Swept, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before, folder = os.umask(0o027), tmp_path / "models" / row
    try:
        assert main([*swept.words, "--row", row, "--out", str(folder)]) == 0
    finally:
        os.umask(before)
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o640}
    assert folder.stat().st_mode & 0o777 == 0o750
    assert [path.name for path in folder.parent.iterdir()] == [row]
    about = refitted.read(folder)
    total = 80  # of which the cells had some for training, validation and testing
    assert (about.row, about.num_rows, len(about.cells)) == (row, total, 2)
    if row != "majority":  # each text has a term of its own
        terms = json.loads((folder / "terms.json").read_text())["terms"]
        assert len([term for term in terms if term.startswith("only")]) == total
    card = (folder / kept.CARD).read_text()
    front = yaml.safe_load(card.split("---\n")[1])
    (result,) = front["model-index"][0]["results"]
    assert result["metrics"][0]["value"] == pytest.approx(about.expected["estimate"], abs=1e-4)
    assert front["license"] == "unknown"
    assert f"trained on {total} rows, all of them, and so has no test score of its own" in card
    capsys.readouterr()
    assert predict([str(folder), TEXT]) == 0
    assert ",sport," in capsys.readouterr().out or row == "majority"
    variables: dict[str, Any] = {}
    where = os.getcwd()
    os.chdir(folder)
    try:
        exec(card.partition("```python\n")[2].partition("```")[0], variables)
    finally:
        os.chdir(where)
    assert predict([str(folder), "a text to classify", "--json"]) == 0
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert list(found["probabilities"].values()) == pytest.approx(list(variables["probabilities"][0]), abs=1e-6)


def test_what_is_kept_predicts_in_a_fresh_process_and_is_checked(swept: Swept, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    assert main([*swept.words, "--row", "tfidf_sgd", "--out", str(folder)]) == 0
    command = [sys.executable, "-m", "bench.predict", str(folder), TEXT]
    where: dict[str, Any] = {"cwd": cli.REPOSITORY, "env": cli.environment(tmp_path), "timeout": 60}
    ended = subprocess.run(command, check=False, capture_output=True, text=True, **where)
    assert ended.returncode == 0, ended.stderr
    assert next(csv.DictReader(ended.stdout.splitlines()))["predicted"] == "sport"
    (folder / "terms.json").unlink()
    ended = subprocess.run(command, check=False, capture_output=True, text=True, **where)
    assert (ended.returncode, ended.stderr.count("\n")) == (2, 1)
    assert "missing: terms.json): `bench best ... --overwrite` makes it again" in ended.stderr


def test_a_folder_that_is_there_stays(swept: Swept, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = ("--out", str(tmp_path / "mine"))
    assert main([*swept.words, "--row", "majority", *out]) == 0
    capsys.readouterr()
    made = (tmp_path / "mine" / kept.CARD).stat().st_mtime_ns
    assert main([*swept.words, "--row", "majority", *out]) == 0
    assert "kept already" in capsys.readouterr().out
    assert (tmp_path / "mine" / kept.CARD).stat().st_mtime_ns == made
    assert main([*swept.words, "--row", "tfidf_sgd", *out]) == 2
    assert "holds another model (majority of topics" in capsys.readouterr().err
    assert main([*swept.words, "--row", "tfidf_sgd", *out, "--overwrite"]) == 0
    assert refitted.read(tmp_path / "mine").row == "tfidf_sgd"
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "letter.txt").write_text("dear")
    assert main([*swept.words, "--row", "tfidf_sgd", "--out", str(tmp_path / "other"), "--overwrite"]) == 2
    assert "holds no model that `bench best` kept" in capsys.readouterr().err
    assert (tmp_path / "other" / "letter.txt").read_text() == "dear"


def test_what_is_put_there_while_it_trains_stays(
    swept: Swept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def share(folder: Path) -> None:
        (tmp_path / "mine").mkdir()
        (tmp_path / "mine" / "letter.txt").write_text("dear")

    monkeypatch.setattr(refit, "share_all", share)
    assert main([*swept.words, "--row", "majority", "--out", str(tmp_path / "mine")]) == 2
    said = capsys.readouterr().err
    assert "mine was filled meanwhile, and stays; what was made is in" in said
    assert (tmp_path / "mine" / "letter.txt").read_text() == "dear"
    assert refitted.read(Path(said.rpartition(" ")[2].strip())).row == "majority"


def test_no_place_for_a_folder_is_told_before_training(
    swept: Swept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("bench.best.finish.fit", lambda *_: pytest.fail("it trained"))
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link").symlink_to("elsewhere")
    assert main([*swept.words, "--row", "majority", "--out", str(tmp_path / "link")]) == 2
    assert "link is a link, and would be replaced" in capsys.readouterr().err


@pytest.mark.parametrize("ended", [KeyboardInterrupt(), signal.SIGTERM, signal.SIGHUP, OSError(28, "No space left")])
def test_where_keeping_ends_early_nothing_is_left(
    ended: BaseException | signal.Signals, swept: Swept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    def share(folder: Path) -> None:
        assert (folder / kept.FILE).is_file()
        if isinstance(ended, BaseException):
            raise ended
        signal.raise_signal(ended)

    monkeypatch.setattr(refit, "share_all", share)
    code = main([*swept.words, "--row", "majority", "--out", str(tmp_path / "models/mine")])
    assert code == (2 if isinstance(ended, OSError) else 130)
    assert capsys.readouterr().err.count("\n") == 1
    assert list((tmp_path / "models").iterdir()) == []


def on_gpu(content: dict[str, Any]) -> None:
    if content["configuration"]["model"] in ("tfidf_logistic", "majority"):
        content["provenance"]["device"] = "NVIDIA H100"
        is_dear = content["configuration"]["model"] == "majority"
        content["measurements"]["seconds"]["total"] = 7200.0 if is_dear else 36.0


def test_rows_are_restricted_by_price_and_device(
    swept: Swept, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = swept.copy(tmp_path / "results", on_gpu)
    for ceiling, left_out in (
        (("--max-price", "1", "price_per_gpu_hour=1"), {"majority"}),
        (("--max-price", "1", "price_per_gpu_hour=200"), {"majority", "tfidf_logistic"}),
        (("--no-gpu",), {"majority", "tfidf_logistic"}),
        (("--max-seconds", "9999"), set()),
    ):
        assert main([*words, "--dry-run", *ceiling]) == 0
        found = re.search(r"Above the limit: (.*)\.", capsys.readouterr().out)
        assert (set() if found is None else set(found[1].split(", "))) == left_out, ceiling


def test_the_answers_of_others_cannot_be_trained(
    swept: Swept, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (config, *_) = cli.composed("-m", *swept.words)
    pool = load_pool(to_cell(config).task.data, cache=tmp_path, mirror_dir=None)
    with (tmp_path / "answers.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["id", "label"], *zip(pool.ids, pool.labels, strict=True)])
    others = f"model:predictions,model.name:others,model.path:{tmp_path / 'answers.csv'}"
    rows = f"hydra.sweeper.rows=[{{model:majority}},{{{others}}}]"
    words = (*(word for word in swept.words if word != ROWS), rows)
    assert cli.call("-m", *words, f"reports_dir={tmp_path}") == 0
    capsys.readouterr()
    assert main([*words, "--row", "others", "--out", str(tmp_path / "mine")]) == 2
    error = capsys.readouterr().err
    assert "the predictions of others were made elsewhere: there is nothing to train; --row takes another: maj" in error


MISTAKES = {
    "none of 20 cells of topics is finished": lambda words, empty: [*words, f"results_dir={empty}"],
    "--row 'x': there are tfidf_sgd, ": lambda words, _: [*words, "--row", "x"],
    "no finished cells there; there are --labels=2 --examples=8, ": lambda words, _: [*words, "--examples", "9"],
    "--max-price needs price_per_gpu_hour": lambda words, _: [*words, "--max-price", "3"],
    "--max-price has no effect": lambda words, _: [*words, "--max-price", "3", "price_per_gpu_hour=2"],
    "not allowed with": lambda words, _: [*words, "--max-price", "3", "--no-gpu"],
    "nonesuch": lambda words, _: ["nonesuch", *words],
    "metric=speed": lambda words, _: [*words, "--metric", "speed"],
    "must be a number": lambda words, _: [*words, "--max-price", "-3"],
}


@pytest.mark.parametrize("message", MISTAKES)
def test_a_mistake_is_one_line(message: str, swept: Swept, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = [word for word in swept.words if message[:7] != "none of" or not word.startswith("results_dir=")]
    try:
        code = main(MISTAKES[message](words, tmp_path))
    except SystemExit as end:
        code = int(str(end.code))
    error = capsys.readouterr().err
    assert (code, error.count("\n")) == (2, 1), error
    assert message in error


def test_other_data_than_the_cells_had_are_refused(
    swept: Swept, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def change(content: dict[str, Any]) -> None:
        content["measurements"]["examples"]["sha256"] = "0" * 64

    words = swept.copy(tmp_path / "results", change)
    assert main([*words, "--row", "majority", "--out", str(tmp_path / "mine")]) == 2
    assert "the data have changed" in capsys.readouterr().err
    assert not (tmp_path / "mine").exists()
