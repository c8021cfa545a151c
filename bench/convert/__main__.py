"""`bench convert MODEL --to FORM --out FOLDER`: a kept model in a form that runs without this program.

    bench convert MODEL --to merged|onnx|onnx-int8 --out FOLDER [--texts FILE] ...

MODEL is the folder of a cell that ran with save_model=true, or what `bench best` kept. `merged` has the adapter in the
base model's weights, for plain transformers; `onnx` is a graph for onnxruntime; `onnx-int8` has its weights in 8 bits.
The new form is compared with the model on texts, and kept where it gives the same. Exit codes: 0 done, 2 bad input.
"""

import argparse
import sys
from pathlib import Path

from bench.arguments import parser_of, path, width
from bench.convert.forms import FORMS, check_form
from bench.convert.texts import OF_FILE, Asked, texts_for
from bench.ending import ended_as_interrupted, exit_code
from bench.errors import UserError, said
from bench.predict import file_options
from bench.predict.loading import Wanted, described, spelled
from bench.results.regular import check_folder
from bench.running.cores import use_threads
from bench.running.garbage import leave_at_exit
from bench.running.new_folder import check_new_folder
from bench.running.quiet import quiet_libraries

MAX_TEXTS = 1000
"""Texts that are compared where nothing else is said."""


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line asks for; return the exit code."""
    options = _parser().parse_args(arguments)
    with ended_as_interrupted():
        return exit_code(lambda: _run(options), interrupted="nothing was kept")


class _Once(argparse.Action):
    """Refuses a second form: argparse alone takes the last in silence."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: object, _: str | None = None
    ) -> None:
        """Keep the form that was given."""
        if getattr(namespace, self.dest) is not None:
            raise argparse.ArgumentError(self, "given twice: one form at a time")
        setattr(namespace, self.dest, values)


def _parser() -> argparse.ArgumentParser:
    parser = parser_of(__doc__, "bench convert", "bench convert MODEL --to FORM --out FOLDER [OPTIONS]")
    parser.add_argument("model", type=path, metavar="MODEL", help="the folder of a kept model")
    parser.add_argument("--to", action=_Once, choices=FORMS, required=True, help="what it becomes")
    parser.add_argument("--out", type=path, required=True, metavar="FOLDER", help="keep it there, a new folder")
    texts = "compare on these (as bench predict --file; default: the cell's test examples)"
    parser.add_argument("--texts", metavar="FILE", help=texts)
    file_options.add_to(parser)
    label = "of --texts: true labels, to measure what 8 bits cost"
    parser.add_argument("--label-column", metavar="NAME", help=label)
    most = f"texts to compare at most, evenly spread over those there are (default: {MAX_TEXTS})"
    parser.add_argument("--max-texts", type=width, default=MAX_TEXTS, metavar="N", help=most)
    bound = "refuse a larger difference of a probability (default: 0.0001; 0.02 for models in 16 or 4 bits)"
    parser.add_argument("--max-difference", type=_difference, metavar="P", help=bound)
    results = "where the cells are that bench best chose from (default: results)"
    parser.add_argument("--results-dir", type=path, default="results", metavar="FOLDER", help=results)
    parser.add_argument("--model-path", type=path, metavar="FOLDER", help="the base model, in place of its hub id")
    parser.add_argument("--trust-remote-code", action="store_true", help="run code that comes with the model's files")
    parser.add_argument("--mirror-dir", type=path, metavar="FOLDER", help="as the option mirror_dir of bench sweep")
    parser.add_argument("--cache-dir", type=path, metavar="FOLDER", help="as the option cache_dir of bench sweep")
    return parser


def _difference(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 < value <= 1:
        raise argparse.ArgumentTypeError(f"{text[:60]} must be a difference of probabilities, above 0 and at most 1")
    return value


def _run(options: argparse.Namespace) -> int:
    wanted = Wanted(
        device="cpu",
        model_path=options.model_path,
        trust_remote_code=options.trust_remote_code,
        mirror_dir=options.mirror_dir,
        cache_dir=options.cache_dir,
    )
    asked_folder, out = Path(options.model), Path(options.out)
    folder, kept = described(asked_folder, wanted)
    check_form(kept, options.to)
    _check_out(out)
    of_file = {name: getattr(options, name) for name in OF_FILE}
    asked = Asked(file=options.texts, count=options.max_texts, results_dir=options.results_dir, **of_file)
    texts = texts_for(asked_folder, kept, asked)
    quiet_libraries()
    use_threads(None)
    from bench.convert.converting import Conversion, convert

    with spelled("--mirror-dir", "--model-path"):
        convert(Conversion(folder, kept, wanted, options.to, texts, options.max_difference), out)
    return 0


def _check_out(folder: Path) -> None:
    """Raise UserError where nothing can be kept in `folder`, or something is there."""
    try:
        check_folder(folder)
        is_empty = not folder.exists() or not any(folder.iterdir())
    except OSError as error:
        raise UserError(f"--out {folder} cannot be written: {said(error)}") from error
    if not is_empty:
        raise UserError(f"--out {folder} is there already: give another folder, or remove it")
    check_new_folder("--out", folder)


if __name__ == "__main__":
    leave_at_exit()
    sys.exit(main())
