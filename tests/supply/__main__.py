"""`python -m tests.supply audit|licences|changes FILE`: see the modules beside this one."""

import sys
from pathlib import Path

from tests.supply import audit, licences
from tests.supply.changes import changes

CONSTRAINTS = Path(__file__).parents[2] / "constraints.txt"


def main(words: list[str]) -> int:
    """Do what the words say; return the exit code."""
    match words:
        case ["audit"]:
            return audit.check(CONSTRAINTS)
        case ["licences"]:
            return licences.check()
        case ["changes", file]:
            pinned, installed = (Path(path).read_text(encoding="utf-8").splitlines() for path in (CONSTRAINTS, file))
            print("\n".join(changes(pinned, installed)) or "nothing has another version than constraints.txt")
            return 0
    print(f"error: {__doc__}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
