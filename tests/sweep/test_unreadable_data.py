"""Data that can't be read, or is odd, is told at the start: once a sweep, and in a plan."""

import pytest

from tests.support import cli

GRID = ("-m", "data=file", "data.name=mine", "model=tfidf_sgd", "train_size=8,16", "seed=0,1")
TWO = ("num_labels=2", "split=nested")


@pytest.mark.parametrize("command", ["plan", "run"])
@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ('text,label\n"a,x\nb,y\n', "line 2: unexpected end of data"),
        ("title;label\na;x\n", "data.text_column=text is not there"),
        ("text,label\n", "no examples are left"),
        ("text,label\na,x\nb\n", "line 3: 1 fields where the header has 2"),
    ],
)
def test_a_file_that_cannot_be_read_ends_a_sweep_and_a_plan_in_one_line(tmp_path, command, content, expected):
    (tmp_path / "mine.csv").write_text(content)
    ended = cli.bench(*GRID, f"data.path={tmp_path / 'mine.csv'}", f"command={command}", folder=tmp_path, light=True)
    assert (ended.returncode, ended.stdout) == (2, "")
    errors = [line for line in ended.stderr.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1
    assert expected in errors[0]
    assert "Traceback" not in ended.stderr
    assert not list(tmp_path.glob("results/**/record.json"))


def test_a_plan_and_a_cell_say_what_a_task_is_made_of(tmp_path):
    kinds = ("sport", "money", "Sport", "food")
    rows = [
        f"{kind} text {n} {place},{kind}" for n in range(60) for place, kind in enumerate(kinds) if n < 40 or place < 2
    ]
    (tmp_path / "mine.csv").write_text("\n".join(["text,label", *rows, "sport text 1 0,food"]) + "\n")
    path = f"data.path={tmp_path / 'mine.csv'}"
    planned = cli.bench(*GRID, *TWO, path, "command=plan", folder=tmp_path, light=True)
    assert planned.returncode == 0, planned.stderr
    said = " ".join(planned.stdout.split())
    assert "Data mine, num_labels=2: 2 of 4 labels" in said
    assert "labels look alike: 'sport' (60), 'Sport' (40)" in said
    ran = cli.bench("data=file", *TWO, "data.name=mine", path, "model=tfidf_sgd", "train_size=8", folder=tmp_path)
    assert ran.returncode == 0, ran.stderr
    for part in ("2 of 4 labels, 120 of 201 rows", "with several labels left out", "labels look alike"):
        assert part in ran.stdout


def test_data_that_cannot_be_fetched_ends_a_sweep_at_its_start(tmp_path):
    """No cell is begun, for each would fail alike, three seconds each."""
    grid = ("-m", "data=go_emotions", "model=tfidf_sgd", "train_size=64,128", "num_labels=2,4", "seed=0,1,2")
    ended = cli.bench(*grid, folder=tmp_path, light=True)
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (2, "", 1)
    assert "go_emotions is not in the hub's cache, and HF_HUB_OFFLINE forbids a download" in ended.stderr
    assert not list(tmp_path.glob("results/**/record.json"))
