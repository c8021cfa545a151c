#!/bin/bash
# Eight jobs of PBS, a part of a sweep each, with results on the node's own disk, copied at the end. PBS does not say how
# many jobs an array has: the number stands twice, and the array is counted from 1.
#
#     qsub recipes/pbs.sh
#PBS -N bench
#PBS -J 1-8
#PBS -l select=1:ncpus=4:ngpus=1:mem=32gb
#PBS -l walltime=12:00:00
#PBS -j oe
set -eu
cd "${PBS_O_WORKDIR:-.}"
part="${TMPDIR:-/tmp}/part-$PBS_ARRAY_INDEX"
kept="results/part-$PBS_ARRAY_INDEX"
mkdir -p "$part" "$kept"
copy() { cp --recursive --update "$1/." "$2/"; }
copy "$kept" "$part"
trap 'copy "$part" "$kept"' EXIT
.venv/bin/bench sweep go_emotions_grid shard=auto/8 results_dir="$part"
