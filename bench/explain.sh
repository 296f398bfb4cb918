#!/bin/sh
# Measures counterfactuals on Fashion-MNIST: sneakers to boots and shirts to coats, the first 330 test images of each class of which a
# classifier and a judge that was trained apart both say the class, by the default method and by translation from pure noise. Runs that
# bench/guidance.sh made in OUT are used; what is in OUT already is kept. About an hour on two quiet cores beside the trainings of 20 minutes.
#   bench/fashion.sh FASHION
#   bench/explain.sh FASHION OUT
set -eu
cd "$(dirname "$0")/.."
[ "$#" -eq 2 ] || { sed -n 's/^#   //p' "$0" >&2; exit 2; }
data=$1 test=$1/t10k-images-idx3-ubyte.gz out=$2
[ -e "$test" ] || { echo "$test is missing: bench/fashion.sh fetches it" >&2; exit 1; }
mkdir -p "$out/explain"
go build -o "$out/reverie" ./cmd/reverie

# train NAME TIME FLAGS.. trains a run unless it is there.
train() {
	name=$out/$1 time=$2
	shift 2
	[ -d "$name/checkpoints" ] || "$out/reverie" train "$data" --time "$time" --run "$name" "$@"
}
train model 8m --class-cond
train judge 6m --arch classifier
train second 6m --arch classifier --seed 7

images=$out/explain/images
[ -d "$images" ] || {
	rm -rf "$images.part"
	go run ./bench/guidance -inputs "$images.part" -data "$test" -first 330
	for class in 4 6 7 9; do
		mkdir "$images.part/$class"
		mv "$images.part/$class"-*.png "$images.part/$class/"
	done
	mv "$images.part" "$images"
}

# explain FROM TO NAME FLAGS.. explains images of one class, unless that was done, and prints what came of them.
explain() {
	from=$1 to=$2 name=$out/explain/$1-$2-$3
	shift 3
	[ -s "$name.txt" ] || {
		rm -rf "$name"
		"$out/reverie" explain "$out/model" "$images/$from" --classifier "$out/second" --judge "$out/judge" --from "$from" --target "$to" \
			--target-images "$images/$to" --out "$name" "$@" >"$name.part"
		mv "$name.part" "$name.txt"
	}
	echo "$from to $to: $*"
	cat "$name.txt"
}
for pair in "7 9" "6 4"; do
	explain $pair fast
	explain $pair translate --counterfactual translate --strength 1
done
