"""`bench VERB`: the installed command, and files in a `conf/` of the user's own."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bench import __main__ as program
from bench import __version__
from bench.command import VERBS, main
from bench.compose import to_cell
from bench.options.listed import options
from bench.options.refusal import COMPOSING
from bench.settings import Settings
from bench.sweep.summary import print_summary
from tests.support.cli import composed, environment
from tests.support.texts import topics
from tests.test_cell import content

SCREEN = 46
"""Lines."""


def bench(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """The installed program, run in `folder`."""
    program = [sys.executable, "-c", "from bench.command import start; start()"]
    return subprocess.run(
        [*program, *words],
        cwd=folder,
        env=environment(folder),
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A folder with a data set and an experiment of its own."""
    topics(30, labels=("sport", "business")).to_csv(tmp_path / "tickets.csv", index=False)
    for group in ("data", "experiment"):
        (tmp_path / "conf" / group).mkdir(parents=True)
    (tmp_path / "conf/data/tickets.yaml").write_text(
        "defaults: [base/options@_here_, _self_]\nname: tickets\nsource: file\npath: tickets.csv\n"
    )
    (tmp_path / "conf/experiment/tickets.yaml").write_text(
        "# @package _global_\ndefaults:\n  - override /data: tickets\n  - override /model: tfidf_sgd\n"
        "  - override /split: nested\n"
        "experiment: tickets\nhydra: {sweeper: {params: {num_labels: 2, train_size: 8, seed: '0,1'}}}\n"
    )
    return tmp_path


def test_a_sweep_of_own_files_in_another_folder(own: Path) -> None:
    planned = bench("plan", "tickets", folder=own)
    assert planned.returncode == 0, planned.stderr
    assert "tfidf_sgd" in planned.stdout
    assert not (own / "results").exists()
    swept = bench("sweep", "tickets", "cache_dir=cache", folder=own)
    assert swept.returncode == 0, swept.stdout + swept.stderr
    assert (own / "reports/tickets/index.html").is_file()
    assert "tfidf_sgd" in bench("status", "tickets", "seed=0", folder=own).stdout
    assert "unchanged" in bench("report", "tickets", "cache_dir=cache", folder=own).stdout
    one = bench("run", "data=tickets", "model=tfidf_sgd", "split=nested", "num_labels=2", "train_size=8", folder=own)
    assert one.stdout.startswith("kept:"), one.stdout + one.stderr


def test_own_files_do_not_stand_in_for_the_programs(own: Path) -> None:
    """Else a record's data set would be another by the folder that a command ran in."""
    (own / "conf/data/sms_spam.yaml").write_text("name: mine\nsource: file\npath: tickets.csv\n")
    shown = bench("run", "data=sms_spam", "--cfg", "job", folder=own)
    assert "ucirvine/sms_spam" in shown.stdout


def test_an_experiment_behind_options_of_hydra(own: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (own / "tickets.csv").rename(elsewhere / "tickets.csv")
    for words in (("--config-dir", str(own / "conf"), "tickets"), ("tickets", f"--config-dir={own / 'conf'}")):
        planned = bench("plan", *words, "name=mine", folder=elsewhere)
        assert planned.returncode == 0, planned.stderr
        assert "Plan of mine" in planned.stdout


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("word", ["--help", "-h"])
def test_the_help_of_a_verb_begins_with_what_it_does(
    verb: str, word: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["bench", verb, word])
    try:
        code = main()
    except SystemExit as end:
        code = int(end.code or 0)
    assert code == 0
    text = capsys.readouterr().out
    lines = text.splitlines()
    assert f"bench {verb} {VERBS[verb].usage}" in lines[0]
    assert f"\n  bench {verb} {VERBS[verb].example}\n" in text
    assert "python -m" not in text
    assert len(lines) <= SCREEN, "it fits on a screen"
    assert max(map(len, lines)) <= 120
    if VERBS[verb].module == "bench.__main__":
        assert lines[0].startswith("usage: ")
        assert re.search(r"^  train_size=128 +all: what there is", text, re.M), (
            "options have their default and a sentence"
        )
        assert "--help-all" in lines[-1]


def test_all_options_are_listed_on_request(tmp_path: Path) -> None:
    shown = bench("sweep", "--help-all", folder=tmp_path)
    assert shown.returncode == 0
    assert all(part in shown.stdout for part in ("--config-dir", "command=plan", "name=tickets", "train_size: 128"))


def test_every_option_has_a_line_and_a_sentence() -> None:
    listed = options()
    assert set(Settings.__dataclass_fields__) <= set(listed)
    assert [name for name, one in listed.items() if not one.comment] == []


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_says_our_version(
    verb: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["bench", verb, "--version"])
    assert main() == 0
    assert capsys.readouterr().out == f"finetune-bench {__version__}\n"


@pytest.mark.parametrize("verb", [verb for verb in VERBS if VERBS[verb].module == "bench.__main__"])
def test_examples_of_the_help_compose(verb: str) -> None:
    words = VERBS[verb].arguments(VERBS[verb].example.split())
    assert composed(*(word for word in words if not word.startswith("command=")))


def test_each_verb_says_how_it_is_used(tmp_path: Path) -> None:
    shown = bench("--help", folder=tmp_path)
    assert shown.returncode == 0
    assert all(f"bench {verb}" in shown.stdout for verb in VERBS)
    unknown = bench("swep", folder=tmp_path)
    assert unknown.returncode == 2
    names = ", ".join(VERBS)
    assert unknown.stderr == f"error: bench swep: there are {names} (bench --help); did you mean sweep?\n"
    nothing = bench(folder=tmp_path)
    assert nothing.returncode == 2
    assert nothing.stdout == shown.stdout


def test_ctrl_c_while_modules_load_is_said_in_a_word(tmp_path: Path) -> None:
    interrupted = "import sys; from bench import command; sys.argv = ['bench', 'models']\n"
    interrupted += "def importing(name):\n    raise KeyboardInterrupt\n"
    interrupted += "command.importlib.import_module = importing; command.start()"
    done = subprocess.run(
        [sys.executable, "-c", interrupted], cwd=tmp_path, check=False, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (130, "interrupted\n")


@pytest.mark.parametrize(
    ("word", "left"),
    [("command=plan", ""), ("seed=0", ": a cell that was running left no record, finished ones are kept")],
)
def test_ctrl_c_speaks_of_cells_where_some_ran(
    word: str, left: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted() -> None:
        COMPOSING.end()
        raise KeyboardInterrupt

    monkeypatch.setattr(program, "run", interrupted)
    monkeypatch.setattr(sys, "argv", ["bench", "-m", word])
    assert program.main() == 130
    assert capsys.readouterr().err == f"interrupted{left}\n"


@pytest.mark.parametrize("words", [["sweep", "tickets", "seed=0,1"], ["sweep", "-cd", "own", "model=tfidf_sgd"]])
def test_the_command_that_runs_the_rest_is_the_one_that_was_given(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    verb = VERBS[words[0]]
    monkeypatch.setattr(sys, "argv", [f"bench {words[0]}", *verb.arguments(words[1:])])
    cell = to_cell(content())
    print_summary([(cell, None)], Settings(), {cell.key: "row"})
    assert capsys.readouterr().out.rstrip().endswith(f"with\n  bench {' '.join(words)}")


def test_a_report_on_nothing_says_so(own: Path) -> None:
    drawn = bench("report", "tickets", "results_dir=elsewhere", folder=own)
    assert drawn.returncode == 0
    assert "note: elsewhere has no record of these 2 cells\n" in drawn.stdout
    assert drawn.stderr == ""


@pytest.mark.parametrize("words", [["--help"], *([verb, "--help"] for verb in VERBS)])
def test_help_ends_quietly_where_nobody_reads_on(words: list[str], tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    program = [sys.executable, "-c", "from bench.command import start; start()", *words]
    done = subprocess.run(
        program, cwd=tmp_path, env=environment(tmp_path), stdout=writer, stderr=subprocess.PIPE, check=False, timeout=60
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, b"")
