#!/bin/sh
# Measures models that make speech clean: it fetches prompts of telephone exchanges in five voices (Debian's asterisk-core-sounds-*-wav, CC-BY-SA 3.0
# and CC-BY 3.0) and the noises of a town (lincity-ng-data, GPL-2+ and CC-BY-SA 2), lays them out in OUT/data, and trains ten minutes each: the bridges
# of preset speech, SGMSE+'s process, and a prediction in one step by the same network. Judged are a voice that none has heard, in noises that none
# has heard, at -5, 0, 5 and 10 dB. Under an hour and a half on two quiet cores; what is in OUT already is kept.
#   bench/speech.sh OUT
#   bench/speech.sh --brief [OUT]   three steps each, to see that it runs; the numbers mean nothing
set -eu
cd "$(dirname "$0")/.."
usage() { sed -n 's/^#   //p' "$0" >&2; exit 2; }
stop="--time 10m" n=20
if [ "${1:-}" = --brief ]; then
	shift
	[ "$#" -le 1 ] || usage
	stop="--steps 3" n=3
	set -- "${1:-$(mktemp -d)}"
fi
[ "$#" -eq 1 ] || usage
mkdir -p "$1"
out=$(cd "$1" && pwd)
go build -o "$out/reverie" ./cmd/reverie

# fetch PACKAGE unpacks a Debian package into OUT/packages.
fetch() {
	[ ! -d "$out/packages/$1" ] || return 0
	(cd "$out" && apt-get download -q "$1" && dpkg-deb -x "$1"_*.deb "packages/$1.part" && rm "$1"_*.deb && mv "packages/$1.part" "packages/$1")
}
mkdir -p "$out/packages"
for language in en es fr it ru; do
	fetch "asterisk-core-sounds-$language-wav"
done
fetch lincity-ng-data
sounds() { echo "$out/packages/asterisk-core-sounds-$1-wav/usr/share/asterisk/sounds"; }
noise=$out/packages/lincity-ng-data/usr/share/games/lincity-ng/sounds

# measure NAME SAMPLING TRAINING.. trains OUT/NAME, unless it is there, and judges it; SAMPLING are flags of eval.
measure() {
	run=$out/$1 sampling=$2
	shift 2
	if [ ! -f "$run.done" ]; then
		rm -rf "$run"
		# shellcheck disable=SC2086 # flags
		"$out/reverie" train "$(sounds en)" "$(sounds es)" "$(sounds fr)" "$(sounds ru)" --mix "$noise" $stop --run "$run" "$@"
		: >"$run.done"
	fi
	echo "== $(basename "$run") $sampling"
	# shellcheck disable=SC2086
	"$out/reverie" eval "$run" "$(sounds it)" -n "$n" $sampling
}
measure sb-ve ""
measure sb-ve "--solver ddpm --steps 20"
measure sb-vp "--solver ddim --quiet --steps 5" --process sb-vp
measure ouve "--solver ddpm --steps 20" --process ouve
measure one-step "--steps 1" --level 1
