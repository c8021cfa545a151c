"""Zero-shot: a causal model scores each label's words after a prompt that holds the text. Nothing is trained.

A label's score is the log-likelihood of its words given the prompt, divided by their number of tokens, so that
labels of several tokens are not at a disadvantage (Brown et al. 2020, section 2.4). Each prompt is computed once:
its keys and values are then shared by all labels of more than one token. Where a text may have several labels, it is
asked of each whether the text has it (`bench.methods.yes_no`).
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import expit, logsumexp, softmax
from transformers import DynamicCache, PreTrainedModel, PreTrainedTokenizerBase

from bench.cell import Cell
from bench.config import TransformerConfig, ZeroShotConfig
from bench.data.split import Examples, Splits
from bench.errors import UserError
from bench.methods import yes_no
from bench.methods.cut import count_tokens, measure_cut
from bench.methods.encode import Encoded, sort_by_length
from bench.methods.fitted import Context, Diverged, Probabilities, Stored, Summary
from bench.methods.loading import ModelFiles, base_model, kept_frozen, tokenizer_of
from bench.methods.prompted import Continuations, run_prompts, tokens_after
from bench.methods.truncation import cut_texts
from bench.models import files, size
from bench.models import load as loading
from bench.models.base import BaseModel
from bench.models.kept import KeptModel, describe
from bench.models.prompts import CONTENT_FREE, after_label, around_text, joint_before_label, words_of
from bench.results.measurements import Cut
from bench.running.warm import Tokens


@dataclass(slots=True)
class ZeroShot:
    """A causal model that is asked which label's words come next."""

    summary: Summary
    kept: KeptModel
    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    method: ZeroShotConfig
    labels: Continuations
    """What follows a prompt for each label: its words, with the rest of the question where one is asked."""
    answers: tuple[int, int] | None = None
    """First tokens of yes and no; None where the labels' words are what is scored."""
    content_free: NDArray[np.float64] | None = None
    """Log-probability of each label without any content, or its log-odds with several; None: not calibrated."""
    tokens: Tokens | None = None

    def predict(self, examples: Examples) -> Probabilities:
        """Probabilities, shape (examples, labels): softmax of the labels' scores, or the logistic function of log-odds.

        Raises Diverged.
        """
        scores = self.score(examples.texts)
        if self.content_free is not None:
            scores = scores - self.content_free
        if not np.isfinite(scores).all():
            raise Diverged("the model's log-likelihoods are not finite")
        probabilities: Probabilities = softmax(scores, axis=1) if self.answers is None else expit(scores)
        return probabilities

    def save(self, folder: Path) -> None:
        """Keep the description, with prompt and words: nothing was learnt, and the model is had from where it came."""
        self.kept.write(folder)

    def score(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Log-likelihood per token of each label's words after each text's prompt: shape (texts, labels).

        Where a text may have several labels: log-odds of yes against no.
        """
        longest = max(map(len, self.labels))
        encoded = encode_prompts(self.tokenizer, texts, self.method, room(self.model, longest), self.tokens)
        ordered = sort_by_length(encoded)
        shared = sum(len(tokens) > 1 or self.answers is not None for tokens in self.labels)
        rows = max(1, self.method.batch_size // max(1, shared))
        scored = []
        with torch.inference_mode():
            for start in range(0, len(encoded), rows):
                prompts = [example["input_ids"] for example in ordered.examples[start : start + rows]]
                scored.append(self._score_batch(prompts).cpu().numpy())  # type: ignore[arg-type]
        return ordered.restore(np.concatenate(scored).astype(np.float64))

    def _score_batch(self, prompts: Sequence[Sequence[int]]) -> torch.Tensor:
        if self.answers is None:
            return score_batch(self.model, prompts, self.labels)
        return yes_no.log_odds(self.model, prompts, self.labels, self.answers, at_once=self.method.batch_size)


def fit(cell: Cell, splits: Splits, context: Context) -> ZeroShot:
    """Load the cell's model and, with `calibrate`, score the content-free prompts. No example is used.

    Raises UserError where the model's files can't be had or a label has no words.
    """
    model, method = cell.model, cell.method
    assert isinstance(model, TransformerConfig)
    assert isinstance(method, ZeroShotConfig)
    assert method.precision is not None
    loading.quiet()
    clock = time.perf_counter()
    found = ModelFiles.find(model, context)
    tokenizer = tokenizer_of(found, context)
    causal = base_model(cell, found, context, lambda: _load_base(model, found.location, method, context.device)).copy()
    summary = Summary(
        load_seconds=time.perf_counter() - clock,
        parameters=size.count_parameters(causal),
        frozen_weights=size.frozen_bytes(causal),
        model_revision=files.revision(model, found.location, loading.commit_of(causal)),
    )
    words = [words_of(label, method) for label in splits.labels]
    labels = continuations(tokenizer, method, words)
    room_for_prompt = room(causal, max(map(len, labels)))
    summary.choices |= _cut(tokenizer, method, room_for_prompt)
    summary.cut = _cut_texts(tokenizer, splits, text_limit(tokenizer, method, room_for_prompt), context.warm.tokens)
    kept = describe(cell, splits.labels, summary.model_revision)
    answers = yes_no.answer_tokens(tokenizer, method)
    fitted = ZeroShot(summary, kept, causal, tokenizer, method, labels, answers, tokens=context.warm.tokens)
    if method.calibrate:
        fitted.content_free = content_free_log_probabilities(fitted)
        shares = np.exp(fitted.content_free) if answers is None else expit(fitted.content_free)
        summary.choices |= {"content_free": dict(zip(splits.labels, shares.tolist(), strict=True))}
    return fitted


def load(kept: KeptModel, stored: Stored) -> ZeroShot:
    """What was kept of a cell. Raises UserError where the model can't be loaded."""
    found, method, tokenizer = kept_frozen(kept, stored, ZeroShotConfig)
    causal = _load_base(found.model, found.location, method, stored.device).copy()
    labels = continuations(tokenizer, method, [words_of(label, method) for label in kept.labels])
    answers = yes_no.answer_tokens(tokenizer, method)
    fitted = ZeroShot(Summary(), kept, causal, tokenizer, method, labels, answers, tokens=Tokens())
    if method.calibrate:
        fitted.content_free = content_free_log_probabilities(fitted)
    return fitted


def _load_base(model: TransformerConfig, location: str, method: ZeroShotConfig, device: str) -> BaseModel:
    assert method.precision is not None
    return BaseModel(loading.load_causal(model, location, precision=method.precision, device=device))


def continuations(tokenizer: PreTrainedTokenizerBase, method: ZeroShotConfig, words: Sequence[str]) -> Continuations:
    """The tokens of each label's words, as they are in place: after the prompt and a space (or a new line), with what a
    question has after them.

    Raises UserError where words give no token or two labels the same ones: no score could tell them apart.
    """
    ending, joint, rest = around_text(method)[1], joint_before_label(method), after_label(method)
    known: dict[tuple[int, ...], str] = {}
    for label in words:
        tokens = tokens_after(tokenizer, ending, joint, label + rest)
        if not label.strip() or not tokens:
            raise UserError(f"the words {label!r} of a label give no token: see data.label_words")
        if tuple(tokens) in known:
            raise UserError(f"{known[tuple(tokens)]!r} and {label!r} are the same label words: see data.label_words")
        known[tuple(tokens)] = label
    return list(known)


def text_limit(tokenizer: PreTrainedTokenizerBase, method: ZeroShotConfig, room: int | None) -> int:
    """Tokens that a text may have in a prompt of `room` tokens (None: as many as there are)."""
    if room is None:
        return method.max_length
    return max(1, min(method.max_length, room - len(tokenizer("".join(around_text(method)))["input_ids"]) - 1))


def _cut(tokenizer: PreTrainedTokenizerBase, method: ZeroShotConfig, room: int | None) -> dict[str, int]:
    """For the record: where texts are cut, if the prompt leaves less than the default says.

    Raises UserError where it leaves less than was asked for.
    """
    limit = text_limit(tokenizer, method, room)
    if limit == method.max_length:
        return {}
    if method.max_length_asked:
        raise UserError(
            f"method.max_length={method.max_length}: beside the prompt and a label, the model has positions for "
            f"{limit} tokens of a text; give at most {limit}, or null for as many as there are"
        )
    return {"max_length": limit}


def _cut_texts(tokenizer: PreTrainedTokenizerBase, splits: Splits, limit: int, tokens: Tokens) -> Cut:
    """What a limit of `limit` tokens of their own cuts off test texts; training texts are not read."""

    def whole(examples: Examples) -> NDArray[np.int64]:
        return np.array(count_tokens(tokenizer, list(examples.texts), tokens, special=False), dtype=np.int64)

    return measure_cut(splits, limit, whole, added=0, train=False)


def encode_prompts(
    tokenizer: PreTrainedTokenizerBase,
    texts: Sequence[str],
    method: ZeroShotConfig,
    room: int | None,
    tokens: Tokens | None = None,
) -> Encoded:
    """Tokens of the prompts, without padding. Long texts are cut, the prompt around them never is.

    A text keeps at most `method.max_length` tokens, and no more than a prompt of `room` tokens holds; None for
    no such limit.
    """
    before, after = around_text(method)
    limit = text_limit(tokenizer, method, room)

    def tokenize(new: list[str]) -> list[list[int]]:
        kept = cut_texts(tokenizer, new, limit, method.truncation)
        return list(tokenizer([before + text + after for text in kept], return_attention_mask=False)["input_ids"])

    rows = (tokens or Tokens()).of(("prompt", before, after, limit, method.truncation), texts, tokenize)
    return [{"input_ids": ids, "attention_mask": [1] * len(ids)} for ids in rows]


def room(model: PreTrainedModel, continuation: int) -> int | None:
    """Tokens that a prompt may have so that `continuation` more fit into the model's positions; None: no limit."""
    positions = getattr(model.config.get_text_config(), "max_position_embeddings", None)
    return None if positions is None else positions - continuation


def score_batch(model: PreTrainedModel, prompts: Sequence[Sequence[int]], labels: Continuations) -> torch.Tensor:
    """Log-likelihood per token of every label after every prompt: shape (prompts, labels), fp32."""
    out, mask = run_prompts(model, prompts)
    first = torch.tensor([tokens[0] for tokens in labels], device=model.device)
    scores = out.logits[:, -1].float().log_softmax(dim=-1)[:, first]
    longer = [index for index, tokens in enumerate(labels) if len(tokens) > 1]
    if longer:
        scores[:, longer] += _score_rest(model, out.past_key_values, mask, [labels[index] for index in longer])
    return scores / torch.tensor([len(tokens) for tokens in labels], device=model.device)


def _score_rest(model: PreTrainedModel, cache: DynamicCache, mask: torch.Tensor, labels: Continuations) -> torch.Tensor:
    """Log-likelihood of what comes after each label's first token, summed: shape (prompts, labels).

    `cache` holds the prompts, `mask` their real tokens; it is used up.
    """
    count, width = len(labels), max(map(len, labels)) - 1

    def padded(rows: Continuations) -> torch.Tensor:
        filled = [list(row) + [0] * (width - len(row)) for row in rows]
        return torch.tensor(filled, device=model.device).repeat(len(mask), 1)

    real = padded([[1] * (len(tokens) - 1) for tokens in labels])
    cache.batch_repeat_interleave(count)
    prompts = mask.repeat_interleave(count, dim=0)
    out = model(
        input_ids=padded([tokens[:-1] for tokens in labels]),
        attention_mask=torch.cat([prompts, real], dim=1),
        position_ids=prompts.sum(dim=1, keepdim=True) + torch.arange(width, device=model.device),
        past_key_values=cache,
        use_cache=True,
    )
    targets = padded([tokens[1:] for tokens in labels]).unsqueeze(-1)
    scores = out.logits.float().log_softmax(dim=-1).gather(-1, targets).squeeze(-1)
    return (scores * real).sum(dim=1).view(len(mask), count)


def content_free_log_probabilities(fitted: ZeroShot) -> NDArray[np.float64]:
    """Log of the labels' probabilities without content, averaged over `CONTENT_FREE`: shape (labels). Log-odds, where
    a text may have several labels.

    Contextual calibration (Zhao et al. 2021): what the model prefers whatever it reads is divided out.
    """
    scores = fitted.score(CONTENT_FREE)
    if fitted.answers is not None:
        return yes_no.content_free_log_odds(scores)
    log_probabilities = scores - logsumexp(scores, axis=1, keepdims=True)
    averaged: NDArray[np.float64] = logsumexp(log_probabilities, axis=0) - np.log(len(CONTENT_FREE))
    return averaged
