"""Text for XML and SVG."""

import re

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def well_formed(text: str) -> str:
    """`text` with a replacement character for each that XML 1.0 (section 2.2) does not allow in a document."""
    return _FORBIDDEN.sub("\ufffd", text)
