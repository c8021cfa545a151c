"""Texts whose lengths are those of GoEmotions' comments, without the comments."""

import math
import random
from statistics import NormalDist

MEAN, P95, LONGEST = 19.3, 34, 115
"""Tokens of GoEmotions' training comments by Llama 3.2's tokenizer, with the tokens that it adds."""
SHORTEST = 3


def lengths(count: int, seed: int = 0) -> list[int]:
    """Tokens of `count` texts, of which one is the longest, in an order that `seed` draws.

    They are quantiles of a log-normal distribution with that mean and 95th percentile, so that also few of them are
    spread as many are.
    """
    normal, z = NormalDist(), NormalDist().inv_cdf(0.95)
    # mean = exp(mu + sigma^2 / 2), p95 = exp(mu + z sigma): of the two sigmas that solve both, the smaller one
    sigma = z - math.sqrt(z * z - 2 * math.log(P95 / MEAN))
    mu = math.log(MEAN) - sigma**2 / 2
    drawn = [math.exp(mu + sigma * normal.inv_cdf((i + 0.5) / count)) for i in range(count)]
    rounded = [min(max(round(length), SHORTEST), LONGEST) for length in drawn]
    rounded[-1] = LONGEST
    random.Random(seed).shuffle(rounded)
    return rounded
