"""A tiny wheel made on the spot, which the real pip finds without any package index."""

import base64
import hashlib
import os
import zipfile
from pathlib import Path

import pytest

from bench.config import WheelConfig


class WheelShelf:
    """A folder that pip looks for wheels in."""

    def __init__(self, folder: Path):
        self.folder = folder

    def add(self, files: dict[str, bytes], package: str = "tiny-texts", version: str = "1.0") -> WheelConfig:
        """Put a wheel with these files on the shelf; returns its pinned description, with root `tiny/data`."""
        stem = f"{package.replace('-', '_')}-{version}"
        info = f"{stem}.dist-info"
        members = {
            **files,
            f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n".encode(),
            f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        }
        record = [f"{name},{_record_hash(content)},{len(content)}" for name, content in members.items()]
        members[f"{info}/RECORD"] = "\n".join([*record, f"{info}/RECORD,,", ""]).encode()
        path = self.folder / f"{stem}-py3-none-any.whl"
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in members.items():
                archive.writestr(name, content)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        return WheelConfig(package=package, version=version, sha256=digest, root="tiny/data")


def _record_hash(content: bytes) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    return f"sha256={digest}"


@pytest.fixture
def shelf(tmp_path, monkeypatch) -> WheelShelf:
    folder = tmp_path / "shelf"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    return WheelShelf(folder)


@pytest.fixture
def wheel(shelf) -> WheelConfig:
    files = {"tiny/data/a/1.txt": b"one", "tiny/data/b/2.txt": b"two", "tiny/code.py": b"", "tiny/data2/x": b"x"}
    return shelf.add(files)
