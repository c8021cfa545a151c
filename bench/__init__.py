"""Which model, fine-tuned how, on how many labelled texts, and is it worth it over TF-IDF?"""

from bench.running.cores import wait_passively

wait_passively()  # here, for it has to be before torch is imported, by whichever of the commands and workers

__version__ = "0.1.0"
