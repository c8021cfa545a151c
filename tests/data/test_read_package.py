"""Data that comes with the program is found from everywhere."""

from collections import Counter
from pathlib import Path

import pytest

from bench.config import DataConfig
from bench.data.read import content_fingerprint, load_pool
from bench.errors import UserError


def test_stance_sentences(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    data = DataConfig(name="stance", source="package", path="stance.csv")
    pool = load_pool(data, cache=tmp_path, mirror_dir=None)
    assert pool.label_counts() == Counter(Support=20, Neutral=20, Oppose=20)
    assert len(set(pool.texts)) == 60
    assert content_fingerprint(data) == pool.revision


@pytest.mark.parametrize(
    ("path", "expected"), [(None, "data.source=package needs data.path=FILE"), ("nope.csv", "nope.csv: No such file")]
)
def test_what_is_not_there(tmp_path: Path, path: str | None, expected: str) -> None:
    with pytest.raises(UserError, match=expected):
        load_pool(DataConfig(name="x", source="package", path=path), cache=tmp_path, mirror_dir=None)
