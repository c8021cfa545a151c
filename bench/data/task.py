"""A task: the part of a grid point that fixes its examples. No model in it."""

from dataclasses import dataclass

from bench.config import DataConfig, SplitConfig


@dataclass(frozen=True, slots=True)
class Task:
    """The examples of one grid point, the same for every model.

    `train_size` counts training examples over all labels; each label gets `train_size // num_labels`.
    """

    data: DataConfig
    num_labels: int
    train_size: int
    seed: int
    split: SplitConfig

    @property
    def train_per_label(self) -> int:
        """Training examples of each label."""
        return self.train_size // self.num_labels

    @property
    def validation_per_label(self) -> int:
        """Validation examples of each label, on top of the training examples."""
        share = round(self.train_per_label * self.split.validation_fraction)
        return max(share, self.split.min_validation_per_label)

    def problems(self) -> list[str]:
        """What can be known to be impossible before any data is read."""
        found = []
        if self.train_size < self.num_labels:
            found.append(
                f"train_size={self.train_size} is smaller than num_labels={self.num_labels}: "
                "each label needs at least one training example"
            )
        classes = self.data.num_classes
        if classes is not None and self.num_labels > classes:
            found.append(f"num_labels={self.num_labels}, but {self.data.name} has {classes} labels")
        return found
