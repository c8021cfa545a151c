"""The command that a report gives for a cell runs exactly that cell."""

import shlex
from unittest import mock

import pytest

from bench.compose import to_cell, to_settings
from bench.sweep.rerun import rerun_command, sweep_command
from tests.support.cli import call, composed


def points(*arguments: str):
    """The overrides and configurations that a sweep's launcher hands on."""
    caught = []
    with mock.patch(
        "bench.sweep.launch.launch", lambda configs, runner, overrides, _: caught.append((configs, overrides)) or 0
    ):
        assert call("-m", *arguments) == 0
    return caught[0]


@pytest.mark.parametrize(
    "arguments",
    [
        ("+experiment=demo", "results_dir=some where", "command=report", "reports_dir=x", "hydra.launcher.workers=2"),
        ("+experiment=go_emotions_grid", "num_labels=4", "device=cpu", "hydra.job.name=x"),
        ("+experiment=spam_scaling", "train_size=4,1024", "split.deduplicate=false", "device=cpu"),
        ("+experiment=demo", "model=minilm", "method=lora", "method.r=4,16", "tune.learning_rate=[1e-3,2e-3]"),
        ("+experiment=go_emotions_grid", "split=published", "train_size=800", "num_labels=2", "device=cpu"),
    ],
)
def test_the_command_of_a_cell_composes_the_same_key(arguments):
    configs, overrides = points(*arguments)
    assert len(configs) == len(overrides) > 2
    for config, words in list(zip(configs, overrides, strict=True))[:: max(len(configs) // 3, 1)]:
        command = shlex.split(rerun_command(words))
        assert command[:3] == ["python", "-m", "bench"]
        (again,) = composed(*command[3:])
        assert to_cell(again).key == to_cell(config).key
        settings = to_settings(again)
        assert (settings.command, settings.overwrite) == ("run", "always")
        assert settings.results_dir == to_settings(config).results_dir
        assert not any(word.startswith(("reports_dir", "pool", "hydra")) for word in command)


def test_the_command_of_a_sweep_composes_the_same_cells():
    configs, overrides = points("+experiment=demo", "results_dir=some where", "num_labels=2", "command=report")
    command = shlex.split(sweep_command(overrides))
    assert command[:4] == ["python", "-m", "bench", "-m"]
    again, _ = points(*command[4:])
    assert {to_cell(config).key for config in again} == {to_cell(config).key for config in configs}
    assert to_settings(again[0]).command == "run"
    assert to_settings(again[0]).results_dir == "some where"


def test_the_command_of_a_shard_is_of_that_shard():
    overrides = points("+experiment=demo", "num_labels=2", "shard=auto/3", "name=mine")[1]
    command = shlex.split(sweep_command(overrides, "2/3"))
    assert command[-1] == "shard=2/3"
    assert "name=mine" in command
    assert to_settings(points(*command[4:])[0][0]).shard == "2/3"
