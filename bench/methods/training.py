"""Gradient training by transformers' Trainer: its options, its start and end, prediction."""

import math
from dataclasses import dataclass, field
from typing import Any

from transformers import PrinterCallback, TrainerState, TrainingArguments

from bench.config import TrainingConfig
from bench.data.split import Examples, Splits
from bench.kind import SINGLE_LABEL, Kind
from bench.methods.callbacks import BestWeights, Validated
from bench.methods.checkpointing import checkpointing_arguments
from bench.methods.encode import Encoder, padding, sort_by_length
from bench.methods.fitted import Diverged, Probabilities
from bench.methods.last_block import Collator
from bench.methods.logits import probabilities_of
from bench.methods.one_device import check_one_device
from bench.methods.trainer import OrderedTrainer
from bench.methods.trunk import Trunk
from bench.methods.windows import WindowCollator
from bench.results.measurements import HistoryPoint, Training
from bench.running.steps import planned_steps, steps_per_epoch

MAX_EVALUATIONS = 12
"""Validations in a run, about, where `eval_steps` leaves it open: short epochs share one."""


@dataclass(slots=True)
class Trained:
    """A model with Trainer around it, which also predicts."""

    trainer: OrderedTrainer
    encode: Encoder
    config: TrainingConfig
    trunk: Trunk | None = None
    """Where the model takes features instead of running its lower blocks: where they come from."""
    kind: Kind = SINGLE_LABEL
    validated: Validated = field(kw_only=True)

    def predict(self, examples: Examples) -> Probabilities:
        """Probabilities, shape (examples, labels). Raises Diverged where they are not finite."""
        ordered = sort_by_length(self.encode(examples))
        if self.trunk is not None:
            self.trunk.ensure(ordered.examples)
        logits = self.trainer.predict(ordered.examples).predictions
        probabilities = probabilities_of(logits, self.kind)
        if probabilities is None:
            raise Diverged("the model's logits are not finite")
        return ordered.restore(probabilities)


def make_trainer(
    model: Any,
    encode: Encoder,
    splits: Splits,
    config: TrainingConfig,
    *,
    arguments: TrainingArguments,
    trunk: Trunk | None = None,
) -> Trained:
    """A Trainer for `model` on the task's training and validation examples, if it has any of these; not started yet.

    `arguments` are `training_arguments` of `config`. Raises UserError where it would train on several devices.
    """
    check_one_device(arguments)
    train, validated = encode(splits.train), Validated(config.best_metric, sort_by_length(encode(splits.validation)))
    held_out = validated.order.examples
    collator: Any = padding(encode.tokenizer, encode.max_length, arguments.device.type)
    if encode.max_windows is not None:
        collator = WindowCollator(collator)
    if trunk is not None:
        trunk.ensure(used := [*train, *held_out])
        trunk.hold(used)
    trainer = OrderedTrainer(
        model=model,
        args=arguments,
        data_collator=collator if trunk is None else Collator(collator, trunk),
        train_dataset=train,
        eval_dataset=held_out or None,
        class_weight=config.class_weight,
        num_labels=len(splits.labels),
        compute_metrics=validated,
        callbacks=[BestWeights(config.best_metric, config.early_stopping_patience)],
    )
    # Trainer takes a model with keyword arguments for one that divides its loss by the examples of a whole step.
    # Classifiers don't: with gradient accumulation, losses and gradients would be summed over parts, not averaged.
    trainer.model_accepts_loss_kwargs = False
    trainer.remove_callback(PrinterCallback)  # the record's history says it all
    return Trained(trainer, encode, config, trunk, splits.kind, validated=validated)


def train(trained: Trained) -> Training:
    """Train the model in place and put its best weights back. Raises Diverged where a loss is not finite."""
    trained.trainer.train()
    return finish(trained)


def finish(trained: Trained) -> Training:
    """Put the best weights of a training that has ended back; how it went."""
    trainer = trained.trainer
    best = next(callback for callback in trainer.callback_handler.callbacks if isinstance(callback, BestWeights))
    best.restore(trainer.model)
    return _summary(trainer.state, best, trained.config, len(trainer.train_dataset))


def training_arguments(
    config: TrainingConfig, num_train: int, *, seed: int, device: str, scratch: str, validates: bool = True
) -> TrainingArguments:
    """`config` in Trainer's terms; nothing is saved to disk or reported anywhere. Where there are no validation
    examples it does not validate."""
    max_steps = planned_steps(config, num_train)
    every = config.eval_steps or max(steps_per_epoch(config, num_train), math.ceil(max_steps / MAX_EVALUATIONS))
    return TrainingArguments(
        output_dir=scratch,
        max_steps=max_steps,
        per_device_train_batch_size=config.per_device_train_batch_size,
        per_device_eval_batch_size=config.per_device_eval_batch_size,
        gradient_accumulation_steps=config.gradient_accumulation_steps,
        **checkpointing_arguments(enabled=config.gradient_checkpointing),
        learning_rate=config.learning_rate,
        lr_scheduler_type=config.lr_scheduler_type,
        warmup_steps=config.warmup_steps,
        weight_decay=config.weight_decay,
        max_grad_norm=config.max_grad_norm,
        optim=optimizer_of(config, device),
        bf16=config.precision == "bf16",
        fp16=config.precision == "fp16",
        train_sampling_strategy="group_by_length" if config.group_by_length else "random",
        eval_strategy="steps" if validates else "no",
        eval_steps=every,
        logging_steps=every,
        logging_nan_inf_filter=False,
        save_strategy="no",
        seed=seed,
        data_seed=seed,
        use_cpu=device == "cpu",
        # a GPU takes its batches while the host goes on, which takes memory that is not swapped
        dataloader_pin_memory=device != "cpu",
        accelerator_config={"non_blocking": device != "cpu"},
        include_num_input_tokens_seen="no",  # OrderedTrainer counts them
        # peft hides the names of the model's label arguments, and without them there is no validation loss
        label_names=["labels"],
        remove_unused_columns=False,
        disable_tqdm=True,
        report_to="none",
    )


def optimizer_of(config: TrainingConfig, device: str) -> str | None:
    """transformers' name of the optimizer: on a GPU torch's AdamW in one kernel, which computes the same.

    Not in fp16: accelerate does not notice the steps that this kernel skips, and the schedule would not wait for them.
    """
    is_plain = config.optim == "adamw_torch" and config.precision != "fp16"
    return "adamw_torch_fused" if is_plain and device != "cpu" else config.optim


def _summary(state: TrainerState, best: BestWeights, config: TrainingConfig, num_train: int) -> Training:
    return Training(
        steps=state.global_step,
        max_steps=state.max_steps,
        epochs=state.max_steps / steps_per_epoch(config, num_train),
        best_step=best.best_step,
        stopped_early=best.stopped_early,
        examples_seen=examples_seen(state.global_step, config, num_train),
        tokens_seen=int(state.num_input_tokens_seen),
        history=_history(state.log_history, config, num_train),
    )


def examples_seen(step: int, config: TrainingConfig, num_train: int) -> int:
    """Training examples in the first `step` optimizer steps; the last batch of an epoch may be smaller."""
    epochs, rest = divmod(step, steps_per_epoch(config, num_train))
    return epochs * num_train + min(
        rest * config.per_device_train_batch_size * config.gradient_accumulation_steps, num_train
    )


def _history(log: list[dict[str, float]], config: TrainingConfig, num_train: int) -> list[HistoryPoint]:
    """Trainer's log, one point a step: training and validation entries of a step are joined."""
    points: dict[int, dict[str, Any]] = {}
    names = {"loss": "train_loss", "learning_rate": "learning_rate"}
    names |= {"eval_loss": "validation_loss", "eval_accuracy": "validation_accuracy", "eval_score": "validation_score"}
    for entry in log:
        values = {target: entry[name] for name, target in names.items() if name in entry}
        if values:
            step = int(entry["step"])
            points.setdefault(step, {"step": step, "epoch": entry["epoch"]}).update(values)
    return [
        HistoryPoint(**points[step], examples_seen=examples_seen(step, config, num_train)) for step in sorted(points)
    ]
