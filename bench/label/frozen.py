"""Features of a frozen model, which tell texts apart by what they say and not by their words."""

from collections.abc import Sequence

from bench.config import TransformerConfig
from bench.data.split import Examples
from bench.errors import UserError
from bench.escape.terminal import say
from bench.label.experiment import Experiment
from bench.label.model import Features, scaled
from bench.running.cores import use_threads
from bench.running.devices import use_one_gpu
from bench.running.positions import within_positions
from bench.running.preflight import check_device, check_extras
from bench.sources.cache import cache_folder


def frozen(model: str, known: Sequence[str], others: Sequence[str], asked: Experiment) -> Features:
    """What `model`, frozen, makes of both, as `method=linear_probe` pools it, scaled; kept in the cache for later calls
    and cells. Raises UserError where it is no transformer, or can't be had."""
    cell, settings = asked.probe(model), asked.settings
    if not isinstance(cell.model, TransformerConfig):
        raise UserError(f"--features {model}: it has no frozen features; `bench models` lists models that have")
    check_extras([cell])
    check_device([cell], settings)
    use_threads(None)
    if settings.device != "cpu":
        use_one_gpu()  # before anything imports torch
    from bench.methods.fitted import Context
    from bench.methods.linear_probe import features_alone
    from bench.running.run import choose_device

    texts = (*known, *others)
    say(f"texts are told apart by what {cell.model.name} makes of them ({len(texts):,} texts)")
    context = Context(
        cache=cache_folder(settings.cache_dir),
        mirror_dir=settings.mirror_dir,
        device=choose_device(settings),
        feature_cache_gb=settings.feature_cache_gb,
    )
    examples = Examples(ids=tuple(map(str, range(len(texts)))), texts=texts, labels=(0,) * len(texts))
    made = features_alone(within_positions(cell, context.cache, context.mirror_dir), examples, context)
    return scaled(made[: len(known)], made[len(known) :])
