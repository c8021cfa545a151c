"""What a kept model says of unlabelled texts, as it is."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bench.errors import UserError
from bench.escape.terminal import say
from bench.kind import MULTI_LABEL
from bench.label.experiment import Experiment
from bench.predict.loading import Wanted, described, device_of, load
from bench.running.devices import use_one_gpu
from bench.wording import counted

if TYPE_CHECKING:
    from bench.methods.fitted import Probabilities


def predicted(model: str, texts: Sequence[str], asked: Experiment) -> "tuple[tuple[str, ...], Probabilities]":
    """The labels, and their probabilities for `texts`, by the model in a folder.

    Raises UserError where there is none, or it has labels that the data have not.
    """
    settings = asked.settings
    wanted = Wanted(device=settings.device, mirror_dir=settings.mirror_dir, cache_dir=settings.cache_dir)
    folder, kept = described(Path(model), wanted)
    others = [label for label in kept.labels if label not in set(asked.labelled().labels)]
    if kept.kind == MULTI_LABEL or others:
        why = (
            "gives texts several labels" if kept.kind == MULTI_LABEL else f"knows {counted(len(others), 'other label')}"
        )
        raise UserError(f"--model {model} is no model for {asked.data.name}: it {why}")
    device = device_of(kept, wanted)
    if device == "cuda":
        use_one_gpu()  # before anything imports torch
    found = load(folder, kept, wanted, device)
    say(f"guesses are those of {model}")
    places = [f"text {number}" for number in range(1, len(texts) + 1)]
    return kept.labels, found.predict(texts, places, kept.batch_size)
