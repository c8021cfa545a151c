"""What is said of a model before it is sent."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from bench.publish.card import results_of, title_of
from bench.publish.files import Content, size
from bench.publish.model import Model
from bench.publish.options import Wanted
from bench.wording import counted

if TYPE_CHECKING:
    from huggingface_hub import ModelCard


def described(model: Model, card: "ModelCard", files: Mapping[str, Content], wanted: Wanted) -> Iterator[str]:
    """Where it goes, its files, its licence, and what its card says, line by line."""
    where = "public, everybody can read it" if wanted.is_public else "private"
    branch = f", branch {wanted.revision}" if wanted.revision is not None else ""
    yield f"{model.folder} -> {wanted.repo_id} on the hub ({where}{branch})"
    sizes = {name: size(content) for name, content in files.items()}
    width = max(map(len, sizes))
    for name, length in sizes.items():
        yield f"  {name.ljust(width)}  {_bytes(length):>9}"
    yield f"  {counted(len(sizes), 'file')}, {_bytes(sum(sizes.values()))}"
    yield f"licence: {_licence(model, card)}"
    if (base := card.data.get("base_model")) is not None:
        yield f"base: {base}"
    yield f"card: {title_of(card) or 'without a title'}"
    for result in results_of(card):
        count = (result.dataset_args or {}).get("test_examples")
        examples = f", {count:,} test examples" if isinstance(count, int) else ""
        name = result.metric_name or result.metric_type
        yield f"  {name}: {result.metric_value:.4f} on {result.dataset_name}{examples}"
    if model.refit is not None and model.refit.num_rows:
        yield "  (of the cells; this model was trained on all rows, and so has no test score of its own)"
    if model.kept is not None:
        yield f"labels: {', '.join(model.kept.labels)}"


def fetching(model: Model, name: str, revision: str | None) -> Iterator[list[str]]:
    """What fetches the repository `name`, and uses it: words of a command line each."""
    folder = name.rpartition("/")[2]
    branch = [] if revision is None else ["--revision", revision]
    yield ["hf", "download", name, *branch, "--local-dir", folder]
    if model.kept is not None and model.conversion is None:
        yield ["bench", "predict", folder, "a text to classify"]


def _licence(model: Model, card: "ModelCard") -> str:
    """What the card gives as licence, and where that is from."""
    name = card.data.get("license_name") or card.data.get("license") or "not stated"
    base = model.base
    if base is None:
        return f"{name}{' (--license ID says which)' if name in ('unknown', 'not stated') else ''}"
    what = base.id or base.name
    if not base.licence:
        return f"{name} (that of its base {what} is not stated: --license ID says which)"
    gated = ", which is gated: its terms hold for this model, too" if base.gated else ""
    return f"{name} (its base {what} comes under {base.licence}{gated})"


def _bytes(count: int) -> str:
    """ "412 B", "5.3 kB", "1.2 GB"."""
    amount, units = float(count), ["B", "kB", "MB", "GB"]
    while amount >= 1000 and len(units) > 1:
        amount, units = amount / 1000, units[1:]
    return f"{amount:.0f} {units[0]}" if units[0] == "B" else f"{amount:.1f} {units[0]}"
