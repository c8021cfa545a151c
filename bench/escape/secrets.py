"""Passwords and tokens that came with options, addresses or messages are not written anywhere."""

import re

MASK = "***"
_NAMES = "token|password|passwd|pwd|passphrase|secrets?|credentials?|apikey|auth"
_NAMED = re.compile(rf"(?:^|[._\-/@])(?:{_NAMES}|key)$", re.IGNORECASE)
_LAST_WORDS = re.compile(r"(?:^|[^a-z0-9])(?:(?P<kind>[a-z0-9]+)[_\-])?(?P<noun>key|token)$", re.IGNORECASE)
_KEYS_OF_ACCESS = frozenset({
    "access", "account", "admin", "api", "auth", "client", "deploy", "encryption", "license", "master", "private",
    "secret", "service", "session", "shared", "sign", "signing", "ssh", "storage", "subscription",
})  # fmt: skip
"""Words before `key` that make it a secret. There are keys of other kinds: of random numbers, of a table, of a sort."""
_SPECIAL_TOKENS = frozenset({"bos", "cls", "eos", "image", "mask", "pad", "sep", "special", "unk"})
"""Words before `token` that make it one of a tokenizer's."""
_LIKE_A_SECRET = re.compile(r"(?=\D*\d)(?=[^a-zA-Z]*[a-zA-Z])[\w\-+/=]{16,}", re.ASCII)
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
_ENTRY = re.compile(  # of a mapping: {user: me, api_key: abc}
    rf"(?P<name>[{{,]\s*['\"]?(?:(?:[\w.\-]*[._\-])?(?:{_NAMES})|[\w.\-]*[._\-]key)['\"]?\s*:\s*)"
    r"(?P<value>'[^']*'|\"[^\"]*\"|[^\s,'\"{}]+)",
    re.IGNORECASE,
)
_HEADER = re.compile(r"\b(?P<name>(?:bearer|basic) )[\w\-.=+/~]{8,}", re.IGNORECASE)
_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")
_PASSWORD = re.compile(r"(?:^|[._\-/@])(?:password|passwd|pwd|passphrase)$", re.IGNORECASE)
_LINE = re.compile(  # of a file of settings: db_password = "abc", api_key: abc
    r"\s*(?:export\s+)?['\"]?(?P<name>[\w.\-]+)['\"]?\s*[:=]\s*(?P<value>'[^']+'|\"[^\"]+\"|(?=\S*\d)[^\s(){}$<>*]+?)[,;]?\s*"
)
_TOKEN = re.compile(r"\b(?:(?P<kind>hf_|gh[pousr]_|AKIA)[A-Za-z0-9]{16,}|(?P<other>github_pat_|glpat-|sk-)[\w\-]{20,})")


def masked(text: str) -> str:
    """`text` with `***` for passwords in addresses, values of options that sound secret, and known kinds of tokens."""
    if "://" in text:
        text = _USERINFO.sub(_user, text)
    if ":/" in text:
        text = _USERINFO_OF_PATH.sub(_user, text)
    if "=" in text:
        text = _OPTION.sub(_value, _QUERY.sub(rf"\g<name>{MASK}", text))
    if "{" in text:
        text = _ENTRY.sub(_value, text)
    text = _HEADER.sub(rf"\g<name>{MASK}", text)
    return _TOKEN.sub(lambda found: f"{found['kind'] or found['other']}{MASK}", text)


def holds_secret(line: str) -> bool:
    """Whether a line of a file has what `masked` masks, a setting that is a password, or the head of a private key."""
    if masked(line) != line or _PRIVATE_KEY.search(line):
        return True
    entry = _LINE.fullmatch(line)
    return entry is not None and is_secret_entry(entry["name"], entry["value"].strip("'\""))


def is_secret_entry(name: str, value: str) -> bool:
    """Whether an entry of a file, a text, is a password, or looks like a key or a token and is called so."""
    if not value or value.strip("*") == "":
        return False
    if _PASSWORD.search(name):
        return True
    return bool(_NAMED.search(name)) and bool(_LIKE_A_SECRET.fullmatch(value)) and _is_secret(name, value)


def masked_override(word: str) -> str:
    """An override of the command line with its secrets masked: the whole value where its name sounds secret."""
    name, sign, value = word.partition("=")
    if sign and value and _NAMED.search(name.lstrip("+~")) and _is_secret(name, value):
        return f"{name}={MASK}"
    return masked(word)


def _is_secret(name: str, value: str) -> bool:
    """Whether an option whose name ends like a secret's has one, by the word before `key` or `token`."""
    words = _LAST_WORDS.search(name)
    kind = words["kind"] if words is not None else None
    if words is None or kind is None:
        return True
    if words["noun"].lower() == "token":
        return kind.lower() not in _SPECIAL_TOKENS
    return kind.lower() in _KEYS_OF_ACCESS or _LIKE_A_SECRET.fullmatch(value.strip("'\"")) is not None


def _value(found: re.Match[str]) -> str:
    is_secret = _is_secret(re.sub(r"['\"]?\s*[:=]\s*$", "", found["name"]), found["value"])
    return f"{found['name']}{MASK}" if is_secret else found.group()


def _user(found: re.Match[str]) -> str:
    if found["rest"] is None:  # a token alone
        return f"{found['scheme']}{MASK}@" if found["user"] else found.group()
    return f"{found['scheme']}{found['user']}:{MASK}@"
