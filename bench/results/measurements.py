"""The blocks of a record that say what an `ok` cell measured."""

from typing import Any, Self

from pydantic import model_validator

from bench.results.block import Amount, Block, Count, Share
from bench.results.scores import Before, Evaluation


class HistoryPoint(Block):
    """What was logged at one optimizer step."""

    step: Count
    epoch: Amount
    examples_seen: Count | None = None
    train_loss: float | None = None
    """Mean over the steps since the last point that has one."""
    learning_rate: float | None = None
    validation_loss: float | None = None
    validation_accuracy: float | None = None
    validation_score: float | None = None
    """The metric of `training.best_metric`, where that is neither accuracy nor loss."""


class Training(Block):
    """How training went."""

    steps: Count
    """Optimizer steps done."""
    max_steps: Count
    epochs: Amount | None = None
    """Passes over the training examples that `max_steps` makes, which `min_steps` can raise above those asked for."""
    best_step: Count | None
    """The step whose weights were kept; null where there was no validation."""
    stopped_early: bool
    examples_seen: Count
    tokens_seen: Count
    """Without padding."""
    history: list[HistoryPoint]


class Lengths(Block):
    """Tokens of each training example before cutting, with the tokens that the tokenizer adds."""

    bin_edges: list[Count]
    """Rising; a bin holds its lower edge and not its upper one. All are equally wide but the last, which may hold
    all that is longer."""
    counts: list[Count]
    """Examples in each bin: one entry fewer than edges."""
    mean: Amount
    p50: Amount
    p95: Amount
    p99: Amount
    max: Count
    max_length: Count
    """What longer examples were cut to."""
    num_cut: Count
    share_cut: Share


class CutTexts(Block):
    """Texts of a set that are longer than what the model is given of them."""

    num_cut: Count
    share_cut: Share
    median_lost: Share | None
    """The median, over the texts that are cut, of the part of a text's own tokens that the model is not given; null
    where none is cut."""


class Cut(Block):
    """What `max_length` cuts off."""

    max_length: Count
    """Tokens that a text may have, as it ran: with those that the tokenizer adds, but for a prompt's text."""
    train: CutTexts | None
    """Null where training texts are not read."""
    test: CutTexts


class Seconds(Block):
    """Wall time by part; `total` is the whole cell, imports in a fresh process aside."""

    load_data: Amount
    load_model: Amount | None
    train: Amount
    evaluate: Amount
    total: Amount


class Throughput(Block):
    """Rates, by wall time."""

    train_examples_per_second: Amount | None
    train_tokens_per_second: Amount | None
    test_examples_per_second: Amount | None


class Memory(Block):
    """Bytes."""

    peak_device: Count | None
    """Most memory that tensors took on the GPU; null on a CPU."""
    reserved_device: Count | None = None
    """Most memory that torch held there for them: what is above the peak was in pieces too small to be of use."""
    peak_process: Count
    """Most resident memory of the process while the cell ran."""
    frozen_weights: Count | None
    """What the frozen base takes, as stored (4-bit weights with their scales)."""


class Parameters(Block):
    """Counts of scalar parameters."""

    trainable: Count
    total: Count
    quantized: Count
    """Of the total, those stored in 4 bits."""


class Halved(Block):
    """The batches that a cell was run in where memory does not hold those of its configuration."""

    train_batch_size: Count | None
    """Null where nothing is trained by gradients."""
    gradient_accumulation_steps: Count | None
    eval_batch_size: Count
    activation_checkpointing: bool = False
    """Whether activations were computed again on the way back."""


class Fused(Block):
    """A cell that was trained in lockstep with others, stacked with them through one frozen model.

    Its seconds are its share of the stack's wall time, so that those of all cells add up to it: by what went through
    the model for the cell, where an example that is trained on counts as three (the backward pass costs about two
    forward passes). Peaks of memory are the whole stack's.
    """

    cells: Count
    """In the stack when it began."""
    compiled: bool = False
    """Whether its transformer blocks were compiled for training (`fused.compile=blocks`), which rounds otherwise."""


class Cleaned(Block):
    """Rows of the source, and what was done with those that were not used as they stand."""

    rows: Count
    """All there are, those that were left out too."""
    empty_lines: Count
    unlabelled: Count
    """Left out (`data.drop_unlabelled`), as are the next three."""
    textless: Count
    """`data.drop_empty`."""
    not_single: Count
    """Those with several labels or none, of which `data.multi_label` takes none."""
    excluded: Count
    """`data.exclude_labels`."""
    relabelled: Count
    """Kept, under another spelling of their label (`data.strip_labels`, `data.merge_labels`)."""


class Examples(Block):
    """The task's examples; their ids and texts' labels are in the predictions file."""

    labels: list[str]
    num_train: Count
    num_validation: Count
    num_test: Count
    duplicates_dropped: Count
    rows_read: Count | None = None
    """Rows of the source that have a text and a label."""
    labels_available: Count | None = None
    """Labels of the source, of which `labels` are the task's."""
    rows_of_labels: Count | None = None
    """Rows of the task's labels, repeats included."""
    conflicting_texts: Count | None = None
    """Texts of the source that have more than one label."""
    conflicts_dropped: Count | None = None
    """Rows left out because their text has more than one label."""
    test_texts_in_training: Count | None = None
    """Test examples whose text is a training example, too (as `bench.data.sametext` compares texts)."""
    notes: list[str] | None = None
    """What was odd about the source: labels that look alike, say; null where nothing was."""
    cleaned: Cleaned | None = None
    sha256: str
    """Of the ids, labels and texts of all three sets: equal for every model on the same task."""


class Measurements(Block):
    """What an `ok` cell measured."""

    examples: Examples
    test: Evaluation
    validation: Evaluation | None
    train: Evaluation | None = None
    """Null unless `training.evaluate_train`."""
    before: Before | None = None
    """Null where there is nothing to evaluate before fitting (a baseline, a probe)."""
    training: Training | None
    seconds: Seconds
    throughput: Throughput
    memory: Memory
    parameters: Parameters | None
    choices: dict[str, Any]
    """What the method chose by itself on validation data (`C` of a linear probe, say)."""
    lengths: Lengths | None = None
    """Null where no tokenizer cuts training texts."""
    cut: Cut | None = None
    """Null where no tokenizer cuts texts (a baseline), and in records from before it was measured."""
    halved: Halved | None = None
    """Null where the cell ran as configured."""
    energy_joules: Amount | None = None
    """What the GPU used while the cell ran, other processes on it included; null on a CPU and where the GPU does not
    count it. Of a fused cell it is a share of what its stack used, in proportion to `seconds.total`."""
    fused: Fused | None = None
    """Null where the cell ran alone (`engine=single`)."""
    kept_features: Count | None = None
    """Texts whose features of the frozen model an earlier cell had computed: `seconds` are without these, and no speed
    on test texts is known where they are among them. Null where there are no features, and in earlier records."""

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        """The test scores are of the task's labels and test examples."""
        if [each.label for each in self.test.per_label] != self.examples.labels:
            raise ValueError("the test scores are of other labels than the task's")
        if self.test.num_examples != self.examples.num_test:
            raise ValueError(f"{self.examples.num_test} test examples, and scores on {self.test.num_examples}")
        for scores in (self.test, self.validation, self.train):
            if scores is not None:
                scores.check()
        return self
