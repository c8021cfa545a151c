"""Texts of all kinds through each target: they are read as text and as nothing else."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bench.escape import latex, markdown, sheet, terminal
from bench.escape.characters import visible_line
from bench.escape.filename import FileNames

PARTS = (
    *("<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "' onmouseover='x", "</svg>", "]]>", "&amp;"),
    *("=1+1", "@SUM(1)", "＝1", "\u200b=1", "-1", "\t", "\r\n", "\n# heading\n", "\n---\n", "| a |", "`x`", "[a](b)"),
    *("\\input{x}", "}{", "[red]", "[/]", "$a_b$", "%", "#", "^^5c", "\x1b[2J", "\x00", "\x07", "\x9b", "\u202e"),
    *("../", "/", "\\", "CON", ".", " ", "_", "你好", "👍", "é", "x" * 90),
)
HOSTILE = st.lists(st.sampled_from(PARTS) | st.text(max_size=3), min_size=1, max_size=4).map("".join)
FEW = settings(max_examples=300, deadline=None)


def acts(text: str) -> bool:
    """Whether a character of it is a command to a terminal, or turns the direction."""
    return bool(re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text))


@given(HOSTILE)
@FEW
def test_each_target(text: str) -> None:
    written = latex.latex(text)
    assert written.isascii()
    bare = re.sub(r"\\(?:textbackslash|textasciicircum|textasciitilde|[a-zA-Z]+)\b|\\[&%$#_{}'`^~=.\"]", "", written)
    assert not set(bare) & set("\\&%#_^~")
    assert bare.count("{") == bare.count("}")
    assert not written.startswith(("[", "*"))
    shown = sheet.guarded(" ".join(text.split()))
    assert shown[:1] not in "=＝@＠" or not shown
    assert sheet.unguarded(sheet.guarded(text)) == text or text.startswith("'")
    assert not acts(terminal.said(text))
    tokens = MarkdownIt("commonmark", {"html": True}).enable("table").parse(f"{markdown.escape(text)}")
    inside = [child for token in tokens for child in (token.children or [])]
    assert {token.type for token in tokens} <= {"paragraph_open", "inline", "paragraph_close"}
    assert {token.type for token in inside} <= {"text", "text_special"}


@given(st.lists(HOSTILE, max_size=12))
@FEW
def test_file_names(texts: list[str]) -> None:
    names = FileNames()
    made = [names.take(text) for text in texts]
    assert len({name.lower() for name in made}) == len(made)
    assert all(re.fullmatch(r"[a-z0-9_-]{1,90}", name) for name in made)


def test_visible_lines_are_one_line() -> None:
    assert not acts(visible_line("".join(PARTS)))
    assert "\n" not in visible_line("".join(PARTS))
