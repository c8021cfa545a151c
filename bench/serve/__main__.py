"""`bench serve MODEL`: a kept model behind HTTP.

    bench serve MODEL [--port N] [--host ADDRESS] [--max-batch N] ...

`POST /predict` with `{"texts": ["..."]}` classifies, `GET /health` says what is served, `/openapi.json` describes both.
MODEL is the folder of a cell that ran with save_model=true, or what `bench best` kept. On another address than this
machine's own a token is printed, without which nothing is answered. Ctrl-C answers what waits, and ends.

    bench serve MODEL --measure [--callers 1,8,64] [--seconds 10] [--texts FILE] ...

serves it for a moment, to callers of its own, prints how fast it answered, and writes that to `serving.json` in the
model's folder, for reports. Exit codes: 0 ended, 2 bad input, 130 interrupted while it measured.
"""

import argparse
import re
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bench.address import LOCAL, Address, Guard, address_of, refused_port
from bench.arguments import option_of, parser_of, path, port, width
from bench.ending import ended_as_interrupted, forget_interruption
from bench.errors import INTERRUPTED, UserError
from bench.escape.terminal import say
from bench.extras import how_to_install, is_here
from bench.models.kept import KeptModel
from bench.predict import file_options
from bench.predict.loading import Wanted, described, device_of, load, spelled
from bench.running.devices import use_one_gpu
from bench.running.garbage import leave_at_exit
from bench.serve.options import Limits
from bench.serve.printed import lines_of

if TYPE_CHECKING:
    from fastapi import FastAPI

    from bench.methods.fitted import Probabilities
    from bench.predict.classifier import Classifier
    from bench.predict.from_method import FromMethod
    from bench.serve.batching import Predict

PORT = 8422
MAX_CALLERS = 1000
GRACE = 20
"""Seconds that requests have to end after Ctrl-C."""


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line asks for; return the exit code."""
    options = _parser().parse_args(arguments)
    try:
        return _run(options)
    except UserError as error:
        say(f"error: {error}", error=True)
        return 2
    except KeyboardInterrupt:
        if options.measure:
            print("interrupted: nothing was written", file=sys.stderr)
            return INTERRUPTED
        forget_interruption()
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = parser_of(__doc__, "bench serve", "bench serve MODEL [OPTIONS]")
    parser.add_argument("model", type=path, metavar="MODEL", help="the folder of a kept model")
    on_port = f"serve on this port, 0 for any (default: {PORT})"
    parser.add_argument("--port", type=port, metavar="N", help=on_port)
    host = f"serve on this address; 0.0.0.0 for all of this machine's (default: {LOCAL}, for this machine alone)"
    parser.add_argument("--host", metavar="ADDRESS", help=host)
    usual = Limits()
    for name, what in {
        "max_batch": "texts for the model at once",
        "max_texts": "texts of a request",
        "max_chars": "characters of a text",
        "max_body": "bytes of a request",
        "max_waiting": "texts that wait",
    }.items():
        value = getattr(usual, name)
        parser.add_argument(
            option_of(name), type=width, default=value, metavar="N", help=f"{what} at most (default: {value})"
        )
    wait = f"milliseconds that a text waits for others to share its batch (default: {usual.wait_ms:g})"
    parser.add_argument("--wait-ms", type=_milliseconds, default=usual.wait_ms, metavar="MS", help=wait)
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument("--trust-remote-code", action="store_true", help="run code that comes with the model's files")
    parser.add_argument("--mirror-dir", type=path, metavar="FOLDER", help="as the option mirror_dir of bench sweep")
    _add_measuring(parser)
    return parser


def _add_measuring(parser: argparse.ArgumentParser) -> None:
    measure = "serve it to callers of its own, print how fast it answered, and write serving.json into its folder"
    parser.add_argument("--measure", action="store_true", help=measure)
    callers = "how many ask at once, one text a request: one measurement each (default: 1,8,64)"
    parser.add_argument("--callers", type=_callers, metavar="N,N", help=callers)
    parser.add_argument("--seconds", type=_seconds, metavar="S", help="how long each asks (default: 10)")
    texts = "ask these texts: a file as of bench predict --file (default: made up, of 12 words, no two alike)"
    parser.add_argument("--texts", type=path, metavar="FILE", help=texts)
    file_options.add_to(parser)


def _milliseconds(text: str) -> float:
    number = float(text) if re.fullmatch(r"\d{1,5}(\.\d*)?", text) else -1.0
    if not 0 <= number <= 10_000:
        raise argparse.ArgumentTypeError(f"{text[:60]} must be from 0 to 10000 milliseconds")
    return number


def _callers(text: str) -> tuple[int, ...]:
    numbers = [int(part) if re.fullmatch(r"[1-9]\d{0,3}", part) else 0 for part in text.split(",")]
    if not all(1 <= number <= MAX_CALLERS for number in numbers):
        raise argparse.ArgumentTypeError(f"{text[:60]} must be numbers from 1 to {MAX_CALLERS}, as in 1,8,64")
    return tuple(dict.fromkeys(numbers))


def _seconds(text: str) -> float:
    number = float(text) if re.fullmatch(r"\d{1,4}(\.\d*)?|\.\d+", text) else 0.0
    if not 0 < number <= 3600:
        raise argparse.ArgumentTypeError(f"{text[:60]} must be more than 0 and at most 3600 seconds")
    return number


def _check_effect(options: argparse.Namespace) -> None:
    """Raise UserError where an option that was given has no effect."""
    without = ("port", "host") if options.measure else ("callers", "seconds", "texts", *file_options.NAMES)
    for name in without:
        if getattr(options, name) is not None:
            why = "with --measure, which serves to itself" if options.measure else "without --measure"
            raise UserError(f"{option_of(name)} has no effect {why}")
    if options.texts is None:
        file_options.refuse_without_file(options)


def _run(options: argparse.Namespace) -> int:
    _check_effect(options)
    for package in ("fastapi", "uvicorn"):
        if not is_here(package):
            raise UserError(f"bench serve needs {package}: {how_to_install(package)}")
    address, number = address_of(options.host or LOCAL), PORT if options.port is None else options.port
    wanted = Wanted(
        device=options.device, trust_remote_code=options.trust_remote_code, mirror_dir=options.mirror_dir
    )  # fmt: skip
    folder, kept = described(Path(options.model), wanted)
    device = device_of(kept, wanted)
    limits = Limits(**{name: getattr(options, name) for name in Limits.__dataclass_fields__})
    if options.measure:
        return _measure(options, (folder, kept), wanted, limits)
    with _listener(address, number) as listener:  # before a model is loaded for nothing
        if device == "cuda":
            use_one_gpu()  # before anything imports torch
        with spelled("--mirror-dir"):
            model = load(folder, kept, wanted, device)
        guard = Guard.of(address)
        say(f"serving {options.model}: http://{address.called}:{listener.getsockname()[1]}/predict (Ctrl-C ends it)")
        if guard.token is not None:
            say(f"callers give Authorization: Bearer TOKEN, here {guard.token} ; what they send is not encrypted")
        _serve(listener, _app(kept, _predictor(model, kept.batch_size), limits, guard, device))
    return 0


def _measure(options: argparse.Namespace, model: tuple[Path, KeptModel], wanted: Wanted, limits: Limits) -> int:
    from bench.results.serving import FILE
    from bench.serve.measure import CALLERS, SECONDS, Plan, measure

    of_file = {name: getattr(options, name) for name in file_options.NAMES}
    plan = Plan(options.callers or CALLERS, options.seconds or SECONDS, options.texts, **of_file)
    with ended_as_interrupted():  # so that the server ends, too
        found = measure(Path(options.model), model, wanted, limits, plan)
    for line in lines_of(found):
        say(line)
    say(f"written: {model[0] / FILE}")
    return 0


def _app(kept: KeptModel, predict: "Predict", limits: Limits, guard: Guard, device: str) -> "FastAPI":
    from bench.serve.app import app_of
    from bench.serve.batching import Batcher

    batcher = Batcher(predict, max_batch=limits.max_batch, max_waiting=limits.max_waiting, wait_ms=limits.wait_ms)
    return app_of(kept, batcher, limits, guard, device)


def _listener(address: Address, port: int) -> socket.socket:
    """Raises UserError where the port can't be had."""
    listener = socket.socket(address.family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((address.ip, port))
        listener.listen()  # until then another server may have the same port
    except OSError as error:
        listener.close()
        raise refused_port(port, address, error) from error
    return listener


def _predictor(model: "Classifier | FromMethod", batch_size: int) -> "Predict":
    """What gives probabilities of texts; their places in messages are those in a request of its own."""

    def predict(texts: Sequence[str]) -> "Probabilities":
        places = [f"texts[{number}]" for number in range(len(texts))]
        return model.predict(texts, places, batch_size)

    return predict


def _serve(listener: socket.socket, app: "FastAPI") -> None:
    import uvicorn

    config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=GRACE, access_log=False)
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    leave_at_exit()
    sys.exit(main())
