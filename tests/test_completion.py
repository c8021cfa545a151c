"""What the tab key offers behind `bench`."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bench.command import VERBS
from bench.completion import SHELLS, candidates
from tests.support.cli import environment


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an experiment of the user's own."""
    (tmp_path / "conf/experiment").mkdir(parents=True)
    (tmp_path / "conf/experiment/tickets.yaml").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_verbs_experiments_options_and_choices(own: Path) -> None:
    assert set(VERBS) < set(candidates("bench "))
    assert candidates("bench sw") == ["sweep"]
    assert candidates("bench sweep tick") == ["tickets"]
    assert candidates("bench sweep spam_") == ["spam_scaling"]
    assert candidates("bench watch tick") == ["tickets"]
    assert candidates("bench watch demo train_") == ["train_size="]
    assert candidates("bench sweep demo train_") == ["train_size="]
    assert candidates("bench sweep demo te") == [], "an experiment is there already"
    assert "model=minilm" in candidates("bench run model=mini")
    assert "model=minilm,bert_base" in candidates("bench sweep demo model=minilm,b")
    assert "model=minilm,minilm" not in candidates("bench sweep demo model=minilm,m")
    assert candidates("bench sweep smoke/st") == ["smoke/stance_distilbert"]
    assert candidates("bench completion z") == ["zsh"]
    assert candidates("bench predict x") == [], "files are the shell's own to complete"


def run(own: Path, *words: str, stdin: str = "") -> str:
    """What a program prints where `bench` is installed."""
    program = own / "bin" / "bench"
    program.parent.mkdir(exist_ok=True)
    program.write_text(f"#!{sys.executable}\nfrom bench.command import start\nstart()\n")
    program.chmod(0o755)
    env = environment(own)
    env["PATH"] = f"{program.parent}:{env['PATH']}"
    return subprocess.run(
        words, cwd=own, env=env, input=stdin, check=True, capture_output=True, text=True, timeout=60
    ).stdout


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("bench swe", "sweep"),
        ("bench sweep tick", "tickets"),
        ("bench sweep demo train_", "train_size="),
        ("bench sweep demo model=bert_", "bert_base"),
        ("bench sweep demo model=minilm,bert_", "minilm,bert_base"),
    ],
)
def test_bash_completes(own: Path, line: str, found: str) -> None:
    """What bash puts in the place of the last word; `=` parts words there."""
    script = (
        f'eval "$(bench completion bash)"; COMP_LINE="{line}"; COMP_POINT=${{#COMP_LINE}}; '
        'compopt() { :; }; _bench; echo "${COMPREPLY[@]}"'
    )
    assert run(own, "bash", "--norc", "-c", script).split() == [found]


@pytest.mark.parametrize("shell", SHELLS)
def test_the_shell_can_read_its_lines(own: Path, shell: str) -> None:
    text = run(own, "bench", "completion", shell)
    assert text == SHELLS[shell]
    assert "bench completion --line" in text
    if path := shutil.which(shell):
        subprocess.run([path, "-n"], input=text, check=True, text=True, timeout=60)


def test_completing_imports_nothing_heavy(own: Path) -> None:
    code = (
        "import sys; sys.argv = ['bench', 'completion', '--line', 'bench sweep demo model=mini']\n"
        "from bench.command import main; main()\n"
        "print({'torch', 'transformers', 'pydantic', 'hydra', 'numpy'} & set(sys.modules))"
    )
    assert run(own, sys.executable, "-c", code).splitlines() == ["model=minilm", "model=minilm_hub", "set()"]
