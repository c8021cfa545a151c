"""Columns are guessed by what stands in them; a name counts where its column can be meant."""

import pytest

from bench.errors import UserError
from bench.init.guess import guess_label, guess_split, guess_text, profile

SENTENCES = [
    f"the parcel number {n} never came to our door in {place}" for n in range(30) for place in ("Bonn", "Lyon")
]
QUEUES = ["delivery", "billing", "returns"] * 20
IDS = [f"T-{n:05}" for n in range(60)]
DATES = [f"2026-01-{1 + n % 28:02}" for n in range(60)]


def profiles(**columns: list[str]):
    return [profile(name, values) for name, values in columns.items()]


@pytest.mark.parametrize(
    ("columns", "text", "label"),
    [
        ({"id": IDS, "body": SENTENCES, "topic": QUEUES}, "body", "topic"),
        ({"Kategorie": QUEUES, "Nachricht": SENTENCES, "Nr": IDS}, "Nachricht", "Kategorie"),
        ({"date": DATES, "message": SENTENCES, "kind": QUEUES}, "message", "kind"),
        ({"a": SENTENCES, "stars": ["1", "2", "5"] * 20, "country": ["FR", "DE"] * 30}, "a", "stars"),
        # a name of texts over short words is no text, where another column holds long ones
        ({"title": [f"no {n % 7}" for n in range(60)], "notes": SENTENCES, "class": QUEUES}, "notes", "class"),
        ({"text": SENTENCES, "split": ["train", "test", "train"] * 20, "label": QUEUES}, "text", "label"),
    ],
)
def test_the_columns_of_usual_files(columns: dict[str, list[str]], text: str, label: str) -> None:
    seen = profiles(**columns)
    assert guess_text(seen).column == text
    assert guess_label(seen, text).column == label


def test_other_columns_that_could_be_meant_are_named() -> None:
    seen = profiles(
        subject=[f"about parcel {n}" for n in range(60)], body=SENTENCES, queue=QUEUES, country=["FR", "DE"] * 30
    )
    assert guess_text(seen).others == ("subject",)
    assert guess_label(seen, "body").others == ("country",)


def test_what_is_no_text_and_no_label_is_refused_with_the_columns() -> None:
    with pytest.raises(UserError, match=r"no column of id, date holds texts .*: name it with --text"):
        guess_text(profiles(id=[str(n) for n in range(60)], date=DATES))
    with pytest.raises(UserError, match=r"no column of body holds labels .*: name it with --label"):
        guess_label(profiles(body=SENTENCES), "body")


def test_a_column_that_says_which_rows_are_for_testing() -> None:
    parts = ["Train", "train ", "TEST"] * 20
    assert guess_split({"label": QUEUES, "part": parts}) == "part"
    assert guess_split({"part": ["training", "testing", "dev"] * 20}) == "part"
    assert guess_split({"label": ["train", "bus", "test"] * 20}) is None
    assert guess_split({"label": ["train", "bus"] * 30}) is None
