#!/bin/sh
# Says whether this tree trains and samples to the bit as an older commit does, on this machine: short runs of every kind, the hashes of
# their weights after 20 steps and of samples; the older commit's run folders are sampled and resumed by this tree, too.
#
#	bench/same.sh COMMIT [RUN...]
#
# A line a run: "same", or what differs. What is meant to differ is listed, with its reason, in bench/same.txt ("RUN WHAT reason ...").
set -eu
cd "$(dirname "$0")/.."
commit=${1:?give the commit to compare with}
shift
. bench/tree.sh
(cd "$dir/tree" && CGO_ENABLED=0 go build -o "$dir/old" ./cmd/reverie)
CGO_ENABLED=0 go build -o "$dir/new" ./cmd/reverie
known=$PWD/bench/same.txt
cd "$dir"

images="--data-class Flags --resolution 16 --arch unet --channels 8,16 --batch 8 --val 0.1 --sample-every 0 --lr-schedule constant"
points="points:moons --arch mlp --channels 16,16 --batch 32 --sample-every 0 --lr-schedule constant"

# settings NAME: the training flags of a run.
settings() {
	case $1 in
	ddpm) echo "$images --process ddpm --timesteps 50" ;;
	lecture) echo "--data-class Flags --resolution 16 --arch simpleunet --channels 8,16 --batch 8 --sample-every 0 --prediction eps --schedule linear --loss l1 --lr-schedule constant" ;;
	vp) echo "$points --process vp" ;;
	subvp) echo "$points --process subvp" ;;
	ve) echo "$points --process ve" ;;
	edm) echo "$images --process edm" ;;
	flow) echo "$images --process flow" ;;
	between) echo "$points --process flow --from points:8gaussians --coupling ot" ;;
	vae) echo "--data-class Flags --resolution 16 --arch vae --channels 8,16 --batch 8 --sample-every 0 --lr-schedule constant" ;;
	latent) echo "--vae vae-run --data-class Flags --channels 8,16 --batch 8 --timesteps 50 --sample-every 0 --lr-schedule constant" ;;
	schedule) echo "$images --process vp --schedule learned --weighting elbo --prediction eps" ;;
	variance) echo "$images --process ddpm --timesteps 50 --variance learned" ;;
	sliced) echo "$points --process ve --prediction score --objective sliced" ;;
	importance) echo "$points --process ddpm --timesteps 50 --times importance" ;;
	energy) echo "$points --process vp --energy" ;;
	best) echo "$images --process ddpm --timesteps 50 --best val --save-every 5" ;;
	esac
}

# solver NAME: how its samples are drawn.
solver() {
	case $1 in
	vae) echo "-n 4 --seed 7" ;;
	between) echo "-n 4 --seed 7 --solver heun --steps 4 --spacing linear" ;;
	*) echo "-n 4 --seed 7 --solver heun --steps 6 --spacing linear --clamp none" ;;
	esac
}

# numbers BINARY RUN OUT [FLAGS]: samples as numbers.
numbers() {
	case $2 in *vp* | *ve* | *between* | *sliced* | *importance* | *energy*) kind=csv ;; *) kind=npz ;; esac
	"$1" sample "$2" $4 --"$kind" "$3" --out "$3.png" >"$3.log" 2>&1 || { cat "$3.log" >&2; return 1; }
}

hash() { find "$1" -name '*.safetensors' -not -path '*/vae/*' | sort | xargs sha256sum | cut -d' ' -f1 | sha256sum | cut -c1-12; }
newest() { ls -d "$1"/checkpoints/step-* | tail -n 1; }

failed=0
# compare RUN WHAT A B: the lines of the table.
compare() {
	if cmp -s "$3" "$4"; then
		printf '%-11s %-9s same\n' "$1" "$2"
	elif grep -q "^$1 $2 " "$known" 2>/dev/null; then
		printf '%-11s %-9s differs, as meant: %s\n' "$1" "$2" "$(sed -n "s/^$1 $2 //p" "$known")"
	else
		printf '%-11s %-9s DIFFERS\n' "$1" "$2"
		failed=1
	fi
}

for run in ${*:-ddpm lecture vp subvp ve edm flow between vae latent schedule variance sliced importance energy best}; do
	for side in old new; do
		rm -rf "vae-run"
		[ ! -d "$side-vae" ] || cp -r "$side-vae" vae-run
		# shellcheck disable=SC2046 # the settings are words
		"./$side" train $(settings "$run") --steps 20 --seed 3 --run "$side-$run" >"$side.log" 2>&1 || { cat "$side.log" >&2; exit 1; }
		hash "$(newest "$side-$run")" >"$side.weights"
		numbers "./$side" "$side-$run" "$side.numbers" "$(solver "$run")"
	done
	compare "$run" weights old.weights new.weights
	compare "$run" samples old.numbers new.numbers
	numbers ./new "old-$run" loaded.numbers "$(solver "$run")"
	compare "$run" loads old.numbers loaded.numbers
	for side in old new; do
		cp -r "old-$run" "$side-resumed"
		"./$side" train --resume "$side-resumed" --steps 25 >"$side.log" 2>&1 || { cat "$side.log" >&2; exit 1; }
		hash "$(newest "$side-resumed")" >"$side.weights"
		rm -rf "$side-resumed"
	done
	compare "$run" resumes old.weights new.weights
done
exit $failed
