"""Data sets of the hub, through folders that stand in for them and through the cache of `datasets`."""

import datasets
import pytest

from bench.config import DataConfig
from bench.data.read import load_pool
from bench.errors import UserError

COMMIT = "0123456789abcdef0123456789abcdef01234567"
NAMES = ["joy", "anger", "neutral"]
ROWS = {
    "train": {"text": ["one", "two", "three"], "labels": [[1], [0, 1], [2]], "id": ["a", "b", "c"]},
    "test": {"text": ["four"], "labels": [[0]], "id": ["d"]},
}
OPTIONS = {"label_column": "labels", "multi_label": "single_only"}


@pytest.fixture(autouse=True)
def cache_of_datasets(tmp_path, monkeypatch):
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "datasets_cache")
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    return tmp_path / "datasets_cache"


@pytest.fixture
def folder(tmp_path):
    """A folder as the hub serves it: a Parquet file for each split, with the names of the labels."""
    features = datasets.Features(
        text=datasets.Value("string"),
        labels=datasets.List(datasets.ClassLabel(names=NAMES)),
        id=datasets.Value("string"),
    )
    target = tmp_path / "mirror" / "datasets" / "someone" / "feelings"
    target.mkdir(parents=True)
    for split, rows in ROWS.items():
        datasets.Dataset.from_dict(rows, features=features).to_parquet(target / f"{split}-00000-of-00001.parquet")
    return target


def read(tmp_path, mirror_dir=None, **options):
    data = DataConfig(**{"name": "mine", "source": "hub", **OPTIONS, **options})
    return load_pool(data, cache=tmp_path / "cache", mirror_dir=mirror_dir)


def test_a_folder_stands_in_for_the_hub(folder, tmp_path):
    pool = read(tmp_path, path=str(folder), id="x/y", config="simplified", revision="main", id_column="id")
    assert pool.ids == ("a", "c", "d")
    assert (pool.texts, pool.labels) == (("one", "three", "four"), ("anger", "neutral", "joy"))


def test_a_mirror_stands_in_for_the_hub(folder, tmp_path):
    pool = read(tmp_path, mirror_dir=str(tmp_path / "mirror"), id="someone/feelings", exclude_labels=("neutral",))
    assert pool.ids == ("train:0", "test:0")


def test_splits_are_joined_in_the_order_asked_for(folder, tmp_path):
    assert read(tmp_path, path=str(folder), splits=("test", "train")).ids == ("test:0", "train:0", "train:2")
    assert read(tmp_path, path=str(folder), splits=("test",)).ids == ("test:0",)


def test_the_revision_of_a_folder_is_that_of_its_contents_wherever_it_lies(folder, tmp_path):
    first = read(tmp_path, path=str(folder)).revision
    moved = folder.rename(tmp_path / "moved")
    (moved / ".cache").mkdir()
    (moved / ".cache" / "time").write_text("a time stamp of a download tool")
    assert read(tmp_path, path=str(moved)).revision == first
    (moved / "NOTES.md").write_text("x")
    again = DataConfig(name="again", source="hub", path=str(moved), **OPTIONS)
    assert load_pool(again, cache=tmp_path, mirror_dir=None).revision != first


def test_a_whole_copy_of_a_repository_keeps_its_configurations(folder, tmp_path):
    (folder / "README.md").write_text(
        "---\nconfigs:\n- config_name: all\n  data_files: '*.parquet'\n"
        "- config_name: little\n  data_files: 'test-*.parquet'\n---\n"
    )
    assert len(read(tmp_path, path=str(folder), config="little").ids) == 1
    assert len(read(tmp_path, path=str(folder), config="all").ids) == 3
    with pytest.raises(UserError, match=r"Config name is missing.*\['all', 'little'\]; correct data.config$"):
        read(tmp_path, path=str(folder))


@pytest.fixture
def cached(folder, tmp_path, cache_of_datasets):
    """`someone/feelings` in the cache of `datasets`, as if it had come from the hub at COMMIT."""
    read(tmp_path, path=str(folder))
    (info,) = cache_of_datasets.glob("feelings/default/0.0.0/*/dataset_info.json")
    target = cache_of_datasets / "someone___feelings" / "default" / "0.0.0" / COMMIT
    target.parent.mkdir(parents=True)
    info.parent.rename(target)


def test_the_revision_of_the_hub_is_the_commit(cached, tmp_path):
    assert read(tmp_path, id="someone/feelings").revision == COMMIT
    assert read(tmp_path, id="someone/feelings", revision=COMMIT).revision == COMMIT


def test_another_commit_than_the_one_asked_for_is_refused(cached, tmp_path):
    with pytest.raises(UserError, match=rf"asked for data.revision=f+, but the cache holds {COMMIT}"):
        read(tmp_path, id="someone/feelings", revision="f" * 40)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"id": None}, "needs data.id=HUB_ID or data.path=FOLDER"),
        ({"id": "no/such"}, "data.path=FOLDER to a copy on disk"),
        ({"path": "/not/there"}, "data.path=/not/there is not there"),
        ({"path": "FOLDER", "splits": ("dev",)}, "data.splits=['dev'] must name splits that are there (train, test)"),
        ({"path": "FOLDER", "splits": ("test", "test")}, "each once"),
        ({"path": "FOLDER", "multi_label": "refuse"}, "data.multi_label=single_only"),
        ({"path": "FOLDER", "text_column": "sms"}, "in split 'train'; columns are text, labels, id"),
        ({"path": "FOLDER", "exclude_labels": ("x",)}, "labels are joy, anger, neutral"),
        ({"path": "FILE"}, "is a file; data.source=file reads files"),
        ({"path": "EMPTY"}, "no data files"),
        ({"path": "DAMAGED"}, "cannot be read"),
    ],
)
def test_refused(folder, tmp_path, options, expected):
    (tmp_path / "empty").mkdir()
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "train.parquet").write_text("no parquet")
    places = {
        "FOLDER": folder,
        "FILE": folder / "test-00000-of-00001.parquet",
        "EMPTY": tmp_path / "empty",
        "DAMAGED": tmp_path / "damaged",
    }
    path = options.get("path")
    with pytest.raises(UserError) as caught:
        read(tmp_path, **{**options, "path": path and str(places.get(path, path))})
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)
