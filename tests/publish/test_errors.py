"""What the hub refuses, and a network that is not there, are one line that says what to do; nothing is half sent."""

from typing import Any

import pytest
from huggingface_hub import HfApi, constants

from bench.publish.__main__ import main
from tests.publish.test_publish import NAME, Kept
from tests.support.hub import CUT_AFTER, Hub

REFUSALS = {
    "no such login": ({"/api/repos/create": 401}, r"does not know this login (401): `hf auth login`, or set HF_TOKEN"),
    "no right to make": ({"/api/repos/create": 403, "/api/models": 403}, "may not write there (403): take a token"),
    "no right to write": ({"/commit/": 403}, "may not write there (403): take a token with write access"),
    "taken away": ({"/preupload/": 404}, "there is no such repository, or this login may not see it (404)"),
    "no right to store": ({"/lfs/": 403}, "may not write there (403)"),
    "asked too often": ({"/api/validate-yaml": 429}, "asked too often (429): try again later"),
    "changed meanwhile": ({"/commit/": 412}, "somebody else has changed it meanwhile (412)"),
    "no room": ({"/commit/": 402}, "its owner would have to pay for it (402) (its words: refused)"),
    "an answer of its own": ({"/api/repos/create": 418}, "the hub answered 418, refused\n"),
    "a fault of its own": ({"/api/repos/create": 500}, "the hub answered 500, refused: try again later"),
    "an answer that is none": ({"/api/repos/create": 409}, "the hub's answer has no 'url': try again later"),
    "cut": ({"/api/repos/create": 0}, "the connection was cut: nothing was published; check the network"),
    "cut at the end": ({"/commit/": 0}, "cut while it was sent: whether it was published shows http"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_refusal_is_one_line(name: str, kept: Kept, hub: Hub, capsys: pytest.CaptureFixture[str]) -> None:
    statuses, message = REFUSALS[name]
    hub.refusals.update(statuses)
    assert main([str(kept("tfidf_logistic")), "--repo-id", NAME, "--yes"]) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert error.startswith(f"error: {NAME}: ")
    assert message in error
    assert all(set(each.branches["main"]) == {".gitattributes"} for each in hub.repositories.values())


def test_nothing_is_claimed_of_a_commit_whose_answer_did_not_come(
    kept: Kept, hub: Hub, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [str(kept("tfidf_logistic")), "--repo-id", NAME, "--yes"]
    hub.refusals["/commit/"] = CUT_AFTER
    assert main(words) == 1
    assert f"whether it was published shows {hub.address}/{NAME}/commits/main; the same" in capsys.readouterr().err
    hub.refusals.clear()
    assert main(words) == 0
    assert f"all of it is there already: {hub.address}/{NAME}/commit/" in capsys.readouterr().out
    assert len(hub.repositories[NAME].messages) == 1


def test_an_interruption_says_where_to_look_once_it_is_sent(
    kept: Kept, hub: Hub, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = [str(kept("tfidf_logistic")), "--repo-id", NAME, "--yes"]
    for name, said in (("create_repo", "nothing was published"), ("create_commit", "whether it was published shows ")):
        with monkeypatch.context() as patch:
            patch.setattr(HfApi, name, _interrupted)
            assert main(words) == 130
        assert capsys.readouterr().err.startswith(f"interrupted: {said}")


def _interrupted(*_: Any, **__: Any) -> None:
    raise KeyboardInterrupt


def test_what_somebody_else_commits_meanwhile_is_not_mixed_in(
    kept: Kept, hub: Hub, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = [str(kept("tfidf_logistic")), "--repo-id", NAME, "--yes"]
    create_commit = HfApi.create_commit

    def late(*given: Any, **more: Any) -> Any:
        repository = hub.repositories[NAME]
        repository.branches["main"]["theirs.txt"] = b"x"
        repository.messages.append("theirs")
        return create_commit(*given, **more)

    monkeypatch.setattr(HfApi, "create_commit", late)
    assert main(words) == 1
    assert "somebody else has changed it meanwhile (412)" in capsys.readouterr().err
    assert set(hub.repositories[NAME].branches["main"]) == {".gitattributes", "theirs.txt"}


@pytest.mark.parametrize("token", ["hf_é", "hf_a b"])
def test_a_login_that_can_be_none(
    token: str, kept: Kept, hub: Hub, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", token)
    assert main([str(kept("tfidf_logistic")), "--repo-id", NAME, "--yes"]) == 1
    error = capsys.readouterr().err
    assert error.startswith("error: the login for the hub has signs that no token has")
    assert "hf_" not in error


def test_nobody_listens(
    kept: Kept, hub: Hub, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    assert main([str(kept("tfidf_logistic")), "--repo-id", NAME, "--yes"]) == 1
    assert "the hub cannot be reached" in capsys.readouterr().err


UNASKED = {
    "HF_HUB_OFFLINE is set, so nothing can be sent": lambda patch: patch.setattr(constants, "HF_HUB_OFFLINE", True),
    "no login for the hub is known: `hf auth login`": lambda patch: patch.delenv("HF_TOKEN"),
}


@pytest.mark.parametrize("message", UNASKED)
def test_what_is_known_without_asking(
    message: str, kept: Kept, hub: Hub, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", "/nowhere/token")
    UNASKED[message](monkeypatch)
    assert main([str(kept("tfidf_logistic")), "--repo-id", NAME]) == 0
    assert main([str(kept("tfidf_logistic")), "--repo-id", NAME, "--yes"]) == 1
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert hub.asked == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--repo-id", "a/b/c"), "--repo-id a/b/c can be no name on the hub: give OWNER/NAME"),
        (("--repo-id", NAME, "--base-id", "/home/me/bert"), "--base-id /home/me/bert can be no name on the hub"),
        (("--repo-id", NAME, "--revision", ""), "--revision '' is no name of a branch"),
        (("--repo-id", NAME, "--revision", "../x"), "--revision ../x is no name of a branch"),
        (("--repo-id", NAME, "--revision", "refs/pr/1"), "--revision refs/pr/1 is no name of a branch"),
        (("--repo-id", NAME, "--revision", "a" * 40), "is no name of a branch"),
        (("--repo-id", NAME, "--license", "My Own"), "--license My Own is none that the hub knows"),
        ((), "the following arguments are required: --repo-id"),
        (("--repo-id", NAME, "--private", "--public"), "not allowed with argument"),
    ],
)
def test_bad_words_are_one_line(
    words: tuple[str, ...], message: str, kept: Kept, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        code = main([str(kept("tfidf_logistic")), *words])
    except SystemExit as end:
        code = int(str(end.code))
    assert code == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
