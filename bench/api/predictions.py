"""Classifying texts with a kept model: `predict`."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from bench.errors import UserError
from bench.kind import MULTI_LABEL
from bench.models.kept import KeptModel
from bench.predict.inputs import first_blank
from bench.predict.loading import Wanted, described, device_of, load

if TYPE_CHECKING:
    import pandas as pd

    from bench.methods.fitted import Probabilities


def predict(
    model: str | Path,
    texts: Sequence[str],
    *,
    device: Literal["auto", "cpu", "cuda"] = "auto",
    batch_size: int | None = None,
    trust_remote_code: bool = False,
    mirror_dir: str | None = None,
) -> "pd.DataFrame":
    """Labels and probabilities of `texts`, a line each in their order, as `bench predict` gives them.

    `model` is the folder of a cell that ran with `save_model=true`, or what `bench best` kept. Columns: text, predicted
    (a label, or the list of those that a text with several is given), and `probability_LABEL` of each label. Raises
    UserError where there is no such model, it does not go with these files, or a text has nothing to read.
    """
    import pandas as pd

    texts = _checked(texts)
    wanted = Wanted(
        device=device, batch_size=batch_size, trust_remote_code=trust_remote_code, mirror_dir=mirror_dir
    )  # fmt: skip
    folder, kept = described(Path(model), wanted)
    names = [f"probability_{label}" for label in kept.labels]
    if not texts:
        return pd.DataFrame(columns=["text", "predicted", *names])
    classifier = load(folder, kept, wanted, device_of(kept, wanted))
    places = [f"texts[{number}]" for number in range(len(texts))]
    found = classifier.predict(texts, places, kept.batch_size)
    frame = pd.DataFrame(found, columns=names)
    frame.insert(0, "text", texts)
    frame.insert(1, "predicted", _given(kept, found))
    return frame


def _checked(texts: Sequence[str]) -> list[str]:
    """Raises UserError where something is no text, or has nothing to read."""
    if isinstance(texts, str):
        raise UserError("texts is one text: give a list of them")
    texts = list(texts)
    if (odd := next((number for number, text in enumerate(texts) if not isinstance(text, str)), None)) is not None:
        raise UserError(f"texts[{odd}] is no text: {texts[odd]!r}")
    if (empty := first_blank(texts)) is not None:
        raise UserError(f"texts[{empty}] has nothing to read")
    return texts


def _given(kept: KeptModel, probabilities: "Probabilities") -> list[str] | list[list[str]]:
    """The label of each text, or its labels."""
    if kept.kind != MULTI_LABEL:
        return [kept.labels[place] for place in probabilities.argmax(axis=1)]
    from bench.predict.label_sets import Rule

    return Rule.of(kept).names(probabilities)
