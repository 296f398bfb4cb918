#!/bin/sh
# Prints the tables of docs/benchmarks.md that need no other program: flow matching, the training objectives, the samplers on a run of
# the embedded images (given, or trained here for eight minutes), and latent against pixel diffusion. About 50 minutes on two quiet
# cores; what was drawn of the samplers is kept in runs/solvers.jsonl.
#   bench/tables.sh [RUN]
#   bench/tables.sh --brief    the same programs for two minutes, to see that they run; the numbers mean nothing
set -eu
cd "$(dirname "$0")/.."
if [ "${1:-}" = --brief ]; then
	dir=$(mktemp -d)
	trap 'rm -rf "$dir"' EXIT
	go run ./bench/flow -seeds 1 -steps 200 -n 256
	go run ./bench/objectives -time 2s -seeds 1
	go run ./cmd/reverie train --steps 20 --sample-every 0 --run "$dir/run"
	go run ./bench/solvers -n 4 -draws 1 -long 1 -steps 5 "$dir/run"
	go run ./bench/latent -vae 5s -diffusion 5s -n 16 -draws 1 -steps 5 -dir "$dir/latent"
	exit
fi
run=${1:-}
mkdir -p runs
if [ -z "$run" ]; then
	run=runs/tables
	[ -d "$run" ] || go run ./cmd/reverie train --sample-every 0 --run "$run"
fi
echo "## Flow matching"
go run ./bench/flow
echo "## Training objectives"
go run ./bench/objectives
echo "## Samplers"
go run ./bench/solvers -log runs/solvers.jsonl "$run"
echo "## Latent against pixel diffusion"
go run ./bench/latent -vae 8m -diffusion 7m
