"""How a command's `--texts FILE` is read, on its command line."""

import argparse

from bench.data.readers.delimited import QUOTING

NAMES = ("text_column", "encoding", "delimiter", "quoting")
"""Of the options, as argparse keeps them; None where one is not given."""


def add_to(parser: argparse.ArgumentParser) -> None:
    """Add them."""
    parser.add_argument("--text-column", metavar="NAME", help="of --texts, as of bench predict")
    parser.add_argument("--encoding", help="of --texts, as data.encoding (default: utf-8)")
    parser.add_argument("--delimiter", metavar="C", help="of --texts, as data.delimiter (default: found)")
    parser.add_argument("--quoting", choices=QUOTING, help="of --texts, as data.quoting")
