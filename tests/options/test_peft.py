"""`method=peft`: what it is composed to, and what is refused in one line before anything heavy is imported."""

from dataclasses import replace
from pathlib import Path

import pytest

from bench.cell import Cell
from bench.compose import to_cell
from bench.config import PeftConfig
from bench.config.method.peft_checks import check, fitting_types
from bench.config.method.peft_rules import OURS
from bench.config.method.peft_types import adapter_type, sources
from bench.errors import UserError
from bench.methods.fused.groups import can_fuse
from bench.models.targets import check_targets
from tests.support.cli import REPOSITORY, call, composed

PRESETS = sorted(
    path.stem
    for path in (REPOSITORY / "conf" / "method").glob("*.yaml")
    if "defaults: [peft" in path.read_text(encoding="utf-8")
)


def cell_of(*words: str) -> Cell:
    (content,) = composed(*words)
    return to_cell(content)


REFUSED = {
    "method=peft": "method.peft_type is not given",
    "method=peft method.peft_type=IA4": "has no such type (did you mean IA3?); it has ADALORA,",
    "method=peft method.peft_type=xlora": "peft keeps no classification head with it",
    "method=peft method.peft_type=POLY": "asks for the number of a task",
    "method=ia3 method.options={rank:3}": "peft's IA3 has no such option; it has target_modules, exclude_modules",
    "method=dora method.options.use_drora=true": "(did you mean use_dora",
    "method=dora method.options.r=many": "method.options.r=many: input should be a valid integer",
    "method=dora method.options.bias=some": "method.options.bias=some: input should be 'none', 'all' or 'lora_only'",
    "method=dora method.options.r=0": "method.options.r=0: it is at least 1",
    "method=adalora method.options.init_r=-4": "method.options.init_r=-4: it is at least 1",
    "method=dora method.options.r=null": "method.options.r=null: leave it out for peft's default, 8",
    "method=dora method.options.lora_dropout=1.5": "method.options.lora_dropout=1.5: it is from 0 to less than 1",
    "method=fourierft method.options.scaling=inf": "method.options.scaling: a number from -1,000,000,000 to",
    "method=fourierft method.options.scaling=nan": "method.options.scaling: a number from -1,000,000,000 to",
    "method=dora method.options.layers_to_transform=[0,6]": "layers_to_transform=6: model minilm has no such layer; it "
    "has 6, from 0 to 5",
    "method=boft method.options.layers_to_transform=-1": "method.options.layers_to_transform=-1: it is at least 0",
    "method=ia3 method.options.task_type=SEQ_CLS": "the program fills it in",
    "method=adalora method.options.total_step=3": "the program fills it in",
    "method=ia3 method.options.target_modules=[foo]": "method.options.target_modules=foo: model minilm has no such",
    "method=ia3 method.options.target_modules=.*foo": "target_modules=.*foo: model minilm has no such module",
    "method=dora method.options.rank_pattern={querry:4}": "rank_pattern=querry: model minilm has no such module "
    "with adapters; they are on query, value",
    "method=dora method.options.alpha_pattern={query:4,key:8}": "method.options.alpha_pattern=key: model minilm has no",
    "method=dora method.options.rank_pattern={layer.6.attention.self.query:4}": "rank_pattern=layer.6.attention.self.",
    "method=dora method.options.layers_to_transform=[0] "
    "method.options.rank_pattern={layer.1.attention.self.query:4}": "rank_pattern=layer.1.attention.self.query: model",
    "method=dora method.options.rank_pattern={query:0}": "method.options.rank_pattern={query: 0}: it is a whole number",
    "method=dora method.options.alpha_pattern={query:x}": "method.options.alpha_pattern={query: x}: a number from",
    "method=dora method.options.rank_pattern=null": "method.options.rank_pattern=null: leave it out for peft's default",
    "method=adalora method.options.rank_pattern={query:4}": "AdaLoRA chooses the ranks of modules itself",
    "method=fourierft method.options.n_frequency_pattern={foo:4}": "method.options.n_frequency_pattern=foo: model",
    "method=peft method.peft_type=delora method.options.lambda_pattern={foo:4}": "method.options.lambda_pattern=foo: ",
    "method=dora method.options.exclude_modules=[foo]": "method.options.exclude_modules=foo: model minilm has no such",
    "method=dora method.options.exclude_modules=[query,value]": "no module of model minilm is left for adapters",
    "method=dora method.options.layers_pattern=layer": "has no effect without method.options.layers_to_transform",
    "method=dora method.options.layers_pattern=foo method.options.layers_to_transform=[0]": "is left for adapters",
    "method=hra method.load_in_4bit=true": "peft's HRA has no layers for weights in 4 bits; ADALORA, ",
    "method=pissa method.load_in_4bit=true": "takes the weights of the base apart",
    "method=dora method.options.init_lora_weights=eva": "needs a pass over the data",
    "method=dora method.options.init_lora_weights=pissa_niter_4": "pissa is exact",
    "method=ia3 method.quant_type=fp4": "has nothing in 4 bits",
    "method=ia3 method.called=lora": "the name of another method",
    "method=ia3 +method.defaults={r:3}": "the program fills it in",
    "method=prompt_tuning method.options.num_virtual_tokens=600": "none is left for texts",
    "method=prompt_tuning method.options.num_virtual_tokens=0": "has at least one",
    "method=prefix_tuning training.gradient_checkpointing=true": "would be lost",
    "model=gpt2_xl method=boft": "method.peft_type=BOFT: peft has none for the layers of gpt2_xl (gpt2: Conv1D)",
    "model=gpt2_xl method=olora": "method.options.init_lora_weights=olora: peft has none for the layers of gpt2_xl",
    "method=lora method.options.r=3": "there is no such option",
}


@pytest.mark.parametrize("words", REFUSED)
def test_refused_in_one_line(words: str, mirror: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    folders = [f"{name}_dir={tmp_path / name}" for name in ("results", "reports")]
    assert call(*words.split(), "device=cpu", f"mirror_dir={mirror}", *folders) == 2
    err = capfd.readouterr().err
    assert REFUSED[words] in err
    told = [line for line in err.splitlines() if not line.startswith("fetching ")]  # by the first cell of a run
    assert len(told) == 1, err


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_its_type_in_a_row_of_its_name(name: str) -> None:
    method = cell_of("model=bert_base", f"method={name}").method
    assert isinstance(method, PeftConfig)
    assert method.label == name
    assert method.peft_type in fitting_types()


def test_names_and_defaults_make_no_other_cell() -> None:
    cell = cell_of("method=peft", "method.peft_type=boft")
    assert cell == cell_of("method=boft")
    assert cell.key == cell_of("method=peft", "method.peft_type=BOFT", "method.options={boft_block_size: 4}").key
    assert cell.key != cell_of("method=boft", "method.options.boft_block_size=8").key
    assert cell.method.defaults["boft_block_size"] == 4  # records say it


def test_options_are_merged_with_those_of_a_preset() -> None:
    for word in ("method.options.r=4", "method.options={r: 4}"):
        assert cell_of("method=dora", word).method.options["use_dora"] is True
        assert cell_of("method=dora", word).method.options["r"] == 4
    swept = [to_cell(content) for content in composed("-m", "method=dora,ia3", "seed=0,1")]
    assert len({cell.key for cell in swept}) == 4
    ranks = [
        to_cell(content).method.options.get("r", 8) for content in composed("-m", "method=dora", "method.options.r=4,8")
    ]
    assert ranks == [4, 8]


def test_lora_of_peft_is_another_row_than_lora() -> None:
    cell = cell_of("method=peft", "method.peft_type=LORA")
    assert cell.row == "minilm-peft_lora"
    assert cell_of("method=peft", "method.peft_type=IA3", "method.called=wide").row == "minilm-wide"


@pytest.mark.parametrize(
    "options",
    [
        {"rank_pattern": {"query": 4}},
        {"rank_pattern": {r"layer\.[0-2]\..*": 4, "bert.encoder.layer.5.attention.self.value": 2}},
        {"target_modules": r".*\.(key|dense)", "alpha_pattern": {"output.dense": 0.5}},
        {"exclude_modules": ["layer.0.attention.self.query"]},
        {"layers_pattern": "layer", "layers_to_transform": [0]},
    ],
)
def test_patterns_that_fit_a_module_are_taken(options: dict[str, object]) -> None:
    cell = cell_of("model=minilm", "method=dora")
    check("LORA", options, in_4bit=False)
    check_targets([replace(cell, method=replace(cell.method, options=cell.method.options | options))])


def test_a_pattern_that_is_no_regular_expression_is_refused() -> None:
    for options in ({"rank_pattern": {"(query": 4}}, {"target_modules": "(query"}, {"exclude_modules": "(query"}):
        with pytest.raises(UserError, match=r"=\(query: this is no regular expression \(.*unterminated"):
            check("LORA", options, in_4bit=False)


def test_a_pattern_that_is_empty_makes_no_other_cell() -> None:
    assert cell_of("method=dora", "method.options.rank_pattern={}").key == cell_of("method=dora").key


def test_numbers_that_peft_takes_are_taken() -> None:
    """Defaults of every type, and zeros that mean something."""
    for name in fitting_types():
        numbers = {
            key: option.default
            for key, option in adapter_type(name).options.items()
            if key not in OURS and type(option.default) in (int, float)
        }
        if adapter_type(name).is_prompt:
            numbers |= {"num_virtual_tokens": 1}
        check(name, numbers, in_4bit=False)
    check("LORA", {"layers_to_transform": 0, "lora_dropout": 0.0, "alpha_pattern": {}}, in_4bit=False)
    check("OFT", {"r": 0, "oft_block_size": 32}, in_4bit=False)
    check("LOKR", {"decompose_factor": -1}, in_4bit=False)
    check("SHIRA", {"random_seed": 0}, in_4bit=False)


def test_targets() -> None:
    assert cell_of("method=ia3", "model=llama3_2_1b").method.options == {
        "target_modules": ["k_proj", "v_proj", "down_proj"], "feedforward_modules": ["down_proj"],
    }  # fmt: skip
    layers = cell_of("method=boft", "method.options.target_modules=all-linear").method.options["target_modules"]
    assert layers[0] == "attention.self.query"
    assert len(layers) == 6


def test_rates_are_the_types_own() -> None:
    assert cell_of("method=ia3").training.learning_rate == 8e-3
    assert (
        cell_of("method=boft", "model=bert_base").training.learning_rate
        == cell_of("model=bert_base").training.learning_rate
    )
    four_bit = cell_of("method=ia3", "method.load_in_4bit=true")
    assert (four_bit.training.precision, four_bit.training.optim) == ("bf16", "adamw_torch")


def test_no_stack_of_them() -> None:
    assert can_fuse(cell_of("method=lora")) is not None
    assert can_fuse(cell_of("method=dora")) is None


def test_types_and_options_are_those_of_peft() -> None:
    """What is read off peft's source is what peft says when it is imported."""
    import dataclasses

    import peft
    from peft.mapping import PEFT_TYPE_TO_CONFIG_MAPPING

    assert set(sources()) == {kind.value for kind in PEFT_TYPE_TO_CONFIG_MAPPING}
    base = {field.name for field in dataclasses.fields(peft.PeftConfig)}
    for name in sources():
        config = PEFT_TYPE_TO_CONFIG_MAPPING[peft.PeftType(name)]
        own = {field.name: field for field in dataclasses.fields(config) if field.init and field.name not in base}
        kind = adapter_type(name)
        assert kind.config_class == config.__name__
        assert set(kind.options) == set(own), name
        assert kind.is_prompt == issubclass(config, peft.PromptLearningConfig)
        for option, known in kind.options.items():
            default = own[option].default
            if isinstance(default, bool | int | float) or type(default) is str:
                assert known.default == default, (name, option)
