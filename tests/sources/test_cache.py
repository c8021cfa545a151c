from pathlib import Path

import platformdirs

from bench.sources.cache import cache_folder


def test_the_given_folder_comes_first_then_the_environment_then_the_platform(monkeypatch, tmp_path):
    monkeypatch.setenv("FINETUNE_BENCH_CACHE", str(tmp_path / "environment"))
    assert cache_folder(str(tmp_path / "given")) == tmp_path / "given"
    assert cache_folder(None) == tmp_path / "environment"
    monkeypatch.setenv("FINETUNE_BENCH_CACHE", "")
    assert cache_folder(None) == Path(platformdirs.user_cache_dir("finetune-bench"))


def test_home_and_relative_folders_become_absolute(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert cache_folder("~/kept") == Path.home() / "kept"
    assert cache_folder("kept") == tmp_path / "kept"
    assert not (tmp_path / "kept").exists()
