"""What the newest allowed versions are, beside those that are pinned."""

from collections.abc import Iterable, Iterator


def changes(pinned: Iterable[str], installed: Iterable[str]) -> Iterator[str]:
    """A line for each package whose version is another, that is new, or that is gone (of lines `name==version`)."""
    before, after = _versions(pinned), _versions(installed)
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name), after.get(name)
        if old == new:
            continue
        yield f"{name}\t{old or '-'} -> {new or '-'}"


def _versions(lines: Iterable[str]) -> dict[str, str]:
    pairs = (line.split("#")[0].strip().partition("==") for line in lines)
    return {name.lower().replace("_", "-"): version.partition("+")[0] for name, _, version in pairs if version}
