"""The command that runs a cell of a sweep again, alone: for reading, copying and pasting."""

from collections.abc import Sequence

from bench.escape.secrets import masked_override
from bench.escape.shell import command
from bench.settings import Settings

KEPT = ("results_dir", "cache_dir", "mirror_dir", "device")
"""Settings that a cell run by itself needs as the sweep had them."""


def rerun_command(overrides: Sequence[str]) -> str:
    """`python -m bench ...` for a point of a sweep, given as the overrides that compose it.

    Overrides of Hydra's own and of settings that are the sweep's alone are left out; what makes the cell is as it
    was, so the command's cell has the same key. Secrets are masked, and have to be filled in.
    """
    words = [word for word in overrides if _is_needed(word)]
    return command(["python", "-m", "bench", *map(masked_override, words), "overwrite=always"])


def sweep_command(overrides: Sequence[Sequence[str]], shard: str | None = None) -> str:
    """`python -m bench -m ...` for the whole sweep: its experiment, its name, its shard, what else all points share."""
    everywhere = set(overrides[0]).intersection(*overrides[1:])
    words = [word for word in overrides[0] if word in everywhere and (_is_needed(word) or _name(word) == "name")]
    part = [] if shard is None else [f"shard={shard}"]
    return command(["python", "-m", "bench", "-m", *map(masked_override, words), *part])


def _is_needed(word: str) -> bool:
    name = _name(word)
    if name.startswith("hydra"):
        return False
    return name not in Settings.__dataclass_fields__ or name in KEPT or word.startswith("+experiment=")


def _name(word: str) -> str:
    return word.lstrip("+~").partition("=")[0].partition(".")[0].partition("@")[0].partition("/")[0]
