#!/bin/sh
# Measures anomaly maps on two data sets whose lesions are known to the pixel (bench/anomaly/make): T-shirts of Fashion-MNIST with patches
# of other garments, and a brick wall with patches of gravel and grass. It makes the sets in OUT/data, of FASHION and of three photographs
# out of the wheel of scikit-image (CC0, 14 MB), then trains, by seeds 1, 2 and 3, on healthy images, on images of which it is known whether
# they have a lesion, and on healthy ones with noise on a patch alone, beside two autoencoders. About an hour and a half on two quiet
# cores, a set on each half of them; what is in OUT already is kept, and an interrupted run goes on.
#   bench/fashion.sh FASHION
#   bench/anomaly.sh FASHION OUT
#   bench/anomaly.sh --brief [OUT]   the same on invented pictures in two minutes, to see that it runs; the numbers mean nothing
set -eu
cd "$(dirname "$0")/.."
usage() { sed -n 's/^#   //p' "$0" >&2; exit 2; }
brief=
[ "${1:-}" = --brief ] && { brief=yes; shift; }
if [ -n "$brief" ]; then
	[ "$#" -le 1 ] || usage
	out=${1:-$(mktemp -d)} seeds=1 crops=80
	fashion=$out/sources
else
	[ "$#" -eq 2 ] || usage
	fashion=$1 out=$2 seeds="1 2 3" crops=4000
	[ -d "$fashion" ] || { echo "$fashion is missing: bench/fashion.sh fetches it" >&2; exit 1; }
fi
mkdir -p "$out/sources"
go build -o "$out/reverie" ./cmd/reverie

# sources puts brick.png, gravel.png and grass.png into OUT/sources, for --brief with stand-ins of Fashion-MNIST.
sources() {
	if [ -n "$brief" ]; then
		go run ./bench/anomaly/make -stand-in "$out/sources"
		return
	fi
	python3 -m pip download --quiet --no-deps --only-binary :all: --dest "$out/sources" scikit-image
	python3 - "$out"/sources/scikit_image-*.whl "$out/sources" <<-'PYTHON'
		import sys, zipfile
		for name in "brick", "gravel", "grass":
		    with open(f"{sys.argv[2]}/{name}.png", "wb") as f:
		        f.write(zipfile.ZipFile(sys.argv[1]).read(f"skimage/data/{name}.png"))
	PYTHON
	rm "$out"/sources/scikit_image-*.whl
	(cd "$out/sources" && sha256sum --check --quiet) <<-'SUMS'
		7966caf324f6ba843118d98f7a07746d22f6a343430add0233eca5f6eaaa8fcf  brick.png
		c48615b451bf1e606fbd72c0aa9f8cc0f068ab7111ef7d93bb9b0f2586440c12  gravel.png
		b6b6022426b38936c43a4ac09635cd78af074e90f42ffa8227ac8b7452d39f89  grass.png
	SUMS
}

# train STEPS NAME DATA FLAGS.. trains OUT/NAME on OUT/data/DATA unless it has so many steps, and goes on where that was interrupted. Nothing
# is flipped: the images that are examined are not, and a small network learns a narrower law better.
train() {
	last=$1 run=$out/$2 from=$out/data/$3
	shift 3
	[ -z "$brief" ] || last=20
	[ ! -d "$run/checkpoints/$(printf 'step-%06d' "$last")" ] || return 0
	if [ -d "$run/checkpoints" ]; then
		"$out/reverie" train --resume "$run"
	else
		rm -rf "$run"
		"$out/reverie" train "$from" --steps "$last" --val 0.05 --flip=false --seed "$seed" --run "$run" "$@"
	fi
}

# five SET STEPS PATCH FLAGS.. trains the runs of a set by a seed. Beside those of diffusions there are an autoencoder of images with coarse
# noise (Kascenas et al. 2022), of cells of about four pixels, and a variational one, of latents 7x7 and 8x8.
five() {
	set=$1 last=$2 patch=$3 cells=$4
	shift 4
	good=$set/train/good
	train "$last" "$set/healthy-$seed" "$good" "$@"
	train "$last" "$set/dae-$seed" "$good" --noise coarse --cells "$cells" --process edm --prediction x0 --level 0.27 "$@"
	train "$last" "$set/vae-$seed" "$good" --arch vae --latent-channels 1 "$@"
	train "$last" "$set/weak-$seed" "$set/weak" --class-cond "$@"
	train "$last" "$set/patch-$seed" "$good" --patch "$patch" "$@"
}

# The faces that are sick (bench/anomaly/sick.txt) are to be healed by a model that has seen the others alone.
faces() {
	all="$out/data/emoji/Smileys & Emotion"
	[ -d "$out/data/emoji/sick" ] || {
		rm -rf "$out/data/emoji"
		python3 -m zipfile -e data/emoji/emoji32.zip "$out/data/emoji"
		mkdir "$out/data/sick"
		while read -r name; do mv "$all/$name" "$out/data/sick/"; done <bench/anomaly/sick.txt
		mv "$out/data/sick" "$out/data/emoji/sick"
	}
	train 1500 emoji "emoji/Smileys & Emotion"
}

[ -d "$out/data/bricks" ] || {
	rm -rf "$out/data"
	sources
	go run ./bench/anomaly/make -fashion "$fashion" -textures "$out/sources" -crops $crops "$out/data"
}
# On one of two quiet cores of an AMD EPYC (Zen 4) a run of garments takes 190 s and one of bricks 220 s, the faces six minutes; twice the
# steps raise the AUPRC of validation images by .01. A patch has half of the image's side.
garments() { five garments 2000 14 8 --resolution 28 --channels 16,32,64 --batch 16; }
bricks() {
	five bricks 500 32 16 --resolution 64 --channels 16,32,64,64 --batch 16
	[ "$seed" != 1 ] || faces
}

# maps SET RUN FLAGS.. has a run map the test images of its set into OUT/SET/maps, by thresholds and levels of the validation images, unless
# that was done.
maps() {
	set=$1 run=$2
	shift 2
	to=$out/$set/maps/$run$part
	[ ! -s "$to/report.json" ] || return 0
	rm -rf "$to"
	mkdir -p "$out/$set/maps"
	"$out/reverie" anomaly "$out/$set/$run" "$out/data/$set" --valid "$out/data/$set/valid" --replicates 0 --seed "$seed" --out "$to" "$@"
}
level="--level auto" steps="--steps 20"
[ -z "$brief" ] || level= steps="--steps 3"
# measure SET trains the runs of a set by a seed and has them map.
measure() {
	"$1"
	part=
	maps "$1" "healthy-$seed" --map onestep,recon,dae $level $steps --baseline all
	maps "$1" "dae-$seed" --map dae --high 0.27 --levels 1
	maps "$1" "vae-$seed"
	maps "$1" "weak-$seed" --healthy healthy --from lesioned --map translate --guidance 3 $level $steps
	maps "$1" "patch-$seed" --map patch $level
	part=-andi
	maps "$1" "healthy-$seed" --map andi --levels 10 $level
	part=-inpaint
	maps "$1" "healthy-$seed" --map inpaint --first onestep $steps
}
# lane SET measures all seeds of a set on half of the processors, which small networks use better than all.
lane() {
	GOMAXPROCS=$((($(nproc) + 1) / 2))
	export GOMAXPROCS
	for seed in $seeds; do measure "$1"; done
}
mkdir -p "$out/garments" "$out/bricks"
lane garments >"$out/garments/log" 2>&1 &
other=$!
lane bricks
wait $other || { tail -n 20 "$out/garments/log" >&2; exit 1; }
for set in garments bricks; do
	echo "$set"
	go run ./bench/anomaly/table -data "$out/data/$set" "$out/$set/maps"
done
