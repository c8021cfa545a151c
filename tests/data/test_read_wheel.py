"""Folders of classes and tables that came out of a wheel (how they got out: tests/sources)."""

import pytest

from bench.config import DataConfig, WheelConfig
from bench.data.read import load_pool
from bench.errors import UserError

WHEEL = WheelConfig(package="tiny", version="1", sha256="0" * 64, root="tiny/data")


@pytest.fixture
def read(tmp_path, monkeypatch):
    """Write the files of a wheel's root and read them."""

    def write_and_read(files: dict[str, str | bytes], root="", **options):
        for name, content in files.items():
            path = tmp_path / "root" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        monkeypatch.setattr("bench.sources.wheel.fetch", lambda wheel, cache, mirror=None: tmp_path / "root" / root)
        data = DataConfig(name="mine", source="wheel", wheel=WHEEL, **options)
        # a cache folder of its own for each test: pools are remembered by it
        return load_pool(data, cache=tmp_path, mirror_dir=None)

    return write_and_read


FOLDERS = {
    "sport/10.txt": "Ten\n\nbody ten",
    "sport/2.txt": "\nTwo  \r\n\r\nbody\n",
    "sport/.hidden": "x",
    "art/1.txt": b"\xa35 one\x85more\nbody",
    "art/deeper/1.txt": "x",
    "README": "x",
}
OPTIONS = {"reader": "class_folders", "encoding": "latin-1"}


def test_first_lines_in_natural_order(read):
    pool = read(FOLDERS, text_part="first_line", **OPTIONS)
    assert pool.ids == ("art/1.txt", "sport/2.txt", "sport/10.txt")
    assert pool.texts == ("£5 one\x85more", "Two", "Ten")
    assert pool.labels == ("art", "sport", "sport")
    assert pool.revision == WHEEL.sha256


def test_whole_texts(read):
    assert read(FOLDERS, **OPTIONS).texts == ("£5 one\x85more\nbody", "Two  \r\n\r\nbody", "Ten\n\nbody ten")


def test_labels_may_be_excluded_and_empty_files_left_out(read):
    files = {**FOLDERS, "sport/3.txt": " \n"}
    assert read(files, exclude_labels=("art",), drop_empty=True, **OPTIONS).ids == ("sport/2.txt", "sport/10.txt")


@pytest.mark.parametrize(
    ("files", "options", "expected"),
    [
        ({**FOLDERS, "sport/3.txt": " \n"}, OPTIONS, "sport/3.txt; data.drop_empty=true"),
        (
            FOLDERS,
            {"reader": "class_folders"},
            "1.txt is not utf-8 text (byte 0: invalid start byte); data.encoding=cp1252",
        ),
        (FOLDERS, {**OPTIONS, "splits": ("train",)}, "data.splits does not go with data.reader=class_folders"),
        ({"README": "x"}, OPTIONS, "no folders with text files in data.wheel.root"),
        (FOLDERS, {**OPTIONS, "exclude_labels": ("arts",)}, "labels are art, sport"),
    ],
)
def test_refused_folders(read, files, options, expected):
    with pytest.raises(UserError, match=r"^data mine: [^\n]*$") as caught:
        read(files, **options)
    assert expected in str(caught.value)


TABLES = {
    "b-train.tab": "Category\tText\nd\tstring\nclass\t\n\nx\tone\ny\ttwo\n",
    "a-test.tab": "Category\tText\nd\tstring\nclass\t\n\nx\tthree\n",
    "a-test.tab.metadata": "x",
}
COLUMNS = {"text_column": "Text", "label_column": "Category"}


def test_tables_are_joined_in_the_order_of_the_splits(read):
    pool = read(TABLES, splits=("b-train", "a-test"), **COLUMNS)
    assert pool.ids == ("b-train:0", "b-train:1", "a-test:0")
    assert (pool.texts, pool.labels) == (("one", "two", "three"), ("x", "y", "x"))


def test_all_tables_or_a_single_one(read):
    assert read(TABLES, **COLUMNS).texts == ("three", "one", "two")
    assert read(TABLES, root="b-train.tab", **COLUMNS, drop_empty=True).texts == ("one", "two")


@pytest.mark.parametrize(
    ("files", "options", "expected"),
    [
        (TABLES, {"splits": ("c",)}, "data.splits=['c'] must name splits that are there (a-test, b-train)"),
        (TABLES, {"splits": ("a-test", "a-test")}, "data.splits=['a-test', 'a-test']"),
        (TABLES, {"text_column": "text"}, "in split 'a-test'; columns are Category, Text"),
        ({"README": "x"}, {}, "that are there (none)"),
    ],
)
def test_refused_tables(read, files, options, expected):
    with pytest.raises(UserError, match=r"^data mine: [^\n]*$") as caught:
        read(files, **{**COLUMNS, **options})
    assert expected in str(caught.value)


def test_a_wheel_must_be_named(tmp_path):
    with pytest.raises(UserError, match=r"needs data\.wheel"):
        load_pool(DataConfig(name="mine", source="wheel"), cache=tmp_path, mirror_dir=None)
