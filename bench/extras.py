"""Packages that not everybody needs: the extra that each is installed by, and what is said where one is missing."""

from importlib.util import find_spec

EXTRAS = {
    "bitsandbytes": "qlora", "fastapi": "serve", "gguf": "gguf", "mlflow": "mlflow", "onnx": "onnx",
    "onnxruntime": "onnx", "onnxscript": "onnx", "optuna": "tune", "ray": "ray", "setfit": "setfit",
    "starlette": "serve", "submitit": "slurm", "tensorboard": "tensorboard",
    "trackio": "trackio", "uvicorn": "serve", "wandb": "wandb",
}  # fmt: skip
"""By the package's name in Python; extras of `pyproject.toml`."""

INSTALLED_AS = {"lomo_optim": "lomo-optim", "optimi": "torch-optimi"}
"""Packages whose name for pip is another than the one in Python."""


def is_here(package: str) -> bool:
    """Whether a package is installed; it is not imported."""
    return find_spec(package) is not None


def how_to_install(package: str) -> str:
    """The command that brings a package."""
    if (extra := EXTRAS.get(package)) is not None:
        return f"pip install 'finetune-bench[{extra}]'"
    return f"pip install {INSTALLED_AS.get(package, package)}"
