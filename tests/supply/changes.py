"""What the newest allowed versions are, beside those that are pinned."""

from collections.abc import Iterable, Iterator

TOOLS = {"pip", "setuptools", "uv", "wheel"}
"""What makes an environment, and is pinned nowhere."""


def changes(pinned: Iterable[str], installed: Iterable[str]) -> Iterator[str]:
    """A line for each package whose version is another, or that is new (of lines `name==version`), and a last one for
    those that are not installed: other extras are pinned too, and what a GPU's build of torch needs."""
    before, after = _versions(pinned), _versions(installed)
    for name in sorted(after.keys() - TOOLS):
        if before.get(name) != after[name]:
            yield f"{name}\t{before.get(name, '-')} -> {after[name]}"
    if absent := sorted(before.keys() - after.keys()):
        yield f"pinned, and not installed here: {', '.join(absent)}"


def _versions(lines: Iterable[str]) -> dict[str, str]:
    pairs = (line.split("#")[0].strip().partition("==") for line in lines)
    return {name.lower().replace("_", "-"): version.partition("+")[0] for name, _, version in pairs if version}
