"""What is wrong with texts and labels is counted, with the rows it is about, and with the option that deals with it."""

from collections import Counter
from pathlib import Path

import pyarrow as pa

from bench.config import DataConfig
from bench.data.readers.part import Part
from bench.data.survey import Survey, repeats, survey_of
from bench.init import findings


def seen_of(texts: list[str | None], labels: list[str | None]) -> Survey:
    """What the project's reading finds of a source with these two columns, whose rows are called by their numbers."""
    table = pa.table({"text": pa.array(texts, pa.string()), "label": pa.array(labels, pa.string())})
    part = Part("file", table, ("text", "label"), place=str)
    return survey_of([part], DataConfig(name="mine", source="file", path=str(Path("mine.csv"))), how=())


def kinds(found: list[findings.Finding]) -> dict[str, int]:
    return {each.kind: each.count for each in found}


def test_rows_without_a_text_or_a_label() -> None:
    seen = seen_of(["a b", None, " \u200b", "c d", None], ["x", "x", "y", "", None])
    found = findings.blanks(seen.problems, 2)
    assert kinds(found) == {"no_label": 2, "no_text": 3, "empty_lines": 2}
    assert [each.places for each in found] == [("3", "4"), ("1", "2", "4"), ()]
    assert [each.options for each in found] == [{"drop_unlabelled": True}, {"drop_empty": True}, None]
    assert findings.blanks(seen_of(["a"], ["x"]).problems, 0) == []


def test_spellings_name_the_most_frequent_one() -> None:
    labels: list[str | None] = ["sport"] * 5 + ["Sport"] * 2 + ["sport "] + ["money"] * 3
    found = findings.spellings(seen_of([f"text {n}" for n in range(11)], labels))
    assert kinds(found) == {"padded_labels": 1, "alike_labels": 1}
    assert found[0].places == ("7",)
    assert found[1].options == {"merge_labels": {"Sport": "sport"}}
    assert "labels look alike: 'sport' (6), 'Sport' (2)" in found[1].text


def test_labels_that_are_padded_alone_need_no_merging() -> None:
    found = findings.spellings(seen_of(["a", "b", "c", "d"], ["sport", "sport", "sport ", " money"]))
    assert [each.options for each in found] == [{"strip_labels": True}]


def test_several_labels_in_one_cell_are_told_with_the_way_out() -> None:
    (found,) = findings.joined_labels(seen_of(["a", "b", "c"], ["sport", "money", "sport,money"]))
    assert "'sport,money' (1)" in found.text
    assert "data.exclude_labels leaves them out" in found.text


def test_repeats_under_one_label_and_under_several() -> None:
    texts = ("Order 1 came", "order 1  CAME", "late again", "late again", "order 2 came!", "fine")
    labels = ("x", "x", "x", "y", "x", "y")
    normalized, near = (repeats(texts, labels, how) for how in ("normalized", "near"))
    found = findings.repeats(normalized, near)
    assert kinds(found) == {"repeats": 2, "conflicts": 1, "near_repeats": 1}
    assert [each.places for each in found] == [("0 = 1",), ("2 = 3",), ("0 = 1 = 4",)]
    assert kinds(findings.repeats(normalized)) == {"repeats": 2, "conflicts": 1}


def test_rare_labels_are_named_the_rarest_first_and_those_without_two_texts_are_left_out() -> None:
    labels = Counter(a=20, b=3, c=2, d=1)
    unusable, rare = findings.rare_labels(labels, ["d"])
    assert "'c' (2), 'b' (3)" in rare.text
    assert unusable.text == "labels with fewer than 2 different texts are left out (exclude_labels): 'd' (1)"
    unusable, _ = findings.rare_labels(labels, ["d"], is_marked=True)
    assert "no text that is marked for training" in unusable.text


def test_personal_data() -> None:
    texts: list[str | None] = [
        "write to a.person@example.org",
        "call +49 30 1234567",
        "call 0041 44 123 45 67",
        "room 12, 2026-01-31",
        "10000000",
    ]
    seen = seen_of(texts, ["x"] * 5)
    found = findings.personal_data(seen, range(5))
    assert kinds(found) == {"emails": 1, "phones": 2}
    assert [each.places for each in found] == [("0",), ("1", "2")]
    assert kinds(findings.personal_data(seen, range(2))) == {"emails": 1, "phones": 1}


def test_a_label_in_its_texts() -> None:
    texts: list[str | None] = [f"Refund for order {n} please" for n in range(20)]
    texts += [f"where is order {n}" for n in range(20)]
    (found,) = findings.names_in_texts(seen_of(texts, ["refund"] * 20 + ["shipping"] * 20), range(40))
    assert (found.kind, found.count) == ("label_in_text", 20)
    assert findings.names_in_texts(seen_of(texts, ["refund", "shipping"] * 20), range(40)) == []


def test_a_column_that_tells_the_label() -> None:
    labels = ["refund"] * 20 + ["shipping"] * 20
    others = {"queue": ["A"] * 20 + ["B"] * 20, "id": [str(n) for n in range(40)], "country": ["FR", "DE"] * 20}
    (found,) = findings.columns_that_tell(labels, others)
    assert "'queue' tells the label of 100%" in found.text


def test_texts_that_encoders_cut_are_counted() -> None:
    assert kinds(findings.long_texts([600, 513, 512, 9])) == {"long_texts": 2}
    assert findings.long_texts([512] * 9) == findings.long_texts([600] + [9] * 99) == []
    (found,) = findings.long_texts([600] + [9] * 9)
    assert found.text.startswith("1 text of 10 has more than about 512 tokens, of which encoders read the beginning: ")
    assert "training.windows=mean more of them" in found.text


def test_texts_in_other_letters_than_the_small_encoder_knows() -> None:
    some = range(3)
    labels: list[str | None] = ["x"] * 3
    for foreign in ("这个产品非常好", "Где мой заказ?", "अच्छा उत्पाद"):
        (found,) = findings.scripts(seen_of([foreign, f"{foreign} 12", "ok"], labels), some)
        assert "minilm was trained on English" in found.text
    for latin in ("für Müller, 5 €", "Đặt hàng ở đâu", "ŁÓDŹ", "123 😀"):
        assert findings.scripts(seen_of([latin, f"{latin} 这", "ok"], labels), some) == []
