"""Files of configurations, parsed once for all points of a grid."""

import copy
from pathlib import Path

import pytest
from hydra._internal.config_repository import ConfigRepository
from hydra._internal.config_search_path_impl import ConfigSearchPathImpl
from hydra.core.config_search_path import SearchPathElement
from hydra.core.plugins import Plugins

from hydra_plugins.bench_sweep.repository import SharedRepository


def search_path(folder: Path, text: str) -> ConfigSearchPathImpl:
    folder.mkdir()
    (folder / "one.yaml").write_text(text, encoding="utf-8")
    found = ConfigSearchPathImpl()
    found.append("test", f"file://{folder}")
    found.config_search_path.append(SearchPathElement("schema", "structured://"))
    return found


@pytest.fixture
def shared(tmp_path: Path) -> SharedRepository:
    Plugins.instance()  # knows where files are read
    return SharedRepository(ConfigRepository(search_path(tmp_path / "conf", "a: 1")))


def test_copies_parse_a_file_once(shared: SharedRepository, tmp_path: Path) -> None:
    first = copy.deepcopy(shared).load_config("one")
    (tmp_path / "conf" / "one.yaml").write_text("a: 2", encoding="utf-8")
    second = copy.deepcopy(shared).load_config("one")
    assert first is not None
    assert second is not None
    assert first.config == second.config == {"a": 1}


def test_what_is_done_to_one_result_is_not_done_to_the_next(shared: SharedRepository) -> None:
    first = shared.load_config("one")
    assert first is not None
    first.config["a"] = 3
    second = shared.load_config("one")
    assert second is not None
    assert second.config == {"a": 1}


def test_a_copy_that_looks_elsewhere_finds_what_is_there(shared: SharedRepository, tmp_path: Path) -> None:
    shared.load_config("one")
    other = copy.deepcopy(shared)
    other.initialize_sources(search_path(tmp_path / "other", "a: 4"))
    found, before = other.load_config("one"), shared.load_config("one")
    assert found is not None
    assert before is not None
    assert (found.config, before.config) == ({"a": 4}, {"a": 1})
