"""Whether `tokenizers` alone makes the same tokens of a text as transformers: what code beside a graph goes by."""

from collections.abc import Sequence
from pathlib import Path

from tokenizers import Tokenizer

from bench.errors import UserError
from bench.predict.classifier import Classifier

FILE = "tokenizer.json"


def check_tokens(network: Classifier, folder: Path, texts: Sequence[str]) -> None:
    """Raise UserError where the tokenizer saved in `folder` makes other token ids of any of `texts`."""
    kept, name = network.kept, network.kept.model.name
    if not (folder / FILE).is_file():
        raise UserError(f"the tokenizer of {name} has no {FILE}, which code without transformers needs: --to merged")
    plain = Tokenizer.from_file(str(folder / FILE))
    plain.no_padding()
    cut = {}
    if kept.max_windows is None and kept.truncation_side != "both":  # else code goes by the ids of whole texts
        assert kept.max_length is not None
        plain.enable_truncation(kept.max_length, direction=kept.truncation_side)
        cut = {"truncation": True, "max_length": kept.max_length}
    else:
        plain.no_truncation()
    expected = network.tokenizer(list(texts), return_token_type_ids=False, verbose=False, **cut)["input_ids"]
    for number, (found, ids) in enumerate(zip(plain.encode_batch(list(texts)), expected, strict=True), start=1):
        if found.ids != ids:
            raise UserError(
                f"tokenizers alone reads text {number} otherwise than transformers does with the tokenizer of {name}: "
                "--to merged has the whole tokenizer"
            )
