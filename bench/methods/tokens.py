"""What classical models count in a text: words, or characters where words are not separated by blanks.

scikit-learn's words are runs of two letters or more. That is one word a sentence in Chinese, a piece between vowel
signs in Thai, and none at all in emoji: features that no other text shares.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence

from sklearn.feature_extraction.text import TfidfVectorizer

from bench.config.model.tfidf import TfidfModel
from bench.models.scripts import UNSEPARATED

Analyzer = Callable[[str], list[str]]

FEW = 0.1
"""Of the training texts: where fewer hold words (or fewer hold none), all are taken as most are."""

_WORD = re.compile(r"\b\w\w+\b")
_UNSEPARATED = re.compile(UNSEPARATED)


def kind_of(config: TfidfModel, training_texts: Sequence[str]) -> str:
    """What `config` says is counted: `word`, `char`, or `mixed` (as each text is); with `auto` the texts decide."""
    return config.analyzer if config.analyzer != "auto" else _kind(training_texts)


def vectorizer(config: TfidfModel, kind: str, terms: Mapping[str, int] | None = None) -> TfidfVectorizer:
    """The vectorizer that `config` asks for, which counts `kind` (`kind_of`).

    `terms` are those that it knows, with their places; None where it is still to learn them.
    """
    words = TfidfVectorizer(
        ngram_range=(1, config.ngram_max), sublinear_tf=config.sublinear_tf, vocabulary=terms
    )  # fmt: skip
    if kind == "word":
        return words
    longest = config.ngram_max + 1  # characters alone say less than words

    def characters(text: str) -> list[str]:
        return character_ngrams(text, longest)

    analyzer = characters if kind == "char" else _mixed(words.build_analyzer(), characters)
    return TfidfVectorizer(analyzer=analyzer, sublinear_tf=config.sublinear_tf, vocabulary=terms)


def has_words(text: str) -> bool:
    """Whether words that blanks separate hold at least half of what is written in `text`."""
    if text.isascii():
        return _WORD.search(text) is not None
    held = sum(map(len, _WORD.findall(_separated(text))))
    # marks are vowels and tones: in many scripts they stand between the letters, and end scikit-learn's words
    written = sum(character.isalnum() or unicodedata.category(character)[0] == "M" for character in text)
    return held > 0 and 2 * held >= written


def unseparated(text: str) -> int:
    """How many characters of `text` are of scripts that put no blanks between words."""
    return 0 if text.isascii() else len(text) - len(_UNSEPARATED.sub("", text))


def character_ngrams(text: str, longest: int) -> list[str]:
    """All runs of 1 to `longest` characters of `text` in lower case, none across a blank.

    A text of blanks alone has one empty run, so that it is a text like others.
    """
    pieces = text.lower().split()
    runs = [
        piece[start : start + length]
        for piece in pieces
        for length in range(1, longest + 1)
        for start in range(len(piece) - length + 1)
    ]
    return runs or [""]


def _kind(texts: Sequence[str]) -> str:
    """Of all texts together: `word` where few have no words, `char` where few have any, else `mixed`."""
    share = sum(map(has_words, texts)) / len(texts)
    if share > 1 - FEW:
        return "word"
    return "char" if share < FEW else "mixed"


def _mixed(words: Analyzer, characters: Analyzer) -> Analyzer:
    """Words of a text that has them; else characters, and such words as stand between."""
    return lambda text: words(text) if has_words(text) else [*words(_separated(text)), *characters(text)]


def _separated(text: str) -> str:
    """`text` without what is written in scripts that put no blanks between words."""
    return _UNSEPARATED.sub(" ", text)
