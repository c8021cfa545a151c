"""What a kept model says of unlabelled texts, as it is."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.errors import UserError
from bench.escape.terminal import say
from bench.kind import MULTI_LABEL
from bench.label.experiment import Experiment
from bench.label.model import Guessed
from bench.predict.label_sets import Rule
from bench.predict.loading import Wanted, described, device_of, load
from bench.running.devices import use_one_gpu
from bench.wording import counted


def predicted(model: str, texts: Sequence[str], features: Any, asked: Experiment) -> Guessed:
    """What the model in a folder says of `texts`, which `features` tell apart.

    Raises UserError where there is none, or it has labels that the data have not, or gives a text several where these
    give it one, or one where these give it several.
    """
    settings = asked.settings
    wanted = Wanted(device=settings.device, mirror_dir=settings.mirror_dir, cache_dir=settings.cache_dir)
    folder, kept = described(Path(model), wanted)
    known = set(asked.labelled().label_counts())
    others = [label for label in kept.labels if label not in known]
    if kept.kind != asked.data.kind or others:
        why = f"knows {counted(len(others), 'other label')}"
        if kept.kind != asked.data.kind:
            why = f"gives texts {'several labels' if kept.kind == MULTI_LABEL else 'one label'}"
        raise UserError(f"--model {model} is no model for {asked.data.name}: it {why}")
    device = device_of(kept, wanted)
    if device == "cuda":
        use_one_gpu()  # before anything imports torch
    found = load(folder, kept, wanted, device)
    say(f"guesses are those of {model}")
    places = [f"text {number}" for number in range(1, len(texts) + 1)]
    decision = Rule.of(kept).decision if kept.kind == MULTI_LABEL else None
    return Guessed(kept.labels, found.predict(texts, places, kept.batch_size), features, decision)
