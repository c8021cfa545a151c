"""Own files that say what to test on, in every format; and what is said where they do not."""

import json
from datetime import date, datetime

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bench.config import DataConfig
from bench.data.read import load_pool, pinned
from bench.errors import DataChanged, UserError
from tests.support import cli, texts


@pytest.fixture
def read(tmp_path):
    def write_and_read(content, name="t.csv", **options):
        if isinstance(content, pa.Table):
            pq.write_table(content, tmp_path / name)
        else:
            (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        data = DataConfig(name="mine", source="file", path=str(tmp_path / name), **options)
        return load_pool(data, cache=tmp_path, mirror_dir=None)

    return write_and_read


ROWS = [
    {"text": "one", "label": "a", "Teil": "Training", "Größe": "x", "day": "31.01.2024"},
    {"text": "two", "label": "b", "Teil": " DEV ", "Größe": " x ", "day": "1.2.2024"},
    {"text": "three", "label": "a", "Teil": "test", "Größe": "", "day": "2.2.2024"},
]
ASKED = {"split_column": "Teil", "group_column": "Größe", "time_column": "day"}


def semicolons(rows):
    lines = [";".join(rows[0])] + [";".join(row.values()) for row in rows]
    return b"\xef\xbb\xbf" + "\r\n".join(lines).encode() + b"\r\n"


def parquet(rows):
    frame = pd.DataFrame(rows)
    frame["label"], frame["Teil"] = pd.Categorical(frame["label"]), pd.Categorical(frame["Teil"])
    frame["day"] = pd.to_datetime(frame["day"], format="%d.%m.%Y")
    return pa.Table.from_pandas(frame)


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (semicolons(ROWS), "t.csv"),
        ("".join(json.dumps(row) + "\n" for row in ROWS), "t.jsonl"),
        (parquet(ROWS), "t.parquet"),
    ],
)
def test_sets_groups_and_times_of_every_format(read, content, name):
    pool = read(content, name, **ASKED)
    assert pool.splits == ("train", "validation", "test")
    assert pool.groups[:2] == ("x", "x")
    assert pool.groups[2] not in ("x", "")
    assert [time - pool.times[0] for time in pool.times] == [0, 86_400, 2 * 86_400]
    assert pool.ids == ("file:0", "file:1", "file:2")


@pytest.mark.parametrize(
    "days",
    [
        pa.array([date(2024, 1, 31), date(2024, 2, 1)], pa.date32()),
        pa.array([datetime(2024, 1, 31), datetime(2024, 2, 1)], pa.timestamp("ns", "Europe/Berlin")),
        pa.array([datetime(2024, 1, 31), datetime(2024, 2, 1)], pa.timestamp("s")),
    ],
)
def test_times_of_parquet(read, days):
    pool = read(pa.table({"text": ["a", "b"], "label": ["x", "y"], "day": days}), "t.parquet", time_column="day")
    assert pool.times[1] - pool.times[0] == 86_400


def test_numbers_are_times(read):
    pool = read("text,label,year\na,x,2024\nb,y,2023\n", time_column="year")
    assert pool.times == (2024, 2023)


def test_a_date_of_two_meanings_is_noted(read):
    pool = read("text,label,day\na,x,1/2/2024\nb,y,3/2/2024\n", time_column="day")
    assert any("'1/2/2024' may be a day and a month or a month and a day" in note for note in pool.notes)


@pytest.mark.parametrize(
    ("content", "options", "expected"),
    [
        (
            "text,label,part\na,x,train\nb,y,test\nc,x,blind\nd,y,\n",
            {"split_column": "part"},
            "data.split_column=part holds 'blind', nothing, t.csv, lines 4, 5; the words for the sets are train or",
        ),
        (
            "text,label,part\na,x,train\nb,y,training\n",
            {"split_column": "part"},
            "data.split_column=part marks no row for testing; all rows are marked train: mark others, or leave",
        ),
        ("text,label,part\na,x,test\nb,y,dev\n", {"split_column": "part"}, "marks no row for training; mark some, or"),
        (
            "text,label,day\na,x,2024-01-01\n\nb,,soon\nc,x,\n",
            {"time_column": "day"},
            "no label in data.label_column=label, t.csv, line 4: give these rows a label, or data.drop_unlabelled=true "
            "leaves them out; data.time_column=day holds 'soon', which is no time, t.csv, lines 4, 5; times are",
        ),
        ("text,label\na,x\n", {"group_column": "who"}, "data.group_column=who is not there"),
    ],
)
def test_what_cannot_be_understood_is_told_with_its_lines(read, content, options, expected):
    with pytest.raises(UserError) as caught:
        read(content, **options)
    assert expected in str(caught.value)


def test_a_file_of_its_own_for_testing_counts_by_its_content(read, tmp_path):
    test = tmp_path / "held.csv"
    test.write_text("text,label\nc,x\nd,y\n")
    pool = read("text,label\na,x\nb,y\n", test_path=str(test))
    assert (pool.splits, pool.ids[2:]) == (("train", "train", "test", "test"), ("test:0", "test:1"))
    data = DataConfig(name="mine", source="file", path=str(tmp_path / "t.csv"), test_path=str(test))
    planned = pinned(data, None)
    assert planned.test_revision != planned.revision
    test.write_text("text,label\nc,y\nd,y\n")
    with pytest.raises(DataChanged):
        load_pool(planned, cache=tmp_path, mirror_dir=None)
    with pytest.raises(UserError, match=r"data.test_path=/not/there.csv: No such file"):
        read("text,label\na,x\n", test_path="/not/there.csv")


BASELINE = ("model=tfidf_sgd", "device=cpu")


def places(folder):
    return [f"{name}_dir={folder / name}" for name in ("results", "reports", "cache")]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["data.group_column=g", "data.time_column=t"], "ask for two test sets, whole groups and the latest texts"),
        (["data.test_path=x.csv", "data.split_column=p"], "both say what to test on: give one"),
        (
            ["data.group_column=g", "split=nested"],
            "split=nested draws a test set of its own: it goes with split=natural",
        ),
        (["data.split_column=p", "split=fraction"], "it goes with split=natural or official"),
        (["split.min_validation_per_label=3"], "is an option of split=nested, and own data are drawn by split=natural"),
        (["train_size=1.5"], "(all: what there is for training, 0.25: a quarter of it)"),
    ],
)
def test_options_that_contradict_each_other_are_refused(tmp_path, capfd, words, expected):
    (tmp_path / "t.csv").write_text("text,label,g,t,p\na,x,1,1,train\n")
    (tmp_path / "x.csv").write_text("text,label\na,x\n")
    words = [word.replace("x.csv", str(tmp_path / "x.csv")) for word in words]
    assert cli.call("data=file", f"data.path={tmp_path / 't.csv'}", *words, *BASELINE, *places(tmp_path)) == 2
    said = capfd.readouterr().err
    assert expected in said
    assert said.count("\n") == 1


def identities(folder):
    return [json.loads(path.read_text())["configuration"]["identity"] for path in folder.glob("results/**/record.json")]


def test_own_data_are_used_whole_by_default_and_published_ones_as_ever(tmp_path):
    texts.topics(60, labels=("billing", "login", "other")).to_csv(tmp_path / "t.csv", index=False)
    own = ("data=file", f"data.path={tmp_path / 't.csv'}", *BASELINE, *places(tmp_path))
    assert cli.call("-m", *own, "train_size=12,0.5,all") == 0
    found = [identity["task"] for identity in identities(tmp_path)]
    assert {task["split"]["name"] for task in found} == {"natural"}
    assert {task["num_labels"] for task in found} == {3}
    assert sorted(task["train_size"] for task in found) == [12, 62, 125]
    from bench.compose import to_cell

    (content,) = cli.composed(*own, "split=nested", "num_labels=2", "train_size=12")
    task = to_cell(content).task
    assert (task.split.name, task.num_labels) == ("nested", 2)
    (content,) = cli.composed("data=bbc_headlines", *BASELINE)
    task = to_cell(content).task
    assert (task.split.name, task.num_labels, task.split.test_size) == ("nested", 2, 1000)
    (content,) = cli.composed(*own, "split=nested", "num_labels=2", "train_size=all")
    assert to_cell(content).task.train_size == 64


def test_a_folder_of_tables_is_tested_on_its_test_file(tmp_path):
    frame = texts.topics(60)
    folder = tmp_path / "mine"
    folder.mkdir()
    frame[::3].to_csv(folder / "test.csv", index=False)
    frame.drop(frame.index[::3]).to_csv(folder / "train.csv", index=False)
    words = ("data=file", "data.source=hub", f"data.path={folder}", *BASELINE, *places(tmp_path), "train_size=all")
    assert cli.call(*words) == 0
    (path,) = tmp_path.glob("results/**/record.json")
    examples = json.loads(path.read_text())["measurements"]["examples"]
    assert examples["num_test"] == len(frame[::3])


def test_a_folder_of_class_folders(tmp_path, capfd):
    frame = texts.topics(30)
    for number, row in enumerate(frame.itertuples()):
        (tmp_path / "mine" / row.label).mkdir(parents=True, exist_ok=True)
        (tmp_path / "mine" / row.label / f"{number}.txt").write_text(row.text)
    words = ("data=folder", f"data.path={tmp_path / 'mine'}", *BASELINE, *places(tmp_path))
    assert cli.call(*words, "train_size=all") == 0
    (identity,) = identities(tmp_path)
    assert identity["task"]["data"]["name"] == "mine"
    assert identity["task"]["data"]["content"]
    assert cli.call(*words, "train_size=all") == 0
    assert "kept: " in capfd.readouterr().out
    (tmp_path / "empty").mkdir()
    assert cli.call("data=folder", f"data.path={tmp_path / 'empty'}", *BASELINE, *places(tmp_path)) == 2
    assert "one for each label is needed" in capfd.readouterr().err


def test_a_size_of_data_that_is_elsewhere_is_asked_for(tmp_path, capfd):
    words = ("data=go_emotions", "num_labels=2", "train_size=all", *BASELINE, *places(tmp_path))
    assert cli.call(*words) == 2
    said = capfd.readouterr().err
    assert "train_size=all, but how much there is for training is not known before it is read" in said
    assert said.count("\n") == 1
