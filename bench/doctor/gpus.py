"""The GPUs, what they compute in, and whether they do."""

from collections.abc import Iterator

from bench.config import TransformerConfig
from bench.doctor.finding import Finding, note, ok, problem, problem_if
from bench.doctor.sweep import Sweep
from bench.errors import UserError
from bench.escape.characters import shortened
from bench.running.bf16 import is_fast
from bench.running.devices import Gpu, memory_in_use, visible_gpus
from bench.running.gpu_probe import FOUR_BIT, way_out
from bench.running.no_gpu import why_no_gpu
from bench.running.precision import has_bf16, plan_notice, precision_of
from bench.sweep.wording import gigabytes


def devices(sweep: Sweep) -> Iterator[Finding]:
    """Those that are visible, whether torch computes on them, and whether the sweep has what it asks for."""
    gpus = visible_gpus()
    for number, gpu in enumerate(gpus):
        yield ok(f"{number}: {_described(gpu)}")
    if sweep.runs_here:
        try:
            sweep.runner.check(sweep.todo, sweep.settings)
        except UserError as error:
            yield problem(str(error))
            return
    if not gpus:
        reason = why_no_gpu()
        yield note(f"none is visible{'' if reason is None else f': {reason}'}")
    stops = sweep.runs_here and bool(sweep.transformers)
    for name, reason in sweep.probed.items():
        if reason is not None and not reason.startswith(FOUR_BIT) and sweep.place.gpus:
            yield problem_if(stops, f"{name} can't be used: {shortened(reason, 200)}", way_out(reason))


def bf16(sweep: Sweep) -> Iterator[Finding]:
    """Whether the device is quick in bf16; cells whose default it is are computed in something else where not."""
    place = sweep.place
    if not place.is_here:
        yield note("the nodes' GPUs are not known here")
    elif place.device == "cuda":
        for gpu in {gpu.name: gpu for gpu in place.gpus}.values():
            has = has_bf16(gpu)
            without = f"{gpu.name} has none: cells take fp16, or fp32 where a family's activations overflow in it"
            yield ok(f"{gpu.name} has it") if has else note(without)
        if not place.gpus:
            yield note("no GPU to ask")
    elif (notice := plan_notice(list(sweep.todo))) is not None:
        yield note(notice)
    elif is_fast():
        yield ok("this CPU is quick in it")
    else:
        wanted = any(precision_of(cell) == "bf16" for cell in sweep.todo if isinstance(cell.model, TransformerConfig))
        yield note(f"this CPU has no fast bf16{'' if wanted else ', and no cell here asks for it'}")


def four_bit(sweep: Sweep) -> Iterator[Finding]:
    """Whether a product with 4-bit weights is right on the device."""
    for name, reason in sweep.probed.items():
        if reason is None:
            yield ok(f"a product of 4-bit weights is right on the {'CPU' if name == 'CPU' else f'GPU {name}'}")
        elif reason.startswith(FOUR_BIT):
            yield problem_if(sweep.runs_here and bool(sweep.four_bit), shortened(reason, 200), way_out(reason))
        elif name == "CPU":
            stops = sweep.runs_here and bool(sweep.transformers) and sweep.place.device == "cpu"
            yield problem_if(stops, f"torch does not compute: {shortened(reason, 200)}", "install it again")
        else:
            yield note(f"not tried on {name}, which torch can't use")


def _described(gpu: Gpu) -> str:
    parts = [gpu.name, "memory shared with the machine" if gpu.total_memory is None else gigabytes(gpu.total_memory)]
    if (used := memory_in_use(gpu)) is not None:
        parts.append(f"{gigabytes(used)} in use")
    if gpu.capability is not None:
        parts.append(f"compute capability {'.'.join(map(str, gpu.capability))}")
    return ", ".join(parts)
