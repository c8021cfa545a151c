"""What stands in for published models and data has their sizes."""

from pathlib import Path
from statistics import mean, quantiles

import pytest
import yaml
from transformers import AutoTokenizer

from tests.gpu import folders
from tests.gpu.cells import Row, cells, model_of, splits
from tests.gpu.lengths import LONGEST, MEAN, P95, SHORTEST, lengths
from tests.gpu.shapes import SHAPES, Shape
from tests.support.cli import REPOSITORY

SIZES = ("hidden_size", "intermediate_size", "num_layers", "vocabulary_size")


@pytest.mark.parametrize("shape", SHAPES.values(), ids=lambda shape: shape.name)
def test_sizes_are_those_of_the_published_model(shape: Shape, tmp_path: Path) -> None:
    file = REPOSITORY / "conf" / "model" / f"{shape.name}.yaml"
    published = yaml.safe_load(file.read_text(encoding="utf-8"))
    model = model_of(shape, tmp_path)
    assert model.family == published["family"]
    assert {name: getattr(model, name) for name in SIZES} == {name: published[name] for name in SIZES}
    assert model.parameters == pytest.approx(published["parameters"], rel=0.005)


@pytest.mark.parametrize("count", [160, 1024])
def test_lengths_are_those_of_go_emotions(count: int) -> None:
    drawn = lengths(count)
    assert mean(drawn) == pytest.approx(MEAN, abs=0.8)
    assert quantiles(drawn, n=20)[-1] == pytest.approx(P95, abs=1.5)
    assert (min(drawn) >= SHORTEST, max(drawn)) == (True, LONGEST)
    assert drawn == lengths(count)
    assert sorted(drawn) == sorted(lengths(count, seed=1)) != drawn


@pytest.mark.parametrize("name", ["minilm", "llama3_2_1b", "gpt2_xl", "gemma3_1b", "qwen2_5_1_5b"])
def test_texts_have_the_tokens_that_they_should(name: str, tmp_path: Path) -> None:
    shape = SHAPES[name].tiny()
    folders.build(shape, tmp_path, "cpu")
    tokenizer = AutoTokenizer.from_pretrained(tmp_path)
    assert len(tokenizer) <= shape.made().vocab_size
    (cell,) = cells(Row(shape, "lora", "fp32"), tmp_path, [2])
    train = splits(cell).train
    assert [len(ids) for ids in tokenizer(list(train.texts))["input_ids"]] == lengths(32)
    assert {len(ids) for ids in tokenizer(list(splits(cell, 20).test.texts))["input_ids"]} == {20}
