"""The page's parts: figures, embedded data, tables as files. What a browser makes of it is in `tests/browser`."""

import csv
import io
import json
import re

import matplotlib
import pytest
from matplotlib.figure import Figure

from bench.report.content.parts import Entry, Section, Titled
from bench.report.content.table import table
from bench.report.figures import style
from bench.report.options import ReportOptions
from bench.report.page import write_report
from bench.report.render.document import anchored, embedded, policy
from bench.report.render.html import SCRIPTS, metrics_of
from bench.report.render.inline import inlined
from bench.report.render.sorting import small_first, sort_value
from bench.report.render.table_files import named, to_csv, to_latex
from bench.results.record import Status
from bench.wording import duration
from tests.report import simulate
from tests.report.opened import opened

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
    assert [block.anchor for block in blocks] == ["the-answer", "the-answer-2", "part"]


def test_the_switch_offers_what_is_there():
    section = Section("s", tables=[titled(metric="test_loss"), titled(metric="test_macro_f1"), titled()])
    assert metrics_of(anchored([("s", section)])) == {"test_loss": "Loss", "test_macro_f1": "Macro F1"}


def test_a_page_with_nasty_names_has_no_markup_of_theirs(tmp_path):
    cells = simulate.grid(tmp_path / "results", [(NASTY, "lora"), ("tfidf_sgd", None)], data=NASTY)
    simulate.run(cells, lambda cell: Status.ERROR if cell.seed else Status.OK, message=NASTY, labels=[NASTY, *"bcde"])
    page = write_report(cells, tmp_path / "report", ReportOptions(NASTY))
    assert page.read_text("utf-8").count("<script>") == len(SCRIPTS)
    page = opened(page)
    assert page.count("<script") == page.count("</script>") == len(SCRIPTS) + 3  # points, answers, study
    assert "could not be made" not in page
    assert not re.search(r"<(img|iframe|object|link|base)\b", page)
    points = json.loads(re.search(r'<script type="application/json" id="points">(.*?)</script>', page).group(1))
    one = next(iter(points.values()))
    assert one["title"].startswith(NASTY)
    assert one["failures"][0]["reason"] == f"RuntimeError: {NASTY}"
    assert any(mistake["predicted"] == NASTY for point in points.values() for mistake in point["mistakes"])
    wanted = {f"{name}.{kind}" for name in ("best_rows", "cost") for kind in ("csv", "md", "tex")}
    assert wanted <= {path.name for path in (tmp_path / "report" / "tables").iterdir()}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("42 s", 42),
        ("3 min 20 s", 200),
        ("5 h 12 min", 18720),
        ("1,234 h 0 min", 4442400),
        ("1,234.5 s", 1234.5),
        ("p = 0.03", 0.03),
        *((text, None) for text in ("0.912 [0.890, 0.931]", "", "5 seeds", "2 of 3 seeds", "minilm lora", "> 2,400")),
    ],
)
def test_durations_sort_as_durations(text, value):
    assert sort_value(text) == value


def test_durations_rise_as_they_are_written():
    seconds = (0, 1, 59, 60, 61, 599, 3599, 3600, 7260, 86400, 4_000_000)
    values = [sort_value(duration(second)) for second in seconds]
    assert values == sorted(values)
    assert sort_value("p < 0.01") < sort_value("p = 0.010")


def test_small_numbers_come_first_where_they_are_better():
    accuracy, loss = (Titled("A table", table(["row", "32"], []), metric) for metric in ("test_accuracy", "test_loss"))
    assert (small_first(accuracy, "32"), small_first(loss, "32")) == (False, True)
    costs = Titled("Cost of a seed", table(["row"], []), name="cost")
    low = ("training time", "whole cell", "peak memory (GiB)", "loss after", "loss: change", "average rank", "p")
    assert all(small_first(costs, head) for head in low)
    assert not any(small_first(costs, head) for head in ("accuracy", "test examples per second", "gain", "row"))


def test_the_page_tells_its_script_what_to_sort_by(tmp_path):
    cells = simulate.grid(tmp_path / "results", [("minilm", "lora"), ("tfidf_sgd", None)], num_labels=(2,))
    simulate.run(cells)
    text = opened(write_report(cells, tmp_path / "report", ReportOptions("T")))
    found = re.findall(r'<td data-sort="([\d.]+)">([^<]*)</td>', text)
    assert len(found) >= 12
    assert all(float(value) == pytest.approx(sort_value(words)) for value, words in found)
    heads = re.findall(r'<button type="button" class="sort"( data-small-first)?>([^<]+)</button>', text)
    assert dict((name, flag) for flag, name in heads)["training time"]
