"""JSON as other programs write it: fields in objects, rows in an object around them, columns that are no rows."""

import json
from pathlib import Path

import pytest

from bench.config import DataConfig
from bench.data.pool import Pool
from bench.data.read import load_pool
from bench.errors import UserError

TEXT, LABEL = ("doc.body", "notes.label")


def read(folder: Path, content: str, **options: object) -> Pool:
    path = folder / "x.jsonl"
    path.write_text(content, encoding="utf-8")
    asked = {"text_column": TEXT, "label_column": LABEL, **options}
    return load_pool(DataConfig(name="mine", source="file", path=str(path), **asked), cache=folder, mirror_dir=None)


def lines(*rows: object) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def row(number: int, notes: object) -> dict[str, object]:
    return {"id": number, "doc": {"body": f"text {number}", "lang": "en"}, "notes": notes}


def test_fields_in_objects_are_columns(tmp_path: Path) -> None:
    pool = read(tmp_path, lines(row(1, {"label": "a"}), row(2, {"label": "b", "by": "me"}), row(3, {"label": "a"})))
    assert list(pool.texts) == ["text 1", "text 2", "text 3"]
    assert list(pool.labels) == ["a", "b", "a"]


def test_a_list_with_one_object_has_one_label(tmp_path: Path) -> None:
    content = lines(row(1, [{"label": "a"}]), row(2, [{"label": "b"}]), row(3, [{"label": "a"}, {"label": "b"}]))
    assert list(read(tmp_path, content, multi_label="single_only").labels) == ["a", "b"]


def test_a_name_with_a_dot_is_a_name_first(tmp_path: Path) -> None:
    rows = [{"doc.body": "plain", "doc": {"body": "inside"}, "notes": {"label": "a"}}]
    rows += [{"doc": {"body": "inside"}, "notes": {"label": "b"}}]  # type: ignore[list-item]
    assert list(read(tmp_path, lines(*rows)).texts) == ["plain", "inside"]


def test_a_row_without_the_object_has_no_label(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no label in data.label_column=notes.label, x.jsonl, lines 2, 3:"):
        read(tmp_path, lines(row(1, {"label": "a"}), row(2, None), row(3, {})))


def test_a_field_twice_in_an_object_is_refused(tmp_path: Path) -> None:
    content = lines(row(1, {"label": "a"})) + '{"doc": {"body": "x", "body": "y"}, "notes": {"label": "b"}}\n'
    with pytest.raises(UserError, match=r"line 2: 'doc.body' is there twice"):
        read(tmp_path, content)
    content = '{"other": {"x": 1, "x": 2}, "doc": {"body": "x"}, "notes": {"label": "b"}}\n' + content.split("\n")[0]
    assert list(read(tmp_path, content).labels) == ["b", "a"]


def test_what_is_in_an_object_is_named_where_the_object_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"data.text_column=doc holds objects .*; columns in it are doc.body, doc.lang"):
        read(tmp_path, lines(row(1, {"label": "a"})), text_column="doc")


def test_objects_with_a_name_for_each_row_make_no_columns(tmp_path: Path) -> None:
    rows = [{**row(number, {"label": "a"}), "scores": {f"row {number}": 1}} for number in range(200)]
    with pytest.raises(UserError, match="not there") as caught:
        read(tmp_path, lines(*rows), label_column="scores.none")
    assert "scores.row" not in str(caught.value)
    assert "notes.label" in str(caught.value)


@pytest.mark.parametrize("indent", [None, 1])
def test_rows_in_an_object_around_them(tmp_path: Path, indent: int | None) -> None:
    around = {"version": 2, "tags": ["x"], "rows": [row(1, {"label": "a"}), row(2, {"label": ""})]}
    with pytest.raises(UserError, match=r"no label in data.label_column=notes.label, x.jsonl, item 2"):
        read(tmp_path, json.dumps(around, indent=indent))
    around["rows"] = [row(1, {"label": "a"}), row(2, {"label": "b"})]
    assert list(read(tmp_path, json.dumps(around, indent=indent)).labels) == ["a", "b"]


@pytest.mark.parametrize("of", [["one", "two"], {"0": "one", "1": "two"}])
def test_columns_in_an_object_are_no_rows(tmp_path: Path, of: object) -> None:
    with pytest.raises(UserError, match=r"one object with columns in it, .* pandas writes with orient='records'\)"):
        read(tmp_path, json.dumps({"text": of, "label": of}))
