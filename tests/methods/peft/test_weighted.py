"""Labels that count differently leave alone what peft adds to a loss."""

from pathlib import Path

import pytest
import torch

from tests.methods.peft.runs import make_cell, run


@pytest.mark.parametrize("peft_type", ["ADALORA", "LORA"])
def test_what_keeps_adapters_orthogonal_stays_in_the_loss(peft_type: str, tiny_models: dict[str, Path]) -> None:
    cell = make_cell("bert", tiny_models["bert"], peft_type, training={"num_train_epochs": 1})
    trainer = run(cell).fitted.trained.trainer
    batch = next(iter(trainer.get_train_dataloader()))
    trainer.model.train()
    losses = []
    for weights in (None, [1.0, 1.0]):
        trainer.label_weights = weights
        torch.manual_seed(0)
        losses.append(float(trainer.compute_loss(trainer.model, dict(batch))))
    assert losses[1] == pytest.approx(losses[0], abs=1e-5)
    if peft_type == "ADALORA":
        torch.manual_seed(0)
        logits = trainer.model(**{name: batch[name] for name in ("input_ids", "attention_mask")}).logits
        alone = float(torch.nn.functional.cross_entropy(logits, batch["labels"]))
        assert losses[0] > alone + 1e-3, "peft adds something"
