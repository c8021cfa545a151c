"""Scores, differences, times and speeds in the words of the page: percent and points where a metric is a share."""

from decimal import ROUND_HALF_UP, Decimal

from bench.metrics.metric import Metric
from bench.wording import duration


def is_share(metric: Metric) -> bool:
    """Whether a metric is a part of 1, and so reads as percent."""
    return (metric.low, metric.high) == (0.0, 1.0)


def score_text(value: float, metric: Metric) -> str:
    """ "66.5 %", or "0.543" of a metric that is no share."""
    return f"{_tenths(value)} %" if is_share(metric) else f"{value:.3f}"


def range_text(low: float, high: float, metric: Metric) -> str:
    """ "64.2 to 68.9 %"."""
    return f"{_tenths(low)} to {_tenths(high)} %" if is_share(metric) else f"{low:.3f} to {high:.3f}"


def gain_text(difference: float, metric: Metric) -> str:
    """ "+14.5 points", or "+0.145" of a metric that is no share; nothing that rounds to zero has a sign."""
    return f"{_signed(difference, metric)} points" if is_share(metric) else _signed(difference, metric)


def gain_range_text(low: float, high: float, metric: Metric) -> str:
    """ "+11.6 to +17.4"."""
    return f"{_signed(low, metric)} to {_signed(high, metric)}"


def loss_text(difference: float, metric: Metric) -> str:
    """How far something is behind, without a sign: "4.6 points"."""
    return f"{value_text(difference, metric)} points" if is_share(metric) else value_text(difference, metric)


def value_text(difference: float, metric: Metric) -> str:
    """The same without its unit: "4.6", "-0.2"; nothing that rounds to zero has a sign."""
    return _signed(difference, metric).removeprefix("+")


def _tenths(share: float, sign: str = "") -> str:
    """A share in percent with one digit, halves up as the page's scripts round: 0.7325 is 73.3 everywhere."""
    return format(Decimal(100 * share).quantize(Decimal("0.1"), ROUND_HALF_UP), f"{sign}.1f")


def _signed(difference: float, metric: Metric) -> str:
    written = _tenths(difference, "+") if is_share(metric) else f"{difference:+.3f}"
    return written if written.strip("+-0.") else written[1:]


def time_text(seconds: float) -> str:
    """A training's time: "2 min 42 s"; "less than 1 s"."""
    return "less than 1 s" if seconds < 1 else duration(seconds)


def limit_text(seconds: float) -> str:
    """A round limit of time: "30 s", "2 min", "5 h"."""
    for unit, name in ((3600, "h"), (60, "min")):
        if seconds >= unit:
            return f"{seconds / unit:g} {name}"
    return f"{seconds:g} s"


def ratio_text(small: float, large: float) -> str:
    """What part of a cost another one is: "1/7", "2/3", "less than 1/100"."""
    parts = large / max(small, 1e-12)
    if parts > 100:
        return "less than 1/100"
    return f"1/{parts:.0f}" if parts >= 1.75 else "2/3"


def rate_text(per_second: float) -> str:
    """Texts a second with two digits: "97", "1,300"."""
    return f"{per_second:,.0f}" if per_second < 100 else f"{float(f'{per_second:.2g}'):,.0f}"
