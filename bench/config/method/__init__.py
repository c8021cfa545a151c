"""The schema of `conf/method/`: a module a method, which says all that others have to know of it."""

from typing import Annotated, get_args

from pydantic import Field

from bench.config.method.base import Method, names_of
from bench.config.method.full import FullConfig
from bench.config.method.last_block import LastBlockConfig
from bench.config.method.linear_probe import LinearProbeConfig
from bench.config.method.lora import LoraConfig
from bench.config.method.peft import PeftConfig
from bench.config.method.setfit import SetfitConfig
from bench.config.method.zero_shot import ZeroShotConfig

GradientConfig = LoraConfig | FullConfig | LastBlockConfig | PeftConfig
"""Methods that train by gradients, as `training` says."""
MethodConfig = Annotated[
    GradientConfig | LinearProbeConfig | ZeroShotConfig | SetfitConfig, Field(discriminator="name")
]

METHODS: tuple[type[Method], ...] = get_args(get_args(MethodConfig)[0])
"""All of them."""
METHOD_NAMES: tuple[str, ...] = tuple(name for method in METHODS for name in names_of(method))
