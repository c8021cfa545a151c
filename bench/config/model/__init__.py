"""The schema of `conf/model/`: a module a kind of model."""

from typing import Annotated

from pydantic import Field

from bench.config.model.alone import ModelAlone
from bench.config.model.predictions import PredictionsConfig
from bench.config.model.tfidf_sgd import TfidfSgdConfig
from bench.config.model.transformer import TransformerConfig

ModelConfig = Annotated[TransformerConfig | TfidfSgdConfig | PredictionsConfig, Field(discriminator="family")]

__all__ = ["ModelAlone", "ModelConfig", "PredictionsConfig", "TfidfSgdConfig", "TransformerConfig"]
