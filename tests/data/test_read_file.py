"""What columns mean, shown on small files."""

import hashlib
import json
import subprocess
import sys
import time
from pathlib import Path

import datasets
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bench.config import DataConfig
from bench.data.read import content_fingerprint, load_pool
from bench.errors import UserError

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def read(tmp_path):
    """Write `content` (text, bytes or a table) to a file and read it as a pool."""

    def write_and_read(name, content, **options):
        path = tmp_path / name
        if isinstance(content, pa.Table):
            pq.write_table(content, path)
        else:
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        data = DataConfig(name="mine", source="file", path=str(path), **options)
        return load_pool(data, cache=tmp_path / "cache", mirror_dir=None)

    return write_and_read


@pytest.fixture
def refusal(read):
    """The one line with which reading is refused."""

    def read_and_fail(name, content, **options):
        with pytest.raises(UserError) as caught:
            read(name, content, **options)
        text = str(caught.value)
        assert text.startswith("data mine: ")
        assert "\n" not in text
        return text

    return read_and_fail


def lines(*rows) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def rows(pool):
    return list(zip(pool.ids, pool.texts, pool.labels, strict=True))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.csv", 'text,label,more\n"a, ""b""\nc",007,1\nd,NA,2\n'),
        ("x.tsv", 'text\tlabel\n"a, ""b""\nc"\t007\nd\tNA\n'),
        ("x.TAB", 'text\tlabel\nstring\td\nmeta\tclass\n"a, ""b""\nc"\t007\nd\tNA\n'),
        ("x.jsonl", '{"text": "a, \\"b\\"\\nc", "label": "007"}\n\n{"label": "NA", "text": "d", "more": [1, "x"]}\n'),
        ("x.parquet", pa.table({"text": ['a, "b"\nc', "d"], "label": ["007", "NA"]})),
        ("x.csv", b"\xef\xbb\xbftext,label\r\n" + b'"a, ""b""\nc",007\r\nd,NA\r\n'),
    ],
)
def test_every_format_gives_what_is_written(read, name, content):
    assert rows(read(name, content)) == [("file:0", 'a, "b"\nc', "007"), ("file:1", "d", "NA")]


def test_other_columns_and_ids(read):
    content = "key,body,kind\n7,one,a\nx,two,b\n"
    pool = read("x.csv", content, text_column="body", label_column="kind", id_column="key")
    assert rows(pool) == [("7", "one", "a"), ("x", "two", "b")]


def test_the_revision_and_the_fingerprint_are_the_hash_of_the_content(read, tmp_path):
    content = "text,label\none,a\n"
    assert read("x.csv", content).revision == hashlib.sha256(content.encode()).hexdigest()
    data = DataConfig(name="mine", source="file", path=str(tmp_path / "x.csv"))
    assert content_fingerprint(data) == read("x.csv", content).revision
    assert content_fingerprint(DataConfig(name="h", source="hub", id="a/b")) is None


def test_a_pool_is_remembered_until_the_file_changes(read):
    content = "text,label\none,a\n"
    first = read("x.csv", content)
    assert read("x.csv", content) is first
    assert read("x.csv", content.replace("one", "two")).texts == ("two",)


def test_the_files_name_changes_nothing(read):
    assert read("x.csv", "text,label\none,a\n") == read("y.csv", "text,label\none,a\n")


def test_the_fingerprint_is_had_without_heavy_imports(tmp_path):
    (tmp_path / "x.csv").write_text("text,label\n")
    code = (
        "import sys; from bench.config import DataConfig; from bench.data.read import content_fingerprint;"
        f"print(content_fingerprint(DataConfig(name='x', source='file', path={str(tmp_path / 'x.csv')!r})));"
        "print(sorted({'pandas', 'numpy', 'pyarrow', 'datasets', 'torch', 'huggingface_hub'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert run.stdout.splitlines() == [hashlib.sha256(b"text,label\n").hexdigest(), "[]"]


class TestLabels:
    def test_integers_are_their_own_names_or_get_them_from_the_option(self, read):
        content = "text,label\none,0\ntwo,1\n"
        assert read("x.csv", content).labels == ("0", "1")
        assert read("x.csv", content, label_names=("no", "yes")).labels == ("no", "yes")
        table = pa.table({"text": ["one", "two"], "label": [1.0, 0.0]})
        assert read("x.parquet", table).labels == ("1", "0")
        assert read("x.parquet", table, label_names=("no", "yes")).labels == ("yes", "no")

    def test_booleans(self, read):
        content = lines({"text": "one", "label": True}, {"text": "two", "label": False})
        assert read("x.jsonl", content).labels == ("true", "false")
        assert read("x.jsonl", content, label_names=("no", "yes")).labels == ("yes", "no")

    def test_categories_of_pandas(self, read, tmp_path):
        frame = pd.DataFrame({"text": ["one", "two"], "label": pd.Categorical(["b", "a"])})
        assert read("x.parquet", pa.Table.from_pandas(frame)).labels == ("b", "a")

    def test_class_names_in_a_parquet_file_of_datasets(self, tmp_path):
        features = datasets.Features(text=datasets.Value("string"), label=datasets.ClassLabel(names=["ham", "spam"]))
        dataset = datasets.Dataset.from_dict({"text": ["one", "two"], "label": [1, 0]}, features=features)
        dataset.to_parquet(tmp_path / "x.parquet")
        data = DataConfig(name="mine", source="file", path=str(tmp_path / "x.parquet"))
        assert load_pool(data, cache=tmp_path, mirror_dir=None).labels == ("spam", "ham")

    def test_lists_are_refused_or_cut_to_single_ones(self, read, refusal):
        content = lines(
            {"text": "one", "label": ["a"]}, {"text": "two", "label": ["a", "b"]}, {"text": "three", "label": []},
            {"text": "four", "label": ["b"]},
        )  # fmt: skip
        assert "data.multi_label=single_only" in refusal("x.jsonl", content)
        assert rows(read("x.jsonl", content, multi_label="single_only")) == [
            ("file:0", "one", "a"),
            ("file:3", "four", "b"),
        ]

    def test_excluded_ones_are_left_out_and_must_be_known(self, read, refusal):
        content = "text,label\none,a\ntwo,b\nthree,c\n"
        assert rows(read("x.csv", content, exclude_labels=("a", "c"))) == [("file:1", "two", "b")]
        assert "data.exclude_labels=['d'] are no labels here; labels are a, b, c" in refusal(
            "x.csv", content, exclude_labels=("d", "a")
        )
        assert "no examples are left" in refusal("x.csv", content, exclude_labels=("a", "b", "c"))

    def test_a_name_without_examples_may_be_excluded(self, read):
        content = "text,label\none,0\n"
        assert len(read("x.csv", content, label_names=("no", "yes"), exclude_labels=("yes",)).ids) == 1

    def test_very_many_labels_are_not_all_listed(self, refusal):
        content = "text,label\n" + "".join(f"text,{n:03}\n" for n in range(200))
        text = refusal("x.csv", content, exclude_labels=("x",))
        assert "039, ... (200 in all)" in text

    @pytest.mark.parametrize(
        ("name", "content", "options", "expected"),
        [
            ("x.csv", "text,label\none,a\ntwo,\n", {}, "no label in data.label_column=label, x.csv, line 3"),
            ("x.jsonl", lines({"text": "a", "label": ""}), {}, "no label in data.label_column=label"),
            ("x.jsonl", lines({"text": "a", "label": None}), {"multi_label": "single_only"}, "x.jsonl, line 1"),
            (
                "x.jsonl",
                lines({"text": "a", "label": ["x"]}, {"text": "a", "label": None}),
                {"multi_label": "single_only"},
                "x.jsonl, line 2",
            ),
            ("x.csv", "text,label\none,2\n", {"label_names": ("a", "b")}, "holds 2, but there are names for 0 to 1"),
            ("x.csv", "text,label\none,-1\n", {"label_names": ("a", "b")}, "data.label_names"),
            ("x.csv", "text,label\none,a\n", {"label_names": ("a", "b")}, "set data.label_names=null"),
            ("x.jsonl", lines({"text": "a", "label": 0.5}), {}, "data.label_column=label holds fractions"),
            (
                "x.jsonl",
                lines({"text": "a", "label": {"b": 1}}),
                {},
                "label holds objects (struct), no single values: x.jsonl, line 1",
            ),
        ],
    )
    def test_refused(self, refusal, name, content, options, expected):
        assert expected in refusal(name, content, **options)


class TestTexts:
    @pytest.mark.parametrize("empty", ["", "  ", None])
    def test_empty_ones_are_refused_or_left_out(self, read, refusal, empty):
        content = lines(
            {"text": "one", "label": "a"}, {"text": empty, "label": "a"}, {"text": empty, "label": None},
            {"text": "four", "label": "b"},
        )  # fmt: skip
        assert rows(read("x.jsonl", content, drop_empty=True)) == [("file:0", "one", "a"), ("file:3", "four", "b")]
        text = refusal("x.jsonl", content.replace("null}", '"b"}'))
        assert "no text in data.text_column=text, x.jsonl, lines 2, 3" in text
        assert "data.drop_empty=true" in text

    def test_those_of_excluded_labels_do_not_matter(self, read):
        assert len(read("x.csv", "text,label\none,a\n,b\n", exclude_labels=("b",)).ids) == 1

    def test_a_column_of_numbers_is_no_text(self, refusal):
        assert "data.text_column=text holds int64, not text" in refusal("x.jsonl", lines({"text": 1, "label": "a"}))

    def test_several_encodings_are_tried_in_turn(self, read, refusal):
        content = "text,label\n£5,a\n"
        assert read("x.csv", content.encode(), encoding="utf-8,latin-1").texts == ("£5",)
        assert read("x.csv", content.encode("latin-1"), encoding="utf-8, latin-1").texts == ("£5",)
        assert "data.encoding" in refusal("x.csv", content.encode("latin-1"))
        assert "data.encoding=utf-9" in refusal("x.csv", content, encoding="utf-9")


class TestColumnsAndIds:
    @pytest.mark.parametrize("name", ["x.csv", "x.jsonl", "x.parquet"])
    @pytest.mark.parametrize("option", ["text_column", "label_column", "id_column"])
    def test_a_missing_column_is_told_with_those_there(self, refusal, name, option):
        table = pa.table({"text": ["one"], "label": ["a"], "more": ["x"]})
        content = {"x.csv": "text,label,more\none,a,x\n", "x.jsonl": lines(*table.to_pylist())}.get(name, table)
        text = refusal(name, content, **{option: "nope"})
        assert f"data.{option}=nope is not there" in text
        assert "columns are text, label, more" in text

    def test_a_column_that_is_there_twice(self, refusal):
        assert "more than one column 'label'" in refusal("x.csv", "text,label,label\none,a,b\n")

    @pytest.mark.parametrize(
        ("content", "expected"),
        [
            (lines({"text": "a", "label": "x", "id": "7"}, {"text": "b", "label": "x", "id": "7"}), "id '7' occurs"),
            (lines({"text": "a", "label": "x", "id": None}), "no id in data.id_column=id, x.jsonl, line 1"),
            (lines({"text": "a", "label": "x", "id": [1]}), "data.id_column=id holds large_list"),
        ],
    )
    def test_ids_must_be_there_and_differ(self, refusal, content, expected):
        text = refusal("x.jsonl", content, id_column="id")
        assert expected in text
        assert "data.id_column" in text


@pytest.mark.parametrize(
    ("name", "content", "options", "expected"),
    [
        ("x.xlsx", "", {}, "must end in one of .csv, .tsv, .tab, .json, .jsonl, .ndjson, .parquet"),
        ("x.csv", "", {}, "data.path=x.csv is empty; its first line has to name the columns"),
        ("x.csv", "text,label\none,a,b\n", {}, "data.path=x.csv, line 2: 3 fields where the header has 2"),
        ("x.parquet", "no parquet", {}, "data.path=x.parquet cannot be read"),
        ("x.jsonl", "{}\n{x", {}, "x.jsonl, line 2: not JSON"),
        ("x.jsonl", "[]\n", {}, "x.jsonl, line 1: not a JSON object"),
        ("x.jsonl", lines({"text": "a"}, {"text": 1}), {}, "holds text (x.jsonl, line 1), integers (x.jsonl, line 2)"),
        ("x.jsonl", "", {}, "it is empty"),
        ("x.csv", "text,label\n", {}, "no examples are left"),
        ("x.csv", "text,label\n", {"splits": ("train",)}, "data.splits does not go with data.source=file"),
        ("x.csv", "text,label\n", {"reader": "class_folders"}, "data.reader=class_folders goes with"),
    ],
)
def test_what_is_no_such_file_is_refused(refusal, name, content, options, expected):
    assert expected in refusal(name, content, **options)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (None, "needs data.path=FILE"),
        ("/not/there.csv", "data.path=/not/there.csv: No such file"),
        ("/", "is a folder"),
    ],
)
def test_a_missing_file_is_told_early(path, expected):
    with pytest.raises(UserError, match=expected):
        content_fingerprint(DataConfig(name="mine", source="file", path=path))


def test_fifty_thousand_rows_take_well_under_a_second(read):
    count = 50_000
    table = pa.table(
        {
            "text": [f"some text {number}" for number in range(count)],
            "label": [[number % 28] if number % 5 else [1, 2] for number in range(count)],
            "id": [f"id{number}" for number in range(count)],
        }
    )
    options = {"multi_label": "single_only", "id_column": "id", "exclude_labels": ("3",)}
    read("warm.parquet", table.slice(0, 100), **options)
    started = time.perf_counter()
    pool = read("x.parquet", table, **options)
    assert time.perf_counter() - started < 1
    assert len(pool.ids) == 40_000 - pool.labels.count("3") - sum(n % 28 == 3 for n in range(count) if n % 5)
