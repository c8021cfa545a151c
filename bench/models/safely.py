"""How a folder of somebody else's is read: no code of its own runs, and weights are safetensors."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.config import TransformerConfig
from bench.errors import UserError

ADAPTER = "adapter_config.json"
PICKLED = ("pytorch_model*.bin", "*.pt", "*.pth", "*.ckpt")
"""Weights whose reading can run code."""
_OWN_CODE = ("trust_remote_code", "custom code")
"""Words of transformers' messages where code of the model's own would be needed."""
INSIST = "model.trust_remote_code=true"
"""The option that lets such code run."""
_NO_SAFETENSORS = ("no file named model.safetensors", "cannot be loaded with `safetensors`")


def weights_options(model: TransformerConfig) -> dict[str, Any]:
    """Options of each `from_pretrained` that reads weights."""
    return {**files_options(model), "use_safetensors": True}


def files_options(model: TransformerConfig) -> dict[str, Any]:
    """Options of each `from_pretrained`, those of tokenizers and configurations too.

    Left open, `trust_remote_code` makes transformers ask on standard input whether to run the code.
    """
    return {"trust_remote_code": model.trust_remote_code}


def check_folder(folder: Path, name: str) -> None:
    """Raise UserError where the weights in `folder` are pickles alone, or those of an adapter.

    transformers would follow an adapter to a base model somewhere else. Imports nothing heavy.
    """
    refuse_irregular(folder)
    if (folder / ADAPTER).exists():
        raise UserError(
            f"model {name}: {folder} holds an adapter ({ADAPTER}), which is trained on another model; merge the two "
            "(peft's merge_and_unload), save_pretrained, and give that folder"
        )
    if any(folder.glob("*.safetensors")):
        return
    pickled = sorted(path.name for pattern in PICKLED for path in folder.glob(pattern))
    if pickled:
        raise UserError(
            f"model {name}: {folder} has {pickled[0]} and no safetensors; reading such a file can run code, so it is "
            "not read: load it where you trust it and save it again with save_pretrained"
        )


def refuse_irregular(folder: Path) -> None:
    """Raise UserError where a pipe or a device lies in `folder`: libraries would wait for it without end."""
    if odd := sorted(path.name for path in folder.glob("*") if path.exists() and not (path.is_file() or path.is_dir())):
        raise UserError(f"{folder / odd[0]} is a pipe, a socket or a device, no file of a model")


@contextmanager
def explained(name: str, location: str | Path) -> Iterator[None]:
    """Turn what transformers says of code or pickles in a model's folder into a UserError with what to do."""
    try:
        yield
    except (ValueError, OSError) as error:
        text = str(error)
        if any(word in text for word in _OWN_CODE):
            raise UserError(
                f"model {name}: {location} needs code of its own, which is not run; {INSIST} runs it, where you "
                "trust whoever wrote it"
            ) from error
        if any(words in text for words in _NO_SAFETENSORS):
            raise UserError(
                f"model {name}: {location} has no safetensors weights, and other files can run code: save it again "
                "with save_pretrained"
            ) from error
        raise
