#!/bin/sh
# Makes the golden files of others' code anew, or, with --check, compares the stored ones with fresh runs of that code.
#   bench/golden.sh [--check]
# REVERIE_PYTHON names a Python that has all of it; else bench/.venv is made with the pinned versions.
set -eu
usage() {
	echo "usage: bench/golden.sh [--check]" >&2
	exit 2
}
[ "$#" -le 1 ] && [ "${1---check}" = --check ] || usage
cd "$(dirname "$0")/.."
python=${REVERIE_PYTHON:-}
if [ -z "$python" ]; then
	bench/python.sh
	python=bench/.venv/bin/python
	if ! [ bench/.venv/golden -nt bench/golden/requirements.txt ]; then
		bench/.venv/bin/pip install --quiet --no-deps -r bench/golden/requirements.txt
		touch bench/.venv/golden
	fi
fi
for script in testdata/gen_golden.py random/testdata/gen_streams.py sample/testdata/gen_runs.py testdata/gen_flow.py testdata/gen_bound.py \
	sample/testdata/gen_diffusers.py sample/testdata/gen_kdiffusion.py sample/testdata/gen_ode.py mixture/testdata/gen_mixture.py edit/testdata/gen_repaint.py guide/testdata/gen_guidance.py \
	model/testdata/gen_schedulers.py learn/score/testdata/gen_score.py eval/testdata/gen_metrics.py app/anomaly/score/testdata/gen_scores.py data/photo/testdata/gen_corpus.py \
	data/sound/testdata/gen_files.py data/sound/resample/testdata/gen_resample.py data/sound/stft/testdata/gen_stft.py \
	app/speech/score/testdata/gen_speech.py; do
	echo "== $script"
	"$python" "$script" "$@"
done
