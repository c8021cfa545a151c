"""`python -m tests.perf.labelling`: what choosing texts to label is worth, against labelling texts at random.

Real data with all labels known: some rows are labelled, the rest is the pool, and texts are bought from it in rounds.
After each round logistic regression on TF-IDF, or with `--features minilm` on what that model, frozen, makes of texts,
is fitted on what is labelled and scored on a test set of its own. Strategies of one seed have the same start and the
same test set, so that differences are paired. `--data FOLDER` has `go_emotions/` and `sms_spam/` as the hub has them;
without it the headlines alone are simulated. `--only "SMS spam"` simulates one data set. Of texts with several labels
there is no accuracy: each label is learnt against the rest, with one threshold for all.
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from bench.compose import to_cell, to_settings
from bench.data.read import load_pool
from bench.init.first_numbers import features as vectorizer_of
from bench.label.acquire import STRATEGIES
from bench.label.experiment import Experiment
from bench.label.frozen import frozen
from bench.label.model import Features, Guessed, guess, guess_sets, tfidf
from bench.sources.cache import cache_folder
from tests.support.cli import composed

BUDGETS = (40, 80, 160, 320, 640)
"""Labels in all, after each round; the first are drawn at random."""
MAX_TEST, MAX_POOL = 2000, 4000
EMOTIONS = {
    4: ["surprise", "disapproval", "gratitude", "joy"],
    8: ["caring", "disappointment", "optimism", "anger", "joy", "gratitude", "admiration", "love"],
}


@dataclass(frozen=True, slots=True)
class Study:
    """A data set whose labels are known."""

    name: str
    texts: Sequence[str]
    labels: Sequence[str] | Sequence[Sequence[str]]
    """One a text, or several or none."""
    frozen: np.ndarray | None = None
    """What a frozen model makes of the texts, a text each row; None: they are TF-IDF."""

    def features(self, known: np.ndarray, others: np.ndarray) -> Features:
        """Of texts by their places."""
        texts = np.asarray(self.texts, object)
        if self.frozen is None:
            return tfidf(texts[known], texts[others])
        return Features(self.frozen[known], self.frozen[others])

    def guessed(self, features: Features, known: np.ndarray) -> Guessed:
        """What is said of the others by a model that knows the labels of texts by their places."""
        some = [self.labels[place] for place in known]
        return guess(features, some) if isinstance(some[0], str) else guess_sets(features, some)


def with_frozen(study: Study, model: str) -> Study:
    """The same on features of a frozen model, which are computed here."""
    settings = to_settings(composed("-m", "model=tfidf_sgd", "device=cpu")[0])
    found = frozen(model, study.texts, study.texts[:1], Experiment([], [], settings))
    return replace(study, frozen=found.known)


def studies(data: Path | None) -> Iterator[Study]:
    """The data sets that are here."""
    yield _study("BBC headlines", "data=bbc_headlines")
    if data is None:
        return
    yield _study("SMS spam", "data=sms_spam", f"data.path={data / 'sms_spam'}")
    emotions = _study("", "data=go_emotions", f"data.path={data / 'go_emotions'}")
    for count, wanted in EMOTIONS.items():
        pairs = [pair for pair in zip(emotions.texts, emotions.labels, strict=True) if pair[1] in wanted]
        yield Study(f"GoEmotions, {count}", [text for text, _ in pairs], [label for _, label in pairs])
    several = _study("", "data=go_emotions_multi_label", f"data.path={data / 'go_emotions'}")
    yield replace(several, name="GoEmotions, several of 28")
    sets = [tuple(label for label in labels if label in EMOTIONS[8]) for labels in several.labels]
    kept = [place for place, labels in enumerate(sets) if labels]
    yield Study("GoEmotions, several of 8", [several.texts[place] for place in kept], [sets[place] for place in kept])


def _study(name: str, *words: str) -> Study:
    (content,) = composed(*words, "model=tfidf_sgd")
    pool = load_pool(to_cell(content).task.data, cache=cache_folder(None), mirror_dir=None)
    return Study(name, pool.texts, pool.label_sets or pool.labels)


def curve(study: Study, strategy: str, seed: int) -> Iterator[dict[str, object]]:
    """The scores after each round."""
    random = np.random.default_rng(seed)
    order = random.permutation(len(study.texts))
    size = min(MAX_TEST, len(order) // 3)
    test, pool = order[:size], order[size : size + MAX_POOL]
    bought = pool[: BUDGETS[0]]
    for budget in BUDGETS:
        if len(bought) < budget:
            left = np.setdiff1d(pool, bought)
            said = study.guessed(study.features(bought, left), bought)
            chosen = STRATEGIES[strategy](said.doubt(), said.features, budget - len(bought), seed)
            bought = np.concatenate([bought, left[chosen]])
        scores = score(study, bought, test)
        yield {"data": study.name, "strategy": strategy, "seed": seed, "budget": budget, **scores}


def score(study: Study, known: np.ndarray, test: np.ndarray) -> dict[str, float]:
    """Macro F1, and accuracy where texts have one label, of logistic regression that knows the labelled texts alone."""
    from sklearn.metrics import accuracy_score, f1_score

    texts = np.asarray(study.texts, object)
    if study.frozen is None:
        vectorizer = vectorizer_of(texts[known])
        features = Features(vectorizer.fit_transform(texts[known]), vectorizer.transform(texts[test]))
    else:
        features = study.features(known, test)
    said, true = study.guessed(features, known), [study.labels[place] for place in test]
    if said.decision is not None:
        names = sorted({label for labels in study.labels for label in labels})
        sets = [np.asarray([[name in each for name in names] for each in some]) for some in (true, said.names())]
        return {"macro_f1": float(f1_score(*sets, average="macro", zero_division=0))}
    predicted = [best for (best,) in said.names()]
    return {
        "accuracy": float(accuracy_score(true, predicted)),
        "macro_f1": float(f1_score(true, predicted, average="macro")),
    }


def table(found: pd.DataFrame) -> str:
    """By data set and budget: random's mean scores, and what each strategy adds to them, with 95 % paired intervals."""
    lines = ["| data | labels | metric | random | margin | BADGE |", "|---|---|---|---|---|---|"]
    for (name, budget), some in found.groupby(["data", "budget"], sort=False):
        if budget == BUDGETS[0]:
            continue
        for metric, word in (("accuracy", "accuracy"), ("macro_f1", "macro F1")):
            if metric not in some or some[metric].isna().all():
                continue
            wide = some.pivot(index="seed", columns="strategy", values=metric)
            cells = [f"{wide['random'].mean():.3f}"]
            for strategy in ("margin", "badge"):
                cells.append(gain(wide[strategy] - wide["random"]))
            lines.append(f"| {name} | {budget} | {word} | {' | '.join(cells)} |")
    return "\n".join(lines)


def gain(differences: "pd.Series[float]") -> str:
    """The mean of paired differences with its 95 % interval (Student's t over seeds)."""
    from scipy.stats import t

    mean = differences.mean()
    half = t.ppf(0.975, len(differences) - 1) * differences.sem()
    return f"{mean:+.3f} [{mean - half:+.3f}, {mean + half:+.3f}]"


def draw(found: pd.DataFrame, path: Path) -> None:
    """A panel a data set: mean macro F1 by labels bought, a line a strategy."""
    from matplotlib.figure import Figure

    names = list(dict.fromkeys(found.data))
    figure = Figure(figsize=(3.2 * len(names), 3.2), layout="constrained")
    axes = figure.subplots(1, len(names), squeeze=False)[0]
    for panel, name in zip(axes, names, strict=True):
        means = found[found.data == name].groupby(["strategy", "budget"]).macro_f1.mean()
        for strategy, colour in (("random", "0.5"), ("margin", "C1"), ("badge", "C0")):
            panel.plot(means[strategy].index, means[strategy].to_numpy(), "o-", color=colour, label=strategy, ms=3)
        panel.set(title=name, xlabel="labels", xscale="log", xticks=BUDGETS, xticklabels=BUDGETS)
        panel.minorticks_off()
    axes[0].set_ylabel("macro F1 on test")
    axes[0].legend(frameon=False)
    figure.savefig(path, dpi=110)


def main() -> None:
    """Simulate, print the table, draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="a folder with go_emotions/ and sms_spam/")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--png", type=Path, help="draw the curves there")
    parser.add_argument("--features", metavar="MODEL", help="a model of conf/model/ (default: TF-IDF)")
    parser.add_argument("--only", metavar="NAME", action="append", help="a data set by its name in the table")
    options = parser.parse_args()
    found = [study for study in studies(options.data) if options.only is None or study.name in options.only]
    if options.features is not None:
        found = [with_frozen(study, options.features) for study in found]
    rows = [
        row
        for study in found
        for seed in range(options.seeds)
        for strategy in STRATEGIES
        for row in curve(study, strategy, seed)
    ]
    scores = pd.DataFrame(rows)
    print(table(scores))
    if options.png is not None:
        draw(scores, options.png)


if __name__ == "__main__":
    main()
