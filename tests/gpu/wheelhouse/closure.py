"""Which packages the suites for a GPU need beyond those that a machine has, in the versions that are installed here."""

from collections.abc import Collection, Iterable
from importlib.metadata import requires, version

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

NEEDED = (
    "bitsandbytes", "filelock", "hydra-core", "nvidia-ml-py", "omegaconf", "platformdirs", "pydantic", "pytest",
    "pytest-timeout", "rich", "scikit-learn", "scipy",
)  # fmt: skip
HAVE = ("torch", "transformers", "peft", "accelerate")
"""What a machine for training has."""
BROUGHT = ("numpy",)
"""What these bring, and other packages need as well; small ones are carried all the same."""
LARGE = ("pandas", "pyarrow", "matplotlib", "seaborn", "statsmodels")
"""What tests of whole commands need beside: not carried, for it is too much."""


def closure(names: Iterable[str], have: Collection[str], python: str) -> dict[str, str]:
    """Version by name of `names` and of all that they need on Linux with this Python (3.12), but what is in `have`."""
    present = {canonicalize_name(name) for name in (*have, *BROUGHT)}
    ahead, found = [canonicalize_name(name) for name in names], dict[str, str]()
    while ahead:
        name = ahead.pop()
        if name in found or name in present:
            continue
        found[name] = version(name)
        ahead += [canonicalize_name(needed) for needed in _needs(name, python)]
    return dict(sorted(found.items()))


def _needs(name: str, python: str) -> list[str]:
    """The packages that a package needs, without its extras."""
    machine = {
        "python_version": python, "python_full_version": f"{python}.0", "sys_platform": "linux", "os_name": "posix",
        "platform_system": "Linux", "platform_machine": "x86_64", "platform_python_implementation": "CPython",
        "implementation_name": "cpython", "extra": "",
    }  # fmt: skip
    found = map(Requirement, requires(name) or [])
    return [needed.name for needed in found if needed.marker is None or needed.marker.evaluate(machine)]
