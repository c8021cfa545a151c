"""Kept models: the command that uses them predicts what the cell predicted, and says plainly what is wrong."""

import csv
import io
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from bench.convert.__main__ import main as convert
from bench.data.read import load_pool
from bench.errors import UserError
from bench.methods import masks
from bench.models import kept
from bench.models.card import EXAMPLE, wilson_interval
from bench.models.families import Family
from bench.predict import __main__ as command
from bench.predict import output
from bench.predict.__main__ import main
from bench.predict.texts import from_arguments, from_file
from bench.results import store
from bench.running import devices
from bench.running.devices import Gpu
from bench.serve.__main__ import main as serve
from bench.sources.fingerprint import file_sha256
from tests.support import cli
from tests.support.kept import Keeper, Trained

CELLS = {
    "lora": ("bert", {"name": "lora"}, "fp32"),
    "qlora": ("llama", {"name": "qlora"}, "bf16"),
    "ia3": ("gpt2", {"name": "peft", "peft_type": "IA3"}, "fp32"),
    "pissa": ("bert", {"name": "peft", "peft_type": "LORA", "options": {"init_lora_weights": "pissa"}}, "fp32"),
    "adalora": ("bert", {"name": "peft", "peft_type": "ADALORA"}, "fp32"),
    "prompt": ("llama", {"name": "peft", "peft_type": "PROMPT_TUNING", "options": {"num_virtual_tokens": 5}}, "fp32"),
    "norms": ("llama", {"name": "peft", "peft_type": "LN_TUNING", "load_in_4bit": True}, "bf16"),
    "full": ("distilbert", {"name": "full"}, "fp32"),
    "last_block": ("gpt2", {"name": "last_block"}, "fp32"),
    "mixed": ("gemma3", {"name": "last_block"}, "bf16"),
    "tail": ("bert", {"name": "lora"}, "fp32"),
    "head_tail": ("bert", {"name": "full"}, "fp32"),
    "head_tail_prompt": ("llama", {"name": "peft", "peft_type": "PROMPT_TUNING"}, "fp32"),
    "windows": ("bert", {"name": "lora"}, "fp32"),
    "few_windows": ("distilbert", {"name": "full"}, "fp32"),
    "thresholds": ("bert", {"name": "lora"}, "fp32"),
}
"""By name: family, method, precision. The last one keeps frozen weights in bf16 and trained ones in fp32.

A precision of bf16 is the model's default, so that a CPU that is slow in bf16 trains and predicts in fp32 alike.
"""


TRAINING: dict[str, dict[str, Any]] = {
    "tail": {"max_length": 6, "truncation": "tail"},
    "head_tail": {"max_length": 6, "truncation": "head_tail"},
    "head_tail_prompt": {"max_length": 6, "truncation": "head_tail"},
    "windows": {"max_length": 5, "windows": "mean", "per_device_eval_batch_size": 5},
    "few_windows": {"max_length": 4, "windows": "mean", "max_windows": 2},
    "thresholds": {"thresholds": "validation", "best_metric": "macro_f1", "learning_rate": 2e-3, "num_train_epochs": 2},
}
"""What some of them train with besides; six words are more than there is room for."""


@pytest.fixture(scope="module")
def trained(mirror: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Runs a cell of `CELLS` with `save_model=true` when it is first asked for."""
    keeper = Keeper(tmp_path_factory.mktemp("kept"), mirror)
    return lambda name: keeper.kept(name, *CELLS[name], TRAINING.get(name, {}))


@pytest.fixture
def predict(mirror: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """Runs the command in this process: exit code, standard output, standard error."""

    return lambda *arguments: cli.in_process(main, [*arguments, "--mirror-dir", mirror], capsys)


def read_table(path: Path, labels: list[str]) -> tuple[list[str], np.ndarray]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [row["predicted"] for row in rows], np.array(
        [[float(row[f"probability_{label}"]) for label in labels] for row in rows]
    )


@pytest.mark.parametrize("name", CELLS)
def test_predicts_what_the_cell_predicted(name: str, trained: Any, predict: Any, tmp_path: Path) -> None:
    check_predictions(trained(name), predict, tmp_path)


@pytest.mark.parametrize("name", ["ia3", "prompt", "full", "mixed", "windows"])
def test_it_does_so_with_attention_as_on_a_gpu(
    name: str, trained: Any, predict: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cell, spare, found = trained(name), masks.spare_masks, []

    def spare_here(model: Any, family: Family, device: str) -> None:
        assert device == "cpu"
        spare(model, family, "cuda")
        found.append(model.config.get_text_config()._attn_implementation)

    monkeypatch.setattr(masks, "spare_masks", spare_here)
    check_predictions(cell, predict, tmp_path)
    expected = {"prompt": "sdpa", "full": masks.PADDED, "windows": masks.PADDED}
    assert found == [expected.get(name, masks.CAUSAL)]


def check_predictions(cell: Trained, predict: Any, tmp_path: Path) -> None:
    with (tmp_path / "in.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["id", "text"], *enumerate(cell.texts)])
    code, printed, errors = predict(cell.folder, "--file", tmp_path / "in.csv", "--out", tmp_path / "out.csv")
    assert (code, errors) == (0, "")
    assert f"{len(cell.texts)} texts" in printed
    predicted, probabilities = read_table(tmp_path / "out.csv", cell.labels)
    assert np.abs(probabilities - cell.probabilities).max() < 1e-5
    assert predicted == [cell.labels[i] for i in cell.probabilities.argmax(axis=1)]
    assert len(set(predicted)) > 1  # a model that says the same of everything would show nothing


@pytest.mark.parametrize("name", CELLS)
def test_the_card_s_code_gives_the_same(
    name: str, trained: Any, mirror: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cell = trained(name)
    folder = shutil.copytree(cell.folder / "model", tmp_path / "model")
    (folder / cell.cell.model.id).parent.mkdir()  # stands in for the hub: a folder under the id that the code names
    (folder / cell.cell.model.id).symlink_to(mirror / "models" / cell.cell.model.id)
    card = (folder / "README.md").read_text(encoding="utf-8")
    code = card.partition("```python\n")[2].partition("```")[0]
    assert f'texts = ["{EXAMPLE}"]' in code
    monkeypatch.chdir(folder)
    variables: dict[str, Any] = {}
    exec(code.replace(f'["{EXAMPLE}"]', repr(list(cell.texts))), variables)
    # plain transformers load all weights in one precision: frozen bf16 blocks then compute a little more exactly
    tolerance = 2e-2 if name == "mixed" else 1e-5
    assert np.abs(variables["probabilities"].numpy() - cell.probabilities).max() < tolerance
    assert variables["labels"] == cell.labels


def test_thresholds_are_kept_with_a_model(trained: Any) -> None:
    """And said on its card; a model without, or of an earlier version, decides for the most probable label."""
    cell = trained("thresholds")
    found = cell.record.measurements.choices["thresholds"]["label_weights"]
    assert len(set(found.values())) > 1
    folder = cell.folder / "model"
    assert kept.read(folder).label_weights == tuple(found[label] for label in cell.labels)
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert "validation examples are decided best (macro F1)" in card.replace("\n  ", " ")
    assert all(f"`{label}` {weight:.4g}" in card for label, weight in found.items())
    assert "| thresholds | validation |" in card
    plain = (trained("lora").folder / "model" / "README.md").read_text(encoding="utf-8")
    assert "multiplied by a weight" not in plain
    assert kept.read(trained("lora").folder / "model").label_weights is None


def test_a_description_without_thresholds_is_of_an_earlier_version(trained: Any, tmp_path: Path) -> None:
    content = json.loads((trained("thresholds").folder / "model" / kept.FILE).read_text())
    for weights, problem in ((None, None), ([1.0], "as many as labels"), ([1.0, 0.0, 2.0], "greater than 0")):
        changed = {name: value for name, value in content.items() if name != "label_weights"}
        changed |= {} if weights is None else {"label_weights": weights}
        (tmp_path / kept.FILE).write_text(json.dumps(changed))
        if problem is None:
            assert kept.read(tmp_path).label_weights is None
            continue
        with pytest.raises(UserError, match=problem):
            kept.read(tmp_path)


@pytest.mark.parametrize("name", ["lora", "full"])
def test_the_card_says_what_it_is_and_no_path_of_this_machine(name: str, trained: Any, mirror: Path) -> None:
    cell = trained(name)
    model = cell.folder / "model"
    card = (model / "README.md").read_text(encoding="utf-8")
    test = cell.record.measurements.test
    for said in (
        f"base_model: {cell.cell.model.id}",
        f"| test | {test.num_examples} | {test.accuracy:.3f} | {test.macro_f1:.3f}",
        "| test, before training |",
        f"From {test.num_examples} test examples",
        "seed 0",
        "| learning_rate | 0.01 |",
        "`odd, 'quoted'`",
        "topics.csv",
        "Licence of the base model: Apache-2.0",
        "transformers",
        'bench predict . "',
    ):
        assert said in card, said
    for path in model.iterdir():
        assert str(mirror.parent).encode() not in path.read_bytes(), path.name
    description = kept.read(model)
    assert (description.labels, description.max_length) == (tuple(cell.labels), 8)
    assert description.model.path is None
    if name == "lora":
        config = json.loads((model / "adapter_config.json").read_text())
        assert config["base_model_name_or_path"] == cell.cell.model.id


def test_the_command_line_from_training_to_prediction(mirror: Path, tmp_path: Path) -> None:
    run = cli.bench(
        "model=bert_base", "method=lora", "data=sms_spam", "train_size=32", "training.num_train_epochs=2",
        "training.min_steps=0", "save_model=true", f"mirror_dir={mirror}", "device=cpu", folder=tmp_path,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    (folder,) = store.scan(tmp_path / "results")
    record = store.read(folder)
    frame = store.read_predictions(folder, record)
    frame = frame[frame.split == "test"].reset_index(drop=True)
    cell_texts = _sms_texts(mirror, frame.id)
    command = [sys.executable, "-m", "bench.predict", str(folder), "-", "--json", "--mirror-dir", str(mirror)]
    ended = subprocess.run(
        command, check=False, cwd=cli.REPOSITORY, input="\n".join(cell_texts), capture_output=True, text=True,
        env=cli.environment(tmp_path), timeout=120,
    )  # fmt: skip
    assert (ended.returncode, ended.stderr) == (0, "")
    lines = [json.loads(line) for line in ended.stdout.splitlines()]
    assert [line["text"] for line in lines] == cell_texts
    assert [line["label"] for line in lines] == list(frame.predicted)
    labels = record.measurements.examples.labels
    probabilities = np.array([[line["probabilities"][label] for label in labels] for line in lines])
    assert np.abs(probabilities - np.stack(frame.probabilities)).max() < 1e-5
    assert all(line["confidence"] == max(line["probabilities"].values()) for line in lines)


def _sms_texts(mirror: Path, ids: Any) -> list[str]:
    from bench.config import DataConfig

    data = DataConfig(name="sms_spam", source="hub", id="ucirvine/sms_spam", text_column="sms")
    pool = load_pool(data, cache=mirror, mirror_dir=str(mirror))
    known = dict(zip(pool.ids, pool.texts, strict=True))
    return [known[i] for i in ids]


def test_small_batches_and_windows_keep_the_order(trained: Any, predict: Any, monkeypatch: Any) -> None:
    from bench.predict import classifier

    monkeypatch.setattr(classifier, "WINDOW", 2)
    cell = trained("lora")
    code, printed, _ = predict(cell.folder, *cell.texts, "--batch-size", 3, "--json")
    assert code == 0
    lines = [json.loads(line) for line in printed.splitlines()]
    probabilities = np.array([list(line["probabilities"].values()) for line in lines])
    assert np.abs(probabilities - cell.probabilities).max() < 1e-5  # fp32: batches change nothing


def test_output_that_is_read_by_programs(trained: Any, predict: Any, tmp_path: Path, monkeypatch: Any) -> None:
    cell = trained("full")
    monkeypatch.setattr("sys.stdin", io.StringIO("goal match\r\nbank market\n"))
    code, printed, _ = predict(cell.folder, "--file", "-")
    rows = list(csv.reader(io.StringIO(printed)))
    assert code == 0
    assert rows[0] == ["text", "predicted", "confidence", *(f"probability_{label}" for label in cell.labels)]
    assert [row[0] for row in rows[1:]] == ["goal match", "bank market"]
    out = tmp_path / "out.jsonl"
    out.write_text("old")
    assert predict(cell.folder, "goal match", "--out", out)[0] == 2
    assert out.read_text() == "old"
    assert predict(cell.folder, "goal match", "--out", out, "--force")[0] == 0
    assert json.loads(out.read_text())["text"] == "goal match"
    assert [path.name for path in tmp_path.iterdir()] == ["out.jsonl"]


def test_tables_keep_their_columns(tmp_path: Path) -> None:
    path = tmp_path / "in.tsv"
    path.write_text('id\tbody\n7\t"two\nlines"\n\n8\tone\n', encoding="utf-8-sig")
    inputs = from_file(str(path), "body").whole()
    assert inputs.texts == ["two\nlines", "one"]
    assert inputs.rows == [["7", "two\nlines"], ["8", "one"]]
    assert [place.rpartition(", ")[2] for place in inputs.places] == ["line 2", "line 5"]


@pytest.mark.parametrize("count", [3, 12])
def test_the_terminal_s_table(count: int) -> None:
    labels = [f"label-{i}" for i in range(count)]
    inputs = from_arguments(["a [bold]text[/bold]\nof two lines " + "x" * 200, "short"]).whole()
    rows = np.random.default_rng(0).dirichlet([0.5] * count, size=2)
    made = [output.prediction(row, labels) for row in rows]
    console = Console(width=90, file=io.StringIO())
    console.print(output.table(inputs, made, labels, console.width))
    printed = console.file.getvalue()
    assert "a [bold]text[/bold] of two lines" in printed
    assert "confidence" in printed
    for row in rows:
        assert all(f"{number:.3f}" in printed for number in row)
        assert labels[row.argmax()] in printed


@pytest.fixture
def broken(trained: Any, tmp_path: Path) -> Any:
    """A copy of a cell's folder, changed by a function of its record's JSON."""

    def make(change: Any) -> Path:
        folder = shutil.copytree(trained("full").folder, tmp_path / "cell")
        content = json.loads((folder / store.RECORD).read_text())
        change(folder, content)
        (folder / store.RECORD).write_text(json.dumps(content))
        return folder

    return make


FAILURE = {"type": "OutOfMemoryError", "message": "no room\nat all", "traceback": None}
BROKEN = {
    "no saved model.*save_model=true overwrite=always": lambda _, record: record.update(model_folder=None),
    "made elsewhere: there is no model that could be kept": lambda _, record: (
        record.update(model_folder=None), record["configuration"]["identity"]["model"].update(family="predictions")
    ),
    "not whole.*save_model=true overwrite=always": lambda folder, _: (folder / "model" / kept.FILE).unlink(),
    "status is oom: OutOfMemoryError: no room at all": lambda _, record: record.update(
        status="oom", measurements=None, failure=FAILURE
    ),
    "the record cannot be read": lambda _, record: record.update(status="fine"),
    "no description of a kept model: labels": lambda folder, _: (folder / "model" / kept.FILE).write_text("{}"),
    "no description of a kept model: content": lambda folder, _: (folder / "model" / kept.FILE).write_text("[" * 10**5),
}  # fmt: skip


@pytest.mark.parametrize("message", BROKEN)
def test_a_cell_without_a_model_says_why(message: str, broken: Any, predict: Any) -> None:
    code, printed, errors = predict(broken(BROKEN[message]), "goal")
    assert (code, printed) == (2, "")
    assert _one_line(errors, message)


def test_a_description_that_is_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / kept.FILE)
    with pytest.raises(UserError, match="not a regular file"):
        kept.read(tmp_path)


def _one_line(errors: str, message: str) -> bool:
    assert errors.startswith("error: ")
    assert errors.count("\n") == 1
    assert re.search(message, errors), errors
    return True


@pytest.mark.parametrize(
    ("content", "arguments", "message"),
    [
        ("text,label\na,x\n  ,y\n,z\n", ["--file", "FILE"], r"3: the text is empty \(2 texts are\); give only rows"),
        ("id,body\n1,a\n", ["--file", "FILE"], "no column 'text'; there are id, body"),
        ("text,text\n1,a\n", ["--file", "FILE"], "more than one column 'text'"),
        ("text\n", ["--file", "FILE"], "has no text"),
        ("", ["--file", "FILE"], "is empty"),
        ("text,label\na\n", ["--file", "FILE"], "line 2: 1 fields where the header has 2"),
        ('text\n"a\n', ["--file", "FILE"], "line 2: unexpected end of data"),
        ("text\na\n", ["--file", "FILE", "goal"], "not both"),
        ("text\na\n", ["--file", "FILE", "--out", "nowhere/out.csv"], "its folder is not there"),
        ("text\na\n", ["--file", "FILE", "--out", "out.xlsx"], "must end in one of .csv"),
        ("text,predicted\na,b\n", ["--file", "FILE", "--out", "OUT"], "column 'predicted' already"),
        ("text\na\n", ["--file", "FILE", "--out", "OUT", "--json"], "ends in .jsonl"),
        ("", ["--file", "nosuch.csv"], "No such file"),
        ("", ["--file", "texts.parquet"], "No such file"),
        ("", ["--file", "texts.xlsx"], "must end in .csv, .tsv, .tab, .json, .jsonl, .ndjson, .parquet or .txt"),
        ("text;label\na;b;c\n", ["--file", "FILE"], "line 2: 3 fields where the header has 2"),
        ('text,label\n"a,b\n"c,b\n', ["--file", "FILE"], "line 3: text stands behind a closing quote.*--quoting=none"),
        ("", [], "no texts"),
        ("", ["goal", ""], "text 2: the text is empty"),
        ("", ["goal", "--device", "cuda"], "no GPU is visible"),
        ("", ["goal", "--batch-size", "0"], "at least 1"),
        ("", ["goal", "--what"], "unrecognized arguments: --what"),
        ("", ["goal", "--model-path", "nowhere"], "--model-path nowhere is not a folder"),
    ],
)  # fmt: skip
def test_bad_input_is_one_line(
    content: str, arguments: list[str], message: str, *, trained: Any, predict: Any, tmp_path: Path
) -> None:
    (tmp_path / "in.csv").write_text(content)
    names = {"FILE": str(tmp_path / "in.csv"), "OUT": str(tmp_path / "out.csv")}
    code, printed, errors = predict(trained("lora").folder, *(names.get(word, word) for word in arguments))
    assert (code, printed) == (2, "")
    assert _one_line(errors, message)


def test_bad_input_is_told_before_anything_heavy_is_imported(trained: Any, tmp_path: Path) -> None:
    folders = [str(trained("lora").folder), str(tmp_path / "nowhere"), str(tmp_path)]
    program = f"""
import sys
from bench.predict.__main__ import main
assert [main([folder, "goal", " "]) for folder in {folders!r}] == [2, 2, 2]
print(sorted({{"torch", "transformers", "peft", "sklearn", "datasets"}} & set(sys.modules)))
"""
    ended = subprocess.run(
        [sys.executable, "-c", program], check=False, cwd=cli.REPOSITORY, capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout == "[]\n"
    assert [line.partition(":")[0] for line in ended.stderr.splitlines()] == ["error"] * 3


def test_what_stands_in_for_an_unreachable_base_is_spelled_as_each_verb_does(
    trained: Any, capsys: Any, tmp_path: Path
) -> None:
    folder = str(trained("lora").folder)
    verbs = {
        "--mirror-dir or --model-path": [
            lambda *words: main([folder, "goal", *words]),
            lambda *words: convert([folder, "--to", "merged", "--out", str(tmp_path / "out"), *words]),
        ],
        "--mirror-dir": [lambda *words: serve([folder, "--port", "0", *words])],
    }
    for options, calls in verbs.items():
        for call in calls:
            assert call() == 2
            assert capsys.readouterr().err.endswith(f"; give {options} a FOLDER with a copy on disk\n")
            assert call("--mirror-dir", "gone") == 2
            assert capsys.readouterr().err == "error: --mirror-dir gone is not a folder\n"


def test_another_base_model_is_refused(trained: Any, mirror: Path, capsys: Any, tmp_path: Path) -> None:
    cell = trained("lora")
    model_id = cell.cell.model.id
    other = shutil.copytree(mirror / "models" / model_id, tmp_path / "mirror" / "models" / model_id)
    ways = {"--model-path": other, "--mirror-dir": tmp_path / "mirror"}
    for option, folder in ways.items():
        assert main([str(cell.folder), "goal", option, str(folder)]) == 0
        assert capsys.readouterr().err == ""
    (other / "notes.txt").write_text("changed")
    for option, folder in ways.items():
        assert main([str(cell.folder), "goal", option, str(folder)]) == 2
        printed = capsys.readouterr()
        assert printed.out == ""
        assert _one_line(printed.err, f"the files in {other} are not those that the adapter was .* give {option} ")


def test_a_base_that_cannot_be_compared_is_said(trained: Any, predict: Any, tmp_path: Path) -> None:
    folder = shutil.copytree(trained("lora").folder, tmp_path / "cell")
    description = folder / "model" / kept.FILE
    content = json.loads(description.read_text())
    description.write_text(json.dumps(content | {"model_sha256": None}))
    record = json.loads((folder / store.RECORD).read_text())
    record["model_files"][kept.FILE] = file_sha256(description)
    (folder / store.RECORD).write_text(json.dumps(record))
    code, _, errors = predict(folder, "goal")
    assert (code, errors.count("\n")) == (0, 1)
    assert re.fullmatch("note: the adapter was trained on files of the hub, and .* may hold others\n", errors)


def test_wilson_interval() -> None:
    from types import SimpleNamespace

    low, high = wilson_interval(SimpleNamespace(num_examples=100, accuracy=0.9))
    assert (low, high) == pytest.approx((0.8256, 0.9448), abs=1e-4)  # scipy.stats.binomtest(90, 100), method wilson
    assert wilson_interval(SimpleNamespace(num_examples=10, accuracy=1.0))[1] == pytest.approx(1)


def test_it_predicts_on_one_gpu(trained: Any, predict: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def load(*_: Any) -> None:
        raise UserError(f"sees {os.environ['CUDA_VISIBLE_DEVICES']}")

    monkeypatch.setattr(devices, "_all_gpus", lambda: [Gpu(f"GPU-{i}", "Chip", 1) for i in range(3)])
    monkeypatch.setattr(command, "load", load)
    for seen, arguments in (("GPU-2", []), ("GPU-2", ["--device", "cuda"]), ("2,0", ["--device", "cpu"])):
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2,0")
        assert predict(trained("full").folder, "goal", *arguments) == (2, "", f"error: sees {seen}\n")
