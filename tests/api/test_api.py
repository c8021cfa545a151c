"""`from bench import ...`: a study from a file to a label, as a notebook would do it."""

import io
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import bench
from bench import Study, UserError, load_report, load_results, plan, predict, run_cell, sweep
from bench.results.record import Status
from tests.support.cli import REPOSITORY, environment
from tests.support.texts import topics


@pytest.fixture(scope="module")
def options(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("api")
    table = topics(40, labels=("sport", "business"))
    table["text"] = [f"{text} only{chr(97 + i // 26)}{chr(97 + i % 26)}" for i, text in enumerate(table.text)]
    table.to_csv(folder / "it's topics.csv", index=False)
    return {
        "data": "file", "data.name": "topics", "data.path": folder / "it's topics.csv", "num_labels": 2,
        "train_size": [8, 24], "seed": [0, 1], "split": "nested_small", "name": "topics",
        "model": ["tfidf_logistic", "tfidf_sgd"], "device": "cpu",
        **{f"{name}_dir": folder / name for name in ("results", "reports", "cache")},
    }  # fmt: skip


@pytest.fixture(scope="module")
def planned(options: dict[str, Any]) -> pd.DataFrame:
    return plan(**options)  # before anything has run


@pytest.fixture(scope="module")
def study(options: dict[str, Any], planned: pd.DataFrame) -> Study:
    return sweep(**options, save_model=True, show=False)


def test_a_plan_is_a_line_a_cell(planned: pd.DataFrame, study: Study) -> None:
    assert len(planned) == 8
    assert planned["to_run"].all()
    assert (planned["seconds"] > 0).all()
    assert set(planned["state"]) == {"missing"}
    assert list(planned["key"]) == [cell.key for cell in study.cells]


def test_what_is_done_is_not_planned_again(study: Study, options: dict[str, Any]) -> None:
    again = plan(**options)
    assert not again["to_run"].any()
    assert again["seconds"].isna().all()


def test_what_the_data_can_t_give_is_said(options: dict[str, Any]) -> None:
    made = plan(**{**options, "train_size": 5000})
    assert made["infeasible"].str.contains("training").all()
    assert not made["to_run"].any()


def test_a_sweep_gives_cells_records_and_report(study: Study) -> None:
    assert study.all_done
    assert {record.status for record in study.records.values()} == {Status.OK}
    assert set(study.results["status"]) == {"ok"}
    assert study.page is not None
    assert study.page.is_file()
    assert (
        "Stay with TF-IDF" in study._repr_html_()
        or "Not decided yet" in study._repr_html_()
        or "Use " in study._repr_html_()
    )


def test_results_are_a_line_a_cell(study: Study, options: dict[str, Any]) -> None:
    frame = load_results(options["results_dir"])
    written = pd.read_csv(study.page.parent / "results.csv")  # type: ignore[union-attr]
    assert set(frame["key"]) == set(written["key"])
    merged = frame.set_index("key")["test_accuracy"].sort_index()
    assert merged.tolist() == pytest.approx(written.set_index("key")["test_accuracy"].sort_index().tolist())
    assert frame["test_accuracy"].dtype == "float64"
    assert frame["num_test"].dtype == "Int64"


def test_results_are_a_line_an_example(study: Study, options: dict[str, Any]) -> None:
    frame = load_results(options["results_dir"], examples=True)
    test = frame[frame["split"] == "test"]
    for key, record in study.records.items():
        assert record.measurements is not None
        assert test[test["key"] == key]["correct"].mean() == pytest.approx(record.measurements.test.accuracy)
    train = frame[frame["split"] == "train"]
    assert train["correct"].isna().all()
    assert all(len(each) == 2 for each in test["probabilities"])


def test_a_report_has_verdicts_and_pictures(study: Study) -> None:
    report = load_report(study.page.parent)  # type: ignore[union-attr]
    assert [(each.num_labels, each.train_size) for each in report.verdicts] == [(2, 24), (2, 8)]
    first = report.verdicts[0]
    assert first.headline in study.page.read_text()  # type: ignore[union-attr]
    assert first.row in {row.id for row in report.study.data_sets[0].rows}
    assert report.figures
    assert report.figures[0]._repr_html_().startswith("<img")
    assert first.headline in report._repr_html_()


def test_a_kept_model_predicts_as_the_command_does(study: Study, tmp_path: Path) -> None:
    cell, folder = study.cells[0], study.folders[0]
    found = predict(folder, ["goal match team", "shares market profit"])
    assert found["predicted"].isin(["sport", "business"]).all()
    shares = found[[f"probability_{label}" for label in ("sport", "business")]].sum(axis=1)
    assert shares.tolist() == pytest.approx([1, 1])
    words = [sys.executable, "-m", "bench.predict", str(folder), "--json", *found["text"]]
    said = subprocess.run(words, cwd=REPOSITORY, check=True, capture_output=True, text=True, timeout=120).stdout
    shown = pd.read_json(io.StringIO(said), lines=True)
    assert shown["label"].tolist() == found["predicted"].tolist(), cell.key
    assert predict(folder, []).empty
    with pytest.raises(UserError, match=r"texts\[1\] has nothing to read"):
        predict(folder, ["goal", "\u200b"])


def test_one_cell(options: dict[str, Any], study: Study) -> None:
    one = {**options, "train_size": 8, "seed": 0, "model": "tfidf_logistic"}
    one.pop("name")
    record = run_cell(**one)
    assert record.key in {cell.key for cell in study.cells}
    assert record.measurements is not None


def test_a_cell_without_a_record_says_why(
    options: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither for the first time, nor where an earlier record is there still, which is not this run's."""
    (tmp_path / "ending.py").write_text(
        "import os, sys\nfrom bench.running.observers import Observer\n"
        "class Ending(Observer):\n    def on_phase(self, cell, what):\n"
        "        print('the lights went out', file=sys.stderr, flush=True)\n"
        "        os._exit(1)\n"
        "def observer(settings):\n    return Ending()\n"
    )
    one = {**options, "train_size": 8, "seed": 0, "model": "tfidf_logistic", "results_dir": tmp_path / "results"}
    one.pop("name")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    ending = {**one, "observers": ["ending"], "overwrite": "always"}
    with pytest.raises(RuntimeError, match=r"left no record in .*results.*: the lights went out"):
        run_cell(**ending)
    assert run_cell(**one).status is Status.OK
    with pytest.raises(RuntimeError, match="the lights went out"):
        run_cell(**ending)


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"model": "nonesuch"}, "nonesuch"),
    ({"modle": "minilm"}, "modle"),
    ({"training": {"epochs": 2}}, "training.epochs"),
    ({"train_size": -3}, "train_size"),
    ({"data.path": "not_there.csv"}, "not_there.csv"),
    ({"command": "plan"}, "plan"),
]


@pytest.mark.parametrize(("wrong", "named"), WRONG)
def test_what_the_command_refuses_is_one_error(wrong: dict[str, Any], named: str, options: dict[str, Any]) -> None:
    with pytest.raises(UserError) as caught:
        sweep(**{**options, **wrong})
    assert named in str(caught.value)
    assert "Traceback" not in str(caught.value)


def test_what_is_refused_as_it_starts_is_the_same_error(options: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="results_dir"):
        sweep(**{**options, "results_dir": tmp_path / "file"}, show=False)


@pytest.fixture
def own_hydra() -> Iterator[None]:
    from hydra import initialize

    with initialize(version_base="1.3", config_path=None):
        yield


def test_the_caller_s_hydra_words_and_environment_stay(own_hydra: None, options: dict[str, Any]) -> None:
    from hydra.core.global_hydra import GlobalHydra

    mine, words, variables = GlobalHydra.instance().hydra, list(sys.argv), dict(os.environ)
    assert len(plan(**options)) == 8
    assert GlobalHydra.instance().hydra is mine
    assert sys.argv == words
    assert dict(os.environ) == variables


def test_it_works_inside_an_event_loop_and_a_script_without_a_guard(options: dict[str, Any], tmp_path: Path) -> None:
    """Workers of a sweep start by importing the caller's script again, were they started from it."""
    script = tmp_path / "script.py"
    given = {**{name: str(value) if isinstance(value, Path) else value for name, value in options.items()},
             "results_dir": str(tmp_path / "results"), "reports_dir": str(tmp_path / "reports"),
             "train_size": 8}  # fmt: skip
    script.write_text(
        "import asyncio\nimport bench\nprint('begun')\n"
        f"async def main():\n    return bench.sweep(**{given!r}, show=False)\n"
        "print(len(asyncio.run(main()).records))\n"
    )
    done = subprocess.run(
        [sys.executable, str(script)], cwd=tmp_path, env=environment(tmp_path) | {"PYTHONPATH": str(REPOSITORY)},
        check=False, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.stdout.splitlines() == ["begun", "4"], done.stdout + done.stderr


def test_nothing_is_there_yet(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no records"):
        load_results(tmp_path)
    with pytest.raises(UserError, match="no report"):
        load_report(tmp_path)
    with pytest.raises(UserError, match="is not there"):
        predict(tmp_path / "gone", ["a"])
    with pytest.raises(UserError, match="a list of them"):
        predict(tmp_path, "a")  # type: ignore[arg-type]


def test_names_are_there_and_cost_nothing() -> None:
    for name in bench.__all__:
        assert getattr(bench, name) is not None
    light = "import sys, bench; sys.exit(bool({'numpy', 'pandas', 'hydra', 'pydantic', 'torch'} & set(sys.modules)))"
    subprocess.run([sys.executable, "-c", light], cwd=REPOSITORY, check=True, timeout=60)
    with pytest.raises(AttributeError):
        _ = bench.nonesuch  # type: ignore[attr-defined]
