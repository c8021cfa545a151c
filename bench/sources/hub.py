"""The model and data set hub: what stands in for it, and what its errors mean.

huggingface_hub is imported only where needed. It honours HF_HUB_OFFLINE, HF_TOKEN and its other settings.
"""

import functools
import glob
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from bench.errors import UserError


def resolve(kind: Literal["models", "datasets"], hub_id: str, path: str | None, mirror_dir: str | None) -> str:
    """Where to load from: `path` if given, else `<mirror_dir>/<kind>/<hub_id>` if there, else the hub id.

    Raises UserError where `path` is not there, `mirror_dir` is not a folder, or the hub id is a folder here, which
    libraries would read in its place, whatever it holds.
    """
    if path is not None:
        explicit = Path(path).expanduser()
        if not explicit.exists():
            raise UserError(f"{_group(kind)}.path={path} is not there")
        return str(explicit)
    if mirror_dir is not None:
        mirror = Path(mirror_dir).expanduser()
        if not mirror.is_dir():
            raise UserError(f"mirror_dir={mirror_dir} is not a folder")
        copy = mirror / kind / hub_id
        if copy.is_dir():
            return str(copy)
    if hub_id and Path(os.path.expanduser(hub_id)).exists():
        group = _group(kind)
        raise UserError(
            f"{group}.id={hub_id} is a folder here, which would be read in place of the hub's: give "
            f"{group}.path={hub_id} to read it, or start in another folder"
        )
    return hub_id


def require_cached(model_id: str) -> None:
    """Raise UserError where the hub's cache has no such model and HF_HUB_OFFLINE forbids to fetch it."""
    if offline() and not is_cached(model_id):
        raise UserError(f"model {model_id} {_ADVICE['OfflineModeIsEnabled'].format(group='model')}")


def require_cached_data(data_id: str) -> None:
    """Raise UserError where HF_HUB_OFFLINE forbids to fetch the data set, and no cache has anything of it."""
    if offline() and "/" in data_id and not data_is_cached(data_id):  # (names without an owner were moved to one)
        raise UserError(f"data set {data_id} {_ADVICE['OfflineModeIsEnabled'].format(group='data')}")


def data_is_cached(data_id: str) -> bool:
    """Whether a cache has anything of the data set `OWNER/NAME`."""
    from huggingface_hub import constants

    home = Path(os.environ.get("HF_HOME", "~/.cache/huggingface")).expanduser()
    prepared = Path(os.environ.get("HF_DATASETS_CACHE", home / "datasets")).expanduser()
    owner, _, name = data_id.partition("/")
    fetched = Path(constants.HF_HUB_CACHE, f"datasets--{owner}--{name}")
    return fetched.is_dir() or any(prepared.glob(f"{glob.escape(owner)}___*"))


def require_token(model_id: str) -> None:
    """Raise UserError where no hub token is known, or one whose owner may not read the gated model `model_id`.

    In offline mode a model that is in the hub's cache needs none, and the hub is not asked.
    """
    import huggingface_hub

    if huggingface_hub.get_token() is not None:
        if not offline():
            check_access(model_id)
        return
    if offline():
        if is_cached(model_id):
            return
        raise UserError(f"model {model_id} {_ADVICE['OfflineModeIsEnabled'].format(group='model')}")
    raise gated(f"model {model_id}")


def gated(what: str) -> UserError:
    """What to say where `what`, `model ID` or `data set ID`, is gated and there is no token."""
    return UserError(f"{what} {_ADVICE['GatedRepoError'].format(group=what.split(' ', 1)[0])}")


@functools.cache
def check_access(model_id: str) -> None:
    """Raise UserError where the hub does not let this token's owner read the model: the licence is not accepted, say.

    A hub that can't be reached says nothing about that; loading tells, or finds the model in the cache.
    """
    import huggingface_hub
    from huggingface_hub.errors import RepositoryNotFoundError

    try:
        huggingface_hub.auth_check(model_id)
    except RepositoryNotFoundError as error:  # also the base of GatedRepoError
        explanation = explain(error, f"model {model_id}")
        assert explanation is not None
        raise explanation from error
    except Exception as error:
        if not is_unreachable(error) and not _is_answer(error):
            raise


def cached(model_id: str, name: str, revision: str | None = None) -> Path | None:
    """A model's file in the hub's cache; None where it is not there. Raises UserError where the id is no id at all."""
    import huggingface_hub
    from huggingface_hub.errors import HFValidationError

    try:
        found = huggingface_hub.try_to_load_from_cache(model_id, name, revision=revision)
        return Path(found) if isinstance(found, str) else None
    except HFValidationError as error:
        raise UserError(f"model {model_id} {_ADVICE['HFValidationError'].format(group='model')}") from error


def fetched(model_id: str, name: str, revision: str | None) -> Path:
    """A model's file, out of the hub's cache or fetched into it. Raises UserError where it can't be had."""
    import huggingface_hub

    try:
        return Path(huggingface_hub.hf_hub_download(model_id, name, revision=revision))
    except Exception as error:
        if (explanation := explain(error, f"model {model_id}")) is not None:
            raise explanation from error
        raise


def is_cached(model_id: str) -> bool:
    """Whether the hub's cache has the model. Raises UserError where it is no id at all."""
    return cached(model_id, "config.json") is not None


_LOG_IN = "log in with `hf auth login` or set HF_TOKEN"
_NO_FILES = "has no data files that `datasets` can read; correct {group}.id or {group}.path"
_COPY = "set mirror_dir=FOLDER or {group}.path=FOLDER to a copy on disk"
COPY_OF_MODEL = _COPY.format(group="model")
"""What advice on a model that can't be had ends with."""
_ADVICE = {
    "GatedRepoError": f"is gated: accept its licence on its page on the hub, then {_LOG_IN}; or {_COPY}",
    "LocalTokenNotFoundError": f"needs a hub token: {_LOG_IN}",
    "RevisionNotFoundError": "has no such revision on the hub; correct {group}.revision",
    "DisabledRepoError": f"is disabled on the hub by its author; {_COPY}",
    "RepositoryNotFoundError": "is not on the hub, or is private; correct {group}.id, or " + _LOG_IN,
    "OfflineModeIsEnabled": f"is not in the hub's cache, and HF_HUB_OFFLINE forbids a download; {_COPY}",
    "network": f"is not in the hub's cache, and the hub cannot be reached; check the network, or {_COPY}",
    "EmptyDatasetError": _NO_FILES,
    "DataFilesNotFoundError": _NO_FILES,
    "DatasetNotFoundError": "is not on the hub, or is private; correct {group}.id, or " + _LOG_IN,
    "HFValidationError": "is not a valid hub id; correct {group}.id",
    "not found": "is neither on the hub nor a folder; correct {group}.id",
    "EntryNotFoundError": "lacks a file that is needed; correct {group}.id or {group}.revision",
    "script": "is a data set with a loading script, which `datasets` no longer runs; "
    "{group}.revision=refs/convert/parquet often has it as tables",
}
"""What to do about each kind of error, the most telling kinds first."""

_NETWORK_LIBRARIES = {"httpx", "httpx2", "httpcore", "httpcore2", "requests", "urllib3", "socket"}


def explain(error: Exception, what: str) -> UserError | None:
    """One line on what went wrong with the hub and what to do; None for errors of another kind.

    `what` is `model ID` or `data set ID`; its first word also decides which options are named. Errors are
    told by the names of their classes, through the causes that libraries wrap: huggingface_hub has changed
    its network library before, and `datasets` and transformers raise plain OSErrors around them.
    """
    group = what.split(" ", 1)[0]
    chain = list(_chain(error))
    for cause in chain:
        if isinstance(cause, ValueError) and str(cause).startswith(("BuilderConfig ", "Config name is missing")):
            reason = " ".join(str(cause).split("\nExample")[0].split())
            return UserError(f"{what}: {reason}; correct {group}.config")
    kinds = {kind for cause in chain for kind in _kinds(cause)}
    if "network" in kinds and offline():
        kinds.add("OfflineModeIsEnabled")
    for kind, advice in _ADVICE.items():
        if kind in kinds:
            return UserError(f"{what} {advice.format(group=group)}")
    answers = [" ".join(str(cause).split()) for cause in chain if _is_answer(cause)]
    if answers:
        return UserError(f"{what}: the hub answered {answers[0]!r}; try later, or {_COPY.format(group=group)}")
    return None


def is_unreachable(error: BaseException) -> bool:
    """Whether the hub gave no answer, or was cut off."""
    return any("network" in _kinds(cause) for cause in _chain(error))


def answered(error: BaseException) -> tuple[int, str] | None:
    """The HTTP status that the hub answered, and its words on one line; None where it answered nothing."""
    answers = [cause for cause in _chain(error) if _is_answer(cause)]
    status = getattr(getattr(answers[0], "response", None), "status_code", None) if answers else None
    return None if status is None else (int(status), " ".join(str(answers[0]).split()))


def words_of(error: BaseException) -> str:
    """What the hub itself says of why it refused something, on one line; "" where it says nothing."""
    said = (getattr(cause, "server_message", None) for cause in _chain(error))
    return " ".join(next(filter(None, said), "").split())


def offline() -> bool:
    """Whether HF_HUB_OFFLINE forbids to ask the hub."""
    from huggingface_hub import constants  # a submodule: no attribute of the package before it is imported

    return constants.HF_HUB_OFFLINE


def _group(kind: Literal["models", "datasets"]) -> str:
    return "model" if kind == "models" else "data"


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and what caused it, outermost first.

    `datasets` drops causes ("from None"); they stay as contexts. Those count only for the kinds of errors
    that libraries raise about input, lest a bug that shows while an error is handled be taken for it.
    """
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or (current.__context__ if isinstance(current, OSError) else None)


def _kinds(error: BaseException) -> set[str]:
    """The keys of `_ADVICE` that fit this error alone."""
    kinds = {key for key in _ADVICE if _is_a(error, key)}
    text = str(error)
    if _is_a(error, "LocalEntryNotFoundError") or (_library(error) in _NETWORK_LIBRARIES and not _is_answer(error)):
        kinds = {"network"}
    elif type(error) is ConnectionError:  # what `datasets` raises; its subclasses may be any broken pipe
        kinds = {"OfflineModeIsEnabled"} if "OfflineModeIsEnabled" in text else {"network"}
    elif _is_a(error, "DatasetNotFoundError") and "gated" in text:
        kinds = {"GatedRepoError"}
    elif _is_a(error, "DatasetNotFoundError") and text.startswith("Revision "):
        kinds = {"RevisionNotFoundError"}
    elif isinstance(error, FileNotFoundError) and text.startswith("Couldn't find any data file at"):
        kinds = {"not found"}
    elif text.startswith("Dataset scripts are no longer supported"):
        kinds = {"script"}
    return kinds


def _library(error: BaseException) -> str:
    return type(error).__module__.split(".")[0]


def _is_answer(error: BaseException) -> bool:
    """Whether the hub was reached and answered with an error."""
    return _is_a(error, "HfHubHTTPError") or type(error).__name__ in {"HTTPStatusError", "HTTPError"}


def _is_a(error: BaseException, name: str) -> bool:
    """Whether the error is of a class of this name from the hub's libraries, or one derived from it."""
    return any(
        kind.__name__ == name and kind.__module__.split(".")[0] in {"huggingface_hub", "datasets"}
        for kind in type(error).__mro__
    )
