"""The page of models: each transformer of `conf/model/`, with its memory by method."""

from collections.abc import Iterator

from bench.config import TransformerConfig
from bench.models.listing import METHODS, Listed, listed, origin
from docs.tooling.markdown import code, row
from docs.tooling.schema_table import head

BATCH_SIZE, TOKENS = 16, 128
INTRODUCTION = f"""\
# Models

What `bench models` lists. Memory is an estimate, in GB of a GPU, for training batches of {BATCH_SIZE} texts of {TOKENS}
tokens; `bench models --batch-size 4 --tokens 512` makes it of others. Classical models are on the page of
[methods](../methods.md#classical-models). A model of your own is one YAML file
([add a model](../extending.md#add-a-model)).
"""


def page() -> Iterator[str]:
    """Lines of Markdown."""
    yield INTRODUCTION
    yield from head(["`model=`", "parameters, million", "from", "licence", "gated", *map(code, METHODS)])
    for one in listed([], batch_size=BATCH_SIZE, tokens=TOKENS):
        if isinstance(model := one.model, TransformerConfig):
            size = "" if model.parameters is None else f"{model.parameters:,g}"
            gated = "yes" if model.gated else "no"
            memory = (_gigabytes(one, method) for method in METHODS)
            yield row([code(model.name), size, origin(model), model.licence, gated, *memory])


def _gigabytes(one: Listed, method: str) -> str:
    """Of an estimate; empty where the two do not go together, or a size is missing in the model's file."""
    estimate = one.memory.get(method)
    return "" if estimate is None else f"{estimate.total / 1e9:.1f}"
