"""The help of a verb that takes Hydra's options: one screen, with the options that are asked for most."""

import shutil
import textwrap
from collections.abc import Sequence

from bench.options.listed import Option, groups, options

GRID = ("num_labels", "train_size", "seed")
RUNNING = ("device", "engine", "overwrite", "save_model", "timeout_minutes", "max_failures", "shard")
PLACES = ("name", "results_dir", "reports_dir", "cache_dir", "mirror_dir")
REPORTING = ("metric", "baseline", "price_per_gpu_hour", "target_accuracy")
SHOWN: dict[str, Sequence[str]] = {
    "run": (*GRID, "device", "save_model", "results_dir", "cache_dir", "mirror_dir"),
    "sweep": (*GRID, *RUNNING, *PLACES),
    "plan": (*GRID, "device", "engine", "price_per_gpu_hour", "shard", *PLACES),
    "status": (*GRID, "shard", *PLACES),
    "report": (*GRID, *REPORTING, "redraw", *PLACES, "more_results"),
}
"""The options that each verb's screen has, in their order."""
NAMED_GROUPS = {
    "model": ("minilm", "bert_base", "llama3_2_1b", "qwen2_5_1_5b", "tfidf_sgd"),
    "method": ("lora", "qlora", "full", "linear_probe", "setfit", "zero_shot"),
    "data": ("file", "folder", "bbc_headlines", "go_emotions", "sms_spam"),
    "split": ("auto", "natural", "nested", "official"),
    "training": ("default",),
}
"""Groups, and the choices that are asked for most."""
INDENT = 22
MAX_WIDTH = 100


def screen(name: str, usage: str, summary: str, example: str) -> str:
    """What `bench NAME --help` prints."""
    width = min(MAX_WIDTH, shutil.get_terminal_size((80, 24)).columns)
    known, chosen = options(), groups()
    lines = [f"usage: bench {name} {usage}", "", f"{summary[:1].upper()}{summary[1:]}. Example:"]
    lines += [f"  bench {name} {example}", ""]
    if "EXPERIMENT" in usage:
        experiments = ", ".join(one for one in chosen["experiment"] if "/" not in one)
        lines += [*_wrapped("EXPERIMENT", experiments, width), ""]
    lines += ["Groups (several values with commas make a grid):" if name != "run" else "Groups:"]
    for group, usual in NAMED_GROUPS.items():
        lines += _wrapped(f"{group}=", _some(usual, len(chosen[group])), width)
    lines += ["", "Options:"]
    lines += [line for one in SHOWN[name] for line in _described(known[one], width)]
    return "\n".join([*lines, "", f"bench {name} --help-all lists every option; `bench models` the models."])


def _some(names: Sequence[str], all_of_them: int) -> str:
    """Some of the choices, and how many there are."""
    more = f", ... ({all_of_them} in all)" if all_of_them > len(names) else ""
    return ", ".join(names) + more


def _described(one: Option, width: int) -> list[str]:
    return _wrapped(f"{one.name}={'' if one.default == 'null' else one.default}", one.comment or "", width)


def _wrapped(name: str, text: str, width: int) -> list[str]:
    """A name and what is said of it, behind it or below."""
    head = f"  {name}"
    found = textwrap.wrap(text, width - INDENT, max_lines=2, placeholder=" ...") or [""]
    first = [f"{head.ljust(INDENT)}{found[0]}".rstrip()] if len(head) < INDENT else [head, " " * INDENT + found[0]]
    return [*first, *(" " * INDENT + line for line in found[1:])]
