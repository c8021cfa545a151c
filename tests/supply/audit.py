"""Known vulnerabilities of the pinned packages, and plainly what could not be looked up.

pip-audit alone says "No known vulnerabilities found" and exits with 0 where an index knows none of the packages, as a
mirror of wheels does. So what it skipped is counted here, and nothing that was not looked up is called safe.
"""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

LAST = Path("build/audit.json")
"""What the last audit that reached a service found, with its date."""
NO_NETWORK = ("ConnectionError", "Max retries", "Connection refused", "timed out", "Name or service not known",
              "Temporary failure in name resolution", "ServiceError", "Network is unreachable")  # fmt: skip
SECONDS = 90


@dataclass(frozen=True, slots=True)
class Audited:
    """What pip-audit said of each package."""

    vulnerable: Mapping[str, list[str]]
    """Advisories of `name==version`."""
    checked: int
    skipped: int
    """Packages that the service does not know."""


def check(requirements: Path, last: Path = LAST) -> int:
    """Audit, and say what came of it: 1 where a package is vulnerable or the audit itself is broken, else 0."""
    try:
        output, error = _run(requirements)
    except subprocess.TimeoutExpired:
        output, error = "", "timed out"
    if (found := read(output)) is None:
        if any(sign in error for sign in NO_NETWORK):
            return _not_checked("no service for advisories answered", last)
        print(f"error: pip-audit gave no answer: {error[-500:]}", file=sys.stderr)
        return 1
    if not found.checked:
        return _not_checked(f"the index knows no advisories of any of {found.skipped} packages", last)
    last.parent.mkdir(parents=True, exist_ok=True)
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    last.write_text(json.dumps({"checked": now, "packages": found.checked, "vulnerable": dict(found.vulnerable)}))
    for package, advisories in found.vulnerable.items():
        print(f"error: {package}: {', '.join(advisories)}", file=sys.stderr)
    not_known = f"; {found.skipped} were not, for the index does not know them" if found.skipped else ""
    print(f"{found.checked} packages were checked, {len(found.vulnerable)} are vulnerable{not_known}")
    return int(bool(found.vulnerable))


def read(output: str) -> Audited | None:
    """pip-audit's JSON; None where there is none."""
    try:
        packages: list[dict[str, Any]] = json.loads(output)["dependencies"]
    except ValueError:
        return None
    known = [package for package in packages if "skip_reason" not in package]
    vulnerable = {
        f"{package['name']}=={package['version']}": [found["id"] for found in package["vulns"]]
        for package in known
        if package["vulns"]
    }
    return Audited(vulnerable, len(known), len(packages) - len(known))


def _run(requirements: Path) -> tuple[str, str]:
    command = [sys.executable, "-m", "pip_audit", "--requirement", str(requirements), "--no-deps", "--disable-pip"]
    quiet = ["--format", "json", "--progress-spinner", "off", "--timeout", "10"]
    done = subprocess.run([*command, *quiet], check=False, capture_output=True, text=True, timeout=SECONDS)
    return done.stdout, done.stderr


def _not_checked(why: str, last: Path) -> int:
    before = f"last checked {json.loads(last.read_text())['checked']}" if last.is_file() else "never checked here"
    print(f"NOT CHECKED: {why} ({before}); run make audit where pypi.org can be reached")
    return 0
