"""What Trainer calls while it trains: scores of validations, the best weights, who is told of steps, the end."""

import math
from dataclasses import dataclass
from typing import Any

import torch
from transformers import EvalPrediction, TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from bench.methods import validation
from bench.methods.encode import Sorted
from bench.methods.fitted import Diverged, OnStep, OnValidation, Validation
from bench.methods.snapshot import Snapshot


class BestWeights(TrainerCallback):
    """Keeps a copy of the trainable weights of the best validation and stops when it stays the best.

    `metric` is that of `bench.metrics.table` by which it is the best; of equal ones that with the lower loss.
    """

    def __init__(self, metric: str, patience: int | None) -> None:
        self.metric, self.patience = metric, patience
        self.best: tuple[float, ...] | None = None
        self.best_step: int | None = None
        self.weights = Snapshot()
        self.waited = 0
        self.stopped_early = False

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: Any = None,
        **_: Any,
    ) -> None:
        """Raise Diverged at a loss that is not finite."""
        for name in ("loss", "eval_loss"):
            if name in logs and not math.isfinite(logs[name]):
                raise Diverged(f"{name} is {logs[name]} at step {state.global_step}")

    def on_evaluate(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        metrics: Any,
        model: Any,
        **_: Any,
    ) -> None:
        """Keep the weights if they are the best so far."""
        score = validation.merit(metrics, self.metric)
        if self.best is None or score > self.best:
            self.best, self.best_step, self.waited = score, state.global_step, 0
            self.weights.take(model)
            return
        self.waited += 1
        if self.patience is not None and self.waited >= self.patience and state.global_step < state.max_steps:
            self.stopped_early = True
            control.should_training_stop = True

    def restore(self, model: torch.nn.Module) -> None:
        """Put the best weights back."""
        self.weights.restore(model)


class StepCallback(TrainerCallback):
    """Tells of every optimizer step, with the training loss that was logged last."""

    def __init__(self, on_step: OnStep) -> None:
        self._on_step = on_step
        self._loss: float | None = None

    def on_log(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, logs: Any = None, **_: Any
    ) -> None:
        """Remember the training loss."""
        self._loss = logs.get("loss", self._loss)

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Tell."""
        self._on_step(state.global_step, state.max_steps, self._loss)


class ValidationCallback(TrainerCallback):
    """Tells of every validation."""

    def __init__(self, on_validation: OnValidation, validated: "Validated") -> None:
        self._on_validation, self._validated = on_validation, validated

    def on_evaluate(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, metrics: Any, **_: Any
    ) -> None:
        """Tell."""
        self._on_validation(
            Validation(
                step=state.global_step,
                max_steps=state.max_steps,
                score=validation.value(metrics, self._validated.metric),
                accuracy=metrics["eval_accuracy"],
                loss=metrics["eval_loss"],
                every=int(state.eval_steps),
                correct=self._validated.correct,
            )
        )


class StopAfter(TrainerCallback):
    """Ends training after so many optimizer steps, whatever the schedule has left."""

    def __init__(self, steps: int) -> None:
        self.steps = steps

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """End it."""
        control.should_training_stop = control.should_training_stop or state.global_step >= self.steps


@dataclass(slots=True)
class Validated:
    """Scores each validation for Trainer, and remembers which examples were right in the last one."""

    metric: str
    order: Sorted
    correct: tuple[bool, ...] = ()
    """In the order of the examples."""

    def __call__(self, found: EvalPrediction) -> dict[str, float]:
        """As `validation.scores`."""
        right = validation.correct(found.predictions, found.label_ids)
        if len(right) == len(self.order.examples):
            self.correct = tuple(self.order.restore(right).tolist())
        return validation.scores(found.predictions, found.label_ids, self.metric)
