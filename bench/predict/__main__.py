"""`bench predict CELL_FOLDER "text" ...`: classify texts with the model that a cell kept.

What can be known to be wrong is said before anything heavy is imported. Exit codes: 0 done, 2 bad input.
"""

import argparse
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

from bench.arguments import Parser, path, width
from bench.data.readers.delimited import QUOTING
from bench.errors import INTERRUPTED, UserError
from bench.escape.characters import visible_line
from bench.escape.streams import discard_output
from bench.escape.terminal import Plain, say
from bench.kind import MULTI_LABEL
from bench.models.kept import KeptModel
from bench.predict import output, texts
from bench.predict.columns import Joining
from bench.predict.inputs import ON_EMPTY, Inputs, Source
from bench.predict.label_sets import Rule, WriterOfSets, new_columns_of_sets, terminal_of_sets, writer_of_sets
from bench.predict.loading import Wanted, described, device_of, load, spelled
from bench.running.devices import use_one_gpu
from bench.running.garbage import leave_at_exit

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.methods.fitted import Probabilities
    from bench.predict.classifier import Classifier
    from bench.predict.from_method import FromMethod

Writer = output.Writer | WriterOfSets


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line asks for; return the exit code."""
    options = _parser().parse_intermixed_args(arguments)
    try:
        _run(options)
    except UserError as error:
        say(f"error: {error}", error=True)
        return 2
    except BrokenPipeError:  # whoever read our output has seen enough
        discard_output()
    except KeyboardInterrupt:
        print("interrupted: nothing was written", file=sys.stderr)
        return INTERRUPTED
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="bench predict",
        usage="%(prog)s CELL_FOLDER [TEXT ...] [OPTION ...]",
        description="Classify texts with the model that a cell kept.",
    )
    kept_by = "the folder of a cell that ran with save_model=true"
    parser.add_argument("cell", type=path, metavar="CELL_FOLDER", help=kept_by)
    parser.add_argument("texts", nargs="*", metavar="TEXT", help="texts; - for standard input, one a line")
    kinds = "texts from a .csv, .tsv, .json, .jsonl or .parquet file (also .csv.gz), or a .txt file (one a line)"
    parser.add_argument("--file", help=f"{kinds}, or - for standard input")
    which = "the column of the file, or several: a,b (default: those that the model was trained on, or text)"
    parser.add_argument("--text-column", metavar="NAME", help=which)
    parser.add_argument("--text-template", help="how columns make a text, as data.text_template (default: as trained)")
    parser.add_argument("--encoding", default="utf-8", help="of the file, as data.encoding")
    parser.add_argument("--delimiter", help="between columns of CSV, as data.delimiter (default: found)")
    parser.add_argument("--quoting", choices=QUOTING, default="auto", help="of CSV and TSV, as data.quoting")
    empty = "texts without anything to read: refused, without a label in the output, or what the model says of them"
    parser.add_argument("--on-empty", choices=ON_EMPTY, default="refuse", help=empty)
    parser.add_argument("--out", type=path, help="write to this .csv, .tsv or .jsonl file instead of the terminal")
    parser.add_argument("--force", action="store_true", help="write over --out where it is there already")
    parser.add_argument(
        "--raw", action="store_true", help="CSV with texts as they are; else formulas have an apostrophe before them"
    )
    parser.add_argument("--json", action="store_true", help="print JSON, one object a line")
    parser.add_argument("--batch-size", type=width, help="texts at once (default: as the cell evaluated)")
    top = "give each text its K most probable labels (task=multi_label; default: those above their thresholds)"
    parser.add_argument("--top", type=width, metavar="K", help=top)
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument("--model-path", type=path, metavar="FOLDER", help="the base model, in place of its hub id")
    parser.add_argument("--trust-remote-code", action="store_true", help="run code that comes with the model's files")
    parser.add_argument("--mirror-dir", type=path, metavar="FOLDER", help="as the option mirror_dir of bench sweep")
    parser.add_argument("--cache-dir", type=path, metavar="FOLDER", help="as the option cache_dir of bench sweep")
    return parser


def _run(options: argparse.Namespace) -> None:
    _check_options(options)
    wanted = Wanted(
        device=options.device,
        batch_size=options.batch_size,
        model_path=options.model_path,
        trust_remote_code=options.trust_remote_code,
        mirror_dir=options.mirror_dir,
        cache_dir=options.cache_dir,
    )
    folder, kept = described(Path(options.cell), wanted)
    source = _source(options, kept)
    target, several = None, kept.kind == MULTI_LABEL
    _check_top(options.top, kept)
    if options.out is not None:
        added = new_columns_of_sets(kept.labels) if several else output.new_columns(kept.labels)
        target = output.check_output(options.out, source.columns, added, force=options.force)
    device = device_of(kept, wanted)
    if device == "cuda":
        use_one_gpu()  # before anything imports torch
    with spelled("--mirror-dir", "--model-path"):
        classifier = load(folder, kept, wanted, device)
    rule = _rule(kept, options.top) if several else None
    if target is None:
        writer: Writer
        if rule is not None:
            writer = terminal_of_sets(rule, as_json=options.json, raw=options.raw)
        else:
            writer = output.writer_to_terminal(kept.labels, as_json=options.json, raw=options.raw)
        _classify(source, classifier, kept, writer, rule, shown=options.file is not None and not sys.stdout.isatty())
        sys.stdout.flush()
        return
    with output.whole_file(target) as file:
        suffix = target.suffix.lower()
        if rule is not None:
            writer = writer_of_sets(file, rule, suffix=suffix, raw=options.raw)
        else:
            writer = output.writer_of(file, kept.labels, suffix=suffix, raw=options.raw)
        done = _classify(source, classifier, kept, writer, rule, shown=True)
    said = ", ".join(f"{visible_line(name)} {count:,}" for name, count in done.labels.most_common())
    none = f"; {done.unlabelled:,} have none of the labels" if done.unlabelled else ""
    skipped = f"; {done.skipped:,} without a text have no label" if done.skipped else ""
    say(f"{target}: {done.count:,} texts: {said or 'no label'}{none}{skipped}")


def _source(options: argparse.Namespace, kept: KeptModel) -> Source:
    """What is to be classified. Raises UserError."""
    if options.file is None:
        return texts.from_arguments(options.texts, options.on_empty)
    trained = Joining(kept.text_columns, kept.text_template)
    reading = texts.Reading(
        options.encoding, options.delimiter, options.quoting, options.text_template, trained, options.on_empty
    )
    return texts.from_file(options.file, options.text_column, reading)


@dataclass(slots=True)
class _Done:
    """What came of it."""

    labels: Counter[str] = field(default_factory=Counter)
    count: int = 0
    skipped: int = 0
    unlabelled: int = 0
    """Texts that are given none of the labels."""


def _classify(
    source: Source,
    classifier: "Classifier | FromMethod",
    kept: KeptModel,
    writer: Writer,
    rule: Rule | None,
    *,
    shown: bool,
) -> _Done:
    """Classify block by block, and write each. Raises UserError."""
    done = _Done()
    writer.begin(source.columns)
    with _progress(shown=shown) as progress:
        task = progress.add_task("texts", total=source.count)
        for block in source.blocks():
            made = _answers(block, classifier, kept, lambda count: progress.advance(task, count))
            progress.advance(task, len(block.skipped))
            writer.write(block, made)
            done.count += len(block.texts)
            done.skipped += len(block.skipped)
            given = [[kept.labels[place]] for place in made.argmax(axis=1)] if rule is None else rule.names(made)
            done.labels.update(label for names in given for label in names)
            done.unlabelled += sum(not names for names in given)
    return done


def _answers(
    block: Inputs, classifier: "Classifier | FromMethod", kept: KeptModel, advance: "Callable[[int], object]"
) -> "Probabilities":
    """What the model says of a block's texts, except for those that are skipped, shape (texts, labels)."""
    import numpy as np

    left = [place for place in range(len(block.texts)) if place not in block.skipped]
    if not left:
        return np.empty((0, len(kept.labels)))
    some = [block.texts[place] for place in left], [block.places[place] for place in left]
    return classifier.predict(*some, kept.batch_size, advance)


def _check_options(options: argparse.Namespace) -> None:
    """Raise UserError where options do not go together."""
    if options.file is None and not options.texts:
        raise UserError("no texts: give them after CELL_FOLDER, or --file FILE, or - for standard input")
    if options.file is not None and options.texts:
        raise UserError(f"give texts or --file, not both: {options.texts[0]!r} stands beside --file {options.file}")
    if options.json and options.out is not None:
        raise UserError("--json is for the terminal: give --out a name that ends in .jsonl")


def _check_top(top: int | None, kept: KeptModel) -> None:
    """Raise UserError where `--top` does not go with the model."""
    if top is None:
        return
    if kept.kind != MULTI_LABEL:
        raise UserError(f"--top goes with models of task={MULTI_LABEL}; this one gives a text one label")
    if top > len(kept.labels):
        raise UserError(f"--top {top}: the model has {len(kept.labels)} labels")


def _rule(kept: KeptModel, top: int | None) -> Rule:
    """Which labels a text is given: those above the thresholds that were kept, or `top` of them."""
    if top is None:
        return Rule.of(kept)
    from bench.methods.decisions import Decision

    return Rule(kept.labels, Decision(top_k=top))


def _progress(*, shown: bool) -> Progress:
    """A bar on standard error, where that is a terminal."""
    console = Plain(stderr=True)
    columns = ("{task.description}", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, transient=True, disable=not (shown and console.is_terminal))


if __name__ == "__main__":
    leave_at_exit()
    sys.exit(main())
