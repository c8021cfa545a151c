"""A task: the part of a grid point that fixes its examples. No model in it."""

from dataclasses import dataclass, field, replace

from bench.config import IF_SET, DataConfig, SplitConfig
from bench.kind import Kind

REDRAWN = {"published": ("train_size",), "stratified": ("seed",)}
"""What a split draws its test set by, beside the label count; the test sets of other splits are fixed."""


@dataclass(frozen=True, slots=True)
class Task:
    """The examples of one grid point, the same for every model.

    `train_size` counts training examples over all labels; `split` says how they are shared out and drawn.
    """

    data: DataConfig
    num_labels: int
    train_size: int
    seed: int
    split: SplitConfig
    test_only: bool = field(default=False, metadata=IF_SET)
    """Nothing is learnt: there are no training and validation examples, and the test set is as ever."""
    validates: bool = field(default=False, metadata=IF_SET)
    """With `test_only`: there are validation examples all the same, all that the split has (for thresholds)."""

    labels: tuple[str, ...] | None = field(default=None, metadata=IF_SET)
    """The labels, where they are given and not the most frequent ones."""

    @property
    def kind(self) -> Kind:
        """Whether each example has one label, or any number of them."""
        return self.data.kind

    def for_testing(self, *, validates: bool = False) -> "Task":
        """The task for a model that learns nothing from it; `validates`: but finds thresholds on validation examples.

        Size and seed are 0 where they have no effect on the test set, so that such grid points are one.
        """
        redrawn = REDRAWN.get(self.split.name, ())
        return replace(
            self,
            test_only=True,
            validates=validates,
            train_size=self.train_size if "train_size" in redrawn else 0,
            seed=self.seed if "seed" in redrawn else 0,
        )

    def problems(self) -> list[str]:
        """What no split can give (`bench.data.split.problems` adds what this task's own can't)."""
        found = []
        if self.train_size < self.num_labels and not self.test_only:
            found.append(
                f"train_size={self.train_size} is smaller than num_labels={self.num_labels}: "
                "each label needs at least one training example"
            )
        classes = self.data.num_classes
        if classes is not None and self.num_labels > classes:
            found.append(f"num_labels={self.num_labels}, but {self.data.name} has {classes} labels")
        return found
