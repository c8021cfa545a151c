"""The README of a bundle: its commands, in order."""

from collections.abc import Sequence

from bench import __version__
from bench.bundle.own_files import FOLDER as OWN
from bench.bundle.packages import FOLDER as PACKAGES
from bench.escape.secrets import masked_override
from bench.escape.shell import command
from bench.sources.target import Target

REQUIREMENTS = "requirements.txt"


def readme(words: Sequence[str], target: Target | None, has_own: bool) -> str:
    """In Markdown. `words` are those of `bench sweep`; packages are for `target`, if there are some."""
    sweep = command(["sweep", *map(masked_override, words)])
    copied = f" && cp -r {OWN}/. ~/bench-study && chmod -R u+w ~/bench-study" if has_own else ""
    lines = [
        f"# bench {sweep}",
        "",
        f"Made by finetune-bench {__version__}. In this folder, on a machine without a network:",
        "",
        f"    BUNDLE=$PWD; {python(target)} check.py     # whether all is here, and this machine will do",
        *_installing(target),
        f"    mkdir -p ~/bench-study{copied} && cd ~/bench-study     # records and reports are written here",
        f'    HF_HUB_OFFLINE=1 ~/bench-env/bin/bench {sweep} mirror_dir="$BUNDLE"',
        "",
        "Nothing is written into this folder, which may be read-only. The other two may be elsewhere than in `~`.",
    ]
    return "\n".join([*lines, ""])


def python(target: Target | None) -> str:
    """The program that is Python on that machine."""
    return "python3" if target is None else f"python{target.python}"


def _installing(target: Target | None) -> list[str]:
    if target is None:
        return [f"    # this bundle has no packages: install finetune-bench {__version__} into ~/bench-env"]
    return [
        f"    {python(target)} -m venv ~/bench-env",
        f"    ~/bench-env/bin/pip --isolated install --no-index --find-links {PACKAGES} --requirement {REQUIREMENTS}",
    ]
