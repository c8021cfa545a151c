import pytest

from bench.report.content.table import Markdown, escape, shortened, table


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("tfidf_sgd", "tfidf_sgd"),
        ("a|b", r"a\|b"),
        ("two\nlines\r\n\there", "two lines here"),
        ("<script>&amp;", "&lt;script&gt;&amp;amp;"),
        ("_a_ __init__", r"\_a\_ \_\_init\_\_"),
        ("![x](y) `z` *b* ~~s~~ # \\", r"\!\[x\](y) \`z\` \*b\* \~\~s\~\~ \# \\"),
        ("red\x1b[31m\u202etxt", r"red\[31mtxt"),
        (3, "3"),
    ],
)
def test_escape(text, written):
    assert escape(text) == written


def test_markdown_is_not_escaped_twice():
    assert escape(escape("a|b")) == r"a\|b"
    assert escape(Markdown("**b**")) == "**b**"


def test_a_table_keeps_its_shape_whatever_is_in_it():
    lines = table(["a|", "b"], [["1\n2", "|"], [3, "<br>"]]).split("\n")
    assert lines == [r"| a\| | b |", "| --- | --- |", r"| 1 2 | \| |", "| 3 | &lt;br&gt; |"]


def test_shortened():
    assert shortened("one\n two") == "one two"
    assert shortened("x" * 500, 10) == "x" * 9 + "…"
