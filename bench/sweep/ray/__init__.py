"""The runner `ray`: the pool's worker processes, on the nodes of a Ray cluster."""
