"""A model card shows hostile labels, names and descriptions as they are, and nothing of them acts."""

import ast
import re
import shlex
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from markdown_it import MarkdownIt

from bench.cell import identity
from bench.compose import to_cell
from bench.models.card import model_card
from bench.models.kept import describe
from tests.report import simulate
from tests.support.cli import composed

LABELS = (
    "a`b <img src=x onerror=alert(1)>",
    "x\n\n# heading\n\n---\n| y |",
    "| </code><script>alert(1)</script> |",
    "\x1b[2J=1+1",
)
NAME = 'mini)" ; touch pwned ; echo "$(true\n```\n# no\n---'


def card(folder: Path, model: str) -> str:
    (config,) = composed(f"model={model}", "method=lora", "data=bbc_headlines", "num_labels=4", "train_size=32")
    cell = to_cell(config)
    data = replace(cell.task.data, name=NAME, description="<b>bold</b>\n\n# big\n---\n[click](javascript:alert(1))")
    changed = {"name": NAME} if cell.model.source == "wheel" else {"name": NAME, "id": 'x"\n- evil: `y`'}
    cell = replace(cell, task=replace(cell.task, data=data), model=replace(cell.model, **changed))
    (expected, *_) = simulate.grid(folder, [("minilm", "lora")], num_labels=(4,))
    record = simulate.write(expected, names=LABELS)
    record = record.model_copy(
        update={"configuration": record.configuration.model_copy(update={"identity": identity(cell)})}
    )
    return model_card(cell, record, describe(cell, LABELS, None))


@pytest.mark.parametrize("model", ["minilm", "bert_base"])
def test_nothing_in_a_card_acts(tmp_path: Path, model: str) -> None:
    text = card(tmp_path, model)
    assert "\x1b" not in text
    head, body = re.fullmatch(r"---\n(.*?)\n---\n(.*)", text, re.DOTALL).groups()
    front = yaml.safe_load(head)
    ours = {"library_name", "pipeline_tag", "license", "tags", "model-index"}
    assert set(front) == ours | ({"base_model", "base_model_relation"} if model == "bert_base" else set())
    tokens = MarkdownIt("commonmark", {"html": True}).enable("table").parse(body)
    inside = [child for token in tokens for child in [token, *(token.children or [])]]
    assert not [token for token in inside if token.type in ("html_block", "html_inline", "image", "link_open", "hr")]
    titles = [tokens[place + 1].content for place, token in enumerate(tokens) if token.type == "heading_open"]
    assert len(titles) == 6
    fences = [token for token in tokens if token.type == "fence"]
    assert len(fences) == (3 if model == "minilm" else 2)
    python = ast.parse(next(fence.content for fence in fences if fence.info == "python"))
    values = {
        node.targets[0].id: node.value
        for node in python.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    assert tuple(ast.literal_eval(values["labels"])) == LABELS
    lines = [row for row in body.splitlines() if row.startswith("| ") and row.count("0.") >= 3]
    assert len({len(re.findall(r"(?<!\\)\|", row)) for row in lines if "<" in row or "heading" in row}) <= 1
    if model == "minilm":
        shell = [line for line in fences[1].content.splitlines() if line.startswith("ln ")]
        assert len(shell) == 1
        assert shlex.split(shell[0])[0] == "ln"
        assert "pwned" not in re.sub(r"\$'(?:[^'\\]|\\.)*'", "", shell[0])
