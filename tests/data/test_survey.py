"""A first look at data says what is odd, and refuses nothing that reading would refuse."""

from bench.config import DataConfig
from bench.data.survey import survey

ROWS = [
    ("1", "The lamp is dark", "repair"),
    ("2", "the lamp  is dark!", "Repair"),
    ("3", "The lamp is dark", "repair "),
    ("4", "", "money"),
    ("4", "I paid twice", ""),
    ("5", "I paid 10 times", "money"),
    ("6", "I paid 12 times", "money"),
    ("6", "Nothing", "money,repair"),
]


def test_everything_is_found_at_once(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("key,text,label\n\n" + "".join(f'{key},{text},"{label}"\n' for key, text, label in ROWS))
    data = DataConfig(name="mine", source="file", path=str(path), id_column="key")
    found = survey(data, cache=tmp_path, mirror_dir=None)
    assert found.columns == ("key", "text", "label")
    assert (found.cleaned.rows, found.cleaned.empty_lines) == (8, 1)
    assert [(each.kind, each.count, each.places) for each in found.problems] == [
        ("no_label", 1, ("t.csv, line 7",)),
        ("no_text", 1, ("t.csv, line 6",)),
        ("same_id", 1, ()),
    ]
    assert found.look_alikes == (("repair", "Repair", "repair "),)
    assert found.several_in_one == ("money,repair",)
    assert found.label_counts["money"] == 2
    assert found.rare_labels(2) == {"repair": 1, "Repair": 1, "repair ": 1, "money,repair": 1}
    exact, normalized, near = found.repeats
    assert (exact.rows, normalized.rows, near.rows) == (1, 1, 3)
    assert (exact.conflicting_texts, near.conflicting_rows) == (1, 3)
    assert near.examples[0] == ("t.csv, line 3", "t.csv, line 4", "t.csv, line 5")
