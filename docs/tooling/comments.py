"""What comments of a YAML file say of its keys."""

import re
from pathlib import Path

KEY = re.compile(r"(?P<name>\w+):(?:\s.*?)?(?:\s+# (?P<comment>.*))?")
MORE = re.compile(r"\s+# (?P<comment>.*)")
ABOVE = re.compile(r"# (?P<comment>.*)")


def comments(path: Path) -> dict[str, str]:
    """By key: the lines of comments above it, those behind it and those that go on below. Keys of the first level."""
    found: dict[str, str] = {}
    above: list[str] = []
    last = ""
    for line in path.read_text("utf-8").splitlines():
        if comment := ABOVE.fullmatch(line):
            above.append(comment["comment"])
        elif key := KEY.fullmatch(line):
            is_first = not found
            last = key["name"]
            # the block on top is about the file
            found[last] = " ".join([*([] if is_first else above), key["comment"] or ""]).strip()
            above = []
        elif (more := MORE.fullmatch(line)) and last:
            found[last] = f"{found[last]} {more['comment']}".strip()
    return found


def about(path: Path) -> str:
    """The block of comments on top of a file."""
    lines: list[str] = []
    for line in path.read_text("utf-8").splitlines():
        if line.startswith("# @package"):
            continue
        if not (comment := ABOVE.fullmatch(line)):
            break
        lines.append(comment["comment"])
    return " ".join(lines)
