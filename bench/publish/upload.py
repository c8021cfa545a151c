"""Sending a model to the hub, in one commit: whatever ends it before, the repository is as it was."""

import sys
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.errors import UserError, said
from bench.escape.characters import shortened
from bench.escape.terminal import say
from bench.publish.files import Content
from bench.publish.options import Wanted
from bench.sources import hub

if TYPE_CHECKING:
    from huggingface_hub import HfApi, ModelInfo

OWN_FILES = (".gitattributes", ".gitignore")
"""Files of a repository that are of no model."""
_WHAT_TO_DO = {
    401: "the hub does not know this login (401): `hf auth login`, or set HF_TOKEN to a token that may write",
    402: "its owner would have to pay for it (402)",
    403: "this login may not write there (403): take a token with write access, or another --repo-id",
    404: "there is no such repository, or this login may not see it (404): correct --repo-id",
    409: "somebody else is changing it (409): try again",
    412: "somebody else has changed it meanwhile (412): look at it, and try again",
    413: "the hub does not take so much (413)",
    429: "the hub was asked too often (429): try again later",
}
_CUT = "the hub cannot be reached, or the connection was cut: nothing was published; check the network, and try again"
_MAYBE = "whether it was published shows {address}; the same command sends what is not there"


class NotSent(UserError):
    """The hub refused the model, or could not be reached."""

    exit_code = 1


@dataclass(frozen=True, slots=True)
class Sent:
    """Where a model is now."""

    name: str
    """The repository's id."""
    address: str
    """Of the commit."""
    is_new: bool
    """False: all of it was there already."""


def upload(files: Mapping[str, Content], wanted: Wanted, message: str) -> Sent:
    """Put `files` into the repository that is `wanted`, made if need be.

    Raises NotSent, and UserError where the repository is there and not as it is wanted; KeyboardInterrupt says
    where to look whether the hub had all of it already.
    """
    import huggingface_hub

    if hub.offline():
        raise NotSent("HF_HUB_OFFLINE is set, so nothing can be sent: unset it")
    if (token := huggingface_hub.get_token()) is None:
        raise NotSent("no login for the hub is known: `hf auth login`, or set HF_TOKEN to a token that may write")
    if not token.isascii() or not token.isprintable() or " " in token:
        raise NotSent("the login for the hub has signs that no token has: `hf auth login`, or set HF_TOKEN again")
    if not sys.stderr.isatty():
        huggingface_hub.utils.disable_progress_bars()
    try:
        with warnings.catch_warnings(record=True) as found:
            warnings.simplefilter("always")
            sent = _sent(huggingface_hub.HfApi(), files, wanted, message)
    except UserError:
        raise
    except Exception as error:
        if (reason := _explained(error)) is None:
            raise
        raise NotSent(f"{wanted.repo_id}: {reason}") from error
    for warning in (each for each in found if each.category is UserWarning):  # of what the hub thinks of the card
        say(f"note: {' '.join(str(warning.message).split())}", error=True)
    return sent


def _sent(api: "HfApi", files: Mapping[str, Content], wanted: Wanted, message: str) -> Sent:
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete

    name = api.create_repo(wanted.repo_id, private=not wanted.is_public, exist_ok=True).repo_id
    there = api.model_info(name)
    _check_who_sees_it(there, name, wanted)
    if wanted.revision is not None:
        api.create_branch(name, branch=wanted.revision, exist_ok=True)
        there = api.model_info(name, revision=wanted.revision)
    names = [each.rfilename for each in there.siblings or []]
    others = [each for each in names if each not in files and each not in OWN_FILES]
    if others and not wanted.replace:
        more = f" and {len(others) - 3} more" if len(others) > 3 else ""
        raise UserError(
            f"{name} has files that are not of this model ({', '.join(others[:3])}{more}), and would be a mixture: "
            "--replace takes them out, another --repo-id leaves them"
        )
    operations = [CommitOperationAdd(path, content) for path, content in files.items()]
    try:
        commit = api.create_commit(
            name,
            [*operations, *(CommitOperationDelete(each) for each in others)],
            commit_message=message,
            revision=wanted.revision,
            parent_commit=there.sha,  # what was looked at is what is changed
        )
    except BaseException as error:
        maybe = _MAYBE.format(address=f"{api.endpoint}/{name}/commits/{wanted.revision or 'main'}")
        if isinstance(error, KeyboardInterrupt):
            raise KeyboardInterrupt(maybe) from error
        if hub.is_unreachable(error):
            raise NotSent(f"{name}: the connection was cut while it was sent: {maybe}") from error
        raise
    return Sent(name, commit.commit_url, commit.oid != there.sha)


def _check_who_sees_it(there: "ModelInfo", name: str, wanted: Wanted) -> None:
    if there.private == wanted.is_public:
        raise UserError(
            f"{name} is there already, and is {'private' if there.private else 'public'}: "
            f"{'leave out --public, or change it on its page' if there.private else 'give --public, or another name'}"
        )


def _explained(error: Exception) -> str | None:
    """What went wrong with the hub and what to do, on one line; None for errors of another kind."""
    if (answer := hub.answered(error)) is not None:
        status, text = answer
        words = shortened(hub.words_of(error), 200)
        if status in _WHAT_TO_DO:
            return f"{_WHAT_TO_DO[status]}{f' (its words: {words})' if words else ''}"
        later = ": try again later" if status >= 500 else ""
        return f"the hub answered {f'{status}, {words}' if words else shortened(text, 300)}{later}"
    if hub.is_unreachable(error):
        return _CUT
    if isinstance(error, KeyError):
        return f"the hub's answer has no {error}: try again later"
    if isinstance(error, ValueError | OSError | RuntimeError):  # what huggingface_hub and hf_xet raise of their own
        return f"it was not published: {shortened(said(error), 300)}"
    return None
