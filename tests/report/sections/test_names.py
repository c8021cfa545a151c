"""People's names are in all prose and pictures; ids are in tables, files and commands."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from bench.report import page
from bench.report.content.parts import Section
from bench.report.inputs.records import ExpectedCell
from bench.report.options import ReportOptions
from bench.report.view import View
from tests.report import simulate, studies

NAMES = {"minilm lora": "Mini, LoRA", "smollm2_135m qlora": "Smol, QLoRA", "tfidf_sgd": "Word counts"}
DATA = "Feelings"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[tuple[View, list[Section]]]]:
    """A page of two seeds and two label counts, and what its sections were made of."""
    root, made = tmp_path_factory.mktemp("names"), []

    def named(cell: ExpectedCell) -> ExpectedCell:
        return replace(cell, names=(NAMES.get(cell.row, cell.row.replace("_", " ").title()), DATA))

    cells = [named(cell) for cell in studies.smoke_go_emotions_grid(root / "results")]
    missing = [named(cell) for cell in simulate.grid(root / "results", [("gpt2", "lora")], data="go_emotions")]
    with pytest.MonkeyPatch.context() as patched:
        make = page.make_sections

        def kept(view: View) -> list[Section]:
            made.append((view, make(view)))
            return made[-1][1]

        patched.setattr(page, "make_sections", kept)
        page.write_report(
            [*cells, *missing], root / "report", ReportOptions("smoke/go_emotions_grid", target_accuracy=0.6)
        )
    return root / "report", made


def prose(section: Section) -> list[str]:
    """Everything of a section that is read as sentences."""
    lists = [text for heading, points in section.lists for text in (heading, *points)]
    titles = [titled.title for titled in section.tables]
    return [*section.paragraphs, *lists, *titles, *(picture.text for picture in section.pictures), section.finding]


def test_prose_has_no_ids(report: tuple[Path, list[tuple[View, list[Section]]]]) -> None:
    _, made = report
    ((view, sections),) = made
    texts = [text for section in sections for text in prose(section)]
    ids = [*view.rows, view.data]
    assert not [text for text in texts for name in ids if name in text]
    for name in (*NAMES.values(), DATA):
        assert any(name in text for text in texts), name


def test_pictures_have_no_ids(report: tuple[Path, list[tuple[View, list[Section]]]]) -> None:
    folder, made = report
    ((view, sections),) = made
    pictures = [picture.name for section in sections for picture in section.pictures]
    assert len(pictures) > 10
    for name in pictures:
        drawn = " ".join(re.findall(r">([^<>]+)</text>", (folder / f"{name}.svg").read_text("utf-8")))
        assert not [one for one in (*view.rows, view.data) if one in drawn], name


def test_published_numbers_are_known_to_be_of_the_same_data(
    report: tuple[Path, list[tuple[View, list[Section]]]],
) -> None:
    folder, made = report
    ((_, sections),) = made
    (section,) = [section for section in sections if section.title == "Ours and published"]
    assert any(text.startswith("Published: ") for text in section.paragraphs)
    assert not [text for text in section.paragraphs if "other texts" in text]
    assert "study's own" in (folder / "scaling_accuracy.svg").read_text("utf-8")


def test_percent_and_points_are_in_prose(report: tuple[Path, list[tuple[View, list[Section]]]]) -> None:
    _, made = report
    ((_, sections),) = made
    (answer,) = [section for section in sections if section.title == "The answer"]
    said = [text for _, points in answer.lists[:-1] for text in points]
    assert any(re.search(r"\d\d\.\d % \(\d\d\.\d to \d\d\.\d %\)", text) for text in said)
    assert any(re.search(r"[+-]\d+\.\d points \(", text) for text in said)
    assert not [text for text in said if re.search(r"[^\d]0\.\d\d\d", text) and "p = 0." not in text]
