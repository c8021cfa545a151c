"""Passwords and tokens that came with options, addresses or messages are not written anywhere."""

import re

MASK = "***"
_NAMES = "token|password|passwd|pwd|passphrase|secrets?|credentials?|apikey|auth"
_NAMED = re.compile(rf"(?:^|[._\-/@])(?:{_NAMES}|key)$", re.IGNORECASE)
# userinfo of an address (RFC 3986, 3.2.1): up to the last @ before the path
_USERINFO = re.compile(r"(?P<scheme>\b[a-zA-Z][a-zA-Z0-9+.\-]*://)(?P<user>[^\s/?#@:'\"]*)(?P<rest>:[^\s/?#'\"]*)?@")
# likewise, where it was taken for a path and its slashes became one
_USERINFO_OF_PATH = re.compile(
    r"(?P<scheme>\b[a-zA-Z][a-zA-Z0-9+.\-]+:/)(?P<user>[^\s/?#@:'\"]*)(?P<rest>:[^\s/?#'\"]*)@"
)
_QUERY = re.compile(rf"(?P<name>[?&;](?:[\w.\-]*[._\-])?(?:{_NAMES}|key|sig|signature)=)[^\s&;#'\"]+", re.IGNORECASE)
_OPTION = re.compile(
    # `key=` alone is a word of Python: in a traceback it says how to sort
    rf"(?P<name>(?<![\w/?&;])[+~]{{0,2}}(?:(?:[\w.\-@/]*[._\-])?(?:{_NAMES})|[\w.\-@/]*[._\-]key)=)"
    r"(?P<value>'[^']*'|\"[^\"]*\"|[^\s,'\"]+)",
    re.IGNORECASE,
)
_HEADER = re.compile(r"\b(?P<name>(?:bearer|basic) )[\w\-.=+/~]{8,}", re.IGNORECASE)
_TOKEN = re.compile(r"\b(?:(?P<kind>hf_|gh[pousr]_|AKIA)[A-Za-z0-9]{16,}|(?P<other>github_pat_|glpat-|sk-)[\w\-]{20,})")


def masked(text: str) -> str:
    """`text` with `***` for passwords in addresses, values of options that sound secret, and known kinds of tokens."""
    if "://" in text:
        text = _USERINFO.sub(_user, text)
    if ":/" in text:
        text = _USERINFO_OF_PATH.sub(_user, text)
    if "=" in text:
        text = _OPTION.sub(rf"\g<name>{MASK}", _QUERY.sub(rf"\g<name>{MASK}", text))
    text = _HEADER.sub(rf"\g<name>{MASK}", text)
    return _TOKEN.sub(lambda found: f"{found['kind'] or found['other']}{MASK}", text)


def masked_override(word: str) -> str:
    """An override of the command line with its secrets masked: the whole value where its name sounds secret."""
    name, sign, value = word.partition("=")
    if sign and value and _NAMED.search(name.lstrip("+~")):
        return f"{name}={MASK}"
    return masked(word)


def _user(found: re.Match[str]) -> str:
    if found["rest"] is None:  # a token alone
        return f"{found['scheme']}{MASK}@" if found["user"] else found.group()
    return f"{found['scheme']}{found['user']}:{MASK}@"
