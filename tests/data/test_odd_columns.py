"""Values that no reader expects: read where they mean one thing, else refused in one line with their places."""

import json
import os

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.config import DataConfig
from bench.data.read import load_pool
from bench.errors import UserError
from bench.predict.texts import from_file


@pytest.fixture
def read(tmp_path):
    def write_and_read(content, name="x.jsonl", **options):
        path = tmp_path / name
        if isinstance(content, pa.Table):
            pq.write_table(content, path := tmp_path / "x.parquet")
        else:
            path.write_text("".join(row if isinstance(row, str) else json.dumps(row) + "\n" for row in content))
        return load_pool(
            DataConfig(name="mine", source="file", path=str(path), **options), cache=tmp_path, mirror_dir=None
        )

    return write_and_read


def rows(*labels, **more):
    return [{"text": f"text {n}", "label": label, **more} for n, label in enumerate(labels)]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ([{"text": "one", "label": "a"}, {"text": "cut \ud83d", "label": "b"}], "half a character .* x.jsonl, line 2"),
        (rows("a", "cut \ud83d"), "data.label_column=label holds half a character .* x.jsonl, line 2"),
        (rows(1, float("nan"), 2), "no label in data.label_column=label, x.jsonl, line 2"),
        (rows("a", 0.5), r"holds text \(x.jsonl, line 1\), fractions \(x.jsonl, line 2\): write one kind"),
        (rows("a", {"b": 1}), r"objects \(struct\), no single values: x.jsonl, line 2"),
        (rows("a", ["b"]), r"text \(x.jsonl, line 1\), lists \(x.jsonl, line 2\)"),
        (rows(["a"], [["b"]]), r"lists in lists: x.jsonl, line 2"),
        (rows("", "a", None), r"no label in .*, x.jsonl, lines 1, 3:"),
        (["[" * 100_000 + "\n"], "line 1: (nested too deeply|not JSON)"),
        (['{"text": "a", "label": ' + "[" * 100_000 + "\n"], "line 1: (nested too deeply|not JSON)"),
        (["{x\n", "[]\n", "7\n", *rows("a")], "line 1: not JSON .*; line 2: not a JSON object; line 3: not a"),
        ([{"text": "", "label": None}, {"text": "", "label": "a"}], "no label .* 1: .*; no text .*, lines 1, 2"),
    ],
)  # fmt: skip
def test_json_that_is_not_as_it_should_be(read, content, expected):
    with pytest.raises(UserError, match=expected) as caught:
        read(content, multi_label="single_only")
    assert "\n" not in str(caught.value)


def test_json_that_means_one_thing_is_read(read):
    assert read(rows(1, "1", "b", True)).labels == ("1", "1", "b", "true")
    assert read(rows(1, 2.0)).labels == ("1", "2")
    assert read(rows(2**63, 10**30)).labels == (str(2**63), str(10**30))
    assert read(rows("a", "b", "c"), name="x.json").labels == ("a", "b", "c")
    assert read(json.dumps(rows("a", "b"), indent=1).splitlines(keepends=True), name="x.json").labels == ("a", "b")
    ids = [{"text": "a", "label": "x", "id": number} for number in (2**63, 10**30, -(2**70), 7, "8")]
    assert read(ids, id_column="id").ids == (str(2**63), str(10**30), str(-(2**70)), "7", "8")


def test_integers_beyond_all_names(read):
    with pytest.raises(UserError, match=r"data.label_names"):
        read(rows(0, 10**30), label_names=("no", "yes"))


TEXTS = {"text": ["one", "two"]}


@pytest.mark.parametrize(
    ("table", "labels"),
    [
        (pa.table(TEXTS | {"label": pa.array([b"a", b"b"])}), ("a", "b")),
        (pa.table(TEXTS | {"label": pa.array(["a", "b"], pa.string_view())}), ("a", "b")),
        (pa.table(TEXTS | {"label": pa.array(["a", "b"]).dictionary_encode()}), ("a", "b")),
        (pa.table({"text": pa.array([b"one", b"two"]), "label": ["a", "b"]}), ("a", "b")),
        (pa.table({"text": pa.array(["one", "two"], pa.string_view()), "label": ["a", "b"]}), ("a", "b")),
    ],
)
def test_parquet_of_other_types_is_read(read, table, labels):
    pool = read(table, drop_empty=True)
    assert (pool.texts, pool.labels) == (("one", "two"), labels)


def test_unsigned_integers_get_their_names(read):
    assert read(pa.table(TEXTS | {"label": pa.array([1, 0], pa.uint64())}), label_names=("no", "yes")).labels == (
        "yes",
        "no",
    )


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        (pa.table(TEXTS | {"label": pa.array([b"a", b"\xff"])}), "bytes that are not UTF-8, split 'file', row 1"),
        (pa.table({"text": pa.array([b"\xff", b"b"]), "label": ["a", "b"]}), "data.text_column=text holds bytes"),
        (pa.table({"text": pa.array([b"\xff", b"b"]).view(pa.string()), "label": ["a", "b"]}), "row 0"),
        (pa.table([["one"], ["a"], ["b"]], names=["text", "label", "label"]), "more than one column 'label'"),
        (pa.table(TEXTS | {"label": [1.0, float("nan")]}), "no label in data.label_column=label, split 'file', row 1"),
        (pa.table(TEXTS | {"label": pa.array([2**64 - 1, 0], pa.uint64())}), "holds 18446744073709551615, but"),
        (pa.table(TEXTS | {"label": pa.array([1, None])}), "no label in data.label_column=label, split 'file', row 1"),
    ],
)
def test_parquet_that_is_not_as_it_should_be(read, table, expected):
    with pytest.raises(UserError, match=expected):
        read(table, label_names=("no", "yes"))


@pytest.mark.parametrize(
    "metadata",
    [
        b"", b"{", b"[]", b"7", b"null", b'{"info": []}', b'{"info": {"features": 7}}', b"\xff", b"[" * 100_000,
        b'{"info": {"features": {"label": []}}}', b'{"info": {"features": {"label": {"names": 5}}}}',
        b'{"info": {"features": {"label": {"names": [1, 2]}}}}', b'{"info": {"features": {"label": [[]]}}}',
    ],
)  # fmt: skip
def test_damaged_metadata_name_nothing(read, metadata):
    table = pa.table(TEXTS | {"label": [1, 0]}).replace_schema_metadata({b"huggingface": metadata})
    assert read(table).labels == ("1", "0")


def test_an_index_of_emails_stays_in_its_folder(tmp_path):
    (tmp_path / "secret.txt").write_text("Subject: x\n\na secret")
    index = tmp_path / "corpus" / "full" / "index"
    index.parent.mkdir(parents=True)
    data = DataConfig(name="mails", source="folder", reader="trec", path=str(tmp_path / "corpus"))
    os.mkfifo(tmp_path / "corpus" / "pipe")
    for name, expected in (
        ("../../secret.txt", "outside"),
        (str(tmp_path / "secret.txt"), "outside"),
        ("../pipe", "pipe"),
    ):
        index.write_text(f"spam {name}\n")
        with pytest.raises(UserError, match=rf"line 1: no email .*{expected}"):
            load_pool(data, cache=tmp_path, mirror_dir=None)


@pytest.mark.parametrize("kind", ["csv", "tsv", "jsonl"])
@pytest.mark.parametrize("names", [("train", "test"), ("my-train-part", "my-test-part")])
def test_a_folder_is_read_as_its_files_are(tmp_path, kind, names):
    labels = ["01", "1", "1.0", "NA", "None", "nan", "null", "true"]
    folder = tmp_path / "tables"
    folder.mkdir()
    for name in names:
        lines = {"csv": [f"text {n},{label}" for n, label in enumerate(labels)]}
        lines["tsv"] = [line.replace(",", "\t") for line in lines["csv"]]
        lines["jsonl"] = [json.dumps({"text": f"text {n}", "label": label}) for n, label in enumerate(labels)]
        head = {"csv": ["text,label"], "tsv": ["text\tlabel"], "jsonl": []}[kind]
        (folder / f"{name}.{kind}").write_text("\n".join([*head, *lines[kind]]) + "\n")
    as_folder = load_pool(DataConfig(name="x", source="hub", path=str(folder)), cache=tmp_path, mirror_dir=None)
    one = DataConfig(name="x", source="file", path=str(folder / f"{names[0]}.{kind}"))
    assert load_pool(one, cache=tmp_path, mirror_dir=None).labels == tuple(labels)
    assert as_folder.labels == tuple(labels * 2)
    assert as_folder.ids[:2] == ("train:0", "train:1")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4) | st.just("\ud83d"),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["text", "a"]), inner, max_size=2),
    max_leaves=4,
)


@settings(max_examples=150, deadline=None, database=None)
@given(st.lists(st.fixed_dictionaries({}, optional={"text": VALUES, "label": VALUES, "id": VALUES}), max_size=5))
def test_whatever_json_holds_it_is_read_or_refused(tmp_path_factory, found):
    path = tmp_path_factory.mktemp("odd") / "x.jsonl"
    path.write_text("\n".join(map(json.dumps, found)))
    more = {"multi_label": "single_only", "drop_empty": True}
    for options in ({}, more, {"id_column": "id", "label_names": ("a", "b")}):
        data = DataConfig(name="x", source="file", path=str(path), **options)
        assert_read_or_refused(lambda data=data: load_pool(data, cache=path.parent, mirror_dir=None))
    assert_read_or_refused(lambda: from_file(str(path), "text"))


def assert_read_or_refused(read_it):
    message = ""
    try:
        read_it()
    except UserError as error:
        message = str(error)
    assert "\n" not in message
