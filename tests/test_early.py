"""What models and transformers have not is said before anything is loaded: one line, once a sweep, with the way out."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from transformers import AutoModelForSequenceClassification
from transformers.training_args import OptimizerNames

from bench.config import LoraConfig
from bench.errors import UserError
from bench.methods.adapters import add_adapters
from bench.models import configuration
from bench.models.families import FAMILIES
from bench.models.targets import modules
from bench.results import store
from bench.results.record import Record
from bench.running import positions
from bench.running.optimizers import OPTIMIZERS, UNSUITED
from bench.sweep.rows import row_names
from tests.options.test_epochs import cells
from tests.support import texts
from tests.support.cli import bench, call

Refuse = Callable[..., str]


@pytest.fixture
def task(tmp_path: Path, mirror: Path) -> tuple[str, ...]:
    texts.topics(60).to_csv(tmp_path / "topics.csv", index=False)
    return (
        "data=file", "data.name=topics", f"data.path={tmp_path / 'topics.csv'}", "num_labels=2", "train_size=16",
        "split=nested",
        f"mirror_dir={mirror}", "device=cpu", *(f"{name}_dir={tmp_path / name}" for name in ("results", "reports")),
        f"cache_dir={tmp_path / 'cache'}",
    )  # fmt: skip


@pytest.fixture
def told(task: tuple[str, ...], tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Refuse:
    """The one line that a single cell, a sweep of three seeds and its plan are refused with, leaving no record."""

    def run(*arguments: str) -> str:
        lines = set()
        for words in ((), ("-m", "seed=0,1,2"), ("-m", "seed=0,1,2", "command=plan")):
            code = call(*words, *task, *arguments)
            out, err = capfd.readouterr()
            assert code == 2, out + err
            lines.add(err)
        assert not list(tmp_path.rglob("record.json"))
        assert len(lines) == 1, lines
        (line,) = lines
        assert line.count("\n") == 1
        return line.removeprefix("error: ")

    return run


def records(folder: Path) -> list[Record]:
    found = [store.read(path.parent) for path in sorted(folder.rglob("record.json"))]
    return [record for record in found if record is not None]


@pytest.mark.parametrize("family", ["bert", "gpt2"])
@pytest.mark.parametrize(
    ("method", "option"),
    [("lora", "training.max_length"), ("full", "training.max_length"), ("linear_probe", "method.max_length")],
)
def test_texts_longer_than_the_model(told: Refuse, family: str, method: str, option: str) -> None:
    model = {"bert": "bert_base", "gpt2": "gpt2_xl"}[family]
    line = told(f"model={model}", f"method={method}", f"{option}=65")
    assert line.startswith(f"{option}=65: model {model} has positions for 64 tokens; give at most 64")


def test_as_long_as_the_model_is_not_refused(task: tuple[str, ...]) -> None:
    assert call("-m", *task, "model=bert_base", "training.max_length=64", "command=plan") == 0


def test_each_model_is_told_once(told: Refuse) -> None:
    line = told("model=gpt2_xl", "method=zero_shot", "data.prompt='{text} is'", "method.max_length=65")
    assert line.startswith("method.max_length=65: model gpt2_xl has positions for 64 tokens")


@pytest.mark.parametrize("engine", ["single", "fused"])
def test_a_default_gives_way_and_the_record_says_so(
    task: tuple[str, ...], tmp_path: Path, capfd: pytest.CaptureFixture[str], engine: str
) -> None:
    """Texts of 100 tokens, and 64 positions: before, torch's error about sizes of tensors."""
    frame = texts.topics(60)
    frame.text = [" ".join([text] * 20) for text in frame.text]
    frame.to_csv(tmp_path / "topics.csv", index=False)
    words = ("model=bert_base", "method=lora", "training.num_train_epochs=1", f"engine={engine}", "seed=0,1")
    assert call("-m", *task, *words, "command=plan") == 0
    assert "bert_base: texts are cut at 64 tokens in place of 512" in " ".join(capfd.readouterr().out.split())
    assert call("-m", *task, *words) == 0
    found = records(tmp_path / "results")
    assert len(found) == 2
    for record in found:
        assert record.configuration.identity["training"]["max_length"] == 512, "the key is as it was"
        assert record.measurements is not None
        assert record.measurements.choices["max_length"] == 64
        assert record.measurements.lengths is not None
        assert record.measurements.lengths.max_length == 64


def test_zero_shot_has_less_room_beside_its_prompt(
    task: tuple[str, ...], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    words = (*task, "model=gpt2_xl", "method=zero_shot", "data.prompt='{text} is'")
    assert call(*words) == 0
    (record,) = records(tmp_path / "results")
    assert record.measurements is not None
    left = record.measurements.choices["max_length"]
    assert 32 < left < 64
    assert call(*words, f"method.max_length={left}") == 0
    capfd.readouterr()
    assert call(*words, f"method.max_length={left + 1}") == 2
    assert f"give at most {left}," in capfd.readouterr().err


def test_rows_do_not_promise_what_a_default_says() -> None:
    names = row_names(cells("model=minilm", "train_size=16", "training.max_length=null,128"))
    assert [name[1] for name in names.values()] == ["lora max_length=512 or less", "lora max_length=128"]


def test_presets_give_way_too() -> None:
    """They are written for other models than a command line may put in their place."""
    grid = cells("+experiment=spam_scaling", "model=minilm", "method=lora", "seed=0", "train_size=16")
    said = {(cell.training.max_length, cell.training.max_length_asked) for cell in grid if cell.training is not None}
    assert said == {(2048, False), (512, False)}


@pytest.mark.parametrize("content", ["", "[]", "{", '{"max_position_embeddings": "many"}', "{}"])
def test_a_configuration_without_positions(tmp_path: Path, content: str) -> None:
    (tmp_path / "config.json").write_text(content)
    assert positions.positions_in(configuration.at(str(tmp_path), None)) is None


def test_positions_of_models_for_texts_and_images() -> None:
    assert positions.positions_in({"text_config": {"max_position_embeddings": 7}}) == 7


@pytest.mark.parametrize("family", FAMILIES)
def test_the_modules_of_each_family(family: str, tiny_models: dict[str, Path]) -> None:
    model = AutoModelForSequenceClassification.from_pretrained(tiny_models[family])
    found = {
        name
        for name, module in model.named_modules()
        if (weight := getattr(module, "weight", None)) is not None and weight.dim() == 2
    }
    first = {name for name in found if f"{FAMILIES[family].blocks}." not in name or ".0." in name}
    head = {name for name in first if name.split(".")[0] in FAMILIES[family].head}
    assert set(modules(FAMILIES[family])) == first - head


@pytest.mark.parametrize(
    ("targets", "absent"),
    [
        ("[q_proj,v_proj]", "q_proj,v_proj"),
        ("[query,valeu]", "valeu"),
        ("[attention]", "attention"),
        ("[LayerNorm]", "LayerNorm"),
        ("[classifier]", "classifier"),
        ("[layer.0.query]", "layer.0.query"),
    ],
)
def test_modules_that_the_model_has_not(told: Refuse, targets: str, absent: str) -> None:
    line = told("model=bert_base", "method=lora", f"method.target_modules={targets}")
    assert line.startswith(f"method.target_modules={absent}: model bert_base has no such module; it has query, key, ")


def test_no_modules(told: Refuse) -> None:
    assert "puts adapters on nothing" in told("model=bert_base", "method=lora", "method.target_modules=[]")


@pytest.mark.parametrize(
    "targets", ["[query]", "[self.query,output.dense]", "[encoder.layer.1.attention.self.key]", "all-linear", "family"]
)
def test_modules_that_it_has(task: tuple[str, ...], targets: str) -> None:
    words = (*task, "model=bert_base", "method=lora", f"method.target_modules={targets}")
    assert call("-m", *words, "command=plan") == 0


def test_modules_that_are_missing_once_the_model_is_loaded(tiny_models: dict[str, Path]) -> None:
    """With code of its own, say; peft would be content with the one that is there."""
    model = AutoModelForSequenceClassification.from_pretrained(tiny_models["llama"])
    method = LoraConfig(name="lora", target_modules=("q_proj", "query"))
    with pytest.raises(
        UserError, match=r"^method.target_modules=query: model llama has no such module; it has .*v_proj"
    ):
        add_adapters(model, method, FAMILIES["llama"])


def test_a_folder_of_another_family(told: Refuse, tmp_path: Path, tiny_models: dict[str, Path]) -> None:
    shutil.copytree(tiny_models["llama"], tmp_path / "model")
    for method in ("lora", "linear_probe"):
        line = told("model=bert_base", f"model.path={tmp_path / 'model'}", f"method={method}")
        assert line.startswith("model bert_base is of family bert, but its config.json says llama; choose a model")


def test_optimizers_are_those_of_transformers() -> None:
    known = {name.value for name in OptimizerNames}
    assert {name for name in known if not name.startswith(UNSUITED)} == set(OPTIMIZERS)


@pytest.mark.parametrize(
    ("optim", "parts"),
    [
        ("adam", ["is no optimizer of transformers", "like it are", "adamw_torch"]),
        ("AdamW", ["is no optimizer of transformers", "sgd"]),
        ("galore_adamw", ["projects gradients", "adamw_8bit"]),
        ("apollo_adamw", ["projects gradients"]),
    ],
)
def test_optimizers_that_there_are_not(told: Refuse, optim: str, parts: list[str]) -> None:
    line = told("model=bert_base", "method=lora", f"training.optim={optim}")
    assert line.startswith(f"training.optim={optim} ")
    assert all(part in line for part in parts), line


@pytest.mark.parametrize(
    ("optim", "package"), [("lomo", "lomo-optim"), ("grokadamw", "grokadamw"), ("schedule_free_adamw", "schedulefree")]
)
def test_optimizers_whose_package_is_missing(
    task: tuple[str, ...], capfd: pytest.CaptureFixture[str], optim: str, package: str
) -> None:
    for words in ((), ("-m", "seed=0,1")):
        assert call(*words, *task, "model=bert_base", "method=lora", f"training.optim={optim}") == 2
        err = capfd.readouterr().err
        assert err == f"error: training.optim={optim} needs a package that is not installed: pip install {package}\n"


def test_all_problems_at_once_before_anything_heavy(task: tuple[str, ...], tmp_path: Path) -> None:
    words = ("training.max_length=65", "training.optim=adam", "method.target_modules=[q_proj]")
    ended = bench("-m", "model=bert_base", "method=lora", *words, "seed=0,1", *task[:7], folder=tmp_path, light=True)
    assert ended.returncode == 2, ended.stderr
    assert ended.stderr.count("\n") == 1
    for word in ("training.max_length=65", "training.optim=adam", "method.target_modules=q_proj"):
        assert word in ended.stderr


ANSWERS = {
    "no id column": ("example,label\n0,sport\n", "model.id_column=id is no column"),
    "no label column": ("id,answer\n0,sport\n", "model.label_column=label is no column"),
    "an id twice": ("id,label\n0,sport\n0,sport\n", "gives the id '0' twice"),
    "a ragged row": ("id,label\n0,sport,\n", "row 1 has 3 values"),
    "empty": ("", "is no CSV file with a header"),
    "not UTF-8": (b"id,label\n\xff,a\n", "is no CSV file with a header"),
    "other ids": ("id,label\nx1,sport\n", "has no answer for 40 of the 40 test examples"),
}


@pytest.mark.parametrize("kind", ANSWERS)
def test_files_of_answers(told: Refuse, tmp_path: Path, kind: str) -> None:
    """In a sweep beside other rows, too, before any cell is run."""
    content, part = ANSWERS[kind]
    (tmp_path / "answers.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
    words = ("model.name=gpt", f"model.path={tmp_path / 'answers.csv'}")
    assert part in told("model=predictions", *words)


def test_answers_that_are_no_labels(task: tuple[str, ...], tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Of another column, say: all would count as wrong answers."""
    path = tmp_path / "answers.csv"
    path.write_text("id,label\n" + "".join(f"file:{i},{i % 2}\n" for i in range(200)))
    assert call("-m", *task, "model=predictions", "model.name=gpt", f"model.path={path}", "num_labels=2") == 2
    err = capfd.readouterr().err
    assert "model.label_column=label" in err
    assert "business, sport" in err


@pytest.mark.parametrize("what", ["a folder", "nothing", "another hash"])
def test_what_is_no_file_of_answers(told: Refuse, tmp_path: Path, what: str) -> None:
    path = tmp_path / "answers.csv"
    if what == "a folder":
        path.mkdir()
    if what == "another hash":
        path.write_text("id,label\n0,sport\n")
    words = [f"+model.sha256={'0' * 64}"] if what == "another hash" else []
    line = told("model=predictions", "model.name=gpt", f"model.path={path}", *words)
    assert line.startswith(f"model.path={path}" if not words else "model.sha256=000")
