"""`bench publish MODEL --repo-id NAME`: a kept model as a repository of the hub.

    bench publish MODEL --repo-id OWNER/NAME [--public] [--yes] ...

MODEL is the folder of a cell that ran with save_model=true, what `bench best` kept, what `bench convert` made, or a
folder with a card. Without --yes nothing is sent: what would be is listed, with its licence, what its card says, and
what had better not be public.
Exit codes: 0 done, 1 the hub refused it or could not be reached, 2 bad input.
"""

import argparse
import sys
from pathlib import Path

from bench import __version__
from bench.arguments import parser_of, path
from bench.ending import exit_code
from bench.escape.shell import command
from bench.escape.terminal import say
from bench.models.header import TAG
from bench.publish.card import published_card, title_of
from bench.publish.files import contents
from bench.publish.findings import notes, problems
from bench.publish.model import found
from bench.publish.options import Wanted
from bench.publish.show import described, fetching
from bench.publish.upload import upload
from bench.running.garbage import leave_at_exit


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line asks for; return the exit code."""
    options = _parser().parse_args(arguments)
    return exit_code(lambda: _run(options), interrupted="nothing was published")


def _parser() -> argparse.ArgumentParser:
    parser = parser_of(__doc__, "bench publish", "bench publish MODEL --repo-id OWNER/NAME [OPTIONS]")
    parser.add_argument("model", type=path, metavar="MODEL", help="the folder of a kept model")
    parser.add_argument("--repo-id", required=True, metavar="OWNER/NAME", help="what it is called on the hub")
    parser.add_argument("--yes", action="store_true", help="send it (without: only say what would be sent)")
    who = parser.add_mutually_exclusive_group()
    who.add_argument("--private", action="store_true", help="for those alone whom its owner lets in (default)")
    who.add_argument("--public", action="store_true", help="for everybody")
    parser.add_argument("--revision", metavar="BRANCH", help="into this branch, made if need be (default: main)")
    base = "what its base is called on the hub, where it was read from a folder or a wheel; none: it is not there"
    parser.add_argument("--base-id", metavar="ID", help=base)
    parser.add_argument("--license", metavar="ID", help="in place of the base's: apache-2.0, mit, ...")
    parser.add_argument("--replace", action="store_true", help="take out what is there and not of this model")
    return parser


def _run(options: argparse.Namespace) -> int:
    wanted = Wanted(
        repo_id=options.repo_id,
        is_public=options.public,
        revision=options.revision,
        base_id=options.base_id,
        licence=options.license,
        replace=options.replace,
    )
    wanted.check()
    model = found(Path(options.model))
    card = published_card(model, wanted)
    files = contents(model, str(card), wanted)
    for text in described(model, card, files, wanted):
        say(text)
    for text in notes(model, files, wanted):
        say(f"note: {text}")
    if wrong := problems(model, files, wanted):
        for text in wrong:
            say(f"error: {text}", error=True)
        return 2
    if not options.yes:
        say("nothing was sent: --yes sends it")
        return 0
    sent = upload(files, wanted, f"{title_of(card) or model.folder.resolve().name}, by {TAG} {__version__}")
    say(f"{'published' if sent.is_new else 'all of it is there already'}: {sent.address}")
    for words in fetching(model, sent.name, wanted.revision):
        say(f"  {command(words)}")
    return 0


if __name__ == "__main__":
    leave_at_exit()
    sys.exit(main())
