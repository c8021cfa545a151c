"""How many parameters a model has and what they take, with 4-bit weights counted as what they stand for."""

import torch

from bench.results.measurements import Parameters


def count_parameters(model: torch.nn.Module) -> Parameters:
    """Scalar parameters: all, the trainable ones, and those stored in 4 bits."""
    total = trainable = quantized = 0
    for parameter in model.parameters():
        state = getattr(parameter, "quant_state", None)
        count = parameter.numel() if state is None else int(torch.Size(state.shape).numel())
        total += count
        trainable += count if parameter.requires_grad else 0
        quantized += count if state is not None else 0
    return Parameters(trainable=trainable, total=total, quantized=quantized)


def frozen_bytes(model: torch.nn.Module) -> int:
    """Bytes of all frozen parameters as stored, with the scales of 4-bit ones."""
    return sum(_stored_bytes(parameter) for parameter in model.parameters() if not parameter.requires_grad)


def _stored_bytes(parameter: torch.nn.Parameter) -> int:
    taken = parameter.numel() * parameter.element_size()
    state = getattr(parameter, "quant_state", None)
    while state is not None:  # double quantization nests a second state for the scales
        scales = (getattr(state, name, None) for name in ("absmax", "offset"))
        taken += sum(t.numel() * t.element_size() for t in scales if isinstance(t, torch.Tensor))
        state = getattr(state, "state2", None)
    return taken
