"""Reports with names, labels, texts and messages of all kinds: every file of theirs holds them as text alone."""

import csv
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bench.escape import latex, markdown, sheet, terminal
from bench.escape.characters import visible_line
from bench.escape.filename import FileNames
from bench.report.options import ReportOptions
from bench.report.page import write_report
from bench.report.render.html import SCRIPTS
from bench.results.record import Status
from tests.report import simulate
from tests.report.opened import opened

PARTS = (
    *("<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "' onmouseover='x", "</svg>", "]]>", "&amp;"),
    *("=1+1", "@SUM(1)", "＝1", "\u200b=1", "-1", "\t", "\r\n", "\n# heading\n", "\n---\n", "| a |", "`x`", "[a](b)"),
    *("\\input{x}", "}{", "[red]", "[/]", "$a_b$", "%", "#", "^^5c", "\x1b[2J", "\x00", "\x07", "\x9b", "\u202e"),
    *("../", "/", "\\", "CON", ".", " ", "_", "你好", "👍", "é", "x" * 90),
)
HOSTILE = st.lists(st.sampled_from(PARTS) | st.text(max_size=3), min_size=1, max_size=4).map("".join)
ALLOWED = set(
    [
        "html",
        "head",
        "meta",
        "title",
        "script",
        "style",
        "body",
        "a",
        "header",
        "h1",
        "h2",
        "h3",
        "div",
        "button",
        "nav",
        "ol",
        "ul",
        "li",
        "main",
        "details",
        "summary",
        "p",
        "noscript",
        "strong",
        "section",
        "span",
        "figure",
        "figcaption",
        "svg",
        "g",
        "path",
        "use",
        "defs",
        "clippath",
        "rect",
        "text",
        "tspan",
        "image",
        "pattern",
        "line",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "input",
        "dl",
        "dt",
        "dd",
        "code",
        "dialog",
        "lineargradient",
        "stop",
        "polygon",
        "circle",
    ]
)
FEW = settings(max_examples=300, deadline=None)


class Tags(HTMLParser):
    """What elements and attributes a page has."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)


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


@given(
    row=HOSTILE,
    labels=st.lists(HOSTILE.map(lambda text: f"{text}."), min_size=2, max_size=2, unique=True),
    message=HOSTILE,
)
@settings(max_examples=2, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_whole_reports(row: str, labels: list[str], message: str) -> None:
    whole_report(f"{row}<b>", labels, message)


def test_a_report_of_the_worst(capfd: pytest.CaptureFixture[str]) -> None:
    worst = "".join(PARTS[:-1])
    whole_report(worst, [f"={worst}", f"[red] \x1b{worst}"], f"=cmd {worst}")
    told = capfd.readouterr()
    assert not acts(told.out + told.err)


def whole_report(row: str, labels: list[str], message: str) -> None:
    """Write a report and look at all files of it."""
    with TemporaryDirectory() as folder:
        root = Path(folder)
        cells = simulate.grid(
            root / "results", [(row, "lora"), ("tfidf_sgd", None)], num_labels=(2,), train_sizes=(32, 64), data=row
        )
        failed = cells[0].key
        simulate.run(cells, lambda cell: Status.ERROR if cell.key == failed else Status.OK, 40, message, labels=labels)
        page = write_report(cells, root / "report", ReportOptions(row))
        assert {path.name for path in root.iterdir()} <= {"results", "report", "texts"}
        check_page(opened(page))
        for path in files(root / "report", "svg"):
            ElementTree.fromstring(path.read_bytes())
        for path in files(root / "report", "csv"):
            check_csv(path)
        check_markdown((root / "report" / "index.md").read_text("utf-8"))
        for path in files(root / "report" / "tables", "tex"):
            check_latex(path.read_text("utf-8"))
        assert all(re.fullmatch(r"[\w.-]+", path.name, re.ASCII) for path in (root / "report").rglob("*"))


def files(folder: Path, suffix: str) -> Iterator[Path]:
    """All of a kind, of which there are some."""
    found = list(folder.rglob(f"*.{suffix}"))
    assert found
    yield from found


def check_page(page: str) -> None:
    assert "could not be made" not in page
    assert not acts(page)
    parser = Tags()
    parser.feed(page)
    assert parser.tags <= ALLOWED
    assert not [name for name in parser.attributes if name.startswith("on")]
    assert page.count("<script") == page.count("</script>") == len(SCRIPTS) + 3


def check_csv(path: Path) -> None:
    with path.open(newline="", encoding="utf-8") as file:
        for entry in (entry for line in csv.reader(file) for entry in line):
            assert sheet.guarded(entry) == entry or entry.startswith("'"), (path.name, entry)
            assert not acts(entry)


def check_markdown(text: str) -> None:
    tokens = MarkdownIt("commonmark", {"html": True}).enable("table").parse(text)
    inside = [child for token in tokens for child in [token, *(token.children or [])]]
    assert not [token for token in inside if token.type in ("html_block", "html_inline", "hr", "fence", "code_block")]
    for token in inside:
        if token.type in ("link_open", "image"):
            target = str(token.attrGet("href") or token.attrGet("src"))
            assert re.fullmatch(r"#?[\w./-]+", target, re.ASCII), target
    assert not acts(text)


def check_latex(text: str) -> None:
    assert text.isascii()
    bare = re.sub(r"\\[&%$#_{}]", "", text)
    assert bare.count("{") == bare.count("}")
    assert not re.search(r"\\(typeout|input|write|message)\b", text)
    for line in text.splitlines():
        assert not line.startswith(("[", "*"))
    (label,) = re.findall(r"\\label\{(.*)\}", text)
    assert re.fullmatch(r"tab:[\w-]+", label, re.ASCII)


def test_visible_lines_are_one_line() -> None:
    assert not acts(visible_line("".join(PARTS)))
    assert "\n" not in visible_line("".join(PARTS))
