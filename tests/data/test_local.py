"""Data that is on this machine is read for plans as it is for a run, without `datasets`."""

import json
import subprocess
import sys
from pathlib import Path

import datasets
import pytest

from bench.config import DataConfig, WheelConfig
from bench.data import local
from bench.data.local import local_pool
from bench.data.read import load_pool
from bench.errors import UserError
from tests.support import texts
from tests.support.cli import REPOSITORY

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def topics() -> datasets.DatasetDict:
    """Two splits, lists of one or two integer labels with names."""
    frame = texts.topics(12)
    frame["label"] = [[0] if label == "sport" else [1, 0] if i % 5 == 0 else [1] for i, label in enumerate(frame.label)]
    features = datasets.Features(
        {"text": datasets.Value("string"), "label": datasets.List(datasets.ClassLabel(names=["sport", "business"]))}
    )
    whole = datasets.Dataset.from_pandas(frame, features=features, preserve_index=False)
    return datasets.DatasetDict({"train": whole.select(range(16)), "test": whole.select(range(16, 24))})


def config(**changes) -> DataConfig:
    return DataConfig(name="topics", source="hub", multi_label="single_only", **{"id": "Someone/MyTopics"} | changes)


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    """A mirror folder with a copy of the data set's repository, one configuration in a folder of its own."""
    folder = tmp_path / "mirror" / "datasets" / "Someone" / "MyTopics" / "simple"
    folder.mkdir(parents=True)
    for split, part in topics().items():
        part.to_parquet(folder / f"{split}-00000-of-00001.parquet")
    (folder.parent / "README.md").write_text("Topics.")
    return tmp_path / "mirror"


@pytest.fixture
def prepared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in the cache of `datasets` where it keeps what it has prepared of a revision."""
    folder = tmp_path / "home" / "datasets" / "Someone___my_topics" / "default" / "0.0.0" / COMMIT
    folder.mkdir(parents=True)
    for split, part in topics().items():
        with datasets.arrow_writer.ArrowWriter(
            path=str(folder / f"my_topics-{split}.arrow"), features=part.features
        ) as w:
            w.write_table(part.data.table)
            w.finalize()
    (folder / "dataset_info.json").write_text(json.dumps({}))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("HF_DATASETS_CACHE", raising=False)
    return folder


def test_a_mirror_gives_what_a_run_reads(mirror: Path, tmp_path: Path) -> None:
    for changes in ({"config": "simple"}, {"config": "simple", "splits": ("test",)}):
        data = config(**changes)
        pool = local_pool(data, cache=tmp_path, mirror_dir=str(mirror))
        whole = load_pool(data, cache=tmp_path, mirror_dir=str(mirror))
        assert pool is not None
        assert (pool.ids, pool.texts, pool.labels, pool.splits) == (whole.ids, whole.texts, whole.labels, whole.splits)


def test_what_the_hubs_cache_holds_is_read(prepared: Path, tmp_path: Path) -> None:
    for changes in ({}, {"config": "default", "revision": COMMIT}, {"splits": ("test", "train")}):
        pool = local_pool(config(**changes), cache=tmp_path, mirror_dir=None)
        assert pool is not None
        assert set(pool.labels) == {"sport", "business"}
        assert set(pool.splits) == {"train", "test"}
        expected = [row for part in topics().values() for row in part["label"] if len(row) == 1]
        assert len(pool.labels) == len(expected)
    for changes in ({"revision": "f" * 40}, {"config": "other"}, {"id": "Someone/Other"}):
        assert local_pool(config(**changes), cache=tmp_path, mirror_dir=None) is None


def test_of_several_configurations_none_is_guessed(prepared: Path, tmp_path: Path) -> None:
    (prepared.parents[2] / "other").mkdir()
    assert local_pool(config(), cache=tmp_path, mirror_dir=None) is None
    assert local_pool(config(config="default"), cache=tmp_path, mirror_dir=None) is not None


def test_other_layouts_are_left_alone(mirror: Path, tmp_path: Path) -> None:
    (mirror / "datasets" / "Someone" / "MyTopics" / "simple" / "more.csv").write_text("text,label\n")
    assert local_pool(config(config="simple"), cache=tmp_path, mirror_dir=str(mirror)) is None


def test_a_wheel_is_not_fetched(tmp_path: Path) -> None:
    wheel = WheelConfig(package="corpus", version="1.0", sha256="0" * 64, root="data")
    data = DataConfig(name="topics", source="wheel", wheel=wheel)
    assert local_pool(data, cache=tmp_path / "cache", mirror_dir=None) is None
    assert not (tmp_path / "cache").exists()


def test_files_small_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts.topics(8).to_csv(tmp_path / "topics.csv", index=False)
    data = DataConfig(name="topics", source="file", path=str(tmp_path / "topics.csv"))
    pool = local_pool(data, cache=tmp_path, mirror_dir=None)
    assert pool is not None
    assert len(pool.ids) == 16
    monkeypatch.setattr(local, "LARGE", 10)
    assert local_pool(data, cache=tmp_path, mirror_dir=None) is None


def test_data_that_is_not_as_described(mirror: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="text_column=body"):
        local_pool(config(config="simple", text_column="body"), cache=tmp_path, mirror_dir=str(mirror))


def test_datasets_is_not_imported(mirror: Path, tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from bench.config import DataConfig; from bench.data.local import *\n"
        "data = DataConfig(name='t', source='hub', id='Someone/MyTopics', config='simple', multi_label='single_only')\n"
        f"assert local_pool(data, cache=Path({str(tmp_path)!r}), mirror_dir={str(mirror)!r}) is not None\n"
        "print(sorted({'datasets', 'torch', 'sklearn'} & set(sys.modules)))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], check=False, cwd=REPOSITORY, capture_output=True, text=True, timeout=60
    )
    assert ended.stdout == "[]\n", ended.stderr
