"""Which trackers are chosen, what is said where one is not installed, and what reaches them of a cell."""

import sys
from pathlib import Path

import pytest

from bench.compose import to_settings
from bench.errors import UserError
from bench.extras import how_to_install
from bench.running.observers import check_observers
from bench.settings import Settings
from bench.tracking.content import run_of
from bench.tracking.names import CALLED
from bench.tracking.tracker import Attempt
from tests.support import texts
from tests.support.cli import call
from tests.test_cell import content


@pytest.mark.parametrize(
    ("given", "chosen"),
    [
        ("none", ()),
        (None, ()),
        ("mlflow", ("mlflow",)),
        (["tensorboard", "wandb", "tensorboard"], ("tensorboard", "wandb")),
        (["none"], ()),
    ],
)
def test_one_or_several_are_chosen(given: object, chosen: tuple[str, ...]) -> None:
    assert to_settings({"tracker": given}).tracker == chosen


def test_a_name_that_no_tracker_has_is_said_with_those_that_there_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for given in ("mlfow", "[none,mlfow]"):
        assert call("model=tfidf_sgd", f"tracker={given}", f"results_dir={tmp_path}") == 2
        said = "error: tracker=mlfow: input should be 'tensorboard', 'mlflow', 'wandb' or 'trackio', or none\n"
        assert capsys.readouterr().err == said


def test_trackers_are_observers_each_once() -> None:
    assert to_settings({"observers": ["mine", "mlflow"], "tracker": ["mlflow", "wandb"]}).all_observers == (
        "mine", "mlflow", "wandb",
    )  # fmt: skip


@pytest.mark.parametrize("given", ["comet", ["mlflow", "comet"], 7])
def test_another_is_refused(given: object) -> None:
    with pytest.raises(UserError, match="tracker"):
        to_settings({"tracker": given})


@pytest.mark.parametrize("name", CALLED)
def test_one_that_is_not_installed_is_refused_with_what_installs_it(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, name, None)
    texts.topics(20).to_csv(tmp_path / "t.csv", index=False)
    words = ("data=file", f"data.path={tmp_path / 't.csv'}", "data.name=t", "model=tfidf_sgd", "train_size=4")
    for sweep in ((), ("-m",)):
        assert call(*sweep, *words, f"results_dir={tmp_path / 'results'}", f"tracker={name}") == 2
        said = capsys.readouterr().err
        assert said == f"error: tracker={name} needs a package that is not installed: {how_to_install(name)}\n"
        assert how_to_install(name) == f"pip install 'finetune-bench[{name}]'"
    assert not list((tmp_path / "results").glob("*/*"))


@pytest.mark.parametrize("name", CALLED)
def test_choosing_one_imports_nothing_of_it(name: str, tmp_path: Path) -> None:
    before = name in sys.modules
    check_observers(Settings(results_dir=str(tmp_path), tracker=(name,)))  # type: ignore[arg-type]
    assert (name in sys.modules) == before
    assert not list(tmp_path.iterdir())


def test_parameters_are_the_identity_by_dotted_names() -> None:
    from bench.compose import to_cell

    params = run_of(to_cell(content())).params
    assert (params["seed"], params["train_size"]) == (content()["seed"], content()["train_size"])
    assert {"training.learning_rate", "method.r", "model.id"} <= params.keys()
    assert all(isinstance(value, str | int | float | bool) for value in params.values())


def attempt(*, tries: bool) -> Attempt:
    from bench.compose import to_cell

    return Attempt(run_of(to_cell(content())), tries=tries)


def told(one: Attempt, *steps: tuple[int, float | None]) -> list[tuple[int, dict[str, float]]]:
    logged = [one.new_loss(step, loss) for step, loss in steps]
    return [point for each in logged if each is not None for point in each.points]


def test_a_loss_is_told_once_at_the_step_it_was_logged() -> None:
    """It is heard of at the next one."""
    one = attempt(tries=False)
    assert told(one, (1, None), (2, 0.5), (3, 0.5), (4, 0.25)) == [(1, {"train/loss": 0.5}), (3, {"train/loss": 0.25})]
    assert one.told == {1: 0.5, 3: 0.25}


def test_trials_have_curves_of_their_own() -> None:
    one = attempt(tries=True)
    assert told(one, (1, None), (2, 0.5), (1, None), (2, 0.5)) == [
        (1, {"trials/1/loss": 0.5}),
        (1, {"trials/2/loss": 0.5}),
    ]
    assert one.told == {}, "the record has the curve of the best one"
