"""One cell of a stack. What it trains on and when, what it logs and when it stops is its own Trainer's to say."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, count

import torch
from transformers import Trainer

from bench.cell import Cell
from bench.data.split import Splits
from bench.kind import MULTI_LABEL
from bench.methods import training
from bench.methods.encode import Encoded, Example, num_tokens
from bench.methods.finetune import FineTuned
from bench.methods.fitted import Diverged, scored_sets
from bench.methods.trainer import OrderedTrainer


@dataclass(frozen=True, slots=True)
class Update:
    """The examples of one optimizer step."""

    batches: list[Encoded]
    """One forward and backward pass each."""
    epoch: float
    """Passes over the training examples when the step is done."""


@dataclass(slots=True)
class Member:
    """A cell with its model, as `finetune.fit` would train it, and how far its training is."""

    cell: Cell
    splits: Splits
    fitted: FineTuned
    error: Diverged | None = None
    """What ended it before the others."""
    rate: Callable[[int], float] = field(init=False)
    """Its learning rate by the number of optimizer steps before."""
    updates: Iterator[Update] = field(init=False)
    losses: list[torch.Tensor] = field(default_factory=list)
    """Of the forward passes since the last one that was logged."""
    logged: int = 0
    """Optimizer steps at the last log."""

    def __post_init__(self) -> None:
        trainer = self.trainer
        trainer.state.compute_steps(trainer.args, trainer.args.max_steps)
        trainer.state.max_steps = trainer.args.max_steps
        trainer.create_optimizer()
        schedule = trainer.create_scheduler(trainer.args.max_steps)
        assert isinstance(schedule, torch.optim.lr_scheduler.LambdaLR)
        (base, *_), (part, *_) = schedule.base_lrs, schedule.lr_lambdas
        self.rate = lambda step: float(base * part(step))
        self.updates = _updates(trainer)

    @property
    def trainer(self) -> OrderedTrainer:
        """It holds the model, data, optimizer, schedule and log; its own loop is not run."""
        return self.fitted.trained.trainer

    def weights(self, batch: Encoded) -> list[float]:
        """What each example of a batch counts in its cell's loss; 1 where it may have several labels (`factors`)."""
        of_labels = self.trainer.label_weights
        if of_labels is None or self.splits.kind == MULTI_LABEL:
            return [1.0] * len(batch)
        return [of_labels[example["labels"]] for example in batch]  # type: ignore[index,misc]

    def factors(self, example: Example) -> list[float]:
        """What each label counts in the loss of an example that may have several."""
        of_labels, has = self.trainer.label_weights, example["labels"]
        assert isinstance(has, list)
        if of_labels is None:
            return [1.0] * len(has)
        return [pair[int(is_its)] for pair, is_its in zip(of_labels, has, strict=True)]  # type: ignore[index]

    @property
    def scored(self) -> tuple[str, ...]:
        """The sets that it is scored on."""
        return scored_sets(self.fitted.trained.config, self.splits)

    @property
    def step(self) -> int:
        """Optimizer steps done."""
        return int(self.trainer.state.global_step)

    @property
    def has_ended(self) -> bool:
        """Whether it trains no more: all steps are done, its patience has ended, or its loss is not finite."""
        return bool(self.trainer.control.should_training_stop) or self.error is not None

    def encode(self, name: str) -> Encoded:
        """The examples of a split (`train`, `validation`, `test`), in its order."""
        return self.fitted.trained.encode(getattr(self.splits, name))

    def stepped(self, update: Update, behind: torch.Tensor | None = None) -> bool:
        """Count an optimizer step and log it where that is due; whether a validation is due now.

        `behind`, on the device: steps by which its schedule was behind in this one, in fp16.
        """
        trainer = self.trainer
        state, handler = trainer.state, trainer.callback_handler
        step = state.global_step
        trainer.control = handler.on_step_begin(trainer.args, state, trainer.control)
        state.global_step += 1
        state.epoch = update.epoch
        state.num_input_tokens_seen += sum(map(num_tokens, chain.from_iterable(update.batches)))
        trainer.control = handler.on_step_end(trainer.args, state, trainer.control)
        if trainer.control.should_log:
            loss = torch.stack(self.losses).sum().item() / (state.global_step - self.logged)
            self.losses, self.logged = [], state.global_step
            rate = self.rate(step if behind is None else step - int(behind))
            self._log({"loss": loss, "learning_rate": rate})
        return bool(trainer.control.should_evaluate) and self.error is None

    def validated(self, scores: Mapping[str, float]) -> None:
        """Log a validation, its loss and metrics; keep the weights where it is the best."""
        trainer, metrics = self.trainer, {f"eval_{name}": value for name, value in scores.items()}
        self._log(dict(metrics))
        if self.error is None:
            trainer.control = trainer.callback_handler.on_evaluate(
                trainer.args, trainer.state, trainer.control, metrics
            )

    def _log(self, values: dict[str, float]) -> None:
        try:
            self.trainer.log(values)
        except Diverged as error:
            self.error = error

    def end(self) -> None:
        """Put the best weights back, and the course of the training into the summary."""
        self.fitted.summary.training = training.finish(self.fitted.trained)


def _updates(trainer: Trainer) -> Iterator[Update]:
    """Trainer's batches in its order, for ever; the last step of an epoch takes what is left of it."""
    loader, data = trainer.get_train_dataloader(), trainer.train_dataset
    size = trainer.args.gradient_accumulation_steps
    for epoch in count():
        loader.set_epoch(epoch)
        batches = [[data[i] for i in indices] for indices in loader.batch_sampler]
        for start in range(0, len(batches), size):
            part = batches[start : start + size]
            yield Update(part, epoch + (start + len(part)) / len(batches))
