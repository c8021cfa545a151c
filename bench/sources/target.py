"""A machine that packages are for: its Python and its platform, which need not be those of this one."""

import re
import sys
from dataclasses import dataclass

from bench.errors import UserError

OLDEST = 17
"""glibc 2.17, the oldest that wheels for manylinux are made for."""


@dataclass(frozen=True, slots=True)
class Target:
    """A machine with Linux and CPython."""

    python: str
    """Its version, as 3.12."""
    platform: str
    """The newest tag of wheels that it takes, as manylinux_2_28_x86_64."""

    @property
    def pip_options(self) -> list[str]:
        """What makes pip choose wheels for it."""
        machine = ["--python-version", self.python, "--implementation", "cp", "--only-binary=:all:"]
        return [*machine, *(word for tag in tags_of(self.platform) for word in ("--platform", tag))]

    @property
    def environment(self) -> dict[str, str]:
        """What markers of requirements ask about it."""
        return {
            "python_version": self.python, "python_full_version": f"{self.python}.0", "sys_platform": "linux",
            "os_name": "posix", "platform_system": "Linux", "platform_machine": machine_of(self.platform),
            "platform_python_implementation": "CPython", "implementation_name": "cpython",
            "implementation_version": f"{self.python}.0", "platform_release": "", "platform_version": "", "extra": "",
        }  # fmt: skip


def target_of(python: str | None, platform: str | None) -> Target:
    """The machine that is named; this one, as far as it is not. Raises UserError where no package can be for it."""
    from packaging.tags import platform_tags

    if platform is None:
        here = list(platform_tags())
        platform = next((tag for tag in here if tag.startswith("manylinux_2_")), here[0])
    chosen = Target(python or f"{sys.version_info.major}.{sys.version_info.minor}", platform)
    if re.fullmatch(r"3\.\d{1,2}", chosen.python) is None:
        raise UserError(f"--python {chosen.python}: a version is needed, as 3.12")
    if re.fullmatch(r"manylinux_2_\d+_\w+", chosen.platform) is None:
        raise UserError(f"--platform {chosen.platform}: a tag of Linux is needed, as manylinux_2_28_x86_64")
    return chosen


def machine_of(platform: str) -> str:
    """The kind of processor in a platform's tag: `x86_64`."""
    found = re.fullmatch(r"manylinux_2_\d+_(\w+)", platform)
    return found[1] if found else platform.partition("_")[2]


def tags_of(platform: str) -> list[str]:
    """A platform's tag and those of older ones, whose wheels it takes too: pip does not know which these are."""
    if (found := re.fullmatch(r"manylinux_2_(\d+)_(\w+)", platform)) is None:
        return [platform]
    newest, machine = int(found[1]), found[2]
    older = [f"manylinux_2_{minor}_{machine}" for minor in range(newest, OLDEST - 1, -1)]
    return [*older, f"manylinux2014_{machine}"]
