"""Hydra's own options on the command line (`-m`, `--config-dir FOLDER`): they may stand anywhere."""

from collections.abc import Iterator, Sequence

WITH_VALUE = {
    "--config-dir", "-cd", "--config-path", "-cp", "--config-name", "-cn", "--package", "-p", "--cfg", "-c",
    "--experimental-rerun",
}  # fmt: skip
"""Options of Hydra whose value is the next word."""
INFO = {"all", "config", "defaults", "defaults-tree", "plugins", "searchpath"}
"""What may stand behind `--info`, which needs nothing."""


def own_options(words: Sequence[str]) -> Iterator[bool]:
    """Whether each word is an option of Hydra's own, or the value of one."""
    before = ""
    for word in words:
        is_value = before in WITH_VALUE or (before in ("--info", "-i") and word in INFO)
        yield is_value or word.startswith("-")
        before = "" if is_value else word


def options_first(words: Sequence[str]) -> list[str]:
    """The same words with the options in front: argparse takes overrides in one piece alone."""
    marked = list(zip(own_options(words), words, strict=True))
    return [word for is_own, word in marked if is_own] + [word for is_own, word in marked if not is_own]
