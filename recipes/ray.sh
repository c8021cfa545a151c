#!/bin/bash
# A sweep on a Ray cluster that was started from the .venv of this folder, which all nodes share.
#
#     bash recipes/ray.sh        # anywhere where the cluster's jobs can be submitted; the sweep runs on a node of it
set -eu
export RAY_ADDRESS="${RAY_ADDRESS:-http://127.0.0.1:8265}"
ray job submit -- bash -c "cd '$PWD' && exec .venv/bin/bench \
    sweep go_emotions_grid hydra/launcher=ray hydra.launcher.address=auto"
