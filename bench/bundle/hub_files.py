"""Models and data sets of the hub, as a mirror has them: those of their files that are read, and no others."""

import re
import tempfile
from collections.abc import Callable, Collection, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from bench.bundle.parts import GIT, Item, Part
from bench.config import DataConfig, TransformerConfig
from bench.errors import UserError
from bench.sources import hub

READ = re.compile(r"[^/]+\.(json|txt|model|jinja|tiktoken)|(\d+_[^/]+|additional_chat_templates)/[^/]+")
"""Configuration and tokenizer; modules of sentence-transformers."""
LEGAL = re.compile(r"(licen[cs]e|notice|use_policy|readme)[^/]*", re.IGNORECASE)
"""What has to go along with the files."""
WEIGHTS, SHARDS_INDEX = "model.safetensors", "model.safetensors.index.json"
SHARD = re.compile(r"model-\d+-of-\d+\.safetensors")
OTHER_INDEX = re.compile(r".*\.index\.json")
CARDS = ("README.md", "dataset_infos.json")
"""What says how a data set is to be read."""
PATIENCE_SECONDS = 30.0


class HubFiles(Part):
    """Some files of one repository of the hub, at one commit."""

    def __init__(self, title: str, repository: "Repository", names: Collection[str]) -> None:
        self.title, self.repository = title, repository
        self.items = tuple(_item(repository, name) for name in names)

    def bring(self, missing: Sequence[Item], bundle: Path) -> None:
        """Download them; what an earlier try left of one is gone on with."""
        folder = bundle / self.repository.folder
        for item in missing:
            self.repository.download(str(Path(item.path).relative_to(self.repository.folder)), folder)


class Repository:
    """A model or data set of the hub, as it is at one commit."""

    def __init__(self, kind: Literal["models", "datasets"], hub_id: str, revision: str | None) -> None:
        """Asks the hub for its files. Raises UserError where that does not answer, or has no such revision."""
        import huggingface_hub

        self.kind, self.id = kind, hub_id
        self.type: Literal["model", "dataset"] = "model" if kind == "models" else "dataset"
        api = huggingface_hub.HfApi()
        found: Any = self._asked(
            lambda: api.repo_info(
                hub_id, repo_type=self.type, revision=revision, files_metadata=True, timeout=PATIENCE_SECONDS
            )
        )
        self.commit: str = found.sha
        self.files: dict[str, Any] = {sibling.rfilename: sibling for sibling in found.siblings or ()}
        for name in self.files:
            if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
                raise UserError(f"{self.what} has a file with the unsafe path {name!r}")
        if found.gated and huggingface_hub.get_token() is None:
            raise hub.gated(self.what)

    @property
    def folder(self) -> str:
        """Where a mirror has it."""
        return f"{self.kind}/{self.id}"

    @property
    def what(self) -> str:
        """What messages call it."""
        return f"{'model' if self.kind == 'models' else 'data set'} {self.id}"

    def download(self, name: str, folder: Path) -> None:
        """Put one of its files below `folder`. Raises UserError."""
        import huggingface_hub

        self._asked(
            lambda: huggingface_hub.hf_hub_download(
                self.id, name, repo_type=self.type, revision=self.commit, local_dir=folder
            )
        )

    def _asked(self, ask: Callable[[], Any]) -> Any:
        try:
            return ask()
        except Exception as error:
            if (explanation := hub.explain(error, self.what)) is not None:
                raise explanation from error
            raise


def of_model(model: TransformerConfig) -> HubFiles:
    """What `from_pretrained` reads of a model: configuration, tokenizer and safetensors. Raises UserError."""
    assert model.id is not None
    repository = Repository("models", model.id, model.revision)
    names = chosen_of_model(repository.files, code=model.trust_remote_code)
    if not any(name.endswith(".safetensors") for name in names):
        raise UserError(
            f"model {model.name}: {model.id} has no {WEIGHTS} on the hub, and other weights can run code: save it "
            "again with save_pretrained, and give model.path=FOLDER"
        )
    return HubFiles(f"model {model.name}", repository, names)


def chosen_of_model(names: Collection[str], *, code: bool) -> list[str]:
    """Those of a repository's files that are read of a model, in their order; with `code` its own modules, too."""
    weights = {WEIGHTS} if WEIGHTS in names else {SHARDS_INDEX, *filter(SHARD.fullmatch, names)}
    return [
        name
        for name in names
        if name in weights
        or (READ.fullmatch(name) and not OTHER_INDEX.fullmatch(name))
        or LEGAL.fullmatch(name)
        or (code and name.endswith(".py"))
    ]


def of_data(data: DataConfig) -> HubFiles:
    """The files of a data set's configuration, all splits of it, and its card. Raises UserError."""
    assert data.id is not None
    repository = Repository("datasets", data.id, data.revision)
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made).resolve()
        names = [name for name in repository.files if name in CARDS or LEGAL.fullmatch(name)]
        return HubFiles(f"data {data.name}", repository, dict.fromkeys([*names, *_read(data, repository, folder)]))


def _read(data: DataConfig, repository: Repository, folder: Path) -> list[str]:
    """Names of the files that `datasets` reads: asked of it in a folder of empty files that are called so."""
    from bench.data.readers.hub import files_read

    for name in repository.files:
        if name in CARDS:
            repository.download(name, folder)
            continue
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    try:
        found = files_read(data, folder)
    except UserError as error:
        raise UserError(str(error).replace(str(folder), repository.id)) from error
    if strange := [path for path in found if not path.is_relative_to(folder)]:
        raise UserError(f"{repository.what} reads {strange[0]}, which is not on the hub")
    return [path.relative_to(folder).as_posix() for path in found]


def _item(repository: Repository, name: str) -> Item:
    file = repository.files[name]
    digest = file.lfs.sha256 if file.lfs else file.blob_id and f"{GIT}{file.blob_id}"
    return Item(f"{repository.folder}/{name}", file.size, digest or None)
