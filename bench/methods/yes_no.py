"""Zero-shot where a text may have several labels: a causal model answers yes or no for each label.

A label's log-odds are how much more likely yes is than no after the question, by the first token of each. A text and
what stands before the label are computed once; their keys and values are shared by the questions of all labels.
"""

from collections.abc import Sequence
from copy import deepcopy

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import expit, logit
from transformers import DynamicCache, PreTrainedModel, PreTrainedTokenizerBase

from bench.config import ZeroShotConfig
from bench.errors import UserError
from bench.methods.prompted import Continuations, run_prompts, tokens_after
from bench.models.prompts import after_label, joint_of


def answer_tokens(tokenizer: PreTrainedTokenizerBase, method: ZeroShotConfig) -> tuple[int, int] | None:
    """The first tokens of yes and of no after the question; None where none is asked.

    Raises UserError where they are the same, or an answer has none.
    """
    if method.question is None:
        return None
    ending = after_label(method)
    tokens = [tokens_after(tokenizer, ending, joint_of(ending), answer) for answer in method.answers]
    yes, no = method.answers
    if not all(tokens) or not yes.strip() or not no.strip() or tokens[0][0] == tokens[1][0]:
        raise UserError(
            f"method.answers={list(method.answers)}: this model's tokenizer begins both with the same token"
        )
    return tokens[0][0], tokens[1][0]


def log_odds(
    model: PreTrainedModel,
    prompts: Sequence[Sequence[int]],
    labels: Continuations,
    answers: tuple[int, int],
    *,
    at_once: int,
) -> torch.Tensor:
    """Log-odds of yes against no for each label after each prompt: shape (prompts, labels), fp32.

    `labels` are what follows a prompt for each of them; at most `at_once` of these are asked together, or one a prompt.
    """
    out, mask = run_prompts(model, prompts)
    size = max(1, at_once // len(prompts))
    parts = [labels[start : start + size] for start in range(0, len(labels), size)]
    odds = []
    for number, part in enumerate(parts):
        cache = out.past_key_values if number == len(parts) - 1 else deepcopy(out.past_key_values)
        odds.append(_odds_of(model, cache, mask, part, answers))
    return torch.cat(odds, dim=1)


def _odds_of(
    model: PreTrainedModel, cache: DynamicCache, mask: torch.Tensor, labels: Continuations, answers: tuple[int, int]
) -> torch.Tensor:
    """Those of some labels. `cache` holds the prompts, `mask` their real tokens; it is used up."""
    count, lengths = len(labels), torch.tensor([len(tokens) for tokens in labels], device=model.device)
    width = int(lengths.max())
    ids = torch.tensor([list(tokens) + [0] * (width - len(tokens)) for tokens in labels], device=model.device)
    real = torch.arange(width, device=model.device) < lengths[:, None]
    # padding is on the right: the last token of each question is at one of few places
    ends, which = torch.unique(lengths - 1, return_inverse=True)
    cache.batch_repeat_interleave(count)
    before = mask.repeat_interleave(count, dim=0)
    out = model(
        input_ids=ids.repeat(len(mask), 1),
        attention_mask=torch.cat([before, real.to(mask.dtype).repeat(len(mask), 1)], dim=1),
        position_ids=before.sum(dim=1, keepdim=True) + torch.arange(width, device=model.device),
        past_key_values=cache,
        use_cache=True,
        logits_to_keep=ends,
    )
    last = out.logits[torch.arange(len(before), device=model.device), which.repeat(len(mask))].float()
    yes, no = answers
    return (last[:, yes] - last[:, no]).view(len(mask), count)


def content_free_log_odds(odds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Log-odds of each label's mean probability over texts that say nothing, of which these are the log-odds.

    Contextual calibration (Zhao et al. 2021), with yes and no as the two labels.
    """
    found: NDArray[np.float64] = logit(expit(odds).mean(axis=0))
    return found
