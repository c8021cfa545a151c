"""How a sweep ends before all of its cells have."""


class Stopped(Exception):
    """The sweep ended before its cells; the message says why."""


class Interrupted(Stopped):
    """Ctrl-C or a signal ended the sweep."""
