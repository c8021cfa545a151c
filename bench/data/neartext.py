"""Texts that are nearly the same: the same sentence with another number, address or sign, or a long text retyped.

Two steps, the same on every machine. What `plain` makes equal is the same text. Longer texts are the same as well where
most of their runs of three words are: found by MinHash, checked by counting.
"""

import functools
import itertools
import re
import unicodedata
import zlib
from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from bench.data.sametext import same

Hashes = NDArray[np.uint64]

ADDRESSES = re.compile(r"(?:https?://|www\.)\S+|\S+@\S+\.\w+")
NUMBERS = re.compile(r"\d+(?:[.,:/-]\d+)*")
SIGNS = re.compile(r"[^a-z0-9@]+")
LETTER = re.compile(r"[^\W\d_]")
WORDS_OF_A_RUN = 3
MIN_WORDS = 12
"""Of a text that is compared by its runs: shorter ones have too few."""
ALIKE = 0.7
"""Of all different runs of two texts, so many are in both: then they are nearly the same."""
BANDS, ROWS = 16, 4
"""Hashes of a text: two texts with 0.7 of their runs in common share a band with a probability of 0.988."""
AT_ONCE = 20_000
"""Texts that are hashed together, which bounds memory."""
MAX_IN_A_BUCKET = 50
"""Texts with an equal band that each new one is compared with, at most."""


def plain(text: str) -> str:
    """What texts that say the same have in common: case, blanks, punctuation, numbers and addresses do not count.

    Of a text without a letter everything counts but case and blanks: two numbers, or two faces, are not the same.
    """
    seen = same(text)
    words = NUMBERS.sub(" 0 ", ADDRESSES.sub(" @ ", seen))
    kept = SIGNS.sub(" ", words) if words.isascii() else "".join(map(_kept, words))
    found = " ".join(kept.split())
    return found if LETTER.search(found) else seen


@functools.lru_cache(maxsize=65536)
def _kept(character: str) -> str:
    """The character, or a blank in the place of a sign. (Marks are a part of the letter before them.)"""
    is_kept = character.isalnum() or character in " @" or unicodedata.category(character)[0] == "M"
    return character if is_kept else " "


def near_keys(texts: Sequence[str]) -> list[str]:
    """For each text what it has in common with those that are nearly the same: the plain form of the first of them."""
    keys = list(map(plain, texts))
    different = list(dict.fromkeys(keys))
    longer = [key for key in different if key.count(" ") + 1 >= MIN_WORDS]
    first = _first_alike(longer)
    return [first.get(key, key) for key in keys]


def _first_alike(texts: list[str]) -> dict[str, str]:
    """Each text that is like one before it, with the first such one."""
    if len(texts) < 2:
        return {}
    bands = np.concatenate(list(_bands(texts)))
    buckets: dict[tuple[int, int], list[int]] = defaultdict(list)
    found: dict[str, str] = {}
    for number in np.flatnonzero(_shared(bands).any(axis=1)).tolist():
        keys = list(enumerate(bands[number].tolist()))
        candidates = sorted({other for key in keys for other in buckets.get(key, ())})
        runs = _runs(texts[number])
        like = next((other for other in candidates if _share(runs, _runs(texts[other])) >= ALIKE), None)
        if like is not None:
            found[texts[number]] = texts[like]
            continue  # so that no chain leads from one text to quite another: all are compared with the first
        for key in keys:
            if len(buckets[key]) < MAX_IN_A_BUCKET:
                buckets[key].append(number)
    return found


def _shared(bands: Hashes) -> NDArray[np.bool_]:
    """True for each band that another text has, too."""
    shared = np.zeros(bands.shape, bool)
    for column in range(BANDS):
        order = np.argsort(bands[:, column], kind="stable")
        same_as_next = bands[order[1:], column] == bands[order[:-1], column]
        shared[order[1:], column] |= same_as_next
        shared[order[:-1], column] |= same_as_next
    return shared


def _runs(text: str) -> frozenset[tuple[str, ...]]:
    words = text.split()
    return frozenset(zip(*(words[start:] for start in range(WORDS_OF_A_RUN)), strict=False))


def _share(a: frozenset[tuple[str, ...]], b: frozenset[tuple[str, ...]]) -> float:
    """Of all runs of two texts, the part that both have."""
    return len(a & b) / len(a | b)


def _bands(texts: Sequence[str]) -> Iterator[Hashes]:
    """The bands of the texts, a number each, some thousand rows at a time."""
    factors, terms = _constants()
    for start in range(0, len(texts), AT_ONCE):
        hashes, sizes = _hashed_runs(texts[start : start + AT_ONCE])
        starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
        least = np.empty((len(sizes), BANDS * ROWS), np.uint64)
        for column, (factor, term) in enumerate(zip(factors, terms, strict=True)):
            mixed = hashes * factor + term
            least[:, column] = np.minimum.reduceat(mixed ^ (mixed >> np.uint64(29)), starts)
        bands = np.zeros((len(sizes), BANDS), np.uint64)
        for row in range(ROWS):
            bands = bands * np.uint64(0x9E3779B97F4A7C15) + least[:, row::ROWS]
        yield bands


def _hashed_runs(texts: Sequence[str]) -> tuple[Hashes, NDArray[np.int64]]:
    """A hash of each run of each text, one text after the other, and how many each has."""
    words = [text.split() for text in texts]
    numbers = np.fromiter(map(_Hashed().__getitem__, itertools.chain.from_iterable(words)), np.uint64)
    sizes = np.array([len(each) - WORDS_OF_A_RUN + 1 for each in words], np.int64)
    mixed = np.zeros(len(numbers) - WORDS_OF_A_RUN + 1, np.uint64)
    for place in range(WORDS_OF_A_RUN):
        mixed = mixed * np.uint64(0x100000001B3) + numbers[place : len(numbers) - WORDS_OF_A_RUN + 1 + place]
    inside = np.ones(len(mixed), bool)  # runs over the end of a text are none
    for end in np.cumsum([len(each) for each in words])[:-1].tolist():
        inside[end - WORDS_OF_A_RUN + 1 : end] = False
    return mixed[inside], sizes


class _Hashed(dict[str, int]):
    """A hash of each word, made once."""

    def __missing__(self, word: str) -> int:
        self[word] = number = zlib.crc32(word.encode())
        return number


def _constants() -> tuple[Hashes, Hashes]:
    """Factors (odd) and terms of the hash functions; the same in every version."""
    random = np.random.Generator(np.random.PCG64(20240613))
    raw = random.bit_generator.random_raw(2 * BANDS * ROWS)
    numbers = np.asarray(raw, np.uint64)
    return numbers[: BANDS * ROWS] | np.uint64(1), numbers[BANDS * ROWS :]
