"""Files in which a text has any number of labels: lists, texts with a separator, columns of 0 and 1."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bench.config import DataConfig, NaturalSplitConfig
from bench.data.pool import Pool
from bench.data.read import load_pool
from bench.data.split import draw
from bench.data.task import Task
from bench.errors import UserError

SETS = [["bug", "urgent"], ["bug"], [], ["question"], ["urgent", "question", "bug"], ["question", "bug"]] * 20
NAMES = ("bug", "question", "urgent")
TEXTS = [f"text number {row}" for row in range(len(SETS))]


def read(folder: Path, name: str, content: str | pa.Table, **options: Any) -> Pool:
    path = folder / name
    if isinstance(content, str):
        path.write_text(content)
    else:
        pq.write_table(content, path)
    data = DataConfig(name="mine", source="file", path=str(path), multi_label="keep", **options)
    return load_pool(data, cache=folder / "cache", mirror_dir=None)


def csv(column: str, cells: list[str]) -> str:
    return f"text,{column}\n" + "".join(f'{text},"{cell}"\n' for text, cell in zip(TEXTS, cells, strict=True))


def one_hot() -> str:
    rows = (",".join([text, *(str(int(name in of)) for name in NAMES)]) for text, of in zip(TEXTS, SETS, strict=True))
    return "text,bug,question,urgent\n" + "\n".join(rows) + "\n"


def every_form(folder: Path) -> dict[str, Pool]:
    lines = "".join(json.dumps({"text": text, "label": of}) + "\n" for text, of in zip(TEXTS, SETS, strict=True))
    lists = pa.table({"text": TEXTS, "label": SETS})
    python = [str(of) for of in SETS]
    yes = one_hot().replace(",1", ",true").replace(",0", ",False")
    return {
        "lines": read(folder, "a.jsonl", lines),
        "array": read(folder, "a.json", f"[{','.join(lines.splitlines())}]"),
        "Parquet": read(folder, "a.parquet", lists),
        "separator": read(folder, "a.csv", csv("label", ["|".join(of) for of in SETS]), label_separator="|"),
        "with blanks": read(folder, "b.csv", csv("label", [" ; ".join(of) + ";" for of in SETS]), label_separator=";"),
        "as pandas writes lists": read(folder, "c.csv", csv("label", python)),
        "as numpy writes arrays": read(folder, "f.csv", csv("label", [str(of).replace(",", "") for of in SETS])),
        "tuples": read(folder, "g.csv", csv("label", [str(tuple(of)) for of in SETS])),
        "one-hot": read(folder, "d.csv", one_hot(), label_columns=NAMES),
        "true and false": read(folder, "e.csv", yes, label_columns=NAMES),
    }


def test_every_form_gives_the_same_task(tmp_path: Path) -> None:
    pools = every_form(tmp_path)
    task = Task(
        DataConfig(name="mine", source="file", multi_label="keep"), 3, 40, 0, NaturalSplitConfig(name="natural")
    )
    assert {pool.label_sets for pool in pools.values()} == {tuple(tuple(sorted(of)) for of in SETS)}
    assert len({draw(task, pool).sha256() for pool in pools.values()}) == 1


def test_integers_have_the_names_of_single_labels(tmp_path: Path) -> None:
    content = '{"text": "a", "label": [0, 2]}\n{"text": "b", "label": []}\n{"text": "c", "label": null}\n'
    assert read(tmp_path, "x.jsonl", content, label_names=NAMES).label_sets == (("bug", "urgent"), (), ())
    assert read(tmp_path, "x.jsonl", content).label_sets[0] == ("0", "2")
    spelled = read(tmp_path, "x.csv", 'text,label\na,"[0, 2]"\nb,[]\nc,\n', label_names=NAMES)
    parted = read(tmp_path, "y.csv", "text,label\na,0|2\nb,\nc,\n", label_names=NAMES, label_separator="|")
    assert spelled.label_sets == parted.label_sets == (("bug", "urgent"), (), ())


def test_rows_without_a_label_are_left_out_where_asked_for(tmp_path: Path) -> None:
    pool = read(tmp_path, "x.csv", one_hot(), label_columns=NAMES, drop_unlabelled=True)
    assert pool.label_sets == tuple(tuple(sorted(of)) for of in SETS if of)
    assert pool.cleaned is not None
    assert pool.cleaned.unlabelled == 20


def test_a_separator_that_stands_nowhere_is_noted(tmp_path: Path) -> None:
    cells = ["; ".join(of) for of in SETS]
    pool = read(tmp_path, "x.csv", csv("label", cells), label_separator="|")
    assert "no row has several labels: is data.label_separator='|' between them?" in pool.notes
    assert not read(tmp_path, "x.csv", csv("label", cells), label_separator=";").notes


def test_labels_are_renamed_and_left_out_one_by_one(tmp_path: Path) -> None:
    cells = ["Bug|urgent", "bug", "urgent", "", "bug |question"]
    content = "text,label\n" + "".join(f"text {row},{cell}\n" for row, cell in enumerate(cells))
    pool = read(
        tmp_path, "x.csv", content, label_separator="|", merge_labels={"Bug": "bug"}, exclude_labels=("urgent",)
    )
    assert pool.label_sets == (("bug",), ("bug",), (), ("bug", "question")), "a row of urgent alone is left out"
    assert pool.texts == ("text 0", "text 1", "text 3", "text 4")
    assert pool.cleaned is not None
    assert (pool.cleaned.excluded, pool.cleaned.relabelled) == (1, 1)
    assert pool.label_counts() == {"bug": 3, "question": 1}


BAD = {
    "one text": (csv("label", ["bug"] * len(SETS)), {}, "holds 'bug', no list, a.csv, line 2, a.csv, line 3"),
    "a separator that nobody named": (
        csv("label", ["bug;urgent"] * len(SETS)), {}, "data.label_separator='\";\"' takes what is between the signs",
    ),
    "a list with another form": (csv("label", ["[bug, urgent]"] * len(SETS)), {}, "; a list is written [\"a\", \"b\"]"),
    "lists between separators": (csv("label", list(map(str, SETS))), {"label_separator": ","},
                                 "'['bug', 'urgent']': they are read without data.label_separator"),
    "a place a label": (csv("label", ["[0, 1, 1]", "[1, 0, 0]"] * (len(SETS) // 2)), {},
                        "holds lists of 0 and 1 with one place a label, as '[0, 1, 1]'"),
    "names and label_names": (csv("label", list(map(str, SETS))), {"label_names": NAMES}, "data.label_names=null"),
    "neither 0 nor 1": (one_hot().replace(",0,0,0", ",0,2,0"), {"label_columns": NAMES},
                        "data.label_columns=question holds '2', neither 0 nor 1, a.csv, line 4"),
    "nothing": (one_hot().replace(",0,0,0", ",0,,0"), {"label_columns": NAMES}, "holds nothing, neither 0 nor 1"),
    "no such column": (one_hot(), {"label_columns": ("bug", "spam")}, "data.label_columns=spam is not there"),
    "no label anywhere": (csv("label", [""] * len(SETS)), {"label_separator": "|"}, "no row has a label"),
    "an unknown label": (csv("label", ["bug|x"] * len(SETS)), {"label_separator": "|", "exclude_labels": ("y",)},
                         "['y'] are no labels here; labels are bug, x"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_told_in_one_line(case: str, tmp_path: Path) -> None:
    content, options, said = BAD[case]
    with pytest.raises(UserError) as caught:
        read(tmp_path, "a.csv", content, **options)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ([["a"], ["b", None]], "holds a list with nothing as a label, split 'file', row 1"),
        ([["a"], ["b", " "]], "holds a list with a blank label, split 'file', row 1"),
        ([[0.0, 1.0, 0.0], [1.0, 1.0, 0.0]], "with one place a label, as '[0, 1, 0]'"),
        ([1.5, 2.5], "holds double, no lists of labels; data.label_columns=[a,b,c]"),
    ],
)
def test_bad_lists(labels: list[Any], said: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="data mine") as caught:
        read(tmp_path, "a.parquet", pa.table({"text": ["x", "y"], "label": labels}))
    assert said in str(caught.value)
