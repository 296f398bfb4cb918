#!/bin/sh
# Measures guidance on Fashion-MNIST: trains a class-conditional model, a classifier of noised images that guides and one of clean images that
# judges, eight minutes each and six, then sweeps each guide over its scale by `reverie eval`, and prints the table and draws the plot of
# docs/guidance.md. About an hour and a half on two quiet cores; what is in OUT already is kept, so that an interrupted run goes on.
#   bench/fashion.sh FASHION
#   bench/guidance.sh FASHION OUT
#   bench/guidance.sh --brief [OUT]   the same on emoji in two minutes, to see that it runs; the numbers mean nothing
set -eu
cd "$(dirname "$0")/.."
usage() { sed -n 's/^#   //p' "$0" >&2; exit 2; }
brief=
[ "${1:-}" = --brief ] && { brief=yes; shift; }
if [ -n "$brief" ]; then
	[ "$#" -le 1 ] || usage
	data= test= out=${1:-$(mktemp -d)}
	time="--steps 40 --time 0s" judging= weak=20 n=16 rounds=1
else
	[ "$#" -eq 2 ] || usage
	data=$1 test=$1/t10k-images-idx3-ubyte.gz out=$2
	[ -e "$test" ] || { echo "$test is missing: bench/fashion.sh fetches it" >&2; exit 1; }
	time="--time 8m" judging="--time 6m" weak=1000 n=2000 rounds=9
fi
mkdir -p "$out"
go build -o "$out/reverie" ./cmd/reverie
run=$out/model classifier=$out/classifier judge=$out/judge

# train NAME FLAGS.. trains a run unless it is there.
train() {
	name=$1
	shift
	[ -d "$name/checkpoints" ] || "$out/reverie" train $data $time --run "$name" "$@"
}

# sweep NAME FLAGS.. measures one guide unless that was done.
sweep() {
	name=$1
	shift
	[ -s "$out/$name.json" ] && return
	"$out/reverie" eval "$run" $test -n $n --draws 1 --metrics accuracy,pr,kid --judge "$judge" --json "$@" >"$out/$name.part"
	mv "$out/$name.part" "$out/$name.json"
}

train "$run" --class-cond --save-every "${weak}" --keep 0
train "$classifier" --arch classifier --noised
train "$judge" --arch classifier $judging
sweep classifier-free --sweep guidance=0,1,1.5,2,3,4
sweep interval --sweep guidance=1.5,2,3 --guidance-interval 0.3:5
sweep autoguidance --sweep guidance=1.5,2,3 --guide "$run@$weak"
sweep apg --sweep guidance=1.5,2,3 --apg
sweep classifier --sweep classifier-scale=0.5,1,2 --classifier "$classifier"

# what docs/guidance.md shows beside the sweep
if [ -z "$brief" ]; then
	go run ./bench/guidance -inputs "$out/inputs" -data "$test"
	edit() { (cd "$out/inputs" && ../reverie edit ../model "$@"); }
	edit 7-0.png 7-1.png 7-3.png --mask half.png --class 7 -n 4 --seed 1 --out ../inpaint.png
	edit 9-1.png 8-0.png 0-0.png 3-0.png --operator down4 -n 4 --seed 1 --out ../super.png
	edit 7-0.png 7-1.png 7-2.png 7-3.png --invert --class 9 --guidance 2 --out ../boots.png
	edit 7-0.png --to 9-0.png --frames 10 --out ../morph.png
fi
go run ./bench/guidance -rounds $rounds -classifier "$classifier" -weak "$run@$weak" -plot "$out/sweep.png" "$run" \
	"$out/classifier-free.json" "$out/interval.json" "$out/autoguidance.json" "$out/apg.json" "$out/classifier.json"
