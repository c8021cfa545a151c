"""Columns are guessed by what stands in them; a name counts where its column can be meant."""

import pytest

from bench.errors import UserError
from bench.init.guess import guess_label, guess_text, is_of_groups, is_of_sets, is_of_times, profile

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
    assert guess_label(seen, [text]).column == label


def test_other_columns_that_could_be_meant_are_named() -> None:
    seen = profiles(
        subject=[f"about parcel {n}" for n in range(60)], body=SENTENCES, queue=QUEUES, country=["FR", "DE"] * 30
    )
    assert guess_text(seen).others == ("subject",)
    assert guess_label(seen, ["body"]).others == ("country",)


def test_what_is_no_text_and_no_label_is_refused_with_the_columns() -> None:
    with pytest.raises(UserError, match=r"no column of id, date holds texts .*: name it with --text"):
        guess_text(profiles(id=[str(n) for n in range(60)], date=DATES))
    with pytest.raises(UserError, match=r"no column of body holds labels .*: name it with --label"):
        guess_label(profiles(body=SENTENCES), ["body"])


@pytest.mark.parametrize(
    ("values", "is_split"),
    [
        (["Train", "train ", "TEST"], True),
        (["training", "testing", "dev"], True),
        (["train", "bus", "test"], False),
        (["train", "validation"], False),
        (["train", "test", None], False),
    ],
)
def test_a_column_that_says_which_rows_are_for_testing(values: list[str | None], is_split: bool) -> None:
    assert is_of_sets(values) is is_split


@pytest.mark.parametrize(
    ("name", "different", "is_group"),
    [
        ("customer_id", 300, True),
        ("UserName", 300, True),
        ("kunde", 300, True),
        ("threads", 300, True),
        ("customer_id", 1000, False),
        ("customer_id", 3, False),
        ("country", 300, False),
        ("customary", 300, False),
    ],
)
def test_a_column_that_says_whose_texts_they_are(name: str, different: int, is_group: bool) -> None:
    assert is_of_groups(name, 1000, different) is is_group


@pytest.mark.parametrize(
    ("values", "is_time"),
    [
        (DATES, True),
        (["31.12.2025 14:05", "1.1.2026"], True),
        (["2026-01-31T10:00:00+01:00"] * 3, True),
        (["20260131", "20260201"], False),
        (["1.5", "2.5"], False),
        (["2026-01-31", None, ""], False),
        (SENTENCES, False),
        ([], False),
    ],
)
def test_a_column_that_says_when(values: list[str | None], is_time: bool) -> None:
    assert is_of_times(values) is is_time
