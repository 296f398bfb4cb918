#!/bin/sh
# Prints the tables of docs/benchmarks.md that need no other program: flow
# matching, the training objectives, and the samplers on a run of the embedded
# images (given, or trained here for eight minutes). About 25 minutes on two
# quiet cores; what was drawn of the samplers is kept in runs/solvers.jsonl.
set -eu
cd "$(dirname "$0")/.."
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
