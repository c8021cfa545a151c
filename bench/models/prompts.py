"""What zero-shot models are asked: the prompt around a text, and what labels are called after it. Torch-free."""

from bench.config import ZeroShotConfig
from bench.errors import UserError

TEXT, LABEL = "{text}", "{label}"
"""Stand for the text and the label in a prompt or a question."""

CONTENT_FREE = ("N/A", "[MASK]", "")
"""Texts that say nothing, for calibration (Zhao et al. 2021, section 5)."""


def words_of(label: str, method: ZeroShotConfig) -> str:
    """What a label is called after the prompt. Raises UserError where `label_words` leaves it out."""
    if method.label_words is None:
        return label.replace("_", " ").strip()
    if label not in method.label_words:
        raise UserError(
            f"data.label_words has no words for the label {label!r}, only for {', '.join(method.label_words)}"
        )
    return method.label_words[label]


def around_text(method: ZeroShotConfig) -> tuple[str, str]:
    """What the prompt has before and after the text, up to the label's words."""
    whole = method.prompt if method.question is None else method.question.partition(LABEL)[0]
    assert whole is not None
    before, _, after = whole.partition(TEXT)
    # a space at the end goes to the label's words, for that is how tokens are cut
    return before, after.rstrip(" ")


def joint_of(ending: str) -> str:
    """What stands between a prompt that ends in `ending` and the words of a label, or an answer."""
    return "" if ending.endswith("\n") else " "


def joint_before_label(method: ZeroShotConfig) -> str:
    """What stands between the end of `around_text` and the words of a label."""
    if method.question is None:
        return joint_of(around_text(method)[1])
    return " " if method.question.partition(LABEL)[0].endswith(" ") else ""


def after_label(method: ZeroShotConfig) -> str:
    """What a question has after the label's words; the answer follows. Nothing in a prompt."""
    return "" if method.question is None else method.question.partition(LABEL)[2].rstrip(" ")
