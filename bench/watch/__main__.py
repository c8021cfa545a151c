"""`bench watch`: the report's page in a browser while a sweep runs, drawn again as cells end.

    bench watch [EXPERIMENT] [OPTION=VALUE ...] [--port N] [--host ADDRESS] [--every SECONDS]

It runs no cell: `bench sweep` with the same words does, in another terminal, on another machine or on a cluster, now or
before. The page has a strip on top: how many cells are done, what runs where, the time left. On another address than
this machine's own the printed address has a token, without which nobody reads. Ctrl-C ends it. Exit codes: 0 ended,
2 bad input.
"""

import argparse
import re
import signal
import sys
from types import FrameType

from bench.address import LOCAL
from bench.arguments import parser_of, path, port
from bench.escape.terminal import say
from bench.options.refusal import REFUSED, refusal
from bench.running.garbage import leave_at_exit

EVERY = 30.0
LONGEST = 86_400.0


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line asks for; return the exit code."""
    options = _parser().parse_intermixed_args(arguments)
    try:
        return _run(options)
    except REFUSED as error:
        say(f"error: {refusal(error)}", error=True)
        return 2
    except KeyboardInterrupt:
        say("ended, before there was anything to watch")
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = parser_of(__doc__, "bench watch", "bench watch [EXPERIMENT] [OPTION=VALUE ...] [OPTIONS]")
    parser.add_argument("words", nargs="*", metavar="OPTION=VALUE", default=[], help="EXPERIMENT, Hydra overrides")
    on_port = "serve on this port, 0 for any (default: 8421, or the next that is free)"
    parser.add_argument("--port", type=port, metavar="N", help=on_port)
    host = f"serve on this address; 0.0.0.0 for all of this machine's (default: {LOCAL}, for this machine alone)"
    parser.add_argument("--host", default=LOCAL, metavar="ADDRESS", help=host)
    every = f"have at least so many seconds between two drawings of the report (default: {EVERY:g})"
    parser.add_argument("--every", type=_seconds, default=EVERY, metavar="SECONDS", help=every)
    parser.add_argument("--config-dir", metavar="FOLDER", type=path, help="files of your own, as of bench sweep")
    return parser


def _seconds(text: str) -> float:
    number = float(text) if re.fullmatch(r"\d{1,9}(\.\d*)?", text) else 0.0
    if not 1 <= number <= LONGEST:
        raise argparse.ArgumentTypeError(f"{text[:60]} must be from 1 to {LONGEST:.0f} seconds")
    return number


def _run(options: argparse.Namespace) -> int:
    # heavier than `--help` needs
    from bench.address import address_of
    from bench.sweep.composed import with_experiment
    from bench.watch.server import listen
    from bench.watch.study import study_of
    from bench.watch.watcher import Watcher

    address = address_of(options.host)
    watcher = Watcher(study_of(with_experiment(options.words, options.config_dir)), options.every)
    with listen(address, options.port, watcher) as server:
        _end_when_told()
        say(f"watching {watcher.title}: {server.url} (Ctrl-C ends it)")
        try:
            with watcher:
                server.serve_forever()
        except KeyboardInterrupt:
            say(f"no longer watched; the page stays: {watcher.page}")
    return 0


def _end_when_told() -> None:
    """Being told to end is as Ctrl-C: what is being drawn is ended, too."""

    def end(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # nohup
            signal.signal(number, end)


if __name__ == "__main__":
    leave_at_exit()
    sys.exit(main())
