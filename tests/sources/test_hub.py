import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import datasets
import huggingface_hub
import pytest
from huggingface_hub import errors

from bench.errors import UserError
from bench.sources import hub
from bench.sources.hub import explain, require_token, resolve

REPOSITORY = Path(__file__).parents[2]
ANSWER = SimpleNamespace(headers={}, request=None, status_code=403)


@pytest.mark.parametrize(("kind", "option"), [("models", "model.path"), ("datasets", "data.path")])
def test_an_explicit_path_comes_first_and_must_be_there(tmp_path, kind, option):
    (tmp_path / kind / "a" / "b").mkdir(parents=True)
    assert resolve(kind, "a/b", str(tmp_path), str(tmp_path)) == str(tmp_path)
    with pytest.raises(UserError, match=f"^{option}=/not/there is not there$"):
        resolve(kind, "a/b", "/not/there", str(tmp_path))


def test_a_mirror_stands_in_where_it_has_the_id(tmp_path):
    (tmp_path / "models" / "a" / "b").mkdir(parents=True)
    assert resolve("models", "a/b", None, str(tmp_path)) == str(tmp_path / "models" / "a" / "b")
    assert resolve("datasets", "a/b", None, str(tmp_path)) == "a/b"
    assert resolve("models", "a/b", None, None) == "a/b"
    with pytest.raises(UserError, match=r"^mirror_dir=/not/there is not a folder$"):
        resolve("models", "a/b", None, "/not/there")


@pytest.mark.parametrize(("kind", "group"), [("models", "model"), ("datasets", "data")])
def test_an_id_that_is_a_folder_here_is_refused(tmp_path, monkeypatch, kind, group):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "orgA" / "mini").mkdir(parents=True)
    for hub_id in ("orgA/mini", str(tmp_path / "orgA" / "mini")):
        with pytest.raises(UserError, match=f"^{group}.id={hub_id} is a folder here.* give {group}.path={hub_id} to "):
            resolve(kind, hub_id, None, None)
    assert resolve(kind, "orgA/other", None, None) == "orgA/other"
    assert resolve(kind, "orgA/mini", "orgA", None) == "orgA"
    (tmp_path / "mirror" / kind / "orgA" / "mini").mkdir(parents=True)
    assert resolve(kind, "orgA/mini", None, "mirror") == f"mirror/{kind}/orgA/mini"


def raised(error: Exception, cause: Exception | None = None) -> Exception:
    try:
        raise error from cause
    except Exception as caught:
        return caught


def without_cause(error: Exception, context: Exception) -> Exception:
    """As `datasets` raises: `from None`, while another error is being handled."""
    try:
        try:
            raise context
        except Exception:
            raise error from None
    except Exception as caught:
        return caught


def hub_error(kind: str) -> Exception:
    return getattr(errors, kind)("403 Forbidden\nfor url: {x}", response=ANSWER)


class ConnectError(Exception):
    __module__ = "httpx"


class HTTPStatusError(Exception):
    __module__ = "httpx"


EXPLAINED = {
    "gated": (raised(OSError("You are trying\nto access"), hub_error("GatedRepoError")), "accept its licence"),
    "gated data set": (datasets.exceptions.DatasetNotFoundError("Dataset 'x' is a gated dataset"), "hf auth login"),
    "gated, dropped cause": (
        without_cause(datasets.exceptions.DatasetNotFoundError("x"), hub_error("GatedRepoError")),
        "accept its licence",
    ),
    "no such repository": (hub_error("RepositoryNotFoundError"), "correct data.id"),
    "no such data set": (datasets.exceptions.DatasetNotFoundError("Dataset 'x' doesn't exist"), "correct data.id"),
    "no such revision": (hub_error("RevisionNotFoundError"), "correct data.revision"),
    "no such revision of data": (
        datasets.exceptions.DatasetNotFoundError("Revision 'y' doesn't exist for dataset"),
        "correct data.revision",
    ),
    "no such file": (
        raised(hub_error("RemoteEntryNotFoundError"), HTTPStatusError("404")),
        "lacks a file",
    ),
    "offline": (errors.OfflineModeIsEnabled("x"), "HF_HUB_OFFLINE"),
    "offline data set": (ConnectionError("Couldn't reach 'x' (OfflineModeIsEnabled)"), "HF_HUB_OFFLINE"),
    "no network": (raised(OSError("x"), ConnectError("refused")), "mirror_dir=FOLDER or data.path=FOLDER"),
    "not cached": (raised(OSError("x"), errors.LocalEntryNotFoundError("x")), "check the network"),
    "no token": (errors.LocalTokenNotFoundError("x"), "HF_TOKEN"),
    "bad id": (raised(OSError("x"), errors.HFValidationError("x")), "not a valid hub id"),
    "nowhere": (FileNotFoundError("Couldn't find any data file at /x."), "neither on the hub nor a folder"),
    "no config": (
        ValueError("Config name is missing.\nPlease pick one among: ['a', 'b']\nExample of usage:\n\t`x`"),
        "['a', 'b']; correct data.config",
    ),
    "wrong config": (ValueError("BuilderConfig 'x' not found. Available: ['a']"), "correct data.config"),
    "script": (RuntimeError("Dataset scripts are no longer supported, but found x.py"), "refs/convert/parquet"),
    "empty": (datasets.exceptions.DataFilesNotFoundError("No files"), "no data files"),
    "server error": (
        raised(hub_error("HfHubHTTPError"), HTTPStatusError("500")),
        "the hub answered '403 Forbidden for url: {x}'",
    ),
}


@pytest.mark.parametrize("case", EXPLAINED)
def test_hub_errors_become_one_line_that_says_what_to_do(case, monkeypatch):
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    error, expected = EXPLAINED[case]
    explained = explain(error, "data set a/b")
    assert isinstance(explained, UserError)
    text = str(explained)
    assert text.startswith("data set a/b")
    assert expected in text
    assert "\n" not in text


def test_options_are_those_of_models_for_models():
    assert "correct model.id" in str(explain(hub_error("RepositoryNotFoundError"), "model a/b"))


def test_what_is_not_cached_in_offline_mode_is_not_blamed_on_the_network(monkeypatch):
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    assert "HF_HUB_OFFLINE" in str(explain(errors.LocalEntryNotFoundError("x"), "model a/b"))


@pytest.mark.parametrize(
    "error",
    [
        ValueError("x"),
        BrokenPipeError("x"),
        OSError(28, "No space left on device"),
        RuntimeError("out of memory"),
        without_cause(KeyError("a bug while handling"), ConnectError("x")),
    ],
)
def test_other_errors_are_left_alone(error):
    assert explain(error, "model a/b") is None


def test_a_gated_model_needs_a_token_unless_it_is_cached(monkeypatch):
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(huggingface_hub, "auth_check", lambda _: None)
    monkeypatch.setattr(huggingface_hub, "get_token", lambda: "a token")
    require_token("a/b")
    monkeypatch.setattr(huggingface_hub, "get_token", lambda: None)
    with pytest.raises(UserError, match=r"^model a/b is gated: .*`hf auth login` or set HF_TOKEN"):
        require_token("a/b")
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(UserError, match=r"^model a/b is not in the hub's cache, and HF_HUB_OFFLINE"):
        require_token("a/b")
    monkeypatch.setattr(huggingface_hub, "try_to_load_from_cache", lambda *_, **__: "/some/config.json")
    require_token("a/b")


OFFLINE = """
from pathlib import Path
from bench.config import DataConfig
from bench.data.read import load_pool
from bench.errors import UserError
try:
    load_pool(DataConfig(name="x", source="hub", id="no-such/data"), cache=Path("."), mirror_dir=None)
except UserError as error:
    print(error)
"""


def test_a_data_set_that_is_not_cached_in_offline_mode(tmp_path):
    run = subprocess.run(
        [sys.executable, "-c", OFFLINE],
        cwd=REPOSITORY,
        env={**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.count("\n") == 1
    assert run.stdout.startswith("data set no-such/data is not in the hub's cache, and HF_HUB_OFFLINE")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (errors.GatedRepoError("ask for access", response=ANSWER), "is gated: accept its licence"),
        (errors.RepositoryNotFoundError("404", response=ANSWER), "is not on the hub, or is private"),
        (errors.HfHubHTTPError("503", response=ANSWER), None),  # loading says so, or finds it in the cache
        (ConnectError("no route"), None),
    ],
)
def test_a_token_whose_owner_may_not_read_a_model_is_found_early(
    error: Exception, said: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_: str) -> None:
        raise error

    monkeypatch.setattr(huggingface_hub, "get_token", lambda: "a token")
    monkeypatch.setattr(huggingface_hub, "auth_check", fails)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
    hub.check_access.cache_clear()
    if said is None:
        require_token("a/b")
    else:
        with pytest.raises(UserError, match=said):
            require_token("a/b")


def test_offline_the_hub_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface_hub, "get_token", lambda: "a token")
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(huggingface_hub, "auth_check", lambda _: pytest.fail("the hub was asked"))
    hub.check_access.cache_clear()
    require_token("a/b")
