"""Running an experiment's missing cells. Never imports torch: the workers do."""

from bench.called import callable_as

callable_as(__name__, "bench.api.sweeps")
