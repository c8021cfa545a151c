"""The baseline is one in any script: it beats chance where words are not separated by blanks, and in emoji."""

import json
import random
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bench.compose import to_cell
from bench.config import TfidfSgdConfig
from bench.data.split import Examples, Splits
from bench.methods.fitted import Context
from bench.methods.tfidf import TfidfClassifier
from bench.methods.tfidf_sgd import fit
from bench.methods.tokens import character_ngrams, has_words, kind_of, vectorizer
from tests.support.cli import call, composed
from tests.test_cell import BASELINE, content

WORDS = {
    "chinese": (["足球", "比赛", "球队", "冠军"], ["股票", "银行", "市场", "投资"], ["今天", "我们", "看到"]),
    "traditional": (["足球", "比賽", "球隊", "冠軍"], ["股票", "銀行", "市場", "投資"], ["今天", "我們", "看到"]),
    "japanese": (["サッカー", "試合", "選手", "優勝"], ["株式", "銀行", "もうけ"], ["きょう", "わたし", "見た"]),
    "thai": (["ฟุตบอล", "แข่งขัน", "นักกีฬา", "แชมป์"], ["หุ้น", "ธนาคาร", "ตลาด", "กำไร"], ["วันนี้", "เรา", "เห็น", "เพราะ"]),
    "lao": (["ບານເຕະ", "ແຂ່ງຂັນ", "ນັກກິລາ"], ["ຫຸ້ນ", "ທະນາຄານ", "ຕະຫຼາດ"], ["ມື້ນີ້", "ພວກເຮົາ", "ເຫັນ"]),
    "khmer": (["បាល់ទាត់", "ប្រកួត", "កីឡាករ"], ["ភាគហ៊ុន", "ធនាគារ", "ទីផ្សារ"], ["ថ្ងៃនេះ", "យើង", "ឃើញ"]),
    "burmese": (["ဘောလုံး", "ပြိုင်ပွဲ", "ကစားသမား"], ["ရှယ်ယာ", "ဘဏ်", "ဈေးကွက်"], ["ယနေ့", "ကျွန်ုပ်တို့", "မြင်"]),
    "emoji": (["🏀", "⚽", "🎾", "🏐", "👍🏽"], ["💵", "🏦", "💹", "💳", "👩‍💼"], ["🙂", "👉", "❤️"]),
    "signs": ([":)", ":D", "^^"], [":(", ":/", ";("], ["!", "..", "?"]),
    "letters": (["a", "b", "c", "1"], ["x", "y", "z", "9"], ["m", "n", "o"]),
}  # fmt: skip
"""Of each label, and of both."""
SEPARATED = {
    "english": (["football", "match", "coach"], ["shares", "bank", "profit"], ["today", "we", "saw", "it's"]),
    "arabic": (["كرة", "مباراة", "فريق", "مدرب"], ["أسهم", "بنك", "سوق", "ربح"], ["اليوم", "نحن", "رأينا", "في"]),
    "russian": (["футбол", "матч", "тренер"], ["акции", "банк", "рынок"], ["сегодня", "мы", "я"]),
    "korean": (["축구", "경기", "감독"], ["주식", "은행", "시장"], ["오늘", "우리는", "봤다"]),
    "german": (["Fußball", "Spiel", "Übung"], ["Aktien", "Bank", "Börse"], ["heute", "wir", "👍", "sahen", "–"]),
}


def written(script: str, count: int, seed: int) -> list[tuple[str, str]]:
    """Texts of two labels, half their words their label's own."""
    draw = random.Random(f"{script} {seed}")
    *own, common = (WORDS | SEPARATED)[script]
    blank = " " if script in SEPARATED or script == "letters" else ""
    pairs = []
    for number in range(count):
        words = draw.choices(own[number % 2], k=4) + draw.choices(common, k=4)
        draw.shuffle(words)
        pairs.append((blank.join(words), ("sport", "money")[number % 2]))
    return pairs


def mixed(count: int, seed: int) -> list[tuple[str, str]]:
    """A quarter each in English, Chinese, emoji, and English names within Chinese."""
    quarter = count // 4
    parts = [written(script, quarter, seed) for script in ("english", "chinese", "emoji")]
    named = [(f"{text}iPhone 15 {text}", label) for text, label in written("chinese", quarter, seed + 1000)]
    return [pair for part in (*parts, named) for pair in part]


def examples(pairs: list[tuple[str, str]]) -> Examples:
    texts, labels = zip(*pairs, strict=True)
    return Examples(tuple(map(str, range(len(texts)))), texts, tuple(int(label == "sport") for label in labels))


def fitted(train: list[tuple[str, str]], **options: object) -> TfidfClassifier:
    none = Examples((), (), ())
    splits = Splits(("money", "sport"), examples(train), none, none, 0)
    cell = to_cell(content(model=BASELINE | options))
    return fit(cell, splits, Context(cache=Path(), mirror_dir=None, device="cpu"))


def accuracy(baseline: TfidfClassifier, pairs: list[tuple[str, str]]) -> float:
    asked = examples(pairs)
    return float(np.mean(baseline.predict(asked).argmax(axis=1) == np.array(asked.labels)))


@pytest.mark.parametrize("script", [*WORDS, *SEPARATED])
def test_it_beats_chance_in_any_script(script: str) -> None:
    baseline = fitted(written(script, 64, 0), analyzer="auto")
    assert accuracy(baseline, written(script, 200, 1)) > 0.85
    assert baseline.summary.choices["analyzer"] == ("word" if script in SEPARATED else "char")


def test_it_beats_chance_where_scripts_are_mixed() -> None:
    baseline = fitted(mixed(96, 0), analyzer="auto")
    assert baseline.summary.choices["analyzer"] == "mixed"
    asked = mixed(200, 1)
    for quarter in range(4):
        assert accuracy(baseline, asked[50 * quarter : 50 * quarter + 50]) > 0.85


def test_words_alone_are_a_constant_in_chinese() -> None:
    """What the other tests would not let pass."""
    assert accuracy(fitted(written("chinese", 64, 0), analyzer="word"), written("chinese", 200, 1)) < 0.6


@pytest.mark.parametrize("script", SEPARATED)
@pytest.mark.parametrize("options", [{}, {"ngram_max": 2, "sublinear_tf": True}])
def test_where_blanks_separate_words_auto_is_words_bit_for_bit(script: str, options: dict) -> None:
    # a stray emoji, a single letter and a Japanese word change nothing
    train = [*written(script, 61, 0), ("👍", "sport"), ("k", "money"), ("日本", "money")]
    asked = examples([*written(script, 40, 1), ("日本", "money"), ("👍", "sport")])
    auto, word = (fitted(train, analyzer=analyzer, **options) for analyzer in ("auto", "word"))
    assert auto.predict(asked).tobytes() == word.predict(asked).tobytes()
    assert auto.summary.choices == word.summary.choices


def test_characters_of_words_where_they_are_asked_for() -> None:
    train = written("english", 64, 0)
    baseline = fitted(train, analyzer="char")
    assert baseline.summary.choices["analyzer"] == "char"
    assert set(baseline.vectorizer.vocabulary_) == {run for text, _ in train for run in character_ngrams(text, 2)}
    assert character_ngrams("Ab c", 2) == ["a", "b", "ab", "c"]


@pytest.mark.parametrize("texts", [[" ", "\n"], ["", "\t"], ["\u200b", "\u200b"], ["!", "?"], ["a", "b"], ["١", "٢"]])
def test_no_text_set_has_an_empty_vocabulary(texts: list[str]) -> None:
    config = TfidfSgdConfig(name="x", family="tfidf_sgd", analyzer="auto")
    features = vectorizer(config, kind_of(config, texts))
    assert np.isfinite(features.fit_transform(texts).toarray()).all()
    assert features.vocabulary_


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It was fine.", True), ("I", False), ("😀😀", False), ("ok 😀", True), ("今天我们看到", False),
        ("iPhone手机很好用但是电池不行", False), ("¯\\_(ツ)_/¯ no idea", True), ("in Tokyo (東京)", True),
        ("ภาษาไทย", False), ("مباراة اليوم", True), ("", False), ("é à", False), ("naïve café", True),
    ],
)  # fmt: skip
def test_what_has_words(text: str, expected: bool) -> None:
    assert has_words(text) is expected


def test_by_the_command(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """In Chinese and in emoji, from the file to the record; words that are insisted on are refused in one line."""
    folders = [f"{name}_dir={tmp_path / name}" for name in ("results", "reports", "cache")]
    for script in ("chinese", "emoji"):
        path = tmp_path / f"{script}.csv"
        pd.DataFrame(written(script, 400, 0), columns=["text", "label"]).drop_duplicates("text").to_csv(
            path, index=False
        )
        words = ["data=file", f"data.name={script}", f"data.path={path}", "num_labels=2", "train_size=64", *folders]
        assert call(*words, "model=tfidf_sgd") == 0, capfd.readouterr().err
        (file,) = (tmp_path / "results" / script).rglob("record.json")
        measured = json.loads(file.read_text())["measurements"]
        assert measured["choices"]["analyzer"] == "char"
        assert measured["test"]["accuracy"] > 0.85
    capfd.readouterr()
    assert call(*words, "model=tfidf_sgd", "model.analyzer=word") == 2
    (line,) = capfd.readouterr().err.strip().splitlines()
    assert "model.analyzer=word finds no word" in line
    assert "model.analyzer=char" in line


def test_the_analyzer_is_part_of_the_cell() -> None:
    plain = to_cell(content(model=BASELINE))
    keys = {
        analyzer: to_cell(content(model=BASELINE | {"analyzer": analyzer})).key for analyzer in ("auto", "word", "char")
    }
    assert keys["word"] == plain.key, "records from before there was a choice"
    assert len(set(keys.values())) == 3
    (default,) = composed("model=tfidf_sgd")
    assert to_cell(default).model.analyzer == "auto"


def test_published_protocols_keep_the_words_of_scikit_learn() -> None:
    published = content(model=BASELINE | {"analyzer": "auto"}, split={"name": "published"})
    assert to_cell(published).model.analyzer == "word"
    asked = content(model=BASELINE | {"analyzer": "char"}, split={"name": "published"})
    assert to_cell(asked).model.analyzer == "char", "what is asked for is done"
