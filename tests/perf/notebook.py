"""The published notebook's method for one grid cell (study 002), as a plain script, for comparison.

    python tests/perf/notebook.py --data FOLDER --model FOLDER --labels joy,... --size 800 --epochs 5 --out FILE

It does what such a notebook does: everything imported by star, one `datasets.filter` per label over all rows, Trainer
that evaluates in batches of 4, a checkpoint on disk at each of its evaluations, the best one loaded at the end, and a
process of its own for each cell. Adapters, schedule and batch are the study's; weights are fp32 (it had 4 bits on a
GPU), and nothing stops early, so that all ways take the same steps. Writes seconds by phase and the accuracy as JSON.
"""

# ruff: noqa: F403, F405, E402, I001
import time

started = time.perf_counter()
import numpy as np
from datasets import *
from peft import *
from sklearn.metrics import accuracy_score, precision_recall_fscore_support
from transformers import *

# after the stars, which bring a `json` of their own
import argparse
import itertools
import json
import tempfile
from pathlib import Path

imported = time.perf_counter()


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    for name in ("--data", "--model", "--labels", "--out"):
        parser.add_argument(name, required=True)
    parser.add_argument("--size", type=int, required=True)
    parser.add_argument("--epochs", type=int, default=5)
    return parser.parse_args()


def parts(folder: str, labels: list[str], size: int) -> list[Dataset]:
    """Training, validation and test examples: of each label the first n rows, then a tenth as many twice."""
    published = load_dataset(
        "parquet", data_files={s: f"{folder}/{s}-*.parquet" for s in ("train", "validation", "test")}
    )
    names = published["train"].features["labels"].feature.names
    rows = concatenate_datasets([published[split] for split in ("train", "validation", "test")])
    rows = rows.filter(lambda row: len(row["labels"]) == 1)
    n = size // len(labels)
    found: list[list[Dataset]] = [[], [], []]
    for index, label in enumerate(labels):
        wanted = names.index(label)
        own = rows.filter(lambda row, wanted=wanted: row["labels"][0] == wanted)
        own = own.map(lambda row, index=index: {"label": index}, remove_columns=["labels", "id"])
        cuts = (0, n, int(1.1 * n), int(1.2 * n))
        for part, (start, end) in zip(found, itertools.pairwise(cuts), strict=True):
            part.append(own.select(range(start, end)))
    return [concatenate_datasets(part) for part in found]


def scores(prediction: EvalPrediction) -> dict[str, float]:
    guessed = np.argmax(prediction.predictions, axis=1)
    precision, recall, f1, _ = precision_recall_fscore_support(
        prediction.label_ids, guessed, average="weighted", zero_division=0
    )
    accuracy = accuracy_score(prediction.label_ids, guessed)
    return {"accuracy": accuracy, "precision": precision, "recall": recall, "f1": f1}


def main() -> None:
    options = arguments()
    labels = options.labels.split(",")
    train, validation, test = parts(options.data, labels, options.size)
    read = time.perf_counter()
    tokenizer = AutoTokenizer.from_pretrained(options.model, truncation_side="left")
    model = AutoModelForSequenceClassification.from_pretrained(options.model, num_labels=len(labels))
    model = get_peft_model(
        model,
        LoraConfig(task_type="SEQ_CLS", r=4, lora_alpha=32, lora_dropout=0.05, target_modules=["query", "value"]),
    )
    tokenized = [
        part.map(lambda rows: tokenizer(rows["text"], truncation=True, max_length=512), batched=True)
        for part in (train, validation, test)
    ]
    loaded = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        trainer = Trainer(
            model=model,
            args=TrainingArguments(
                output_dir=folder,
                num_train_epochs=options.epochs,
                per_device_train_batch_size=4,
                per_device_eval_batch_size=4,
                learning_rate=1e-4,
                lr_scheduler_type="cosine",
                warmup_steps=100,
                weight_decay=0.01,
                eval_strategy="steps",
                save_strategy="steps",
                eval_steps=50,
                save_steps=50,
                logging_steps=50,
                load_best_model_at_end=True,
                metric_for_best_model="accuracy",
                label_names=["labels"],
                report_to="none",
            ),
            train_dataset=tokenized[0],
            eval_dataset=tokenized[1],
            processing_class=tokenizer,
            data_collator=DataCollatorWithPadding(tokenizer),
            compute_metrics=scores,
        )
        trainer.train()
        trained = time.perf_counter()
        accuracy = trainer.predict(tokenized[2]).metrics["test_accuracy"]
    seconds = {"imports": imported - started, "data": read - imported, "load": loaded - read, "train": trained - loaded}
    seconds["test"] = time.perf_counter() - trained
    content = {"seconds": seconds, "steps": trainer.state.global_step, "accuracy": accuracy}
    Path(options.out).write_text(json.dumps(content), encoding="utf-8")


if __name__ == "__main__":
    main()
