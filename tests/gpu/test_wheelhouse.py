"""The folder of wheels for a machine without a package index: what is in it, and that pip takes it."""

import hashlib
import subprocess
import sys
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest

from bench.sources.target import Target, tags_of
from tests.gpu.wheelhouse.__main__ import LIMIT, said, too_large
from tests.gpu.wheelhouse.closure import HAVE, LARGE, NEEDED, closure
from tests.gpu.wheelhouse.slim import slim

MACHINE = Target("3.12", "manylinux_2_28_x86_64")
FILES = {
    "bitsandbytes/__init__.py": b"answer = 42\n" * 500,
    "bitsandbytes/libbitsandbytes_cpu.so": b"cpu",
    "bitsandbytes/libbitsandbytes_cuda126.so": b"old",
    "bitsandbytes/libbitsandbytes_cuda130.so": b"new",
    "bitsandbytes/libbitsandbytes_rocm72.so": b"other",
    "bitsandbytes/nn/tests/test_nn.py": b"assert True\n",
    "bitsandbytes/attests/kept.py": b"",
    "bitsandbytes-1.0.dist-info/METADATA": b"Metadata-Version: 2.1\nName: bitsandbytes\nVersion: 1.0\n",
    "bitsandbytes-1.0.dist-info/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
}
KEPT = ["__init__.py", "attests/kept.py", "libbitsandbytes_cpu.so", "libbitsandbytes_cuda130.so"]


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    """A small bitsandbytes."""
    path = tmp_path / "bitsandbytes-1.0-py3-none-any.whl"
    record = "bitsandbytes-1.0.dist-info/RECORD"
    lines = [f"{name},sha256={hashlib.sha256(content).hexdigest()},{len(content)}" for name, content in FILES.items()]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in FILES.items():
            archive.writestr(name, content)
        archive.writestr(record, "\n".join([*lines, f"{record},,"]) + "\n")
    return path


def test_kernels_of_one_cuda_are_left_and_pip_installs_them(wheel: Path, tmp_path: Path) -> None:
    (tmp_path / "slim").mkdir()
    made = slim(wheel, tmp_path / "slim", "130")
    with zipfile.ZipFile(made) as archive:
        names = archive.namelist()
        assert {entry.compress_type for entry in archive.infolist()} == {zipfile.ZIP_LZMA}
        listed = [line.split(",")[0] for line in archive.read("bitsandbytes-1.0.dist-info/RECORD").decode().split()]
    assert sorted(listed) == sorted(names)
    target = tmp_path / "target"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--target", str(target)]
    subprocess.run([*pip, str(made)], check=True)
    folder = target / "bitsandbytes"
    files = [file for file in folder.rglob("*") if file.is_file() and "__pycache__" not in file.parts]
    assert sorted(file.relative_to(folder).as_posix() for file in files) == KEPT
    assert (folder / "__init__.py").read_bytes() == FILES["bitsandbytes/__init__.py"]


def test_kernels_that_are_not_there_are_told(wheel: Path, tmp_path: Path) -> None:
    (tmp_path / "slim").mkdir()
    with pytest.raises(ValueError, match=r"no kernels for CUDA=999; there are 126, 130$"):
        slim(wheel, tmp_path / "slim", "999")


def test_what_a_machine_has_is_not_carried_with_what_it_brings() -> None:
    found = closure(NEEDED, HAVE, MACHINE)
    assert set(NEEDED) <= set(found)
    assert found["pydantic-core"] == version("pydantic-core"), "what is needed needs others"
    assert not {"torch", "numpy", "sympy", "transformers", *LARGE} & set(found)
    less = closure(NEEDED, [*HAVE, "scikit-learn", "scipy"], MACHINE)
    assert not {"scikit-learn", "scipy", "joblib"} & set(less)
    assert "colorama" not in closure(["pytest"], HAVE, MACHINE), "that is for another system"


def test_wheels_for_older_systems_will_do() -> None:
    tags = tags_of("manylinux_2_28_x86_64")
    assert (tags[0], tags[-2:]) == ("manylinux_2_28_x86_64", ["manylinux_2_17_x86_64", "manylinux2014_x86_64"])
    assert tags_of("macosx_14_0_arm64") == ["macosx_14_0_arm64"]


def test_too_much_is_told_with_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "small-1-py3-none-any.whl").write_bytes(b"x" * 1000)
    assert too_large(tmp_path) is None
    assert "1 wheels, 0.0 MiB\nleft out for their size: pandas, pyarrow" in said(tmp_path, HAVE)
    assert said(tmp_path, [*HAVE, *LARGE]).count("\n") == 0
    with (tmp_path / "scipy-1-py3-none-any.whl").open("wb") as file:
        file.truncate(LIMIT)
    problem = too_large(tmp_path)
    assert problem is not None
    assert "more than 40 MiB (scipy 40.0 MiB, small 0.0 MiB)" in problem
