"""Loading a kept model, wherever its base model is; what is heavy is imported last."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from bench.config import TransformerConfig
from bench.errors import UserError
from bench.escape.terminal import say
from bench.models import files, safely
from bench.models.kept import AGAIN, KeptModel, other_versions
from bench.predict.cell import find
from bench.running.cores import use_threads
from bench.running.devices import visible_gpus
from bench.running.garbage import gc_disabled
from bench.sources import hub
from bench.sources.cache import cache_folder
from bench.sources.fingerprint import folder_sha256

if TYPE_CHECKING:
    from bench.predict.classifier import Classifier
    from bench.predict.from_method import FromMethod


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """How a model is to be loaded."""

    device: Literal["auto", "cpu", "cuda"] = "auto"
    batch_size: int | None = None
    """Texts at once; None: as the cell evaluated."""
    model_path: str | None = None
    """A folder in place of the base model's hub id."""
    trust_remote_code: bool = False
    mirror_dir: str | None = None
    cache_dir: str | None = None


@contextmanager
def spelled(*options: str) -> Iterator[None]:
    """Within it, what is said of a base model that can't be had names these options of a verb's command line."""
    try:
        yield
    except UserError as error:
        said = str(error).replace(hub.COPY_OF_MODEL, f"give {' or '.join(options)} a FOLDER with a copy on disk")
        raise UserError(re.sub(r"^mirror_dir=", "--mirror-dir ", said)) from error


def described(folder: Path, wanted: Wanted) -> tuple[Path, KeptModel]:
    """Where the model of a cell's folder, or of `bench best`, is, and what it is. Raises UserError."""
    folder, kept = find(folder)
    # the folder may be somebody else's: what it says of itself opens no door
    if isinstance(kept.model, TransformerConfig):
        kept = replace(kept, model=replace(kept.model, trust_remote_code=wanted.trust_remote_code))
    return folder, replace(kept, batch_size=wanted.batch_size or kept.batch_size)


def device_of(kept: KeptModel, wanted: Wanted) -> str:
    """`cuda` or `cpu`. Raises UserError where a GPU is asked for and none is visible, or the model knows none."""
    if wanted.device == "cuda" and not visible_gpus():
        raise UserError("--device cuda, but no GPU is visible here; --device cpu does without")
    if kept.approach.role == "classical":
        if wanted.device == "cuda":
            raise UserError(f"--device cuda has no effect on {kept.model.name}, which is computed on the CPU")
        return "cpu"
    return wanted.device if wanted.device != "auto" else "cuda" if visible_gpus() else "cpu"


def load(folder: Path, kept: KeptModel, wanted: Wanted, device: str) -> "Classifier | FromMethod":
    """The model that is `described`, loaded on `device`. Raises UserError where the files do not make it up."""
    return load_on(base_of(kept, wanted), folder, kept, device)


def base_of(kept: KeptModel, wanted: Wanted) -> str | None:
    """Where the base model of `kept` is, a folder or a hub id; None where it needs none.

    Raises UserError where there is none, or another.
    """
    model = kept.base
    if model is None:
        return None
    if wanted.model_path is not None:
        if model.source != "hub" or not Path(wanted.model_path).is_dir():
            reason = "is not a folder" if model.source == "hub" else f"does not go with a model from a {model.source}"
            raise UserError(f"--model-path {wanted.model_path} {reason}")
        model = replace(model, path=wanted.model_path)
    location = files.locate(model, cache=cache_folder(wanted.cache_dir), mirror_dir=wanted.mirror_dir)
    if model.source == "hub":
        _check_base(kept, model, location, "--mirror-dir" if wanted.model_path is None else "--model-path")
    return location


def _check_base(kept: KeptModel, model: TransformerConfig, location: str, option: str) -> None:
    """Raise UserError where a base from the hub is another than the kept model's own, or can't be had.

    A note says so where that cannot be known; `option` is what names the folder, where `location` is one.
    """
    what = "the adapter" if kept.is_adapter else "the saved model"
    if not Path(location).is_dir():
        if model.gated:
            hub.require_token(location)
        if kept.model_sha256 is not None:
            say(f"note: {what} was trained on a folder, and {location} of the hub may hold other files", error=True)
    elif kept.model_sha256 is None:
        say(f"note: {what} was trained on files of the hub, and {location} may hold others", error=True)
    elif kept.model_sha256 != folder_sha256(Path(location)):
        raise UserError(
            f"the files in {location} are not those that {what} was trained on, and with others it would give "
            f"other answers; give {option} the folder that the cell was trained with"
        )


def load_on(base: str | None, folder: Path, kept: KeptModel, device: str) -> "Classifier | FromMethod":
    """The model, loaded with the base that `base_of` found; what is heavy is imported here.

    Raises UserError where the files do not make up the model that they describe.
    """
    from bench.running.quiet import quiet_libraries

    quiet_libraries()
    use_threads(None)
    with gc_disabled():
        load = _loader(kept)
    try:
        return load(folder, kept, base=base, device=device)
    except UserError as error:
        raise UserError(str(error).replace(safely.INSIST, "--trust-remote-code")) from error
    except MemoryError:
        raise
    except Exception as error:  # whatever libraries raise at files that were cut off, or do not go together
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        versions = f" (it was kept by other versions: {others})" if (others := other_versions(kept)) else ""
        raise UserError(f"the saved model in {folder} cannot be loaded: {reason}{versions}; {AGAIN}") from error


def _loader(kept: KeptModel) -> "Callable[..., Classifier | FromMethod]":
    """What loads a model of this kind, with its libraries imported: torch only where it is needed."""
    if kept.approach.by_gradients:
        from bench.models import load
        from bench.predict.classifier import load_classifier

        load.quiet()
        return load_classifier
    from bench.predict.from_method import load_fitted

    return load_fitted
