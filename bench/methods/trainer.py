"""transformers' Trainer as cells use it: orders of its own, and labels that count as the cell says."""

import functools
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import torch
from torch.utils.data import DataLoader, SequentialSampler
from transformers import Trainer
from transformers.modeling_outputs import SequenceClassifierOutput
from transformers.trainer_pt_utils import LengthGroupedSampler

from bench.config.class_weight import ClassWeight
from bench.methods.adapted import is_rationed
from bench.methods.attention import attention
from bench.methods.batches import Batches
from bench.methods.checkpointing import computes_again
from bench.methods.class_weight import label_weights
from bench.methods.eight_bit import forget_embeddings
from bench.methods.encode import Encoded, Example, num_tokens
from bench.methods.equal_labels import EqualLabels
from bench.methods.losses import example_losses, mean_loss
from bench.methods.masks import padded_by_mask
from bench.methods.windows import ROWS_OF, WINDOWS, scores_of_texts

NUM_TOKENS = "num_tokens"
"""The entry of a batch with the number of its examples' tokens, without padding: a number, which no GPU holds."""


LabelWeights = list[float] | list[list[float]]
"""By label; or without and with it, where a text may have several."""


class Counted:
    """A collator that says of a batch what a look into its mask would say, and be waited for on a GPU.

    That is how many tokens its examples have and, to a model `by_masks`, whether it is padded: else it has no mask.
    """

    def __init__(self, collate: Callable[[list[Example]], Any], *, by_masks: bool) -> None:
        self.collate, self.by_masks = collate, by_masks

    def __call__(self, examples: list[Example]) -> Any:
        """What `collate` makes of them, and NUM_TOKENS."""
        batch, counts = self.collate(examples), list(map(num_tokens, examples))
        batch[NUM_TOKENS] = sum(counts)
        if self.by_masks and ROWS_OF not in batch and len(set(counts)) == 1:
            del batch["attention_mask"]
        return batch


class OrderedTrainer(Trainer):
    """Trainer, whose orders are the examples' own: it predicts in the order given, and trains in that of its seed.

    With `group_by_length`, transformers would evaluate, too, in the order of its sampler, and rows of predictions
    would belong to other examples.
    """

    def __init__(self, *, class_weight: ClassWeight, num_labels: int, **options: Any) -> None:
        """As Trainer's; `class_weight` is that of the training examples, of which there are `num_labels` kinds."""
        self.class_weight = class_weight
        labels = [example["labels"] for example in options["train_dataset"]]
        weights = label_weights(labels, num_labels, class_weight)
        self.label_weights: LabelWeights | None = None if weights is None else weights.tolist()
        """What an example of each label counts in the training loss; None where all count 1."""
        collate = Counted(options["data_collator"], by_masks=padded_by_mask(options["model"]))
        super().__init__(**options | {"data_collator": collate})

    def create_optimizer(self, *arguments: Any, **options: Any) -> torch.optim.Optimizer:
        """As Trainer's, which leaves nothing of earlier models behind."""
        forget_embeddings()
        optimizer = super().create_optimizer(*arguments, **options)
        forget_embeddings(frozen_alone=True)
        return optimizer

    def get_eval_dataloader(self, eval_dataset: Any = None) -> Any:
        """As Trainer's; on a GPU in `Batches`."""
        examples = self.eval_dataset if eval_dataset is None else eval_dataset
        return self._in_batches(examples) or super().get_eval_dataloader(eval_dataset)

    def get_test_dataloader(self, test_dataset: Any) -> Any:
        """Likewise."""
        return self._in_batches(test_dataset) or super().get_test_dataloader(test_dataset)

    def _in_batches(self, examples: Encoded) -> Any | None:
        """None on a CPU, which gains nothing by it, and of windows, of which so many go through a model at once."""
        if self.args.use_cpu or any(WINDOWS in example for example in examples):
            return None
        batches: Any = Batches(examples, self.args.per_device_eval_batch_size)
        pin = self.args.dataloader_pin_memory
        return self.accelerator.prepare(DataLoader(batches, batch_size=1, collate_fn=self._of_one, pin_memory=pin))

    def _of_one(self, batches: list[Encoded]) -> Any:
        (batch,) = batches
        return self.data_collator(batch)

    def prediction_step(
        self, model: Any, inputs: dict[str, Any], *arguments: Any, **options: Any
    ) -> tuple[torch.Tensor | None, Any, Any]:
        """As Trainer's; losses of batches of several sizes count so that their plain mean is that over examples."""
        loss, logits, labels = super().prediction_step(model, inputs, *arguments, **options)
        batches = getattr(self.callback_handler.eval_dataloader, "dataset", None)
        if isinstance(batches, Batches) and loss is not None:
            loss = loss * batches.weight(len(inputs["labels"]))
        return loss, logits, labels

    def _get_eval_sampler(self, eval_dataset: Any) -> SequentialSampler:
        return SequentialSampler(eval_dataset)

    def _get_train_sampler(self, train_dataset: Any = None) -> Any:
        data = self.train_dataset if train_dataset is None else train_dataset
        if self.class_weight == "oversample":
            lengths = list(map(num_tokens, data)) if self.args.train_sampling_strategy == "group_by_length" else None
            batch = self.args.train_batch_size * self.args.gradient_accumulation_steps
            labels = [example["labels"] for example in data]
            return EqualLabels(labels, seed=self.args.seed, lengths=lengths, batch=batch)
        sampler = super()._get_train_sampler(train_dataset)
        if isinstance(sampler, LengthGroupedSampler):
            # else it would draw from the state that everything draws from, dropout, say, or a cell in the same stack
            sampler.generator = torch.Generator().manual_seed(self.args.seed)
        return sampler

    def compute_loss(
        self, model: Any, inputs: dict[str, torch.Tensor], return_outputs: bool = False, **options: Any
    ) -> Any:
        """As Trainer's, with the attention that trains quickest; not where parts are computed again on the way back,
        out of reach of what is chosen here: both passes have to take the same kernel. In training, labels count
        `label_weights`; the loss of a validation is as it is everywhere."""
        count, ids = inputs.pop(NUM_TOKENS), inputs["input_ids"]
        self.state.num_input_tokens_seen += count if model.training else 0
        dtype = torch.bfloat16 if self.args.bf16 else torch.float16 if self.args.fp16 else torch.float32
        chosen = model.training and not computes_again(self.args)
        compute: Callable[..., Any] = super().compute_loss
        with attention(ids.device, dtype, ids.shape[1]) if chosen else nullcontext():
            if ROWS_OF in inputs:
                loss, outputs = self._over_windows(model, inputs)
                return (loss, outputs) if return_outputs else loss
            if self.label_weights is None or not model.training:
                return compute(model, inputs, return_outputs=return_outputs, **options)
            _, outputs = compute(model, inputs, return_outputs=True, **options)
            loss = weighted_loss(outputs.logits, inputs["labels"], self.label_weights)
            if is_rationed(model):  # peft adds to the loss what keeps the parts of an adapter orthogonal
                loss += outputs.loss - mean_loss(outputs.logits.float(), inputs["labels"])
            return (loss, outputs) if return_outputs else loss

    def _over_windows(self, model: Any, inputs: dict[str, torch.Tensor]) -> tuple[torch.Tensor, Any]:
        """The loss of a batch of texts in windows, and the logarithms of their mean probabilities as its logits."""

        def forward(ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
            logits: torch.Tensor = model(input_ids=ids, attention_mask=mask).logits
            return logits

        labels = inputs["labels"]
        scores = scores_of_texts(forward, inputs, None if model.training else self.args.per_device_eval_batch_size)
        is_weighted = self.label_weights is not None and model.training
        weights = self.label_weights if is_weighted else None
        loss = mean_loss(scores, labels) if weights is None else weighted_loss(scores, labels, weights)
        return loss, SequenceClassifierOutput(loss=loss, logits=scores)


def weighted_loss(logits: torch.Tensor, labels: torch.Tensor, weights: LabelWeights) -> torch.Tensor:
    """The mean over a batch (logits: examples x labels) of each example's cross-entropy times its label's weight; of
    several labels the mean over them.

    It is divided by the examples, not by their weights as in `CrossEntropyLoss(weight=...)`: there an example counts
    more or less by what is beside it in its batch, and a batch in two halves is another step than the whole.
    """
    known = tuple(tuple(weight) if isinstance(weight, list) else weight for weight in weights)
    return example_losses(logits, labels, _on_device(known, labels.device)).mean()


@functools.lru_cache(maxsize=1)
def _on_device(weights: tuple[float | tuple[float, ...], ...], device: torch.device) -> torch.Tensor:
    """Copied once, for each copy of numbers to a GPU waits for all that the GPU does."""
    return torch.tensor(weights, device=device)
