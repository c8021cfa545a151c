"""Errors that are the user's to mend: one clear line, never a traceback."""


class UserError(Exception):
    """Something that the user asked for cannot be done; the message names the option and the limit."""


class TaskInfeasible(UserError):
    """The data cannot give the examples that a task asks for."""
