"""What is wrong with texts and labels is counted, with the rows it is about, and with the option that deals with it."""

from bench.data.neartext import near_keys
from bench.init import findings


def kinds(found: list[findings.Finding]) -> dict[str, int]:
    return {each.kind: each.count for each in found}


def test_blanks_are_told_apart_from_empty_rows() -> None:
    texts = ["a b", None, " \u200b", "c d", None]
    found = findings.blanks(texts, ["x", "x", "y", "", None])
    assert kinds(found) == {"empty": 1, "no_text": 2, "no_label": 1}
    assert [each.rows for each in found] == [(4,), (1, 2), (3,)]
    assert found[0].options == {"drop_empty": True, "drop_unlabelled": True}
    assert findings.blanks(["a"], ["x"]) == []


def test_spellings_name_the_most_frequent_one() -> None:
    found = findings.spellings(["sport"] * 5 + ["Sport"] * 2 + ["sport "] + ["money"] * 3)
    assert kinds(found) == {"padded_labels": 1, "alike_labels": 1}
    assert found[0].rows == (7,)
    assert found[1].options == {"merge_labels": {"Sport": "sport"}}
    assert "'sport' (6) = 'Sport' (2)" in found[1].text
    assert kinds(findings.spellings(["a", "b", "a,b"])) == {"several_labels": 1}


def test_repeats_under_one_label_and_under_several() -> None:
    texts = ["Order 1 came", "order 1  CAME", "late again", "late again", "order 2 came!", "fine"]
    labels = ["x", "x", "x", "y", "x", "y"]
    found = findings.repeats(texts, labels, near_keys(texts))
    assert kinds(found) == {"repeats": 2, "conflicts": 1, "near_repeats": 1}
    assert [each.rows for each in found] == [(1, 3), (2, 3), (4,)]


def test_rare_labels_are_named_the_rarest_first() -> None:
    (found,) = findings.rare_labels(["a"] * 20 + ["b"] * 3 + ["c"])
    assert "'c' (1), 'b' (3)" in found.text


def test_personal_data() -> None:
    texts = [
        "write to a.person@example.org",
        "call +49 30 1234567",
        "call 0041 44 123 45 67",
        "room 12, 2026-01-31",
        "10000000",
    ]
    assert kinds(findings.personal_data(texts)) == {"emails": 1, "phones": 2}


def test_a_label_in_its_texts_and_a_column_that_tells_it() -> None:
    texts = [f"refund for order {n} please" for n in range(20)] + [f"where is order {n}" for n in range(20)]
    labels = ["refund"] * 20 + ["shipping"] * 20
    others = {"queue": ["A"] * 20 + ["B"] * 20, "id": [str(n) for n in range(40)], "country": ["FR", "DE"] * 20}
    found = findings.leaks(texts, labels, others)
    assert kinds(found) == {"label_in_text": 20, "column_gives_away": 40}
    assert "'queue' tells the label of 100%" in found[1].text
    assert findings.leaks(texts, ["refund", "shipping"] * 20, {}) == []
