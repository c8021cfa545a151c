"""A network as an ONNX graph: from token ids and a mask of any number of texts and tokens to logits."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from torch import nn

from bench.errors import UserError, said
from bench.predict.classifier import Classifier
from bench.running.cores import threads
from bench.running.out_of_memory import is_out_of_memory

FILE = "model.onnx"
INPUTS = ("input_ids", "attention_mask")
"""Both of shape (texts, tokens), as 64-bit integers."""
OUTPUT = "logits"
"""Shape (texts, labels)."""
LONG, SHORT = 8, 5
"""Tokens of the two texts that the network is traced with."""
MAX_PROTOBUF = 2 * 10**9
"""Bytes of a file of ONNX; of larger ones the weights lie in a file beside it."""


class Logits(nn.Module):
    """A network that gives nothing but logits."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """Shape (texts, labels)."""
        logits: torch.Tensor = self.network(input_ids=input_ids, attention_mask=attention_mask).logits
        return logits


def export(network: Classifier, path: Path) -> None:
    """Write the graph to `path`. Raises UserError where torch can't export the model."""
    axes = {0: "texts", 1: "tokens"}
    try:
        with quiet(), torch.inference_mode(False), torch.no_grad():
            program = torch.onnx.export(
                Logits(network.model).eval(),
                _example(network),
                dynamo=True,
                input_names=INPUTS,
                output_names=(OUTPUT,),
                dynamic_shapes=dict.fromkeys(INPUTS, axes),
                verbose=False,
            )
            assert program is not None
            for node in program.model.graph.all_nodes():
                node.metadata_props.clear()  # lines of code that it came from, with this machine's paths
            program.save(path)
    except Exception as error:  # torch, onnxscript and transformers each raise their own
        if is_out_of_memory(error):
            raise
        family = network.model.config.model_type
        raise UserError(
            f"torch can't export this model ({family}) to ONNX: {type(error).__name__}: {said(error)[:300]}"
        ) from error


def _example(network: Classifier) -> tuple[torch.Tensor, torch.Tensor]:
    """Two texts, one of them padded, so that nothing of the graph is made for texts of one length."""
    pad = network.tokenizer.pad_token_id
    tokens = [token for token in range(LONG + 1) if token != pad][:LONG]
    ids = torch.tensor([tokens, tokens[:SHORT] + [pad] * (LONG - SHORT)])
    mask = torch.tensor([[1] * LONG, [1] * SHORT + [0] * (LONG - SHORT)])
    return ids, mask


@contextmanager
def quiet() -> Iterator[None]:
    """Without what exporters and onnxruntime's quantization say of themselves."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


def quantize(source: Path, path: Path) -> None:
    """Write the graph of `source` with weights in 8 bits to `path`; activations are put in 8 bits as they come.

    What gives the logits stays in fp32. It is small, and a regression on features of unlike scales, as of a linear
    probe, has weights for each scale: in 8 bits the small features are gone, and with them the labels.

    Raises UserError where onnxruntime can't.
    """
    from onnxruntime.quantization import QuantType, quantize_dynamic

    try:
        with quiet():
            quantize_dynamic(
                source,
                path,
                weight_type=QuantType.QInt8,
                nodes_to_exclude=_last_nodes(source),
                per_channel=True,  # a scale for each unit: MiniLM's labels change a third as often as with one a layer
                use_external_data_format=size_of(source.parent) > MAX_PROTOBUF,
            )
    except Exception as error:  # whatever onnxruntime raises of a graph that it does not know
        if is_out_of_memory(error):
            raise
        raise UserError(
            f"onnxruntime can't put this graph in 8 bits: {type(error).__name__}: {said(error)[:300]}"
        ) from error


def _last_nodes(path: Path) -> list[str]:
    """The names of the nodes whose results are the graph's own."""
    import onnx

    graph = onnx.load(path, load_external_data=False).graph
    outputs = {output.name for output in graph.output}
    last = [node.name for node in graph.node if outputs & set(node.output)]
    return [*last, *(f"{name}_MatMul" for name in last)]  # onnxruntime parts a Gemm in two of such names


def size_of(folder: Path) -> int:
    """Bytes of the files of the graph in `folder`."""
    return sum(path.stat().st_size for path in folder.glob(f"{FILE}*"))


class OnnxNetwork:
    """A graph that a `Classifier` can take for its model."""

    def __init__(self, folder: Path) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads()
        options.log_severity_level = 3  # errors
        self.session = onnxruntime.InferenceSession(str(folder / FILE), options, providers=["CPUExecutionProvider"])
        self.device = torch.device("cpu")

    def __call__(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> Any:
        """`logits`, as of transformers' models."""
        feeds = dict(zip(INPUTS, (input_ids.numpy(), attention_mask.numpy()), strict=True))
        return SimpleNamespace(logits=torch.from_numpy(self.session.run(None, feeds)[0]))
