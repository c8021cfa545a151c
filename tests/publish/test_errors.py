"""What the hub refuses, and a network that is not there, are one line that says what to do; nothing is half sent."""

import pytest
from huggingface_hub import constants

from bench.publish.__main__ import main
from tests.publish.test_publish import NAME, Kept
from tests.support.hub import Hub

REFUSALS = {
    "no such login": ({"/api/repos/create": 401}, r"does not know this login (401): `hf auth login`, or set HF_TOKEN"),
    "no right to make": ({"/api/repos/create": 403, "/api/models": 403}, "may not write there (403): take a token"),
    "no right to write": ({"/commit/": 403}, "may not write there (403): take a token with write access"),
    "taken away": ({"/preupload/": 404}, "there is no such repository, or this login may not see it (404)"),
    "no right to store": ({"/lfs/": 403}, "may not write there (403)"),
    "asked too often": ({"/api/validate-yaml": 429}, "asked too often (429): try again later"),
    "an answer of its own": ({"/api/repos/create": 418}, "the hub answered "),
    "cut": ({"/api/repos/create": 0}, "the connection was cut: nothing was published; check the network"),
    "cut at the end": ({"/commit/": 0}, "the connection was cut: nothing was published; check the network"),
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
