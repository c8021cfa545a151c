"""McNemar's exact test (McNemar, 1947): two classifiers on the same examples. For reports, and for cells that run."""


def mcnemar_p(only_a: int, only_b: int) -> float:
    """Two-sided p, from the examples that one side alone has right; the others don't matter."""
    return min(1.0, 2 * mcnemar_less_p(min(only_a, only_b), max(only_a, only_b)))


def mcnemar_less_p(only_a: int, only_b: int) -> float:
    """One-sided p for a being no worse than b: the chance of so few examples, or fewer, that a alone has right."""
    from scipy import special  # who only plans, and hands a cell its bar, imports none of it

    return float(special.bdtr(only_a, only_a + only_b, 0.5)) if only_a + only_b else 1.0
