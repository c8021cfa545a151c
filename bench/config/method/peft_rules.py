"""What is known of types of adapters of peft beyond what its own configurations say. Imports nothing heavy.

A type that is not named here works as well, with LoRA's learning rates and a base model of its own for each cell.
"""

from bench.models.families import Family

UNFIT = {
    "CPT": "it is for generating text alone",
    "MULTITASK_PROMPT_TUNING": "it asks for the number of a task with each text, and a cell has one task",
    "POLY": "it asks for the number of a task with each text, and a cell has one task",
    "SHADOW": "peft's own forward pass of it breaks on the attention of these models",
}
"""Types that classify no texts, and why. (So does none whose configuration has no `modules_to_save`.)"""

OURS = (
    "inference_mode", "modules_to_save", "num_transformer_submodules", "task_type", "tokenizer_name_or_path",
    "total_step",
)  # fmt: skip
"""Options that are filled in here: the head is trained and kept whole, the steps are those that are planned."""

NEED_DATA = (
    "arrow_config",
    "corda_config",
    "eva_config",
    "lora_ga_config",
    "megatron_config",
    "alora_invocation_tokens",
)
"""Options of LoRA that need a pass over the data before, other adapters, or another way of running the model."""

INITS_REFUSED = {
    "corda": "it needs a pass over the data before the adapters are made",
    "eva": "it needs a pass over the data before the adapters are made",
    "lora_ga": "it needs a pass over the data before the adapters are made",
    "pissa_niter": "what it leaves of the base model is drawn at random each time that a kept model is loaded; pissa "
    "is exact",
}
"""Values of LoRA's `init_lora_weights`, or how they start, and why they can't be had."""
INITS_IN_4BIT = (True, False, "gaussian", "olora")
"""Values of it that can be had on a base in 4 bits: others take the base's weights apart."""
INITS_SHARING = (True, False, "gaussian", "orthogonal")
"""Values of it that leave the base's weights as they are."""

FOUR_BIT = frozenset({"BEFT", "FOURIERFT", "LILY", "UNILORA", "VBLORA", "WAVEFT"})
"""Types that go on 4-bit weights although peft has no layers of its own for that: they add to what a layer gives."""

SHARING = frozenset({
    "ADALORA", "ADAMSS", "BEFT", "BOFT", "C3A", "CARTRIDGE", "DEFT", "DELORA", "FOURIERFT", "FROD", "GLORA", "GRALORA",
    "HIRA", "HRA", "IA3", "LILY", "LN_TUNING", "LOHA", "LOKR", "LORA", "MISS", "OFT", "P_TUNING", "PEANUT",
    "PREFIX_TUNING", "PROMPT_TUNING", "PVERA", "RANDLORA", "ROAD", "SHIRA", "TINYLORA", "UNILORA", "VBLORA", "VERA",
    "WAVEFT",
})  # fmt: skip
"""Types of which `tests/methods/peft/` shows that they leave the base's weights as they are: cells may share it."""

NOT_TRANSPOSED = frozenset({
    "ADAMSS", "BEFT", "BOFT", "C3A", "DELORA", "GLORA", "HRA", "LILY", "LOHA", "LOKR", "MISS", "OFT", "PEANUT", "PSOFT",
    "ROAD", "SHIRA", "SUPERTUNING",
})  # fmt: skip
"""Types that don't go on layers which keep their weights as (in, out), as GPT-2's do."""

CACHED = frozenset({"CARTRIDGE", "PREFIX_TUNING"})
"""Types that put keys and values before a text; where parts are computed again on the way back, they would be lost."""

MIX_TEXTS = frozenset({"LILY"})
"""Types whose layers look at all tokens of a batch, padding as well, so that it matters what padding attends to."""

VIRTUAL_TOKENS = 20
"""Of a prompt, where no number is given: as in peft's examples."""

RATES: dict[str, tuple[float, float]] = {
    "FOURIERFT": (3e-3, 1e-2),  # Gao et al. 2024, tables 9 and 11 (with the head at a tenth)
    "IA3": (3e-3, 8e-3),  # Liu et al. 2022, section 3.3; peft's guide to it
    "LN_TUNING": (1e-3, 2e-3),  # few weights, as BitFit's (Ben Zaken et al. 2022: 1e-4 to 1e-2)
    "P_TUNING": (1e-3, 3e-3),  # peft's example for sequence classification: 1e-3
    "PREFIX_TUNING": (5e-3, 1e-2),  # Liu et al. 2022, P-Tuning v2, appendix: 5e-3 to 1e-2
    "PROMPT_TUNING": (3e-2, 3e-2),  # peft's guide to prompt-based methods
    "PVERA": (4e-3, 1e-2),
    "TINYLORA": (4e-3, 1e-2),
    "UNILORA": (4e-3, 1e-2),
    "VBLORA": (4e-3, 1e-2),  # Li et al. 2024, table 8: 1e-3 for vectors, 1e-2 for their weights
    "VERA": (4e-3, 1e-2),  # Kopiczko et al. 2024, tables 8 and 10
    "WAVEFT": (3e-3, 1e-2),
}
"""Learning rates of decoders and encoders, where LoRA's do not serve. Those without a source are a likeness's."""

VECTORS = frozenset({"BEFT", "IA3", "LN_TUNING", "ROAD"})
"""Types that learn a few numbers for each unit of a layer."""


def default_targets(name: str, family: Family) -> dict[str, list[str]]:
    """Where adapters of this type go when nobody says so, as peft's options."""
    if name == "IA3":  # keys, values, and what goes into the feed-forward network's last layer
        return {"target_modules": [*family.keys_values, *family.feed_forward]}
    if name == "LN_TUNING":
        return {"target_modules": list(family.norms)}
    return {"target_modules": list(family.lora_targets)}
