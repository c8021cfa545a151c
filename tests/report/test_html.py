"""The page's parts: figures, embedded data, tables as files. What a browser makes of it is in `tests/browser`."""

import csv
import io
import json
import re

import matplotlib
import pytest
from matplotlib.figure import Figure

from bench.report import style
from bench.report.content import Entry, Section, Titled
from bench.report.html import anchored, embedded, metrics_of, policy
from bench.report.inline import inlined
from bench.report.markdown import table
from bench.report.page import write_report
from bench.report.table_files import named, to_csv, to_latex
from bench.results.record import Status
from tests.report import simulate

NASTY = "</script><script>alert(1)</script><!-- & ' \" \u2028"


def test_embedded_json_ends_no_element_and_says_the_same():
    text = embedded({"text": NASTY, "number": float("nan"), "list": [1.5, None, (NASTY,)]})
    assert not re.search(r"[<>&\u2028]", text)
    assert json.loads(text) == {"text": NASTY, "number": None, "list": [1.5, None, [NASTY]]}


def test_the_policy_allows_the_scripts_and_nothing_from_elsewhere():
    words = policy(["one", "two"]).split("; ")
    assert words[0] == "default-src 'none'"
    assert words[1].count("'sha256-") == 2
    assert not any("http" in word or "*" in word for word in words)


@pytest.fixture
def drawn(tmp_path) -> str:
    with matplotlib.rc_context(style.SETTINGS):
        figure = Figure(figsize=(3, 2))
        axes = figure.add_subplot()
        axes.set_title(NASTY)
        axes.plot([0, 1], [0, 1], "o", color=style.INK, clip_on=True)
        axes.bar([0], [1], hatch="//", color=style.GAP)
    style.save(figure, tmp_path, "one")
    return (tmp_path / "one.svg").read_text()


def test_an_inlined_figure_has_ids_and_colours_of_its_page(drawn):
    one, other = inlined(drawn, NASTY, 1), inlined(drawn, NASTY, 2)
    ids = [set(re.findall(r'\bid="([^"]+)"', svg)) for svg in (one, other)]
    assert ids[0]
    assert not ids[0] & ids[1]
    used = set(re.findall(r'(?:href="#|url\(#)([^")]+)', one))
    assert used <= ids[0]
    assert "var(--ink)" in one
    assert style.INK not in one.lower()


def test_an_inlined_figure_brings_no_markup_from_its_texts(drawn):
    svg = inlined(drawn, NASTY, 1)
    assert "<script" not in svg
    assert "&lt;script&gt;" in svg
    assert "<style" not in svg
    assert "metadata" not in svg
    name = re.search(r"aria-label=(\"[^\"]*\"|'[^']*')", svg)
    assert name
    assert "<" not in name.group()


def test_what_is_no_figure_of_ours_is_refused():
    with pytest.raises(ValueError, match="not an SVG of ours"):
        inlined("<html></html>", "text", 1)


def titled(*lines, title="A title", **options) -> Titled:
    return Titled(title, table(["name & x", "value_1", "value_1"], lines), **options)


def test_csv_files_quote_what_a_spreadsheet_would_run():
    text = to_csv(titled(["=1+1", "-0.05", "+0.1 ±0.01 (3 seeds)"], ["@x", "-2+3", Entry("+cmd", "failed")]))
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[1:] == [["'=1+1", "-0.05", "+0.1 ±0.01 (3 seeds)"], ["'@x", "'-2+3", "'+cmd"]]


def test_latex_files_escape_everything():
    text = to_latex(titled(["a_b & 50% $x$ \\input{y}", "0.9 ±0.1", "#1"], title="T_1 & 50%"))
    assert r"a\_b \& 50\% \$x\$ \textbackslash{}input\{y\}" in text
    assert r"0.9 $\pm$0.1" in text
    assert r"\caption{T\_1 \& 50\%}" in text
    assert r"name \& x & value\_1 & value\_1 \\" in text


def test_tables_have_names_of_their_own():
    sections = named([(Section("s", tables=[titled(title="Ä / B"), titled(title="b")]), "_x")] * 2)
    assert [one.name for section in sections for one in section.tables] == ["b_x", "b_x_2", "b_x_3", "b_x_4"]


def test_sections_of_the_same_title_have_anchors_of_their_own():
    blocks = anchored([("The answer", Section("a")), ("The answer", Section("a")), ("<>", Section("a"))])
    assert [block.anchor for block in blocks] == ["the-answer", "the-answer-2", "section"]


def test_the_switch_offers_what_is_there():
    section = Section("s", tables=[titled(metric="test_loss"), titled(metric="test_macro_f1"), titled()])
    assert metrics_of(anchored([("s", section)])) == {"test_loss": "Loss", "test_macro_f1": "Macro F1"}


def test_a_page_with_nasty_names_has_no_markup_of_theirs(tmp_path):
    cells = simulate.grid(tmp_path / "results", [(NASTY, "lora"), ("tfidf_sgd", None)], data=NASTY)
    simulate.run(cells, lambda cell: Status.ERROR if cell.seed else Status.OK, message=NASTY, labels=[NASTY, *"bcde"])
    page = write_report(cells, tmp_path / "report", NASTY).read_text(encoding="utf-8")
    assert page.count("<script") == page.count("</script>") == 3
    assert "could not be made" not in page
    assert not re.search(r"<(img|iframe|object|link|base)\b", page)
    points = json.loads(re.search(r'<script type="application/json" id="points">(.*?)</script>', page).group(1))
    one = next(iter(points.values()))
    assert one["title"].startswith(NASTY)
    assert one["failures"][0]["reason"] == f"RuntimeError: {NASTY}"
    assert any(mistake["predicted"] == NASTY for point in points.values() for mistake in point["mistakes"])
    wanted = {f"{name}.{kind}" for name in ("best_rows", "cost") for kind in ("csv", "md", "tex")}
    assert wanted <= {path.name for path in (tmp_path / "report" / "tables").iterdir()}
