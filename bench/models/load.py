"""Loading tokenizers and models, with the padding and the head that classification needs."""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from transformers import (
    AutoModel,
    AutoModelForCausalLM,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    BitsAndBytesConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)  # fmt: skip
from transformers.utils import logging

from bench.config import Precision, TransformerConfig
from bench.config.method.base import FourBit
from bench.errors import UserError
from bench.models import safely
from bench.models.base import BaseModel, renew_head
from bench.models.dtypes import DTYPES
from bench.models.families import FAMILIES, Family
from bench.running.out_of_memory import says_out_of_memory
from bench.sources import hub


def quiet() -> None:
    """Keep transformers' load reports and progress bars off the terminal and out of the logs."""
    logging.set_verbosity_error()
    logging.disable_progress_bar()


@contextmanager
def explained(model: TransformerConfig, location: str) -> Iterator[None]:
    """Turn what the hub raises (gated, offline, not found) into a UserError with what to do.

    So, too, what is not read of a folder (`bench.models.safely`).
    """
    if (folder := Path(location)).is_dir():
        safely.check_folder(folder, model.name)
    try:
        with safely.explained(model.name, location):
            yield
    except UserError:
        raise
    except Exception as error:
        if found := _conversion_errors(error):
            kind = torch.OutOfMemoryError if any(map(says_out_of_memory, found)) else RuntimeError
            raise kind(f"weights of {model.name} could not be loaded: {found[0]}") from error
        if (explanation := hub.explain(error, f"model {model.id or model.name}")) is not None:
            raise explanation from error
        raise


def _conversion_errors(error: BaseException) -> list[str]:
    """What went wrong while single weights were put in their type, or in 4 bits; empty where that was not it.

    transformers 5 writes it into a report, which is logged as a warning, and raises an error that says no more than to
    look there (module transformers.utils.loading_report); the report is still in the frames that the error left.
    """
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    reports = [frame.f_locals.get("loading_info") for frame in frames]
    return [text for report in reports for text in getattr(report, "conversion_errors", {}).values()]


def load_tokenizer(model: TransformerConfig, location: str, truncation_side: str = "right") -> PreTrainedTokenizerBase:
    """The model's tokenizer, padding on the right, with a pad token that the vocabulary already has.

    An existing token is preferred to a new one: a grown embedding row stays untrained under LoRA.
    """
    with explained(model, location):
        tokenizer = AutoTokenizer.from_pretrained(location, revision=model.revision, **safely.files_options(model))
    tokenizer.padding_side = "right"
    tokenizer.truncation_side = truncation_side
    if tokenizer.pad_token is None:
        vocabulary = tokenizer.get_vocab()
        known = (token for token in FAMILIES[model.family].pad_candidates if token in vocabulary)
        tokenizer.pad_token = next(known, tokenizer.eos_token)
    return tokenizer


def load_classifier_base(
    model: TransformerConfig, location: str, *, precision: Precision, quantization: FourBit | None, device: str
) -> BaseModel:
    """The model with a head that has no values yet (`classifier` gives it some).

    The trunk is in 4 bits where `quantization` is given.
    """
    family = FAMILIES[model.family]
    with explained(model, location):
        loaded, report = AutoModelForSequenceClassification.from_pretrained(
            location,
            revision=model.revision,
            dtype=DTYPES[precision],
            device_map={"": device},
            quantization_config=None if quantization is None else four_bit(quantization, family, precision),
            output_loading_info=True,
            **safely.weights_options(model),
        )
    for module in loaded.modules():
        if hasattr(module, "support_avx512bf16_for_cpu"):
            # On such CPUs bitsandbytes repacks 4-bit weights at the first validation, for kernels without a
            # gradient: all training after it would silently miss what flows through those layers.
            module.support_avx512bf16_for_cpu = False
    loaded.config.use_cache = False
    return BaseModel(loaded, frozenset(report["missing_keys"]))


def classifier(base: BaseModel, family: Family, labels: tuple[str, ...], pad_token_id: int) -> PreTrainedModel:
    """A copy of `base`, which shares its weights, with a new head over `labels`.

    Seed before: the head is initialised here.
    """
    model = base.copy()
    # without it, pooling would take the wrong token of a padded text
    model.config.pad_token_id = pad_token_id
    renew_head(model, base.new, family.head[-1], labels)
    return model


def load_classifier(
    model: TransformerConfig,
    location: str,
    *,
    labels: tuple[str, ...],
    pad_token_id: int,
    precision: Precision,
    quantization: FourBit | None,
    device: str,
) -> PreTrainedModel:
    """The model with a new classification head over `labels`; its base in 4 bits where `quantization` is given."""
    base = load_classifier_base(model, location, precision=precision, quantization=quantization, device=device)
    return classifier(base, FAMILIES[model.family], labels, pad_token_id)


def four_bit(quantization: FourBit, family: Family, precision: Precision) -> BitsAndBytesConfig:
    """4-bit weights for all linear layers but the head.

    The head has to be named: otherwise bitsandbytes quantizes BERT's and DistilBERT's, which can't be trained then.
    """
    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type=quantization.quant_type,
        bnb_4bit_use_double_quant=quantization.double_quant,
        bnb_4bit_compute_dtype=DTYPES[precision],
        llm_int8_skip_modules=list(family.head),
    )


def load_trunk(model: TransformerConfig, location: str, *, precision: Precision, device: str) -> PreTrainedModel:
    """The pretrained model without any head, for its hidden states."""
    with explained(model, location):
        return AutoModel.from_pretrained(
            location,
            revision=model.revision,
            dtype=DTYPES[precision],
            device_map={"": device},
            **safely.weights_options(model),
        ).eval()


def load_causal(model: TransformerConfig, location: str, *, precision: Precision, device: str) -> PreTrainedModel:
    """The pretrained model with its own language-modelling head, frozen."""
    with explained(model, location):
        loaded = AutoModelForCausalLM.from_pretrained(
            location,
            revision=model.revision,
            dtype=DTYPES[precision],
            device_map={"": device},
            **safely.weights_options(model),
        )
    return loaded.requires_grad_(False).eval()


def commit_of(model: PreTrainedModel) -> str | None:
    """The hub commit that a loaded model came from; None for a local folder."""
    commit: Any = getattr(model.config, "_commit_hash", None)
    return commit
