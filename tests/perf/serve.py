"""How fast `bench serve` answers, for several models one after the other: the code of `bench serve MODEL --measure`.

    python -m tests.perf.serve MODEL ... [--texts FILE.txt] [--seconds 10]

prints a table in Markdown, as docs/serve.md has it, and leaves `serving.json` in each model's folder. Callers are
threads of this process, on this machine: they share its cores.
"""

import argparse
from pathlib import Path

from bench.predict.loading import Wanted, described
from bench.results.serving import Serving
from bench.serve.measure import SECONDS, Plan, measure
from bench.serve.options import Limits
from bench.wording import bytes_text


def main() -> None:
    """Serve, ask, print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="+", type=Path, metavar="MODEL")
    parser.add_argument("--texts", help="a file, as of bench predict --file (default: made up)")
    parser.add_argument("--seconds", type=float, default=SECONDS)
    options = parser.parse_args()
    plan, wanted = Plan(seconds=options.seconds, texts=options.texts), Wanted()
    print("| model | callers | p50, ms | p99, ms | texts a second | memory | on disk |\n|---|---|---|---|---|---|---|")
    for model in options.models:
        _, kept = described(model, wanted)
        name = " ".join(filter(None, (kept.model.name, kept.method and kept.method.name)))
        for line in lines(name, measure(model, described(model, wanted), wanted, Limits(), plan)):
            print(line, flush=True)


def lines(name: str, found: Serving) -> list[str]:
    """Of the table, one a number of callers."""
    sizes = bytes_text(found.memory_bytes), bytes_text(found.model_bytes + (found.base_bytes or 0))
    return [
        f"| {'' if number else name} | {load.callers} | {load.p50_ms:.1f} | {load.p99_ms:.1f} | "
        f"{load.texts_per_second:,.0f} | {' | '.join(('', '') if number else sizes)} |"
        for number, load in enumerate(found.loads)
    ]


if __name__ == "__main__":
    main()
