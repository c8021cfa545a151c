"""Which files a bundle has, before any is fetched."""

import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import Distribution
from pathlib import Path
from types import SimpleNamespace
from zipfile import ZipFile

import huggingface_hub
import pytest
from huggingface_hub import constants
from hydra.core.override_parser.overrides_parser import OverridesParser
from packaging.requirements import Requirement

from bench.bundle import own_wheel
from bench.bundle.__main__ import main
from bench.bundle.asked import asked
from bench.bundle.hub_files import Repository, chosen_of_model, of_model
from bench.bundle.own_files import own_files, without
from bench.bundle.packages import Packages
from bench.bundle.parts import Copied, Item, below, git_hash, once
from bench.bundle.resolve import Resolver, wheel_at
from bench.config import DataConfig, TransformerConfig
from bench.errors import UserError
from bench.sources.target import Target, target_of
from tests.sources.conftest import WheelShelf

MACHINE = Target("3.12", "manylinux_2_28_x86_64")
REPOSITORY = [
    "README.md", "LICENSE.txt", "config.json", "generation_config.json", "tokenizer.json", "tokenizer.model",
    "merges.txt", "chat_template.jinja", "modules.json", "1_Pooling/config.json", "model-00001-of-00002.safetensors",
    "model-00002-of-00002.safetensors", "model.safetensors.index.json",
]  # fmt: skip
UNREAD = [
    "pytorch_model.bin", "pytorch_model.bin.index.json", "model.fp32-00001-of-00002.safetensors", "onnx/config.json",
    "tf_model.h5", "original/params.json", "consolidated.safetensors", "picture.png",
]  # fmt: skip


def test_files_of_a_model() -> None:
    assert chosen_of_model([*REPOSITORY, *UNREAD], code=False) == REPOSITORY
    whole = ["config.json", "model.safetensors"]
    assert chosen_of_model([*whole, *REPOSITORY[-3:]], code=False) == whole, "one file of weights goes before shards"
    assert chosen_of_model([*whole, "a/b.py", "c.py"], code=True) == [*whole, "a/b.py", "c.py"]
    assert chosen_of_model([*whole, "c.py"], code=False) == whole


def test_a_file_is_right_by_its_hash(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("foo\n")
    git = "git:257cc5642cb1a054f08cc83f2d943e56fd3ebe99"
    assert git_hash(tmp_path / "a") == git, "as `git hash-object` says"
    assert Item("a", 4, git).is_in(tmp_path)
    assert Item("a", None, git).is_in(tmp_path)
    assert not Item("a", 5, git).is_in(tmp_path)
    assert not Item("a", 4, git.replace("2", "3")).is_in(tmp_path)
    assert not Item("a", 4, None).is_in(tmp_path), "nobody says what it should be"
    assert not Item("b", 4, git).is_in(tmp_path)


def test_a_file_of_several_parts_is_fetched_once(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / name).write_text(name)
    first = Copied("model x", {"models/a": tmp_path / "a", "models/b": tmp_path / "b"})
    again = Copied("model x", {"models/b": tmp_path / "b", "models/c": tmp_path / "c"})
    same = Copied("model x", {"models/c": tmp_path / "c"})
    parts = once([first, again, same])
    assert [[item.path for item in part.items] for part in parts] == [["models/a", "models/b"], ["models/c"]]
    other = Copied("model y", {"models/a": tmp_path / "c"})
    with pytest.raises(UserError, match=r"^model y: models/a is wanted in two versions"):
        once([first, other])


@pytest.mark.parametrize(
    ("names", "gated", "said"),
    [
        (["a.json"], "auto", "data set a/b is gated: accept its licence on its page on the hub, then log in"),
        (["../a.json"], False, "data set a/b has a file with the unsafe path '../a.json'"),
        (["/a.json"], False, "data set a/b has a file with the unsafe path '/a.json'"),
    ],
)
def test_a_repository_that_is_not_fetched(
    names: list[str], gated: object, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    siblings = [SimpleNamespace(rfilename=name) for name in names]
    answer = SimpleNamespace(sha="0" * 40, siblings=siblings, gated=gated)
    monkeypatch.setattr(huggingface_hub.HfApi, "repo_info", lambda *_, **__: answer)
    monkeypatch.setattr(huggingface_hub, "get_token", lambda: None)
    with pytest.raises(UserError, match=f"^{re.escape(said)}"):
        Repository("datasets", "a/b", None)


def test_a_model_without_safetensors_is_not_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    siblings = [SimpleNamespace(rfilename=name) for name in ("config.json", "pytorch_model.bin")]
    answer = SimpleNamespace(sha="0" * 40, siblings=siblings, gated=False)
    monkeypatch.setattr(huggingface_hub.HfApi, "repo_info", lambda *_, **__: answer)
    with pytest.raises(
        UserError, match=r"^model x: a/b has no model.safetensors on the hub, and other weights can run"
    ):
        of_model(TransformerConfig(name="x", family="bert", source="hub", id="a/b"))


def add(shelf: WheelShelf, package: str, *needs: str, version: str = "1.0", extras: tuple[str, ...] = ()) -> Path:
    """A wheel that needs others."""
    shelf.add({f"{package}.py": b""}, package=package, version=version)
    path = shelf.folder / f"{package}-{version}-py3-none-any.whl"
    lines = [f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}", *(f"Provides-Extra: {e}" for e in extras)]
    with ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    files[f"{package}-{version}.dist-info/METADATA"] = "\n".join(
        [*lines, *(f"Requires-Dist: {need}" for need in needs), ""]
    ).encode()
    with ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


@pytest.fixture
def own(shelf: WheelShelf) -> Path:
    """A package with needs that depend on the machine and on extras, whose own needs lead back to it."""
    for name in ("old", "new", "mac", "unasked", "pinned"):
        add(shelf, name)
    add(shelf, "pinned", version="2.0")
    add(shelf, "wanted", 'deeper; extra == "more"', extras=("more",))
    add(shelf, "deeper", "own", "pinned>=1")
    return add(
        shelf, "own", 'old; python_version < "3.12"', 'new; python_version >= "3.12"', 'mac; sys_platform == "darwin"',
        'wanted[more]; extra == "asked"', 'unasked; extra == "other"', extras=("asked", "other"),
    )  # fmt: skip


def test_needs_are_those_of_the_other_machine(own: Path, tmp_path: Path) -> None:
    def names(python: str, root: str, pins: dict[str, str]) -> list[str]:
        machine = Target(python, MACHINE.platform)
        found = Resolver(pins, machine, wheel_at(own), tmp_path).resolved([Requirement(root)])
        return [f"{wheel.name}-{wheel.version}" for wheel in found]

    assert names("3.11", "own", {}) == ["old-1.0", "own-1.0"]
    all_of_it = ["deeper-1.0", "new-1.0", "own-1.0", "pinned-2.0", "wanted-1.0"]
    assert names("3.12", "own[asked]", {}) == all_of_it
    assert "pinned-1.0" in names("3.12", "own[asked]", {"pinned": "1.0"})
    with pytest.raises(UserError, match=r"^the command line needs pinned>=2, and that would be 1.0: correct the vers"):
        Resolver({"pinned": "1.0"}, MACHINE, wheel_at(own), tmp_path).resolved([Requirement("pinned>=2")])
    with pytest.raises(UserError, match=r"^2 packages cannot be had; pip says 'No matching distribution .* new==9"):
        names("3.12", "own[asked]", {"new": "9"})


def test_what_has_no_pin_is_the_newest_that_all_take(own: Path, shelf: WheelShelf, tmp_path: Path) -> None:
    add(shelf, "late", "strict", 'strict; python_version > "3"')
    add(shelf, "strict", "pinned<2", 'pinned<2; python_version > "3"')
    resolver = Resolver({}, MACHINE, wheel_at(own), tmp_path)
    roots = [Requirement(name) for name in ("pinned", "late")]
    assert [f"{wheel.name}-{wheel.version}" for wheel in resolver.resolved(roots)][-2:] == ["pinned-1.0", "strict-1.0"]
    add(shelf, "stubborn", "pinned>=2")
    with pytest.raises(UserError, match=r"^1 package cannot be had; pip says 'No matching .* pinned.*(<2,>=2|>=2,<2)'"):
        Resolver({}, MACHINE, wheel_at(own), tmp_path).resolved([*roots, Requirement("stubborn")])


def test_pip_brings_what_was_chosen_with_its_hash(own: Path, shelf: WheelShelf, tmp_path: Path) -> None:
    wheels = Resolver({}, MACHINE, wheel_at(own), tmp_path).resolved([Requirement("pinned")])
    part = Packages([wheel for wheel in wheels if wheel.name == "pinned"], MACHINE)
    (item,) = part.items
    assert item == Item("packages/pinned-2.0-py3-none-any.whl", item.size, wheels[-1].sha256)
    assert item.size == (shelf.folder / "pinned-2.0-py3-none-any.whl").stat().st_size
    part.bring(part.items, tmp_path)
    assert item.is_in(tmp_path)
    with (shelf.folder / "pinned-2.0-py3-none-any.whl").open("ab") as file:
        file.write(b"x")
    shutil.rmtree(tmp_path / "packages")
    with pytest.raises(UserError, match=r"^packages for Python 3.12 on manylinux_2_28_x86_64 cannot be had; pip says"):
        part.bring(part.items, tmp_path)


def test_an_installed_package_is_a_wheel_again(shelf: WheelShelf, tmp_path: Path) -> None:
    shelf.add({"thing/__init__.py": b"x = 1\n", "thing/data.txt": b"data"}, package="thing")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--target"]
    subprocess.run([*pip, str(tmp_path / "first"), "thing"], check=True)
    (info,) = (tmp_path / "first").glob("thing-1.0.dist-info")
    again = own_wheel.packed(Distribution.at(info), tmp_path)
    with ZipFile(again) as made, ZipFile(shelf.folder / "thing-1.0-py3-none-any.whl") as first:
        assert sorted(made.namelist()) == sorted(first.namelist())
        assert all(made.read(name) == first.read(name) for name in made.namelist() if "RECORD" not in name)
    subprocess.run([*pip, str(tmp_path / "second"), "--no-index", str(again)], check=True)
    assert (tmp_path / "second/thing/data.txt").read_bytes() == b"data"
    (tmp_path / "first/thing/data.txt").unlink()
    with pytest.raises(UserError, match=r"^finetune-bench is not installed as it was: .*data.txt: No such file"):
        own_wheel.packed(Distribution.at(info), tmp_path)


def test_versions_are_the_files_or_those_that_are_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pins.txt").write_text("# a comment\nMy_Package==1.0  # why\nother>=2\n\n")
    assert own_wheel.pins(tmp_path / "pins.txt") == {"my-package": "1.0"}
    checkout = (own_wheel.CHECKOUT / "constraints.txt").read_text()
    assert f"\ntorch=={own_wheel.pins(None)['torch']}\n" in checkout
    monkeypatch.setattr(own_wheel, "CHECKOUT", tmp_path)
    here = own_wheel.pins(None)
    assert {"torch", "pydantic-core"} < set(here)
    assert "+" not in here["torch"], "an index may have another build of the same version"
    with pytest.raises(UserError, match=r"^--constraints .*none.txt: "):
        own_wheel.pins(tmp_path / "none.txt")


def test_the_machine_is_this_one_unless_another_is_named() -> None:
    here = target_of(None, None)
    assert here.python == f"{sys.version_info.major}.{sys.version_info.minor}"
    assert here.platform.startswith("manylinux_2_")
    assert target_of("3.12", "manylinux_2_28_x86_64") == MACHINE
    for python, platform, words in (("3", None, "--python 3: a"), ("3.12", "win_amd64", "--platform win_amd64: a tag")):
        with pytest.raises(UserError, match=f"^{words}"):
            target_of(python, platform)


def test_a_clone_s_conf_comes_with_the_program_or_as_files_of_ones_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "conf/experiment").mkdir(parents=True)
    (tmp_path / "conf/experiment/mine.yaml").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("bench.bundle.own_files.CONF", tmp_path / "conf")
    assert own_files([], None).copies == {}  # they are in the program's wheel
    assert set(own_files([], None, brings_program=False).copies) == {"own/conf/experiment/mine.yaml"}


def test_files_of_ones_own_that_are_elsewhere_have_a_new_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home, other = tmp_path / "home", tmp_path / "it's, a\\b"
    for folder in (home / "conf/data", other / ".hidden"):
        folder.mkdir(parents=True)
    for path in (
        home / "conf/data/a.yaml",
        home / "conf/secret.txt",
        home / "a.csv",
        other / "b.csv",
        other / ".hidden/c",
    ):
        path.touch()
    monkeypatch.chdir(home)

    def data(source: str, path: str) -> DataConfig:
        return DataConfig(name="x", source=source, path=path)  # type: ignore[arg-type]

    inside = own_files([data("file", "./a.csv"), data("package", "stance.csv")], None)
    assert set(inside.copies) == {"own/a.csv", "own/conf/data/a.yaml"}
    assert inside.words == []
    outside = own_files([data("folder", str(other))], str(home / "conf"))
    assert set(outside.copies) == {
        "own/conf/data/a.yaml", "own/files/config-dir/conf/data/a.yaml", "own/files/data.path/it's, a\\b/b.csv",
    }  # fmt: skip
    (word,) = outside.words
    assert OverridesParser.create().parse_override(word).value() == "files/data.path/it's, a\\b"
    ours = data("file", "a.csv")
    for others in ([ours], [data("package", "stance.csv")], [DataConfig(name="y", source="hub", id="a/b")]):
        with pytest.raises(UserError, match=r"^data.path=.*b.csv is not below this folder, and other cells read some"):
            own_files([data("file", str(other / "b.csv")), *others], None)
    model = TransformerConfig(name="x", family="bert", source="hub", path=str(other))
    with pytest.raises(
        UserError, match=r"^model.path=.* is not below this folder, and other cells read something else"
    ):
        own_files([ours, model, TransformerConfig(name="y", family="bert", source="hub", id="a/b")], None)
    (word,) = own_files([ours, model], None).words
    assert OverridesParser.create().parse_override(word).value() == "files/model.path/it's, a\\b"


def test_folders_behind_links_are_copied_and_names_are_text(tmp_path: Path) -> None:
    (tmp_path / "far/.hidden").mkdir(parents=True)
    (tmp_path / "far/1.txt").touch()
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels/sport").symlink_to(tmp_path / "far")
    found = below(tmp_path / "labels", "own/labels")
    assert list(found) == ["own/labels/sport/1.txt"]
    strange = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.txt"))
    with pytest.raises(
        UserError, match=r"^data: the name of .* is not UTF-8, and would be another one elsewhere: rename"
    ):
        Copied("data", {"own/x": strange})


def test_what_names_places_of_this_machine_is_not_among_the_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "conf/experiment").mkdir(parents=True)
    text = "# @package _global_\nexperiment: mine\nreports_dir: /home/me/reports\n"
    (tmp_path / "conf/experiment/mine.yaml").write_text(text)
    kept = ["mine", "model=majority", "data=stance", "num_labels=2", "results_dir=mine"]
    words = [*kept, "cache_dir=/tmp/c", "serving=[models/x]", "mirror_dir=/mirror"]
    found = asked([*words, "more_results=[s3://a/b,/home/me/results]"], None)
    assert found.left == ["reports_dir", "cache_dir", "more_results", "serving"]
    assert found.words == [*kept, "reports_dir=reports", "cache_dir=null", "more_results=[]", "serving=[]"]


def test_words_of_options_that_are_given_anew_are_left_out() -> None:
    assert without(["demo", "mirror_dir=/a", "+data.path=b", "seed=0"], ["mirror_dir", "data.path"]) == [
        "demo",
        "seed=0",
    ]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--extras", "nothing"], "--extras nothing: there is no such extra; there are gguf, mlflow, "),
        (["--no-wheels", "--python", "3.12"], "--no-wheels brings no packages: leave out --python, "),
        (["--python", "4"], "--python 4: a version is needed"),
        (["--no-wheels", "data=none"], ""),
        (
            ["--no-wheels", "model=llama3_2_1b,gemma3_1b", "method=lora", "data=stance", "num_labels=2"],
            "model meta-llama/Llama-3.2-1B is gated: accept its licence on its page on the hub, then log in with ",
        ),
    ],
)
def test_what_cannot_be_is_said_in_a_line_before_anything_is_fetched(
    words: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(huggingface_hub, "get_token", lambda: None)
    monkeypatch.setattr(huggingface_hub.HfApi, "repo_info", lambda *_, **__: pytest.fail("the hub was asked"))
    assert main([*words, "--to", str(tmp_path / "bundle")]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"error: {said}")
    assert not (tmp_path / "bundle").exists()


def test_a_folder_of_somebody_elses_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "thesis.txt").touch()
    assert main(["model=tfidf_sgd", "data=stance", "num_labels=2", "--no-wheels", "--to", str(tmp_path)]) == 2
    assert capsys.readouterr().err == (
        f"error: --to {tmp_path} holds other files: give an empty folder, or that of an earlier bundle\n"
    )
