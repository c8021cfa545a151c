"""In words: how many texts are longer than what a model is given of them, what they lose, and what reads more."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from bench.results.block import Count, Share
from bench.results.measurements import Cut
from bench.results.record import Record

MIN_SHARE = 0.05
"""The share of training or test texts that have to be cut for a warning to be worth its line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CutShares:
    """Shares of a cell's texts that are cut, or the greatest ones of several cells."""

    option: str
    """The one that says where."""
    max_length: Count
    """Tokens that are read of a text at most."""
    max_windows: Count | None = None
    """The windows that hold them; None where texts are not read in windows."""
    train: Share | None
    """None where training texts are not read."""
    test: Share
    keeps_ends: bool
    """Whether both ends of a text that is cut are kept."""
    median_lost: Share | None
    """The median share of its tokens that a cut text loses; None where no text is cut."""

    @property
    def is_told(self) -> bool:
        """Whether enough texts are cut to warn of it."""
        return max(self.train or 0.0, self.test) >= MIN_SHARE

    def warning(self) -> str:
        """What is cut, and the way out."""
        parts = [("training", self.train), ("test", self.test)]
        told = [f"{percent(share)} of the {name} texts" for name, share in parts if share is not None]
        half = "" if self.median_lost is None else f"{percent(self.median_lost)} of their tokens or more"
        lost = half and f", and half of these lose {half}"
        if self.max_windows is not None:
            held = f"the {self.max_length} tokens that training.max_windows={self.max_windows} windows hold"
            return f"{' and '.join(told)} are longer than {held}{lost}; a greater training.max_windows reads more"
        other = ", and training.truncation=head_tail keeps both ends of a text"
        return (
            f"{' and '.join(told)} are longer than {self.option}={self.max_length}{lost}; "
            f"a greater {self.option} reads more, where the model has positions for it"
            f"{other if not self.keeps_ends else ''}"
        )


def shares_of(record: Record) -> CutShares | None:
    """What a cell cut off its texts; None where it cuts none, or its record is older than that was measured."""
    if record.measurements is None or (cut := record.measurements.cut) is None:
        return None
    return CutShares(
        option=_option(record.configuration.identity),
        max_length=cut.max_length,
        max_windows=_max_windows(record.configuration.identity),
        keeps_ends=_keeps_ends(record.configuration.identity),
        train=None if cut.train is None else cut.train.share_cut,
        test=cut.test.share_cut,
        median_lost=_median_lost(cut),
    )


def warnings_by_row(shares: Iterable[tuple[str, CutShares]]) -> list[str]:
    """One warning a row, of its worst cell, with the row's name; none where few texts are cut."""
    worst: dict[tuple[str, str, int], CutShares] = {}
    for row, one in shares:
        key = (row, one.option, one.max_length)
        worst[key] = one if key not in worst else _greater(worst[key], one)
    return [f"{row}: {one.warning()}" for (row, _, _), one in worst.items() if one.is_told]


def percent(share: float) -> str:
    """A share in whole percent, which is 0 or 100 only where it is none or all."""
    if 0 < share < 0.01:
        return "less than 1 %"
    if 0.99 < share < 1:
        return "more than 99 %"
    return f"{100 * share:.0f} %"


def _greater(one: CutShares, other: CutShares) -> CutShares:
    def most(name: str) -> float | None:
        known = [value for value in (getattr(one, name), getattr(other, name)) if value is not None]
        return max(known, default=None)

    return replace(one, train=most("train"), test=max(one.test, other.test), median_lost=most("median_lost"))


def _median_lost(cut: Cut) -> float | None:
    """The greater of the medians over training and test texts."""
    known = [part.median_lost for part in (cut.train, cut.test) if part is not None and part.median_lost is not None]
    return max(known, default=None)


def _keeps_ends(identity: Mapping[str, Any]) -> bool:
    parts = _parts(identity)
    return any(part.get("truncation_side") == "both" or part.get("truncation") == "head_tail" for part in parts)


def _max_windows(identity: Mapping[str, Any]) -> int | None:
    given = (part.get("max_windows") for part in _parts(identity))
    return next((number for number in given if isinstance(number, int)), None)


def _parts(identity: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [part for name in ("training", "method") if isinstance(part := identity.get(name), Mapping)]


def _option(identity: Mapping[str, Any]) -> str:
    training = identity.get("training")
    return "training.max_length" if isinstance(training, Mapping) and "max_length" in training else "method.max_length"
