"""Texts and labels that read the same: found, counted, dropped or merged; never silently two things."""

import pytest

from bench.config import (
    DataConfig,
    FractionSplitConfig,
    NestedSplitConfig,
    OfficialSplitConfig,
    StratifiedSplitConfig,
    UndersampledSplitConfig,
)
from bench.data.pool import Pool
from bench.data.read import load_pool
from bench.data.sametext import is_blank, label_notes, same, same_label
from bench.data.split import draw
from bench.data.task import Task
from bench.errors import TaskInfeasible, UserError

NEW = {"same_text": "normalized", "conflicts": "drop"}
SPLITS = [
    NestedSplitConfig(**NEW),
    StratifiedSplitConfig(name="stratified", test_size=30, **NEW),
    FractionSplitConfig(name="fraction", **NEW),
    UndersampledSplitConfig(name="undersampled", deduplicate=True, **NEW),
]


def pool_of(rows, splits=()):
    texts, labels = zip(*rows, strict=True)
    ids = tuple(f"file:{row}" for row in range(len(rows)))
    return Pool(ids=ids, texts=texts, labels=labels, revision=None, splits=tuple(splits))


def task(split, num_labels=2, train_size=8, **options):
    return Task(DataConfig(name="mine", source="file", **options), num_labels, train_size, 0, split)


ROWS = [(f"plain text number {n}", "ab"[n % 2]) for n in range(120)]
NEARLY = [
    (text.upper() if n % 2 else f"{text.replace(' ', '  ')}\u200b", label) for n, (text, label) in enumerate(ROWS)
]


@pytest.mark.parametrize("split", SPLITS, ids=lambda split: split.name)
class TestDraws:
    def test_repeats_by_case_blanks_and_form_are_in_one_set_alone(self, split):
        splits = draw(task(split), pool_of([*ROWS, *NEARLY]))
        texts = [same(text) for part in (splits.train, splits.validation, splits.test) for text in part.texts]
        assert len(texts) == len(set(texts))
        assert splits.duplicates_dropped == 120
        assert splits.test_texts_in_training() == 0

    def test_texts_with_several_labels_are_left_out_counted_or_kept_once(self, split):
        torn = [(text.title(), "ba"[n % 2]) for n, (text, _) in enumerate(ROWS[:20])]
        pool = pool_of([*ROWS, *torn])
        splits = draw(task(split), pool)
        assert (splits.conflicts_dropped, splits.source.conflicting_texts) == (40, 20)
        used = {same(text) for part in (splits.train, splits.validation, splits.test) for text in part.texts}
        assert not used & {same(text) for text, _ in torn}
        kept = draw(task(type(split)(**{**_options(split), "conflicts": "keep_first"})), pool)
        assert (kept.conflicts_dropped, kept.duplicates_dropped, kept.source.conflicting_texts) == (0, 20, 20)

    def test_without_near_repeats_a_draw_is_as_it_was(self, split):
        exact = type(split)(**{**_options(split), "same_text": "exact", "conflicts": "keep_first"})
        pool = pool_of([*ROWS, *ROWS[:30]])
        new, old = draw(task(split), pool), draw(task(exact), pool)
        assert (new.train, new.validation, new.test) == (old.train, old.validation, old.test)


def _options(split):
    return {name: getattr(split, name) for name in type(split).__dataclass_fields__}


def test_a_published_test_set_stays_and_its_overlap_is_counted():
    rows = [*ROWS, *[(text.upper(), label) for text, label in ROWS[:10]]]
    pool = pool_of(rows, ["train"] * len(ROWS) + ["test"] * 10)
    splits = draw(task(OfficialSplitConfig(name="official", validation_size=10), train_size=110), pool)
    assert len(splits.test) == 10
    assert splits.test_texts_in_training() == sum(
        same(text) in map(same, splits.train.texts) for text in splits.test.texts
    )
    assert splits.test_texts_in_training() > 5
    assert splits.duplicates_dropped == 0


def test_what_a_task_is_made_of_is_counted():
    rows = [*ROWS, *[(f"other {n}", "cdef"[n % 4]) for n in range(80)]]
    source = draw(task(NestedSplitConfig()), pool_of(rows)).source
    assert (source.labels, source.rows, source.rows_of_labels) == (6, 200, 120)


class TestScarceLabels:
    def test_a_label_with_one_example_is_named(self):
        pool = pool_of([*ROWS, ("eggs", "food")])
        with pytest.raises(TaskInfeasible, match=r"'food' has 1 example, and each label needs 13 .*num_labels"):
            draw(task(NestedSplitConfig(), num_labels=3), pool)
        for split in SPLITS[1:]:
            with pytest.raises(TaskInfeasible, match="'food'"):
                draw(task(split, num_labels=3), pool)

    def test_no_size_is_said_to_fit_that_does_not(self):
        pool = pool_of([*ROWS, *[(f"eggs {n}", "food") for n in range(12)]])
        with pytest.raises(TaskInfeasible) as caught:
            draw(task(NestedSplitConfig(), num_labels=3, train_size=3), pool)
        assert "train_size=0" not in str(caught.value)
        assert "no training size fits" in str(caught.value)
        pool = pool_of([*ROWS, *[(f"eggs {n}", "food") for n in range(13)]])
        assert len(draw(task(NestedSplitConfig(), num_labels=3, train_size=3), pool).train) == 3


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (["sport", "Sport", "sport ", "SPORT", "money"], "'sport' (1), 'Sport' (1), 'sport ' (1), 'SPORT' (1)"),
        (["caf\u00e9", "cafe\u0301"], "labels look alike"),
        (["1", "1.0", "2"], "'1' (1), '1.0' (1)"),
        (["01", "1"], "labels look alike"),
        (["a  b", "a b"], "labels look alike"),
        (["sport", "money", "sport,money"], "several in one cell, and count as labels of their own: 'sport,money' (1)"),
        (["sport", "money", "sport|money"], """task=multi_label with data.label_separator='"|"' gives a row each"""),
        (["sport", "money", "1.5", "15"], None),
    ],
)
def test_labels_that_look_alike_are_named(labels, expected):
    notes = label_notes(labels, [str(n) for n in range(len(labels))], merged=False)
    assert (expected is None and not notes) or expected in notes[0]


def test_swapped_columns_are_hinted_at():
    (note,) = label_notes([f"a long text {n}" for n in range(50)], ["sport", "money"] * 25, merged=False)
    assert "the wrong way round" in note


def test_look_alikes_are_warned_of_or_merged(tmp_path, caplog):
    path = tmp_path / "x.csv"
    rows = [f"text {n},{('sport', 'sport', 'Sport ', 'money')[n % 4]}" for n in range(40)]
    path.write_text("text,label\n" + "\n".join(rows))
    data = {"name": "mine", "source": "file", "path": str(path)}
    pool = load_pool(DataConfig(**data), cache=tmp_path, mirror_dir=None)
    assert pool.label_counts() == {"sport": 20, "Sport ": 10, "money": 10}
    assert "labels look alike: 'sport' (20), 'Sport ' (10)" in pool.notes[0]
    assert pool.notes[0] in caplog.text
    merged = load_pool(DataConfig(**data, merge_labels=True), cache=tmp_path, mirror_dir=None)
    assert merged.label_counts() == {"sport": 30, "money": 10}
    assert not merged.notes
    left = load_pool(DataConfig(**data, merge_labels=True, exclude_labels=("Sport ",)), cache=tmp_path, mirror_dir=None)
    assert left.label_counts() == {"money": 10}


@pytest.mark.parametrize("text", ["", " \n", "\u200b", "\ufeff\u200d ", "\u3164", "\u2800", "\u00ad", "\x00", "\ufe0f"])
def test_what_nobody_sees_is_no_text(text, tmp_path):
    assert is_blank(text)
    path = tmp_path / "x.tsv"
    path.write_text(f'text\tlabel\none\ta\n"{text}"\tb\n')
    with pytest.raises(UserError, match=r"no text in data.text_column=text, x.tsv, line 3"):
        load_pool(DataConfig(name="mine", source="file", path=str(path)), cache=tmp_path, mirror_dir=None)


@pytest.mark.parametrize("text", ["a", ".", "\U0001f600", "\u4e2d", "0", "\u3164a", "a\u200b"])
def test_what_is_seen_is_a_text(text):
    assert not is_blank(text)


def test_the_same():
    assert same(" Ｆull  WIDTH\n") == same("full width") == "full width"
    assert same("STRASSE") == same("straße")
    assert same("cafe\u0301") == same("CAF\u00c9")
    assert same("a b") != same("ab")
    assert same("\U0001f600") != same("\U0001f601")
    assert (same_label("+1.00"), same_label("-1"), same_label("1.5")) == ("1", "-1", "1.5")
