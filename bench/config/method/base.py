"""What every method says of itself, so that nothing else has to know which methods there are. Imports nothing heavy."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from bench.config.class_weight import EQUAL, ClassWeight
from bench.config.scale import Scale
from bench.config.thresholds import MOST_PROBABLE, Thresholds
from bench.models.precision import Precision
from bench.models.truncation import Truncation
from bench.models.windows import WHOLE, Windows

if TYPE_CHECKING:
    from bench.config.data import DataConfig
    from bench.config.model.transformer import TransformerConfig
    from bench.config.split import SplitConfig
    from bench.config.training import TrainingConfig
    from bench.models.shape import Shape
    from bench.models.tensors import Estimate

Role = Literal["classical", "fine-tuning", "probe", "untrained", "elsewhere"]
"""What a report counts a method as: no pretrained model; its weights are trained; a classifier on its frozen features;
nothing is learnt; predictions that were made outside of this program."""


KeptAs = Literal["adapter", "whole", "arrays", "head", "encoder", "prompt"]
"""What is kept of a model: an adapter with its head; all weights; what a classical model learnt; a head on the features
of a frozen model; a sentence encoder and its head; nothing but the description, where nothing is learnt."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a method was chosen together with."""

    model: Any
    """A configuration of `bench.config.model`."""
    data: "DataConfig"
    split: "SplitConfig"
    class_weight: ClassWeight = EQUAL
    """`training.class_weight`: a method with an option of this name takes it over when it is resolved."""
    truncation: Truncation = "head"
    """`training.truncation`: a method with an option of this name takes it over when it is resolved."""
    windows: Windows = WHOLE
    """`training.windows`, which a method with an option of this name takes over, too."""
    max_windows: int | None = None
    """`training.max_windows`, likewise taken over; None where texts are not read in windows."""
    thresholds: Thresholds = MOST_PROBABLE
    """`training.thresholds`, likewise."""


@dataclass(frozen=True, slots=True)
class FourBit:
    """How weights are put in 4 bits (bitsandbytes)."""

    quant_type: Literal["nf4", "fp4"]
    double_quant: bool


@dataclass(frozen=True, slots=True)
class FrozenBase:
    """How a frozen model lies in memory: cells of one model that agree in this can share it."""

    kind: Literal["classifier", "trunk", "causal"]
    """What it is loaded as: with a head to train, without one, or with its language-modelling head."""
    precision: Precision
    quantization: FourBit | None = None


@dataclass(frozen=True, slots=True)
class Work:
    """What training runs through the model."""

    examples: float = 0.0
    """Examples that are trained on, repetitions included; 0: training examples pass once, forward."""
    steps: float = 0.0
    """Optimizer steps."""
    passes: int = 2
    """Cost of training on an example, in forward passes: a backward pass costs about two, half of it for the gradients
    of weights, which frozen ones need not (Kaplan et al. 2020, Scaling Laws for Neural Language Models, sec. 2.1)."""


class Method:
    """The base of all methods, and of the models that are a method by themselves (`tfidf_sgd`).

    A method is a frozen dataclass of its options that derives from this and says what is not as it stands here.
    `tests/methods/test_every_method.py` walks all of them through every command, and names what one lacks.
    """

    __slots__ = ()

    module: ClassVar[str]
    """The module whose `fit(cell, splits, context)` does the work; imported when it is needed."""
    role: ClassVar[Role]
    summary: ClassVar[str]
    """What it does, as the end of "trained by finetune-bench: <model>, ..." in a model card."""
    learns: ClassVar[bool] = True
    """False: there are no training and validation examples, so all training sizes are one cell."""
    by_gradients: ClassVar[bool] = False
    """Whether `training` says how it trains (`bench.config.method.gradient`)."""
    kept_as: ClassVar[KeptAs | None] = None
    """What `save_model=true` keeps of its model; None: nothing can be kept."""
    package: ClassVar[str | None] = None
    """A package that it needs beyond those that every installation has (`bench.extras`)."""
    knows_several_labels: ClassVar[bool] = True
    """Whether it fits and predicts where an example may have several labels or none (`task=multi_label`)."""
    reads_model_rate: ClassVar[bool] = False
    """Whether `model.learning_rate` is its learning rate."""
    tunable: ClassVar[Mapping[str, Scale]] = {}
    """Its own options that `tune.search` may look for, and how a range of each is searched where that is not said. None
    of them changes which base is loaded, nor what texts it reads."""
    in_listing: ClassVar[bool] = False
    """Whether `python -m bench.models` estimates its memory."""

    @property
    def label(self) -> str:
        """What rows and records call it."""
        return str(getattr(self, "name"))  # noqa: B009 - a field of every method

    @property
    def choice(self) -> str:
        """What chooses it on the command line."""
        return f"method={self.label}"

    @property
    def quantization(self) -> FourBit | None:
        """How it loads the model in 4 bits; None where it does not."""
        return None

    @property
    def is_stackable(self) -> bool:
        """Whether cells that differ in their training alone can be trained in one stack (`engine=fused`)."""
        return False

    @property
    def own_tokens(self) -> int:
        """Tokens that it puts before each text: they take positions of the model."""
        return 0

    @property
    def reads_model_precision(self) -> bool:
        """Whether `model.precision` is what it computes in by default."""
        return False

    def needs(self, model: "TransformerConfig") -> str | None:
        """What kind of model it needs, where `model` is none; None where it goes with it."""
        return None

    def resolve(self, chosen: Chosen) -> Self:
        """With every default resolved: what a cell holds. Raises UserError."""
        return self

    def idle_options(self) -> Mapping[str, str]:
        """Its options that have no effect as it is, with the reason."""
        return {}

    def default_of(self, option: str) -> Any:
        """What one of its `options`, those of another library, is where it is not given; None where that is unknown."""
        return None

    def why_no_windows(self) -> str | None:
        """Why it can't read a text in windows (`training.windows`); None where it can."""
        return "reads one window of a text"

    def problems(self, model: "TransformerConfig") -> list[str]:
        """What its (resolved) options ask of `model` that it has not, as far as that is known before it is loaded."""
        return []

    def base(self, training: "TrainingConfig | None") -> FrozenBase | None:
        """The frozen model that it works on; None where it has none, or changes the weights that it loads."""
        return None

    def memory(self, shape: "Shape", family: str, training: "TrainingConfig | None", tokens: int) -> "Estimate | None":
        """GPU memory at the peak, with texts of `tokens` tokens; None where there is no saying."""
        return None

    def work(self, train_size: int, training: "TrainingConfig | None") -> Work:
        """What training on `train_size` examples runs through the model, about."""
        return Work()

    def judging(self, num_labels: int) -> float:
        """Forward passes of a text that predicting its labels takes, about."""
        return 1.0

    def in_halves(self) -> Self | None:
        """With half the examples at once on the device; None where that cannot be, or would change what is learnt."""
        return None


def has_option(method: Method, name: str) -> bool:
    """Whether `name` is one of the method's own options."""
    return name in {option.name for option in fields(method)}  # type: ignore[arg-type]


def names_of(kind: type[Method]) -> tuple[str, ...]:
    """The names that choose a method of this kind (`method.name`)."""
    from typing import get_args, get_type_hints

    return tuple(get_args(get_type_hints(kind)["name"]))
