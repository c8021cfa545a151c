"""The emotion study's draws, against what was published about them."""

import pytest

from bench.config import PublishedSplitConfig
from bench.data.pool import Pool
from bench.data.split import draw, problems
from bench.errors import TaskInfeasible
from tests.data.splits.pools import check, counts, make_pool, make_task, sizes

PUBLISHED = {
    "neutral": 16021, "admiration": 3384, "gratitude": 2378, "approval": 2367, "amusement": 2046, "annoyance": 1809,
    "disapproval": 1809, "love": 1760, "curiosity": 1729, "anger": 1265, "optimism": 1087, "confusion": 1057,
    "joy": 1052, "sadness": 1003, "surprise": 902, "disappointment": 888, "caring": 831,
}  # fmt: skip
"""Labels with more than 800 rows, of 45,446 with one label."""

LABEL_SETS = {
    2: {"love", "curiosity"},
    4: {"surprise", "disapproval", "gratitude", "joy"},
    8: {"caring", "disappointment", "optimism", "anger", "joy", "gratitude", "admiration", "love"},
    16: set(PUBLISHED) - {"approval"},
}

SPLIT = PublishedSplitConfig(name="published")


@pytest.fixture(scope="module")
def pool() -> Pool:
    """A pool with the published counts; the rest are too rare, one by a single row."""
    rest = {"just too rare": 800, **{f"rare {i}": 326 for i in range(10)}}
    rest["rare 0"] += 45_446 - sum(PUBLISHED.values()) - sum(rest.values())
    assert all(0 < count <= 800 for count in rest.values())
    return make_pool({**PUBLISHED, **rest})


@pytest.mark.parametrize("num_labels", LABEL_SETS)
@pytest.mark.parametrize(("train_size", "tested"), [(800, 80), (1600, 160), (2400, 240)])
def test_label_sets_and_sizes(pool: Pool, num_labels: int, train_size: int, tested: int) -> None:
    splits = draw(make_task(SPLIT, num_labels=num_labels, train_size=train_size), pool)
    assert set(splits.labels) == LABEL_SETS[num_labels]
    assert sizes(splits) == (train_size, tested, tested)
    for part, size in ((splits.train, train_size), (splits.validation, tested), (splits.test, tested)):
        assert counts(splits, part) == dict.fromkeys(splits.labels, size // num_labels)
    check(splits, pool)


def test_slices_follow_the_order_of_the_source(pool: Pool) -> None:
    splits = draw(make_task(SPLIT, num_labels=4, train_size=800), pool)
    for index, label in enumerate(splits.labels):
        rows = [example for example, own in zip(pool.ids, pool.labels, strict=True) if own == label]
        ends = {"train": (0, 200), "validation": (200, 220), "test": (220, 240)}
        for part, (start, end) in ends.items():
            examples = getattr(splits, part)
            assert rows[start:end] == [i for i, own in zip(examples.ids, examples.labels, strict=True) if own == index]


def test_no_seed_and_no_deduplication(pool: Pool) -> None:
    first, second = (draw(make_task(SPLIT, train_size=800, seed=seed), pool) for seed in (0, 1))
    assert first == second
    repeats = Pool(pool.ids, ("the same",) * len(pool.ids), pool.labels, None)
    assert draw(make_task(SPLIT, train_size=800), repeats).train.ids == first.train.ids


def test_what_the_protocol_does_not_have_is_told_before_any_data_is_read() -> None:
    assert problems(make_task(SPLIT, num_labels=3, train_size=800)) == [
        "num_labels=3, but split=published has label sets of 2, 4, 8 and 16 only"
    ]
    (small,) = problems(make_task(SPLIT, num_labels=16, train_size=144))
    assert "at least 160 for num_labels=16" in small


def test_too_few_rows(pool: Pool) -> None:
    with pytest.raises(TaskInfeasible, match="'caring' of topics has 831: at most train_size=11088 fits"):
        draw(make_task(SPLIT, num_labels=16, train_size=12_000), pool)
    fitting = draw(make_task(SPLIT, num_labels=16, train_size=11_088), pool)
    assert counts(fitting, fitting.train)["caring"] == 693
    with pytest.raises(TaskInfeasible, match="of which topics has 2"):
        draw(make_task(SPLIT, num_labels=4, train_size=80), make_pool({"a": 900, "b": 801, "c": 800, "d": 5}))
