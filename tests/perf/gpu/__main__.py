"""What a GPU gives, as tables of Markdown: steps by Trainer and in stacks, whole cells, frozen backbones.

    python -m tests.perf.gpu [--device cuda] [--tiny] [--rows llama3_2_1b] [--stacks 32 16 8 1]

Models have the published sizes and random weights; nothing is fetched. See tests/gpu/README.md.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

os.environ["HF_HUB_OFFLINE"] = "1"

from tests.gpu.cells import Row, context
from tests.gpu.folders import build
from tests.gpu.shapes import SHAPES

if TYPE_CHECKING:
    from bench.methods.fitted import Context
    from tests.perf.gpu.card import Card
    from tests.perf.gpu.frozen import Frozen
    from tests.perf.gpu.steps import Step
    from tests.perf.gpu.whole import Whole

ROWS = (
    ("minilm", "lora", "bf16"), ("minilm", "lora", "tf32"),
    ("bert_base", "lora", "bf16"), ("bert_base", "lora", "tf32"),
    ("llama3_2_1b", "lora", "bf16"), ("llama3_2_1b", "qlora", "bf16"),
    ("gpt2_xl", "qlora", "bf16"),
)  # fmt: skip
MORE = (("qwen2_5_1_5b", "qlora", "bf16"), ("gemma3_1b", "qlora", "bf16"))
"""Only where `--rows` names their models."""
WHOLE = {("llama3_2_1b", "qlora", "bf16"): False, ("bert_base", "lora", "bf16"): True}
"""Rows of which whole cells are run, and whether by two workers, too."""
FROZEN = {("bert_base", "lora", "tf32"), ("llama3_2_1b", "lora", "bf16")}
"""Rows whose models also stay frozen."""
STACKS, TINY_STACKS = (32, 16, 8, 1), (4, 2, 1)


def main() -> None:
    """Measure, and print each table when it is there."""
    options = _options()
    if options.device == "cuda":
        from bench.running.devices import use_one_gpu

        use_one_gpu()  # before torch
    import torch

    from tests.perf.gpu import card, table

    if options.device == "cuda" and not torch.cuda.is_available():
        sys.exit("error: torch sees no GPU: nothing is measured (--device cpu --tiny tries the command)")
    clock, found = time.perf_counter(), card.measure(options.device, tiny=options.tiny)
    print(f"\n{table.of_card(found)}\n{card.versions()}\n", flush=True)
    with tempfile.TemporaryDirectory() as scratch:
        all_of = _measured(rows_of(options.rows, tiny=options.tiny), options, Path(scratch), found)
    print()
    steps = table.of_rows(all_of.steps, found), table.of_steps(all_of.steps, found)
    for lines in (*steps, table.of_whole(all_of.whole), table.of_frozen(all_of.frozen)):
        print("\n".join(lines), end="\n\n")
    print(f"measured in {time.perf_counter() - clock:.0f} s")


def _options() -> argparse.Namespace:
    assert __doc__ is not None
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--tiny", action="store_true", help="tiny models and stacks, which a CPU can try")
    parser.add_argument("--rows", nargs="+", choices=list(SHAPES), help="models, if not the usual ones")
    parser.add_argument("--stacks", nargs="+", type=int, help="cells in a stack")
    options = parser.parse_args()
    options.stacks = options.stacks or (TINY_STACKS if options.tiny else STACKS)
    return options


def rows_of(names: Sequence[str] | None, *, tiny: bool) -> list[Row]:
    """The rows of these models; None: those of the usual ones."""
    chosen = ROWS if names is None else [row for row in (*ROWS, *MORE) if row[0] in names]
    shapes = {name: shape.tiny() if tiny else shape for name, shape in SHAPES.items()}
    return [Row(shapes[name], method, precision) for name, method, precision in chosen]


def _measured(rows: Sequence[Row], options: argparse.Namespace, scratch: Path, card: "Card") -> "Measured":
    """Steps of all rows, told as they come, whole cells and frozen backbones of some; a model's folder is made once."""
    import torch

    from bench.running.memory import release
    from bench.running.out_of_memory import is_out_of_memory
    from bench.running.warm import Warm

    found = Measured()
    for row in rows:
        folder = scratch / row.shape.name
        if not folder.exists():
            build(row.shape, folder, options.device)
        where = context(scratch / "cache", options.device, warm=Warm())
        torch.backends.cuda.matmul.allow_tf32 = row.precision == "tf32"
        try:
            found.add(row, folder, where, options, card)
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            print(f"{row.name}: does not fit on this device", flush=True)
        where.warm.clear()
        release()
    return found


def can_compile(device: str) -> bool:
    """Whether compiled stacks are measured: on a GPU, with what torch needs to make programs for it."""
    from bench.errors import UserError
    from bench.running.compilers import check_compiler

    try:
        check_compiler(device, "a stack with compiled blocks")
    except UserError as error:
        print(f"left out: {error}", flush=True)
        return False
    return device == "cuda"


@dataclass(slots=True)
class Measured:
    """All that there is so far."""

    steps: "list[Step]" = field(default_factory=list)
    whole: "list[Whole]" = field(default_factory=list)
    frozen: "list[Frozen]" = field(default_factory=list)

    def add(self, row: Row, folder: Path, where: "Context", options: argparse.Namespace, card: "Card") -> None:
        """Measure a row, and print its steps."""
        from tests.perf.gpu.frozen import frozen
        from tests.perf.gpu.steps import steps
        from tests.perf.gpu.table import of_steps
        from tests.perf.gpu.whole import CELLS, whole

        new = steps(row, folder, where, options.stacks, compiled=can_compile(options.device))
        self.steps += new
        print("\n".join(of_steps(new, card)[2:]), flush=True)
        name = (row.shape.name.removeprefix("tiny_"), row.method, row.precision)
        if name in WHOLE:
            count = 2 if options.tiny else CELLS
            self.whole.append(whole(row, folder, where, count, share=WHOLE[name]))
        if name in FROZEN:
            where.warm.clear()
            self.frozen.append(frozen(row, folder, where, tiny=options.tiny))


if __name__ == "__main__":
    main()
