"""Rows that can't be used as they stand: told all at once, left out or mended where that is asked for, and counted."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bench.config import DataConfig, NestedSplitConfig
from bench.data.cleaned import Cleaned
from bench.data.read import load_pool
from bench.data.split import draw
from bench.data.task import Task
from bench.errors import TaskInfeasible, UserError
from bench.results.counts import cleaned_text
from tests.support import cli

TICKETS = (
    "key,subject,body,queue\n"
    "1,Broken,The lamp is dark,repair\n"
    "\n"
    "2,,,repair\n"
    "3,Bill,I paid twice,\n"
    '4,Bill,"Two lines\nof text",money \n'
    "4,Bill,Where is it,money\n"
    "5,,  ,\n"
    "\n"
    "6,Thanks,All is well,Money\n"
)
"""Two empty lines, a row of two lines, a repeated id; no text in two rows, no label in two, spellings of one label."""
CLEAN = {"drop_empty": True, "drop_unlabelled": True, "strip_labels": True, "merge_labels": {"Money": "money"}}


@pytest.fixture
def read(tmp_path):
    def write_and_read(content=TICKETS, name="t.csv", **options):
        if isinstance(content, pa.Table):
            pq.write_table(content, tmp_path / name)
        else:
            (tmp_path / name).write_text(content)
        options = {"text_column": "body", "label_column": "queue", **options}
        data = DataConfig(name="mine", source="file", path=str(tmp_path / name), **options)
        return load_pool(data, cache=tmp_path, mirror_dir=None)

    return write_and_read


def test_all_problems_of_a_file_are_one_message(read):
    with pytest.raises(UserError) as caught:
        read(id_column="key")
    assert str(caught.value) == (
        "data mine: no label in data.label_column=queue, t.csv, lines 5, 9 (row 8 of a spreadsheet): give "
        "these rows a label, or data.drop_unlabelled=true leaves them out; no text in data.text_column=body, t.csv, "
        "lines 4, 9 (row 8 of a spreadsheet); data.drop_empty=true leaves out rows without a text; id '4' "
        "occurs twice or more in data.id_column=key; data.id_column=null numbers the rows instead"
    )


def test_what_is_asked_for_is_done_and_counted(read, caplog):
    pool = read(**CLEAN)
    assert pool.labels == ("repair", "money", "money", "money")
    assert pool.ids == ("file:0", "file:3", "file:4", "file:6")
    assert pool.cleaned == Cleaned(rows=7, empty_lines=2, unlabelled=1, textless=2, relabelled=2)
    said = "of 7 rows 1 without a label and 2 without a text left out, the labels of 2 rows spelled as others"
    assert f"data mine: {said}" in caplog.text
    assert cleaned_text(pool.cleaned) == f"{said}, 2 empty lines skipped"
    assert pool.where(3) == "t.csv, line 11 (row 10 of a spreadsheet)"


@pytest.mark.parametrize(
    ("options", "labels"),
    [
        ({}, {"repair", "money ", "money", "Money"}),
        ({"strip_labels": True}, {"repair", "money", "Money"}),
        ({"merge_labels": {"money ": "Money", "repair": "Mend"}}, {"Mend", "money", "Money"}),
        ({"merge_labels": True}, {"repair", "money "}),
        ({"strip_labels": True, "exclude_labels": ("Money",)}, {"repair", "money"}),
        ({**CLEAN, "exclude_labels": ("Money",)}, {"repair"}),
    ],
)
def test_labels_are_spelled_as_the_options_say(read, options, labels):
    assert set(read(**{"drop_empty": True, "drop_unlabelled": True, **options}).labels) == labels


def test_one_option_leaves_the_other_problem(read):
    with pytest.raises(UserError, match=r"^data mine: no text in data.text_column=body, t.csv, line 4; data.drop"):
        read(drop_unlabelled=True)
    with pytest.raises(UserError, match=r"^data mine: no label in data.label_column=queue, t.csv, line 5: give"):
        read(drop_empty=True)


@pytest.mark.parametrize("label", ["", "  ", "\u00a0", "\u200b"])
def test_a_label_that_nobody_sees_is_none(read, label):
    rows = [{"body": f"text {n}", "queue": "a"} for n in range(3)] + [{"body": "x", "queue": label}]
    content = "".join(json.dumps(row) + "\n" for row in rows)
    with pytest.raises(UserError, match=r"no label in data.label_column=queue, t.jsonl, line 4"):
        read(content, "t.jsonl")
    assert read(content, "t.jsonl", drop_unlabelled=True).cleaned == Cleaned(rows=4, unlabelled=1)


def test_rows_of_parquet_are_cleaned_alike(read):
    labels = pa.array(["a ", None, "b", "a"]).dictionary_encode()
    table = pa.table({"body": ["one", "two", " ", "four"], "queue": labels})
    pool = read(table, "t.parquet", drop_empty=True, drop_unlabelled=True, strip_labels=True)
    assert pool.labels == ("a", "a")
    assert pool.cleaned == Cleaned(rows=4, unlabelled=1, textless=1, relabelled=1)


def test_lists_of_labels_are_counted(read):
    rows = [["a"], ["a", "b"], [], ["b"], None]
    content = "".join(json.dumps({"body": f"text {n}", "queue": row}) + "\n" for n, row in enumerate(rows))
    pool = read(content, "t.jsonl", multi_label="single_only", drop_unlabelled=True)
    assert pool.labels == ("a", "b")
    assert pool.cleaned == Cleaned(rows=5, unlabelled=1, not_single=2)


def test_a_label_to_merge_must_be_there(read):
    with pytest.raises(UserError, match=r"data.merge_labels has \['Mony'\], which are no labels here; labels are M"):
        read(**{**CLEAN, "merge_labels": {"Mony": "money"}})


def test_texts_under_several_labels_can_be_refused(read):
    rows = "".join(f"{n},,text number {n},{'ab'[n % 2]}\n" for n in range(80))
    pool = read("key,subject,body,queue\n" + rows + "81,,Text  number 4,b\n")
    split = NestedSplitConfig(same_text="normalized", conflicts="refuse")
    with pytest.raises(TaskInfeasible) as caught:
        draw(Task(DataConfig(name="mine", source="file"), 2, 8, 0, split), pool)
    assert str(caught.value).startswith(
        "1 text stands under several labels: 'text number 4' as 'a' (t.csv, line 6) and 'b' (t.csv, line 82); "
        "split.conflicts=refuse wants none: mend them, or split.conflicts=drop leaves their rows out"
    )


def test_counts_are_in_the_record_in_the_line_and_on_the_page(tmp_path, capfd):
    rows = "".join(f"{n},,text number {n} of {'ab'[n % 2]},{'ab'[n % 2]}\n" for n in range(80))
    (tmp_path / "t.csv").write_text(f"key,subject,body,queue\n{rows}81,,,a\n82,,no label,\n83,,Big letters, B\n\n")
    columns = ("data.text_column=body", "data.label_column=queue")
    cleaning = ("drop_empty=true", "drop_unlabelled=true", "strip_labels=true", "merge_labels={B: b}")
    words = ("data=file", f"data.path={tmp_path / 't.csv'}", *columns, *(f"data.{word}" for word in cleaning))
    places = [f"{name}_dir={tmp_path / name}" for name in ("results", "reports", "cache")]
    assert cli.call(*words, "model=tfidf_sgd", "train_size=16", "device=cpu", *places) == 0
    said = "of 83 rows 1 without a label and 1 without a text left out, the labels of 1 row spelled as others, "
    said += "1 empty line skipped"
    assert said in " ".join(capfd.readouterr().out.split())
    (record,) = (json.loads(path.read_text()) for path in tmp_path.glob("results/**/record.json"))
    assert record["measurements"]["examples"]["cleaned"] == {
        "rows": 83, "empty_lines": 1, "unlabelled": 1, "textless": 1, "not_single": 0, "excluded": 0, "relabelled": 1
    }  # fmt: skip
    assert cli.call("-m", *words, "model=tfidf_sgd", "train_size=16", "command=report", *places) == 0
    pages = [" ".join(page.read_text().split()) for page in tmp_path.glob("reports/**/*.md")]
    assert any(f"{said[:1].upper()}{said[1:]}." in page for page in pages)
