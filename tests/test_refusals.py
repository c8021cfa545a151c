"""Slips on the command line and in YAML files: a line, two at most, that names the place and the way out."""

import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support import texts
from tests.support.cli import bench, call

Refuse = Callable[..., str]


@pytest.fixture
def told(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Refuse:
    def run(*arguments: str) -> str:
        folders = (f"{name}_dir={tmp_path / name}" for name in ("results", "reports", "cache"))
        code = call(*arguments, *folders)
        out, err = capfd.readouterr()
        assert code == 2, out + err
        assert out == ""
        assert err.startswith("error: ")
        assert err.count("\n") <= 2
        assert "Traceback" not in err
        return err

    return run


SLIPS = {
    "duplicate key": ("experiment: a\nexperiment: b\n", ["line 3", "duplicate key experiment"]),
    "tab": ("training:\n\tmax_length: 3\n", ["line 3"]),
    "open bracket": ("experiment: [1, 2\n", ["line 3", "']'"]),
    "defaults no list": ("defaults: 5\n", ["slip", "defaults must be a list"]),
    "defaults of a number": ("defaults: [5]\n", ["defaults"]),
    "null": ("experiment: null\n", ["experiment"]),
    "a list": ("- a\n- b\n", ["experiment/slip"]),
    "not UTF-8": (b"experiment: \xff\xfe\n", ["slip.yaml", "UTF-8"]),
    "params no dictionary": ("hydra: {sweeper: {params: 5}}\n", ["hydra.sweeper.params"]),
    "rows no list": ("hydra: {sweeper: {rows: 5}}\n", ["hydra.sweeper.rows"]),
    "an unknown interpolation": ("experiment: ${nosuch}\n", ["nosuch", "experiment"]),
    "a tag of Python": ("x: !!python/object/apply:os.getcwd []\n", ["line 2", "tag"]),
    "itself": ("defaults: [/experiment/slip]\n", ["itself"]),
    "a training of null": ("training: null\n", ["training"]),
    "too deep": (f"x: {'[' * 3000}{']' * 3000}\n", ["slip.yaml", "nested too deeply"]),
    "aliases of aliases": (
        "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        + "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 9)),
        ["slip.yaml", "aliases", "100,000"],
    ),
}


@pytest.mark.parametrize("slip", SLIPS)
def test_slips_in_a_file(told: Refuse, tmp_path: Path, slip: str) -> None:
    content, parts = SLIPS[slip]
    folder = tmp_path / "mine" / "experiment"
    folder.mkdir(parents=True)
    content = content if isinstance(content, bytes) else content.encode()
    (folder / "slip.yaml").write_bytes(b"# @package _global_\n" + content)
    text = told("--config-dir", str(tmp_path / "mine"), "-m", "+experiment=slip", "command=status")
    assert [part for part in parts if part not in text] == []


@pytest.mark.parametrize(
    "word",
    [
        "data.path=/tmp/a=b, v2 (x).csv", "data.text_column=文本", "data.text_column=Review Text (en)",
        'data.text_column=the "text"', "data.text_column=a[0]", "data.text_column=it's {it}", "data.name=x\\y=z",
    ],
)  # fmt: skip
@pytest.mark.parametrize("sweep", [(), ("-m",)], ids=["cell", "sweep"])
def test_a_word_that_cannot_be_read_comes_with_its_quotes(told: Refuse, sweep: tuple[str, ...], word: str) -> None:
    """What is advised is understood: the next complaint is that there is no such file."""
    text = told(*sweep, "data=file", word)
    assert repr(word) in text
    (advised,) = shlex.split(text.rpartition("quotes: ")[2])
    value = word.partition("=")[2]
    name = () if word.startswith("data.name") else ("data.name=x",)
    path = () if word.startswith("data.path") else ("data.path=/nowhere.csv",)
    said = told(*sweep, "data=file", *name, *path, advised)
    assert "No such file" in said
    assert value in said or not word.startswith(("data.path", "data.name"))


@pytest.mark.parametrize("word", ["seed=[", "foo", "=3", "seed", "method.r={", "a.b.=3"])
def test_other_words(told: Refuse, word: str) -> None:
    assert word in told(word) or word == "=3"


def test_several_values_without_a_sweep(told: Refuse) -> None:
    text = told("data.name=a,b", "data=file")
    assert "-m" in text
    assert "'data.name=\"a,b\"'" in text


@pytest.mark.parametrize("word", ["model=tfidf_sgd,minilm", "data=[sms_spam, ag_news]", "+split=[nested]"])
def test_several_files_of_a_group_are_a_sweep(told: Refuse, word: str) -> None:
    """No list of them is advised, for a cell has one."""
    text = told(word)
    assert "sweep (-m)" in text
    assert "[" not in text.replace(word, "")
    if "[" in word:
        names = text.rpartition(": ")[2].strip()
        assert names == word.strip("+").replace("[", "").replace("]", "").replace(" ", "")


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("trainsize=40", "train_size"),
        ("learning_rate=1e-3", "model.learning_rate or training.learning_rate"),
        ("training.epochs=3", "training.num_train_epochs"),
        ("epochs=3", "training.num_train_epochs"),
        ("label_column=queue", "data.label_column"),
        ("data.qoting=none", "data.quoting"),
        ("lora.r=4", "method.r"),
    ],
)
@pytest.mark.parametrize("sweep", [(), ("-m",)], ids=["cell", "sweep"])
def test_an_option_that_there_is_not(told: Refuse, sweep: tuple[str, ...], word: str, meant: str) -> None:
    """What is proposed is an option, and no way to add one."""
    text = told(*sweep, word)
    name = word.partition("=")[0]
    assert text.startswith(f"error: {name}: there is no such option; did you mean {meant}")
    assert "\nthere are" in text
    assert "+" not in text
    assert "no such option" in told(*sweep, f"++{word}")


def test_an_option_like_no_other(told: Refuse) -> None:
    text = told("method.nosuch=1")
    assert text.startswith("error: method.nosuch: there is no such option\n")
    assert "\nthere are in method: name, display_name, r, " in text


def test_help_that_nobody_reads_to_the_end() -> None:
    command = [sys.executable, "-m", "bench", "--help"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


@pytest.mark.parametrize("sweep", [(), ("-m",)], ids=["cell", "sweep"])
def test_encodings_are_one_value_as_they_are_advised(tmp_path: Path, sweep: tuple[str, ...]) -> None:
    frame = texts.topics(60)
    frame["text"] += " café"
    frame.to_csv(tmp_path / "latin.csv", index=False, encoding="latin-1")
    ended = bench(
        *sweep, "data=file", "data.name=latin", f"data.path={tmp_path / 'latin.csv'}", "data.encoding=utf-8,latin-1",
        "num_labels=2", "train_size=16", "model=tfidf_sgd", folder=tmp_path,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    assert len(list((tmp_path / "results").rglob("record.json"))) == 1


@pytest.mark.parametrize(
    "words",
    [("seed=range(0,1000000000)",), ("seed=range(0,1000)", "train_size=range(2,1000)")],
)
def test_a_grid_that_is_too_big(told: Refuse, words: tuple[str, ...]) -> None:
    text = told("-m", "model=tfidf_sgd", *words)
    assert "seed" in text
    assert "100,000" in text


def test_a_number_of_thousands_of_digits(told: Refuse) -> None:
    assert len(told(f"train_size={'9' * 5000}")) < 1000
