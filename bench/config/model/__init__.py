"""The schema of `conf/model/`: a module a kind of model."""

from typing import Annotated, get_args

from pydantic import Field

from bench.config.model.alone import ModelAlone
from bench.config.model.majority import MajorityConfig
from bench.config.model.predictions import PredictionsConfig
from bench.config.model.tfidf_linear_svm import TfidfLinearSvmConfig
from bench.config.model.tfidf_logistic import TfidfLogisticConfig
from bench.config.model.tfidf_naive_bayes import TfidfNaiveBayesConfig
from bench.config.model.tfidf_sgd import TfidfSgdConfig
from bench.config.model.transformer import TransformerConfig

Classical = TfidfSgdConfig | TfidfLogisticConfig | TfidfLinearSvmConfig | TfidfNaiveBayesConfig | MajorityConfig
"""Models without anything pretrained."""
ALONE: tuple[type[ModelAlone], ...] = get_args(Classical)
"""All of them."""
ModelConfig = Annotated[TransformerConfig | Classical | PredictionsConfig, Field(discriminator="family")]

__all__ = ["ALONE", "ModelAlone", "ModelConfig", "PredictionsConfig", "TfidfSgdConfig", "TransformerConfig"]
