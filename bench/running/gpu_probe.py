"""Whether torch, as it is installed, can compute on a GPU: found out in seconds, in a process of its own.

    CUDA_VISIBLE_DEVICES=GPU-... python -m bench.running.gpu_probe [--four-bit] [--cpu]

NVML also shows GPUs that this torch can't use: it is built for the CPU, or for a newer driver, or has no code for so
old a GPU. Every cell would fail by itself, each after its model was loaded.
"""

import os
import subprocess
import sys
from collections.abc import Iterable, Sequence

from bench.cell import Cell
from bench.config import TransformerConfig
from bench.errors import UserError
from bench.escape.characters import shortened
from bench.extras import how_to_install, is_here
from bench.running.devices import Gpu

TIMEOUT_SECONDS = 300.0
"""A first import from a network file system takes a minute or two."""
WAYS_OUT = {
    "not compiled with CUDA": "this torch is built for the CPU alone: install one for CUDA (https://pytorch.org)",
    "driver on your system is too old": "update the driver, or install a torch for an older CUDA (https://pytorch.org)",
    "no kernel image": "this torch has no code for so old (or so new) a GPU: install another (https://pytorch.org)",
    "bitsandbytes": "4-bit weights need bitsandbytes for this CUDA: `python -m bitsandbytes` says what is missing",
}
"""What to do about an error, by a part of its message."""
FOUR_BIT = "bitsandbytes"
"""Errors of 4-bit products begin so."""


def check_usable(gpus: Iterable[Gpu], cells: Iterable[Cell]) -> None:
    """Try one GPU of each kind. Raises UserError where one can't be used by cells that need it."""
    methods = [cell.method for cell in cells if isinstance(cell.model, TransformerConfig) and cell.method is not None]
    if not methods:
        return
    options = ["--four-bit"] if any(method.quantization is not None for method in methods) else []
    for gpu in {gpu.name: gpu for gpu in gpus}.values():
        if (reason := tried(gpu.uuid, options)) is not None:
            raise UserError(f"GPU {gpu.name} can't be used: {shortened(reason, 200)}; {way_out(reason)}; or device=cpu")


def way_out(reason: str) -> str:
    """What to do about what `tried` says."""
    return next((way for part, way in WAYS_OUT.items() if part in reason), "`nvidia-smi` says more")


def tried(uuid: str, options: Sequence[str] = (), timeout: float = TIMEOUT_SECONDS) -> str | None:
    """What goes wrong on the GPU of this UUID (or, with the option `--cpu`, without one); None where all is well."""
    command = [sys.executable, "-m", "bench.running.gpu_probe", *options]
    try:
        ended = subprocess.run(
            command, check=False, capture_output=True, text=True, errors="replace", timeout=timeout,
            env=os.environ | {"CUDA_VISIBLE_DEVICES": uuid},
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return f"no answer within {timeout:g} s"
    if ended.returncode == 0:
        return None
    said = ended.stderr.strip().splitlines() or [f"exit code {ended.returncode}"]
    return said[-1]


def main(arguments: list[str]) -> int:
    """Compute a little on the first GPU (`--cpu`: on the CPU); return 0, or 1 with one line on standard error."""
    part = "torch"
    try:
        import torch

        ones = torch.ones(64, 64, device="cpu" if "--cpu" in arguments else "cuda")
        if (ones @ ones).sum().item() != 64**3:
            raise ArithmeticError("a product of matrices is wrong")
        if "--four-bit" in arguments:
            part = FOUR_BIT
            if not is_here(part):
                raise ModuleNotFoundError(f"it is not installed: {how_to_install(part)}")
            from bitsandbytes import functional, matmul_4bit

            values, state = functional.quantize_4bit(ones, quant_type="nf4")  # which has 1 as it is
            if matmul_4bit(ones, values.t(), quant_state=state).sum().item() != 64**3:
                raise ArithmeticError("a 4-bit product is wrong")
    except Exception as error:  # whatever it is, it is what a cell would meet
        lines = str(error).strip().splitlines() or [type(error).__name__]
        print(f"{part}: {lines[0]}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
