"""The five studies as their reports would find them: whole grids of simulated records."""

from collections.abc import Callable, Sequence
from pathlib import Path

from bench.report.inputs.records import ExpectedCell
from bench.results.record import Status
from tests.report import simulate

HUB = {
    "llama3_2_1b": "meta-llama/Llama-3.2-1B",
    "llama3_2_1b_instruct": "meta-llama/Llama-3.2-1B-Instruct",
    "qwen2_5_1_5b": "Qwen/Qwen2.5-1.5B",
    "gpt2_xl": "openai-community/gpt2-xl",
    "gpt2": "openai-community/gpt2",
    "gemma3_1b": "google/gemma-3-1b-pt",
    "bert_base": "google-bert/bert-base-uncased",
    "distilbert": "distilbert/distilbert-base-uncased",
    "minilm": "minilm",
    "tfidf_sgd": "tfidf_sgd",
}
SPAM_SIZES = (4, 8, 16, 32, 64, 128, 256, 384, 512, 768, 1024)


def go_emotions_grid(
    root: Path, num_labels: Sequence[int] = (2, 4, 8, 16), seeds: Sequence[int] = (0, 1, 2)
) -> list[ExpectedCell]:
    """Every kind of row, with failures and holes in it."""
    axes = {"num_labels": num_labels, "data": "go_emotions", "published_as": HUB}
    models = ("llama3_2_1b", "qwen2_5_1_5b", "gpt2_xl", "gemma3_1b", "bert_base")
    rows = [*((model, "qlora") for model in models), ("minilm", "linear_probe"), ("tfidf_sgd", None)]
    trained = simulate.grid(root, rows, train_sizes=(800, 1600, 2400), seeds=seeds, **axes)
    untrained = simulate.grid(root, [("llama3_2_1b", "zero_shot")], train_sizes=(0,), seeds=(0,), **axes)

    def status(cell: ExpectedCell) -> Status | None:
        if cell.model == "gpt2_xl" and cell.num_labels == 16:
            return Status.OOM
        if cell.model == "gemma3_1b" and cell.train_size == 2400 and cell.seed == seeds[-1]:
            return None
        return Status.OK

    simulate.run([*trained, *untrained], status, num_test=992, max_length=64)
    return [*trained, *untrained]


def smoke_go_emotions_grid(root: Path) -> list[ExpectedCell]:
    """No model that has published numbers, and a size of its own."""
    axes = {"num_labels": (4, 16), "data": "go_emotions", "published_as": HUB}
    rows = [("minilm", "lora"), ("smollm2_135m", "qlora"), ("tfidf_sgd", None)]
    cells = simulate.grid(root, rows, train_sizes=(160, 800), seeds=(0, 1), **axes)
    cells += simulate.grid(root, [("smollm2_135m", "zero_shot")], train_sizes=(0,), seeds=(0,), **axes)
    simulate.run(cells, num_test=992, max_length=64)
    return cells


def spam_scaling(root: Path) -> list[ExpectedCell]:
    """Eleven sizes, three trials with test sets of their own."""
    axes = {"num_labels": (2,), "data": "sms_spam", "seeds": (0, 1, 2), "published_as": HUB}
    rows = [("llama3_2_1b", "full"), ("llama3_2_1b", "lora"), ("tfidf_sgd", None)]
    cells = simulate.grid(root, rows, train_sizes=SPAM_SIZES, **axes)
    cells += simulate.grid(root, [("llama3_2_1b", "zero_shot")], train_sizes=(0,), **axes)
    simulate.run(cells, num_test=1024, labels=("ham", "spam"), max_length=2048)
    return cells


def gpt2_spam_last_block(root: Path) -> list[ExpectedCell]:
    """One size, nearly the published one."""
    axes = {"num_labels": (2,), "train_sizes": (1044,), "data": "sms_spam", "published_as": HUB}
    cells = simulate.grid(root, [("gpt2", "last_block"), ("tfidf_sgd", None)], seeds=(123, 124, 125), **axes)
    simulate.run(cells, num_test=300, labels=("ham", "spam"), max_length=120)
    return cells


def ag_news_llama(root: Path) -> list[ExpectedCell]:
    """One size, and two rows that use no training examples."""
    axes = {"num_labels": (4,), "data": "ag_news", "seeds": (0,), "published_as": HUB}
    rows = [("llama3_2_1b_instruct", "lora"), ("tfidf_sgd", None)]
    cells = simulate.grid(root, rows, train_sizes=(120_000,), **axes)
    cells += simulate.grid(root, [("llama3_2_1b_instruct", "zero_shot")], train_sizes=(0,), **axes)
    elsewhere = simulate.grid(root, [("gpt-4", None)], train_sizes=(0,), **axes)
    cells += [simulate.published_as(cell, "gpt-4", "predictions") for cell in elsewhere]
    simulate.run(cells, num_test=7600, labels=("World", "Sports", "Business", "Sci/Tech"), max_length=128)
    return cells


def stance_distilbert(root: Path) -> list[ExpectedCell]:
    """A tiny loop, of which nothing was published."""
    axes = {"num_labels": (3,), "train_sizes": (24,), "data": "stance", "published_as": HUB}
    cells = simulate.grid(root, [("distilbert", "lora"), ("tfidf_sgd", None)], seeds=(0, 1, 2), **axes)
    simulate.run(cells, num_test=36, labels=("Neutral", "Oppose", "Support"), max_length=512)
    return cells


STUDIES: dict[str, Callable[[Path], list[ExpectedCell]]] = {
    "go_emotions_grid": go_emotions_grid,
    "smoke/go_emotions_grid": smoke_go_emotions_grid,
    "spam_scaling": spam_scaling,
    "gpt2_spam_last_block": gpt2_spam_last_block,
    "ag_news_llama": ag_news_llama,
    "stance_distilbert": stance_distilbert,
}
