"""Parts of the page that are read only when a reader opens them: kept small, and unpacked by the browser."""

import base64
import gzip


def packed(text: str) -> str:
    """`text` as gzip in base64; the same text always gives the same letters (`templates/folds.js` unpacks them)."""
    return base64.b64encode(gzip.compress(text.encode("utf-8"), compresslevel=9, mtime=0)).decode("ascii")


def unpacked(text: str) -> str:
    """What `packed` packed. Raises ValueError or OSError where it is not such a text."""
    return gzip.decompress(base64.b64decode(text, validate=True)).decode("utf-8")
