"""`model=tfidf_logistic`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from bench.bounds import Positive, Regularisations
from bench.config.metric import SelectableMetric
from bench.config.model.tfidf import COUNTING, TfidfModel
from bench.config.scale import Scale
from bench.config.thresholds import MOST_PROBABLE
from bench.metrics.table import ACCURACY


@dataclass(frozen=True, slots=True, kw_only=True)
class TfidfLogisticConfig(TfidfModel):
    """`TfidfVectorizer` features, `LogisticRegression`, its C chosen on validation."""

    family: Literal["tfidf_logistic"]
    C: Regularisations = (0.1, 1.0, 10.0, 100.0)
    """Inverse regularisation strengths tried; validation chooses."""
    best_metric: SelectableMetric = ACCURACY
    """Validation metric that chooses C; of equal values the one with the lower loss is better."""
    max_iter: Positive = 2000
    """Passes of the solver, at most."""

    tunable: ClassVar[Mapping[str, Scale]] = {**COUNTING, "C": "log"}
    module = "bench.methods.tfidf_logistic"
    summary = "logistic regression on TF-IDF features"
    estimator = ("sklearn.linear_model", "LogisticRegression()")

    def idle_options(self) -> Mapping[str, str]:
        """With a single C and no thresholds there is nothing to choose."""
        is_idle = len(self.C) == 1 and self.thresholds == MOST_PROBABLE
        return {"best_metric": "model.C has one value: there is nothing to choose"} if is_idle else {}
