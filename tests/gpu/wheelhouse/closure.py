"""Which packages the suites for a GPU need beyond those that a machine has, in the versions that are installed here."""

from collections.abc import Collection, Iterable
from importlib.metadata import requires, version

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from bench.sources.target import Target

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


def closure(names: Iterable[str], have: Collection[str], target: Target) -> dict[str, str]:
    """Version by name of `names` and of all that they need on a machine, but what is in `have`."""
    present = {canonicalize_name(name) for name in (*have, *BROUGHT)}
    ahead, found = [canonicalize_name(name) for name in names], dict[str, str]()
    while ahead:
        name = ahead.pop()
        if name in found or name in present:
            continue
        found[name] = version(name)
        ahead += [canonicalize_name(needed) for needed in _needs(name, target)]
    return dict(sorted(found.items()))


def _needs(name: str, target: Target) -> list[str]:
    """The packages that a package needs, without its extras."""
    found = map(Requirement, requires(name) or [])
    return [needed.name for needed in found if needed.marker is None or needed.marker.evaluate(target.environment)]
