"""Whether bytes and texts can be UTF-8."""


def is_utf8(value: bytes) -> bool:
    """Whether the bytes are a text in UTF-8."""
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True


def is_encodable(text: str) -> bool:
    """Whether the text can be written as UTF-8: halves of characters (lone surrogates) can't be."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
