"""McNemar's exact test, against scipy's binomial test and statsmodels."""

import pytest
from scipy.stats import binomtest
from statsmodels.stats.contingency_tables import mcnemar

from bench.metrics.exact import mcnemar_less_p, mcnemar_p


@pytest.mark.parametrize(("only_a", "only_b"), [(0, 0), (0, 1), (3, 9), (9, 3), (7, 7), (0, 40), (120, 180)])
def test_it_is_that_of_others(only_a: int, only_b: int) -> None:
    known = mcnemar([[0, only_a], [only_b, 0]], exact=True).pvalue
    assert mcnemar_p(only_a, only_b) == pytest.approx(known, rel=1e-9)
    if only_a + only_b:
        one_sided = binomtest(only_a, only_a + only_b, 0.5, alternative="less").pvalue
        assert mcnemar_less_p(only_a, only_b) == pytest.approx(one_sided, rel=1e-9)
