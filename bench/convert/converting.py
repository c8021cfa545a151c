"""From a kept model to its other form in a folder, compared with it on the way."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from bench.convert import eight_bits, graph
from bench.convert.about import About, EightBits
from bench.convert.card import converted_card
from bench.convert.forms import PACKAGES as OF_ONNX
from bench.convert.forms import Form
from bench.convert.network import load_merged, network_of
from bench.convert.parity import EXACT, Parity, bound_of, check, compared, hard_texts
from bench.convert.same_tokens import check_tokens
from bench.convert.texts import Texts
from bench.errors import UserError, said
from bench.escape.terminal import say
from bench.folders import whole_folder
from bench.methods.fitted import Probabilities
from bench.models.kept import CARD, PACKAGES, KeptModel, file_hashes
from bench.models.windows import tokens_held
from bench.predict.classifier import Classifier
from bench.predict.from_method import FromMethod
from bench.predict.loading import Wanted, base_of, load_on
from bench.rights import share_all
from bench.running.provenance import packages


@dataclass(frozen=True, slots=True)
class Conversion:
    """What is converted, to what, and what it is compared on."""

    folder: Path
    """Of the kept model's files."""
    kept: KeptModel
    wanted: Wanted
    form: Form
    texts: Texts
    max_difference: float | None
    """Of a probability; None: `bound_of` says it."""


@dataclass(frozen=True, slots=True)
class _Expected:
    """The model as one network, and what the kept one gives for texts."""

    asked: Conversion
    network: Classifier
    texts: Sequence[str]
    """With some that are hard, at the end."""
    probabilities: Probabilities
    """Of the kept model, shape (texts, labels)."""

    def check(self, found: Probabilities) -> Parity:
        """Raise UserError where the network gives something else."""
        kept = self.asked.kept
        parity, bound = compared(kept, self.probabilities, found), bound_of(kept, self.asked.max_difference)
        advice = f"; --max-difference {parity.max_difference * 1.05:.2g} keeps it all the same"
        check(parity, bound, "as one network in fp32 the model is another", advice * bool(np.isfinite(found).all()))
        return parity


def convert(asked: Conversion, out: Path) -> None:
    """Keep the new form in `out`. Raises UserError where it can't be had, or gives something else."""
    expected = _expected(asked)
    try:
        with whole_folder(out) as new:
            parity, cost = _merge(expected, new) if asked.form == "merged" else _export(expected, new)
            _describe(expected, parity, cost, new)
            share_all(new)
    except OSError as error:
        raise UserError(f"--out {out} cannot be written: {said(error)}") from error
    say(parity.said if cost is None else f"in fp32: {parity.said}\n{cost.said}")
    say(f"kept: {out}\n  {out / CARD} has code that runs it")


def _expected(asked: Conversion) -> _Expected:
    base = base_of(asked.kept, asked.wanted)
    loaded = load_on(base, asked.folder, asked.kept, "cpu")
    network = network_of(asked.folder, asked.kept, loaded, base)
    assert network.kept.max_length is not None
    texts = asked.texts.texts
    hard = hard_texts(texts, tokens_held(network.kept.max_length, network.kept.max_windows, 0))
    say(f"comparing on {asked.texts.said}, one word, and a text that is too long")
    return _Expected(asked, network, [*texts, *hard], _predicted(loaded, [*texts, *hard]))


def _predicted(model: Classifier | FromMethod, texts: Sequence[str]) -> Probabilities:
    """As `bench predict` gives them."""
    places = [f"text {number}" for number in range(1, len(texts) + 1)]
    return model.predict(texts, places, model.kept.batch_size)


def _merge(expected: _Expected, folder: Path) -> tuple[Parity, None]:
    """Write the network, and compare what plain transformers load of it."""
    network = expected.network
    network.model.save_pretrained(folder)
    _save_tokenizer(network, folder)
    return expected.check(_predicted(load_merged(folder, expected.asked.kept, network.tokenizer), expected.texts)), None


def _save_tokenizer(network: Classifier, folder: Path) -> None:
    """So that who cuts texts by it, and says no more, cuts them as here."""
    network.tokenizer.model_max_length = network.kept.max_length
    network.tokenizer.save_pretrained(folder)


def _export(expected: _Expected, folder: Path) -> tuple[Parity, EightBits | None]:
    """Write the graph, and compare it with the network that it is of, and that with the kept model."""
    asked, network = expected.asked, expected.network
    in_torch = _predicted(network, expected.texts)
    expected.check(in_torch)
    _save_tokenizer(network, folder)
    check_tokens(network, folder, expected.texts)
    network.model.config.save_pretrained(folder)
    in_fp32 = folder if asked.form == "onnx" else folder / "fp32"
    in_fp32.mkdir(exist_ok=True)
    graph.export(network, in_fp32 / graph.FILE)
    whole = replace(network, model=graph.OnnxNetwork(in_fp32))
    found = _predicted(whole, expected.texts)
    check(compared(asked.kept, in_torch, found), EXACT, "the ONNX graph gives something else than the model")
    parity = compared(asked.kept, expected.probabilities, found)
    if asked.form == "onnx":
        return parity, None
    graph.quantize(in_fp32 / graph.FILE, folder / graph.FILE)
    small = replace(network, model=graph.OnnxNetwork(folder))
    whole_graph = eight_bits.Graph(whole, found, in_fp32)
    small_graph = eight_bits.Graph(small, _predicted(small, expected.texts), folder)
    cost = eight_bits.measured(asked.texts, whole_graph, small_graph)
    shutil.rmtree(in_fp32)
    return parity, cost


def _describe(expected: _Expected, parity: Parity, cost: EightBits | None, folder: Path) -> None:
    """Write the card, and what is said for programs."""
    asked, network = expected.asked, expected.network
    about = About(
        form=asked.form,
        kept=asked.kept,
        compared_on=asked.texts.said,
        texts=parity.texts,
        max_difference=parity.max_difference,
        same_labels=parity.same_labels,
        eight_bits=cost,
        packages=packages((*PACKAGES, *(OF_ONNX if asked.form != "merged" else ()))),
        model_files=file_hashes(folder),
    )
    about.write(folder)
    card = converted_card(asked.folder / CARD, about, network.kept, network.tokenizer.pad_token_id)
    (folder / CARD).write_text(card, encoding="utf-8")
