#!/bin/sh
# Measures models of pairs (docs/bridges.md): emoji of a quarter of the side, and of a JPEG file's quality 10, restored by a bridge whose
# network sees what is given, by one whose network does not, by a diffusion from noise that sees it, and by a network that predicts in one
# step. Each is trained for five minutes; what is in OUT already is kept. Three quarters of an hour on two quiet cores.
#   bench/pairs.sh OUT
#   bench/pairs.sh --brief   the same in a minute, to see that it runs; the numbers mean nothing
set -eu
cd "$(dirname "$0")/.."
[ "$#" -eq 1 ] || { sed -n 's/^#   //p' "$0" >&2; exit 2; }
brief=
[ "$1" != --brief ] || brief=yes
out=$1 stop="--time 5m" tasks="small jpeg" measure="--metrics psnr,kid,swd --draws 3"
[ -z "$brief" ] || out=$(mktemp -d) stop="--steps 4 --channels 8,16" tasks=jpeg measure="--metrics psnr,swd --draws 1 -n 16" # kid trains a classifier
mkdir -p "$out"
go build -o "$out/reverie" ./cmd/reverie

# restore TASK NAME STEPS FLAGS.. trains a run and measures it by so many steps.
restore() {
	task=$1 name=$1-$2 steps=$3
	shift 3
	run=$out/$name
	[ -d "$run/checkpoints" ] || "$out/reverie" train "$out/$task/x" --pairs "$out/$task/y" --val 0.1 --flip=false --run "$run" $stop "$@" >"$run.log" 2>&1 || {
		tail -n 20 "$run.log" >&2
		exit 1
	}
	for n in $steps; do
		[ -s "$run-$n.json" ] || "$out/reverie" eval "$run" --steps "$n" $measure --json >"$run-$n.json"
		echo "$name, $n steps:"
		cat "$run-$n.json"
	done
}
for task in $tasks; do
	[ -d "$out/$task" ] || go run ./bench/pairs -task $task "$out/$task"
	restore $task bridge "5 20" --process i2sb
	restore $task blind "5 20" --process i2sb --blind
	restore $task noise "10 20" --process vp
	restore $task predicted 1 --process bridge --level 1
	for name in bridge blind noise predicted; do
		steps=20
		[ "$name" != predicted ] || steps=1
		"$out/reverie" sample "$out/$task-$name" -n 8 --steps $steps --out "$out/$task-$name.png" 2>/dev/null
	done
done
