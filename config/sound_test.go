package config

import (
	"strings"
	"testing"

	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/data/sound/mix"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/table"
)

// giving are the fields of a run that a command line sets: pairs of a name and a value.
func giving(t *testing.T, pairs ...string) Given {
	t.Helper()
	var given Given
	all := Flags()
	for i := 0; i < len(pairs); i += 2 {
		f := table.Find(all, pairs[i])
		if err := f.Set(pairs[i+1]); err != nil {
			t.Fatal(err)
		}
		given = append(given, f)
	}
	return given
}

// Recordings have a preset of their own, which one that is given replaces; of that the shape and
// the ratios are theirs all the same.
func TestSpeech(t *testing.T) {
	r, err := Begin("small", giving(t, "data", "sound:/speech", "mix", "sound:/noise"))
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Validate(); err != nil {
		t.Fatal(err)
	}
	if k := r.Kind(); r.Preset != "speech" || k.Form != kind.Spectra || k.H != 128 || k.W != 64 || k.C != 2 || !r.WithEnds().Given() {
		t.Errorf("preset %s, %v", r.Preset, k)
	}
	if f := table.Find(table.Fields(r.Solver), "quiet"); name(r.Solver) != "ddim" || f.String() != "true" || r.SampleSteps != 5 {
		t.Errorf("solver %s, quiet %v, %d steps", name(r.Solver), f, r.SampleSteps)
	}
	if r, err = Begin("small", giving(t, "data", "sound:/speech", "mix", "sound:/noise", "preset", "small", "process", "sb-vp")); err != nil {
		t.Fatal(err)
	}
	if err := r.Validate(); err != nil || r.Preset != "small" || (r.Resolution != data.Size{H: 128, W: 64}) || (r.SNR != mix.Decibels{Lo: -5, Hi: 15}) || r.ImageChannels != 2 {
		t.Errorf("%+v, %v", r.Sources, err)
	}
	for want, pairs := range map[string][]string{
		"--mix sound:/noise is noise for recordings": {"mix", "sound:/noise", "process", "bridge"},
		"give one":      {"data", "sound:/speech", "mix", "sound:/noise", "pairs", "sound:/noisy"},
		"give one kind": {"data", "sound:/speech", "mix", "/pictures"},
	} {
		r, err := Begin("small", giving(t, pairs...))
		if err == nil {
			err = r.Validate()
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %q", pairs, err, want)
		}
	}
}
