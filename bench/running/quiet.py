"""Less of what libraries say."""

import logging
import warnings


def quiet_libraries() -> None:
    """Drop what libraries say to each other while they are imported and used; a user can do nothing about it."""
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)  # that an optional CPU kernel is not there
    warnings.filterwarnings("ignore", message="`is_gradient_checkpointing` is deprecated", category=FutureWarning)
    # parameters of fused cells are parts of one matrix; that is as quick as torch says it may not be
    warnings.filterwarnings("ignore", message="grad and param do not obey the gradient layout contract")
