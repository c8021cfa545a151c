"""Everything that is kept has the rights that the umask leaves, so that a shared folder is shared."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench import rights
from bench.models import files
from bench.predict.__main__ import main as predict
from bench.results import store
from tests.support import cli, gguf_file, texts

MASK = 0o027


@pytest.fixture
def umask() -> Iterator[None]:
    """One that gives the group what it may have, and others nothing; what starts from here has it, too."""
    before = os.umask(MASK)
    yield
    os.umask(before)


def wrong(*folders: Path) -> dict[str, str]:
    """What is kept below `folders` with other rights, each with its own."""
    found = {}
    for path in (path for folder in folders for path in (folder, *folder.rglob("*")) if not path.is_symlink()):
        mode = path.stat().st_mode & 0o777
        if mode != (0o777 if path.is_dir() else 0o666) & ~MASK:
            found[str(path)] = oct(mode)
    return found


@pytest.mark.usefixtures("umask")
def test_what_sweeps_keep_is_shared_as_the_umask_says(mirror: Path, tmp_path: Path) -> None:
    """Records, predictions, texts, logs, models, caches, locks, reports, answers."""
    texts.topics(40).to_csv(tmp_path / "topics.csv", index=False)
    place = tmp_path / "place"
    ended = cli.bench(
        "-m", "data=file", f"data.path={tmp_path / 'topics.csv'}", "model=bert_base", "method=lora,linear_probe,setfit",
        "train_size=16", "+training.num_train_epochs=1", "save_model=true", f"mirror_dir={mirror}", "device=cpu",
        folder=place, timeout=400,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stdout + ended.stderr
    kept = [path.name for path in place.rglob("*")]
    for name in ("record.json", "log.txt", "model", "adapter_model.safetensors", ".index.json", "index.html"):
        assert name in kept
    assert any(path.parent.parent.name == "features" for path in (place / "cache").rglob("*.safetensors"))
    assert wrong(*(place / name for name in ("results", "reports", "cache"))) == {}
    models = list((place / "results").rglob("model"))
    assert len(models) == 3
    for model in models:
        out = place / f"{model.parent.name}.csv"
        assert predict([str(model.parent), "a goal", "--out", str(out), "--mirror-dir", str(mirror)]) == 0
        assert wrong(out) == {}


@pytest.mark.usefixtures("umask")
def test_a_converted_model_is_shared(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    gguf_file.write(source / "tiny.gguf")
    files.converted(source, "tiny.gguf", tmp_path / "cache" / "models" / "tiny")
    assert wrong(tmp_path / "cache") == {}


@pytest.mark.usefixtures("umask")
def test_a_folder_made_for_the_owner_alone_is_shared_with_all_in_it(tmp_path: Path) -> None:
    (tmp_path / "kept" / "deep").mkdir(parents=True)
    for path in (tmp_path / "kept" / "file", tmp_path / "kept" / "deep" / "file"):
        path.touch(0o600)
    for path in (tmp_path / "kept" / "deep", tmp_path / "kept"):
        path.chmod(0o700)
    (tmp_path / "kept" / "link").symlink_to("/etc/hostname")
    rights.share_all(tmp_path / "kept")
    assert wrong(tmp_path / "kept") == {}
    with rights.shared_lock(tmp_path / "lock"):
        pass
    assert wrong(tmp_path / "lock") == {}
    store.write_atomically(tmp_path / "file", b"")
    assert wrong(tmp_path / "file") == {}
