#!/bin/bash
# Eight jobs of LSF on one sweep: all see the same results_dir, so they need no shards, and take cells from each other.
#
#     bsub < recipes/lsf.sh
#BSUB -J "bench[1-8]"
#BSUB -n 4
#BSUB -R "span[hosts=1] rusage[mem=32GB]"
#BSUB -gpu "num=1"
#BSUB -W 12:00
#BSUB -wa "TERM" -wt "2"
#BSUB -o bench.%J.%I.log
set -eu
cd "${LS_SUBCWD:-.}"
.venv/bin/bench sweep go_emotions_grid
