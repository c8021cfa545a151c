"""Hostile names through the commands that a user types: reports are whole, and nothing of a name acts."""

import csv
import shutil
from pathlib import Path

import pytest

from tests.report.opened import opened
from tests.support.cli import bench, call

QUICK = ("data=bbc_headlines", "num_labels=2", "train_size=32", "seed=0,1", "model=tfidf_sgd")
MARKUP = "[/] [bold]x \x1b[31mred"


def names(*values: str) -> str:
    """A sweep over model names, quoted for Hydra."""
    return "model.name=" + ",".join("'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'" for value in values)


def whole(folder: Path, experiment: str = "single") -> str:
    """The page of a report, all of whose tables are beside it."""
    report = folder / "reports" / experiment
    page = opened(report / "index.html")
    assert (report / "index.md").is_file()
    assert "could not be made" not in page
    tables = {path.stem for path in (report / "tables").iterdir()}
    assert all((report / "tables" / f"{name}.{kind}").is_file() for name in tables for kind in ("csv", "md", "tex"))
    assert any(name.startswith("beats_") for name in tables)
    return page


def test_hub_ids_as_an_axis_give_a_whole_report(tmp_path: Path, mirror: Path) -> None:
    there = tmp_path / "mirror"
    shutil.copytree(mirror, there)
    for name in ("orgA/mini", "orgB/mini"):
        shutil.copytree(mirror / "models/google-bert/bert-base-uncased", there / "models" / name)
    words = ("model=bert_base", "method=linear_probe", "model.id=orgA/mini,orgB/mini", "model.revision=null")
    words += ("data=bbc_headlines", "num_labels=2", "train_size=16", "seed=0,1", "device=cpu", f"mirror_dir={there}")
    ended = bench("-m", *words, folder=tmp_path)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "orgA/mini" in whole(tmp_path)


def test_names_that_are_paths_or_long_or_alike(tmp_path: Path) -> None:
    hostile = names("acme/Tfidf", "acme/tfidf", "../../../victim/owned", "x" * 300, "x" * 299 + "y")
    ended = bench("-m", *QUICK, hostile, folder=tmp_path / "inner")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    whole(tmp_path / "inner")
    assert [path.name for path in tmp_path.iterdir()] == ["inner"]


def test_markup_and_commands_in_names_reach_no_terminal(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    words = ("-m", *QUICK, names(MARKUP, "[bold]x", "=1+1"))
    words += (f"results_dir={tmp_path / 'r'}", f"reports_dir={tmp_path / 'p'}", f"cache_dir={tmp_path / 'c'}")
    for command in ("plan", "status"):
        assert call(*words, f"command={command}") == 0
        told = capfd.readouterr()
        assert "\x1b" not in told.out + told.err
        assert "[bold]x" in told.out
        assert "[/] [bold]x \\x1b[31mred" in told.out


def test_a_whole_sweep_with_such_names(tmp_path: Path) -> None:
    ended = bench("-m", *QUICK, names(MARKUP, "=1+1", "a\x07b", "_x"), folder=tmp_path)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "\x1b" not in ended.stdout + ended.stderr
    assert r"[/] [bold]x \x1b[31mred" in ended.stdout
    whole(tmp_path)
    for name in ("results.csv", "summary.csv"):
        with (tmp_path / "reports/single" / name).open(newline="", encoding="utf-8") as file:
            entries = [line["row"] for line in csv.DictReader(file)]
        assert "'=1+1" in entries
        assert not any(entry.startswith("=") or "\x07" in entry for entry in entries)


def test_secrets_of_the_command_line_are_in_no_file(tmp_path: Path) -> None:
    first = bench("-m", *QUICK, "mirror_dir='https://user:PWSECRET@host/x'", folder=tmp_path)
    secret = ("+hydra.launcher.options.comment=SLURMSECRET", "++hydra.launcher.options.api_key=KEYSECRET")
    again = bench("-m", *QUICK, "hydra/launcher=slurm", *secret, "command=report", "redraw=true", folder=tmp_path)
    assert again.returncode == 0
    told = first.stdout + first.stderr + again.stdout + again.stderr
    files = [path for kind in ("results", "reports") for path in (tmp_path / kind).rglob("*") if path.is_file()]
    assert len(files) > 20, told
    for text in ("PWSECRET", "SLURMSECRET", "KEYSECRET"):
        assert text not in told
        assert not [path for path in files if text.encode() in path.read_bytes()]


def test_secrets_in_errors_are_masked_in_records_and_logs(tmp_path: Path) -> None:
    words = ("model=bert_base", "method=linear_probe", "model.id=https://user:PWSECRET@host/x", "model.revision=null")
    words += ("data=bbc_headlines", "num_labels=2", "train_size=16", "device=cpu")
    ended = bench("-m", *words, folder=tmp_path)
    assert ended.returncode != 0
    assert "PWSECRET" not in ended.stdout + ended.stderr
    assert not [p for p in tmp_path.rglob("*") if p.is_file() and b"PWSECRET" in p.read_bytes()]


def test_secrets_in_what_differs_between_rows_are_masked_and_rows_stay_apart(tmp_path: Path) -> None:
    """Two rows that a password alone tells apart, in a report and where a sweep is refused."""
    ids = ("'https://user:PWSECRET@host/x'", "'https://user:PW2SECRET@host/x'")
    words = ("-m", "model=tfidf_sgd", "data=file", "data.source=hub", "data.path=null", "data.name=q", "train_size=16")
    words += (f"data.id={','.join(ids)}", "device=cpu")
    drawn = bench(*words, "command=report", folder=tmp_path)
    refused = bench(*words, folder=tmp_path)
    assert (drawn.returncode, refused.returncode) == (0, 2), drawn.stderr + refused.stderr
    assert "SECRET" not in drawn.stdout + drawn.stderr + refused.stdout + refused.stderr
    files = [path for kind in ("results", "reports") for path in (tmp_path / kind).rglob("*") if path.is_file()]
    assert len(files) > 6
    assert not [path for path in files if b"SECRET" in path.read_bytes()]
    page = opened(tmp_path / "reports/single/index.html")
    assert "id=https://user:***@host/x (1)" in page
    assert "id=https://user:***@host/x (2)" in page


def test_what_libraries_and_hydra_print_is_masked(tmp_path: Path) -> None:
    ended = bench("--cfg", "job", "mirror_dir='https://user:PWSECRET@host/x'", folder=tmp_path)
    assert ended.returncode == 0
    assert "https://user:***@host/x" in ended.stdout
    assert "PWSECRET" not in ended.stdout + ended.stderr


def test_what_hydra_writes_where_it_is_told_to_is_the_users_alone(tmp_path: Path) -> None:
    own = ("hydra.output_subdir=.hydra", f"hydra.run.dir={tmp_path / 'run'}", "data.config=OPTIONSECRET")
    folders = (f"{name}_dir={tmp_path / name}" for name in ("results", "reports", "cache"))
    assert call("data=file", "model=tfidf_sgd", *own, *folders) == 2
    written = list((tmp_path / "run/.hydra").iterdir())
    assert len(written) == 3
    assert {path.stat().st_mode & 0o777 for path in written} == {0o600}
