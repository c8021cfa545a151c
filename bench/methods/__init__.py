"""How a cell is fitted and measured: examples in, probabilities out."""
