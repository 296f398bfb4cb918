package anomaly

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/edit"
	"github.com/reverie-go/reverie/mixture"
	"github.com/reverie-go/reverie/sample"
	"github.com/reverie-go/reverie/table"
)

// all are the methods for batches of numbers, with the settings that the tests give them.
func all(t *testing.T) []Method[batch] {
	t.Helper()
	var methods []Method[batch]
	for _, row := range Methods.Rows() {
		m, err := For[batch](row)
		if err != nil {
			t.Fatal(err)
		}
		methods = append(methods, m)
	}
	return methods
}

// TestOfBatch: a sample's finding is the same bits alone and in a batch.
func TestOfBatch(t *testing.T) {
	m := mixture.Random(12, 4, 7)
	x := m.Sample(host(9).Stream, 3)
	for name, p := range processes(t) {
		for _, method := range all(t) {
			together := find(t, method, shaped(t, host(0), p, m), x)
			for n := range x {
				alone := find(t, method, shaped(t, host(n), p, m), x[n:n+1])
				if !slices.Equal(alone.Healed[0], together.Healed[n]) || !slices.Equal(alone.Map[0], together.Map[n]) {
					t.Errorf("%s, %s: sample %d alone is %v, in its batch %v", name, method.Row().Name, n, alone.Map[0], together.Map[n])
				}
			}
		}
	}
}

// shaped is a setup of noisy steps, for images.
func shaped(t *testing.T, sp reverie.Space[batch], p reverie.Process, m *mixture.Mixture) Setup[batch] {
	s := setup(t, sp, p, m.Denoiser(p), 6)
	s.Solver, s.Shape = &sample.DDPM[batch]{}, edit.Shape{H: 3, W: 4, C: 1}
	return s
}

// TestSettings: settings pass from a row of the table to a method for other batches.
func TestSettings(t *testing.T) {
	row, err := Methods.New("recon")
	if err != nil {
		t.Fatal(err)
	}
	if err := table.Find(table.Fields(row), "level").Set("0.25"); err != nil {
		t.Fatal(err)
	}
	inpaint, err := Methods.New("inpaint")
	if err != nil {
		t.Fatal(err)
	}
	for _, set := range [][2]string{{"first", "onestep"}, {"high", "0.5"}} {
		if err := table.Find(table.Fields(inpaint), set[0]).Set(set[1]); err != nil {
			t.Fatal(err)
		}
	}
	m, err := For[batch](inpaint)
	if err != nil {
		t.Fatal(err)
	}
	if first, err := For[batch](m.(*Inpaint[batch]).First); err != nil || first.(*OneStep[batch]).High != 0.5 {
		t.Errorf("the first map: %v, %v", first, err)
	}
	if m, err := For[batch](row); err != nil || m.(*Recon[batch]).Level != 0.25 {
		t.Errorf("%v, %v", m, err)
	}
	if names := Firsts.Names(); !slices.Equal(names, []string{"recon", "onestep", "dae"}) {
		t.Errorf("inpaint begins with %v", names)
	}
	if _, err := For[batch](table.Info{Name: "none"}); err == nil || !strings.Contains(err.Error(), "other batches") {
		t.Errorf("another's row: %v", err)
	}
}

// TestHook: steps are numbered through over all walks, and the hook's error ends them.
func TestHook(t *testing.T) {
	m := mixture.Random(12, 2, 7)
	p := reverie.VP{}
	for _, method := range all(t) {
		s := shaped(t, host(0), p, m)
		seen, steps := 0, 0
		s.Hook = func(s sample.State[batch]) error {
			if seen++; s.Step != seen {
				t.Errorf("%s: step %d is number %d", method.Row().Name, seen, s.Step)
			}
			steps = s.Steps
			return nil
		}
		find(t, method, s, m.Sample(host(9).Stream, 1))
		if seen == 0 || seen != steps {
			t.Errorf("%s: %d steps of %d", method.Row().Name, seen, steps)
		}
		stop := errors.New("stop")
		s.Hook = func(sample.State[batch]) error { return stop }
		if _, err := method.Find(t.Context(), s, batch{make([]float64, 12)}); !errors.Is(err, stop) {
			t.Errorf("%s: %v", method.Row().Name, err)
		}
	}
}

// plain is a Space that makes linear combinations and noise alone.
type plain struct{ reverie.Space[batch] }

// TestRefusals: what does not do, and why.
func TestRefusals(t *testing.T) {
	m := mixture.Random(12, 2, 7)
	chain := processes(t)["ddpm"]
	good := func(p reverie.Process) Setup[batch] { return shaped(t, host(0), p, m) }
	with := func(s Setup[batch], change func(*Setup[batch])) Setup[batch] { change(&s); return s }
	x := batch{make([]float64, 12)}
	for _, c := range []struct {
		want   string
		method Method[batch]
		setup  Setup[batch]
		x      batch
	}{
		{"anomaly: recon: level 1000 is no time of the process: expected one from 0 to 999", &Recon[batch]{Level: 1000}, good(chain), x},
		{"level 0.5 is between two indices of the chain", &Recon[batch]{Level: 0.5}, good(chain), x},
		{"--level NaN is outside", &Recon[batch]{Level: math.NaN()}, good(reverie.VP{}), x},
		{"--repeat -1 is outside", &Recon[batch]{Repeat: -1}, good(reverie.VP{}), x},
		{"none of the 6 times of the grid lies below", &Recon[batch]{Level: 0.001}, with(good(reverie.VP{}), func(s *Setup[batch]) { s.Grid = s.Grid[:6] }), x},
		{"needs a Solver", &Recon[batch]{}, with(good(reverie.VP{}), func(s *Setup[batch]) { s.Solver = nil }), x},
		{"needs a Run", &Recon[batch]{}, Setup[batch]{}, x},
		{"a Run needs a Space", &Recon[batch]{}, Setup[batch]{Run: &sample.Run[batch]{}}, x},
		{"lacks Rows(x)", &Recon[batch]{}, with(good(reverie.VP{}), func(s *Setup[batch]) { s.Run.Space = plain{host(0)} }), x},
		{"far end", &Recon[batch]{}, with(good(reverie.VP{}), func(s *Setup[batch]) { s.Run.Process = reverie.Bridge{C: 1} }), x},
		{"no samples", &Recon[batch]{}, good(reverie.VP{}), batch{}},
		{"number 1 of sample 0 is NaN", &Recon[batch]{}, good(reverie.VP{}), batch{{0, math.NaN()}}},
		{"cannot clamp", &Recon[batch]{}, with(good(reverie.VP{}), func(s *Setup[batch]) {
			s.Run.Space, s.Clamp = rower{host(0), host(0)}, sample.Clamp{X0: true}
		}), x},
		{`--encode "up" is unknown; choose one of inversion, noise`, &Translate[batch]{Encode: "up"}, good(reverie.VP{}), x},
		{"an inversion begins at one", &Translate[batch]{Level: 0.001}, good(reverie.VP{}), x},
		{"low 0.5 is above high 0.25", &OneStep[batch]{Low: 0.5, High: 0.25}, good(reverie.VP{}), x},
		{"low 2 is no time of the process", &OneStep[batch]{Low: 2}, good(reverie.VP{}), x},
		{"has only 3 there", &OneStep[batch]{Low: 10, High: 12, Levels: 4}, good(chain), x},
		{"second end below the first", &OneStep[batch]{Low: 0.5, High: 0.5}, good(reverie.VP{}), x},
		{"no step from high to low", &ANDi[batch]{Low: 10, High: 10}, good(chain), x},
		{"has only 11 there", &ANDi[batch]{Low: 10, High: 20, Levels: 11}, good(chain), x},
		{"dae: high 2 is no time of the process", &DAE[batch]{High: 2}, good(reverie.VP{}), x},
		{"patch 4 is larger than images of 3x4x1: expected at most 3", &Patch[batch]{Size: 4}, good(reverie.VP{}), x},
		{"stride 3 leaves out pixels", &Patch[batch]{Size: 2, Stride: 3}, good(reverie.VP{}), x},
		{"--patch -1 is outside", &Patch[batch]{Size: -1}, good(reverie.VP{}), x},
		{"12 numbers are no images of 2x2x1", &Patch[batch]{}, with(good(reverie.VP{}), func(s *Setup[batch]) { s.Shape = edit.Shape{H: 2, W: 2, C: 1} }), x},
		{"12 numbers are no images of 0x0x0", &Inpaint[batch]{}, with(good(reverie.VP{}), func(s *Setup[batch]) { s.Shape = edit.Shape{} }), x},
		{"noise level of 0", &Patch[batch]{}, with(good(reverie.VP{}), func(s *Setup[batch]) { s.Fill = new(edit.MMPS[batch]) }), x},
		{"both say what is masked", &Inpaint[batch]{Share: 0.1, Threshold: 1}, good(reverie.VP{}), x},
		{"--mask-share 1 is outside", &Inpaint[batch]{Share: 1}, good(reverie.VP{}), x},
		{"refine 2 is no time", &Inpaint[batch]{Refine: 2}, good(reverie.VP{}), x},
		{"--level 10000000000 is outside", &Inpaint[batch]{First: &Recon[batch]{Level: 1e10}}, good(reverie.VP{}), x},
		{"maps other batches", &Inpaint[batch]{First: table.Info{Name: "none"}}, good(reverie.VP{}), x},
	} {
		if _, err := c.method.Find(t.Context(), c.setup, c.x); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %s", err, c.want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, method := range all(t) {
		if _, err := method.Find(ctx, good(reverie.VP{}), x); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: cancelled, %v", method.Row().Name, err)
		}
	}
}

// rower is a Space of no more than the methods need.
type rower struct {
	reverie.Space[batch]
	reverie.Rower[batch]
}

// TestClamp: all x0hat is clamped, as if the denoisers did it.
func TestClamp(t *testing.T) {
	m := mixture.Random(12, 3, 7)
	x := batch{make([]float64, 12)}
	for i := range x[0] {
		x[0][i] = 2 * math.Sin(float64(i))
	}
	p := reverie.VP{}
	clamped, err := reverie.Clamp[batch](host(0), m.Denoiser(p), -1, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, method := range all(t) {
		s := shaped(t, host(0), p, m)
		s.Encoder, s.Clamp = m.Denoiser(p), sample.Clamp{X0: true}
		got := find(t, method, s, x)
		s = shaped(t, host(0), p, m)
		plain := find(t, method, s, x)
		s = shaped(t, host(0), p, m)
		s.Run.Denoiser, s.Encoder = clamped, clamped
		want := find(t, method, s, x)
		nearAll(t, method.Row().Name, got.Map[0], want.Map[0], 0)
		if slices.Equal(got.Map[0], plain.Map[0]) {
			t.Errorf("%s: a clamp changes nothing", method.Row().Name)
		}
	}
}
