"""One cell or a sweep: by `-m`, and by `hydra.mode` where a word or a file sets it, as Hydra does."""

from pathlib import Path
from unittest import mock

import pytest
from hydra._internal.hydra import Hydra

from tests.support.cli import composed

OWN = "# @package _global_\nexperiment: own\nhydra: {hydra}\n"
SWEEPS = "{mode: MULTIRUN, sweeper: {params: {seed: '0,1'}}}"


def own(folder: Path, hydra: str) -> list[str]:
    """The words of an experiment of one's own."""
    (folder / "experiment").mkdir()
    (folder / "experiment/own.yaml").write_text(OWN.format(hydra=hydra))
    return ["--config-dir", str(folder), "+experiment=own"]


def test_it_is_composed_once() -> None:
    with mock.patch.object(Hydra, "compose_config", autospec=True, side_effect=Hydra.compose_config) as compose:
        assert len(composed("seed=0")) == 1
        assert len(composed("-m", "seed=0,1")) == 2
    assert compose.call_count == 2


def test_a_file_sets_it(tmp_path: Path) -> None:
    words = own(tmp_path, SWEEPS)
    assert [content["seed"] for content in composed(*words)] == [0, 1]
    assert [content["seed"] for content in composed(*words, "seed=3")] == [3]


def test_a_word_sets_it() -> None:
    assert [content["seed"] for content in composed("hydra.mode=MULTIRUN", "seed=0,1")] == [0, 1]


@pytest.mark.parametrize("hydra", ["{verbose: false} # mode: MULTIRUN", "{job: {name: mode}}"])
def test_what_only_looks_so_sets_nothing(hydra: str, tmp_path: Path) -> None:
    words = own(tmp_path, hydra)
    assert len(composed(*words)) == 1
    assert len(composed("-m", *words, "seed=0,1")) == 2
