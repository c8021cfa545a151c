"""An option that there is not: what it is likely to have been, and what there is."""

import difflib
from collections.abc import Iterator

from omegaconf import DictConfig, OmegaConf

from bench.options.renamed import renamed

LAUNCHER = "hydra.launcher."
MAX_ALIKE = 3
"""Options that one message proposes."""


def unknown_option(name: str, parent: DictConfig) -> str:
    """What to say of the option `name`, which `parent`, a part of the configuration, has not."""
    if (said := renamed(name)) is not None:
        return said
    if name.startswith(LAUNCHER) and "runner" in parent:
        from bench.sweep.runners import RUNNERS, no_such_option  # what other commands need not know

        if (runner := RUNNERS.get(str(parent["runner"]))) is not None:
            return no_such_option(runner, name.removeprefix(LAUNCHER))
    if not parent:
        return f"{name}: there is no such option yet; one is added by +{name}=VALUE"
    root = parent._get_root()
    place = parent._get_full_key(None)
    there = ", ".join(str(key) for key in parent if key != "hydra")
    alike = _alike(name, list(_options(root)) if isinstance(root, DictConfig) else []) or _of_launchers(name)
    meant = f"; did you mean {' or '.join(alike)}?" if alike else ""
    return f"{name}: there is no such option{meant}\nthere are{f' in {place}' if place else ''}: {there}"


def _of_launchers(name: str) -> list[str]:
    """The option of a launcher that has this name (`workers`), or that it is the end of (`launcher.workers`)."""
    from bench.sweep.runners import RUNNERS, names_of

    words = {word for runner in RUNNERS.values() for word in names_of(runner)}
    word = name.removeprefix("hydra.").removeprefix("launcher.")
    return [f"{LAUNCHER}{word}"] if word in words else []


def _options(config: DictConfig, above: str = "") -> Iterator[str]:
    """The names of all options, Hydra's own aside."""
    for key in map(str, config):
        if above == "" and key == "hydra":
            continue
        yield (name := f"{above}{key}")
        value = None if OmegaConf.is_missing(config, key) else config._get_node(key)
        if isinstance(value, DictConfig) and not value._is_none():
            yield from _options(value, f"{name}.")


def _alike(name: str, options: list[str]) -> list[str]:
    """The options that were likely meant: of the same last word, else beside it and written alike, else longer."""
    group, _, word = name.rpartition(".")
    words = {option: option.rpartition(".")[2] for option in options}
    beside = {words[option]: option for option in options if option.rpartition(".")[0] == group}
    same = [option for option in options if words[option] == word]
    alike = [beside[close] for close in difflib.get_close_matches(word, beside, MAX_ALIKE, cutoff=0.7)]
    longer = [option for option in options if word in words[option].split("_")]
    longer_beside = [option for option in longer if option in beside.values()]
    return (same or list(dict.fromkeys((*alike, *longer_beside))) or longer)[:MAX_ALIKE]
