"""Identity: everything that changes a result is in the key, and nothing else."""

from dataclasses import replace
from pathlib import Path

import pytest

from bench.cell import Cell, identity
from bench.compose import to_cell
from bench.errors import UserError
from bench.escape.filename import key_part


def content(**changes: object) -> dict:
    base: dict = {
        "data": {"name": "topics", "source": "hub", "id": "someone/topics"},
        "num_labels": 2,
        "train_size": 32,
        "seed": 0,
        "split": {"name": "nested"},
        "model": {"name": "bert", "family": "bert", "source": "hub", "id": "someone/bert"},
        "method": {"name": "lora"},
        "training": {},
    }
    for dotted, value in changes.items():
        *path, last = dotted.split("__")
        target = base
        for part in path:
            target = target[part]
        target[last] = value
    return base


BASELINE = {"name": "tfidf_sgd", "family": "tfidf_sgd"}


@pytest.mark.parametrize(
    "change",
    [
        {"num_labels": 4}, {"train_size": 64}, {"seed": 1}, {"split__test_size": 500}, {"data__revision": "abc"},
        {"data__id": "someone/else"}, {"data__exclude_labels": ["x"]}, {"model__revision": "abc"}, {"method__r": 16},
        {"method__name": "qlora"}, {"method": {"name": "linear_probe"}}, {"training__learning_rate": 0.01},
        {"training__max_length": 64}, {"training__precision": "bf16"}, {"model__learning_rate": 0.02},
    ],
)  # fmt: skip
def test_what_changes_a_result_changes_the_key(change: dict) -> None:
    assert to_cell(content(**change)).key != to_cell(content()).key


@pytest.mark.parametrize(
    "change",
    [
        {"data__description": "words"},
        {"model__licence": "MIT"}, {"model__parameters": 110}, {"model__gated": True}, {"data__num_classes": 9},
        {"training__learning_rate": 1e-3},  # what the family has anyway
    ],
)  # fmt: skip
def test_what_does_not_leaves_it(change: dict) -> None:
    assert to_cell(content(**change)).key == to_cell(content()).key


def test_a_model_without_a_method_ignores_it() -> None:
    keys = {
        to_cell(content(model=BASELINE, method=method, training=training)).key
        for method in ({"name": "lora"}, {"name": "qlora", "r": 4}, {"name": "linear_probe"})
        for training in ({}, {"max_length": 64})
    }
    assert len(keys) == 1
    assert to_cell(content(method={"name": "linear_probe"}, training={"max_length": 64})) == to_cell(
        content(method={"name": "linear_probe"})
    )


def test_key_does_not_drift() -> None:
    """A record that was written by an earlier version is found by this one."""
    former = {"name": "nested", "same_text": "exact", "conflicts": "keep_first"}
    stem = "tfidf-sgd_topics_2-labels_32-examples_seed-0"
    assert to_cell(content(model=BASELINE, split=former)).key == f"{stem}_1fe6b3de14666567"
    assert to_cell(content(model=BASELINE)).key == f"{stem}_a0b49f3b20709f58"


def test_another_way_to_draw_label_sets_is_another_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Records of the earlier way do not stand beside those of this one; those of single labels stay."""
    several = to_cell(content(model=BASELINE, data__multi_label="keep"))
    single = to_cell(content(model=BASELINE))
    keys = several.key, single.key
    assert keys[0].endswith("_a8e5e5ec3afe630f")
    monkeypatch.setattr("bench.cell.LABEL_SETS", 3)
    assert replace(several).key != keys[0]
    assert replace(single).key == keys[1]


@pytest.mark.parametrize("name", ["nested", "stratified", "undersampled", "fraction"])
def test_how_texts_are_compared_counts_where_texts_are_compared(name: str) -> None:
    """A split that says nothing has today's way; without deduplication, keys of older records stay."""
    new = {"same_text": "normalized", "conflicts": "drop"}
    written = [{"name": name, "deduplicate": True, **options} for options in ({}, new, {"same_text": "exact"})]
    keys = [to_cell(content(model=BASELINE, split=split)).key for split in written]
    assert keys[0] == keys[1] != keys[2]
    kept = [to_cell(content(model=BASELINE, split={"name": name, "deduplicate": False, **more})) for more in ({}, new)]
    assert kept[0].key == kept[1].key
    assert "same_text" not in identity(kept[0])["task"]["split"]


def test_an_edited_file_is_another_cell(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    data = {"name": "mine", "source": "file", "path": str(path)}
    path.write_text("text,label\na,b\n")
    before = to_cell(content(data=data))
    path.rename(moved := tmp_path / "moved.csv")
    assert to_cell(content(data={**data, "path": str(moved)})).key == before.key
    moved.write_text("text,label\nc,d\n")
    assert to_cell(content(data={**data, "path": str(moved)})).key != before.key


@pytest.mark.parametrize("name", ["a/b", "../..", "a b", "x" * 300, "ümlaut", "[1,2]", "..", "a:b\n", ".hidden"])
def test_odd_names_make_safe_paths(name: str, tmp_path: Path) -> None:
    cell = to_cell(content(data__name=name, model__name=name))
    folder = cell.folder(tmp_path)
    assert folder.is_relative_to(tmp_path)
    assert ".." not in folder.parts
    assert len(folder.relative_to(tmp_path).parts) == 3
    assert all(len(part.encode()) < 200 for part in folder.parts)
    folder.mkdir(parents=True)
    other = to_cell(content(data__name=name + "'", model__name=name))
    assert other.key != cell.key


def test_slug_keeps_plain_names() -> None:
    assert key_part("Qwen2.5-1.5B") == "Qwen2.5-1.5B"
    assert key_part("///") == "x"


def test_options_that_came_later_count_only_when_set() -> None:
    from dataclasses import dataclass, field

    @dataclass(frozen=True)
    class Later:
        a: int = 1
        b: int = field(default=2, metadata={"identity": "if_set"})

    assert identity(Later()) == {"a": 1}
    assert identity(Later(b=3)) == {"a": 1, "b": 3}


def test_identity_refuses_what_has_no_fixed_form() -> None:
    with pytest.raises(TypeError, match="set"):
        identity({1, 2})


def test_cells_are_values() -> None:
    assert to_cell(content()) == to_cell(content())
    assert replace(to_cell(content()), training=None) != to_cell(content())
    assert isinstance(hash(to_cell(content())), int)
    assert isinstance(to_cell(content()), Cell)


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(UserError) as raised:
        to_cell(content(num_labels="many", train_size=-1, method={"name": "lora", "rank": 4}))
    message = str(raised.value)
    assert "num_labels=many" in message
    assert "train_size=-1" in message
    assert "method.rank" in message
    assert "\n" not in message


def test_only_the_label_set_that_is_used_counts() -> None:
    with_sets = to_cell(content(data__label_sets={2: ["a", "b"], 3: ["a", "b", "c"]}))
    assert with_sets.task.labels == ("a", "b")
    assert with_sets.key != to_cell(content()).key
    assert to_cell(content(data__label_sets={2: ["a", "b"]})).key == with_sets.key
    assert to_cell(content(data__label_sets={4: ["a", "b", "c", "d"]})).key == to_cell(content()).key
    published = {"split": {"name": "published"}}
    assert to_cell(content(data__label_sets={2: ["a", "b"]}, **published)).key == to_cell(content(**published)).key


def test_a_label_set_has_as_many_labels_as_it_says() -> None:
    with pytest.raises(UserError, match=r"data\.label_sets\.2: 1 labels, not 2"):
        to_cell(content(data__label_sets={2: ["a", "a"]}))
