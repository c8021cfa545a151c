"""`python -m bench`: one cell, or with `-m` a sweep. Exit codes: 0 done, 1 a cell failed, 2 bad input."""

import os
import sys
from pathlib import Path

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

from bench import __version__
from bench.errors import INTERRUPTED, UserError
from bench.escape.streams import discard_output, mask_output
from bench.escape.terminal import say, say_exception
from bench.options.conf_files import guarded
from bench.options.folder import CONF
from bench.options.open import with_plus
from bench.options.order import options_first
from bench.options.refusal import COMPOSING, REFUSED, refusal, refuse_lists, with_quotes
from bench.options.renamed import refuse_old_names
from bench.options.swept import with_choices
from bench.running.garbage import gc_disabled, gc_enabled, leave_at_exit


def main() -> int:
    """Parse the command line, do what it says, return the exit code."""
    if "--version" in sys.argv[1:]:
        print(f"finetune-bench {__version__}")  # Hydra would say its own
        return 0
    try:
        run()
    except REFUSED as error:
        return _refuse(error)
    except KeyboardInterrupt:
        say(f"interrupted{_kept()}", error=True)
        return INTERRUPTED
    except BrokenPipeError:
        if not COMPOSING.now:
            raise
        discard_output()
    except Exception as error:
        if not COMPOSING.now:
            raise
        return _refuse(error)  # whatever a configuration makes Hydra raise is the configuration's fault
    return 0


def _kept() -> str:
    """What an interruption left, where cells were running."""
    looks_only = any(word.startswith("command=") and word != "command=run" for word in sys.argv)
    return "" if COMPOSING.now or looks_only else ": a cell that was running left no record, finished ones are kept"


def run() -> None:
    """Do what `sys.argv` says. Raises what Hydra raises, UserError, and SystemExit when a cell or sweep has ended."""
    # Hydra would print every exception in its own way and end with 1; this makes it hand them on
    os.environ["HYDRA_FULL_ERROR"] = "1"
    COMPOSING.begin()
    sys.argv[1:] = with_choices([with_plus(with_quotes(word)) for word in options_first(sys.argv[1:])])
    refuse_lists(sys.argv[1:])
    refuse_old_names(sys.argv[1:])
    with gc_disabled(), guarded():  # Hydra makes much that stays
        hydra.main(version_base="1.3", config_path=str(CONF), config_name="config")(_one_cell)()


def _one_cell(config: DictConfig) -> None:
    """What Hydra calls with the composed configuration of a run without `-m`."""
    from bench.options.overrides import check_alone
    from bench.running.single import run_single

    _close_own_files()
    given = list(HydraConfig.get().overrides.task)
    try:
        if HydraConfig.get().mode == RunMode.MULTIRUN:  # Hydra's own launchers end with the first cell
            from bench.sweep.runners import RUNNERS

            launchers = " or ".join(f"hydra/launcher={name}" for name in RUNNERS)
            raise UserError(f"a sweep is run by {launchers}; the first is the default")
        check_alone(HydraConfig.get().overrides.hydra)
        content = OmegaConf.to_container(config, resolve=True, throw_on_missing=True)
        assert isinstance(content, dict)
        COMPOSING.end()
        with gc_enabled():
            sys.exit(run_single({str(key): value for key, value in content.items()}, given))
    except REFUSED as error:  # caught here, for Hydra puts a line of its own before what passes through it
        sys.exit(_refuse(error))


def _close_own_files() -> None:
    """What Hydra writes where it is told to (`hydra.output_subdir`) holds all options, secret ones too: the user's."""
    own = HydraConfig.get()
    if own.output_subdir is not None:
        for path in Path(own.runtime.output_dir, own.output_subdir).glob("*.yaml"):
            path.chmod(0o600)


def _refuse(error: Exception) -> int:
    say(f"error: {refusal(error)}", error=True)
    return 2


if __name__ == "__main__":
    leave_at_exit()
    mask_output()  # libraries print addresses of the hub as they are
    sys.excepthook = say_exception
    sys.exit(main())
