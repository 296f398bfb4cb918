package model

import (
	"context"
	"errors"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/pkg/core/dtypes"
	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/data/picture"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/net/simpleunet"
	"github.com/reverie-go/reverie/sample"
)

// flat is a copy of a tensor's values.
func flat(x *tensors.Tensor) []float32 { return tensors.MustCopyFlatData[float32](x) }

// small is a narrow SimpleUnet with random weights on T = 20.
func small(t testing.TB, e *engine.Engine) *Model {
	n, err := simpleunet.New(simpleunet.Config{Channels: []int{4, 8}})
	if err != nil {
		t.Fatal(err)
	}
	beta := reverie.LinearBetas(20, 1e-3, 0.3)
	p, err := reverie.NewDDPM(beta)
	if err != nil {
		t.Fatal(err)
	}
	m := New(e, n, p, reverie.Eps, net.Initial(n, 5, dtypes.Float32))
	t.Cleanup(m.Close)
	return m
}

// named is the solver of a name, nil of none.
func named(name string) Solver {
	if name == "" {
		return nil
	}
	s, err := sample.New[*tensors.Tensor](name)
	if err != nil {
		panic(err)
	}
	return s
}

// solvers are options for each solver and mode.
func solvers() []Options {
	var all []Options
	for _, name := range sample.Solvers.Names() {
		all = append(all, Options{Solver: named(name)})
	}
	return append(all, Options{Solver: sample.DDIM[*tensors.Tensor]{Eta: 0.5}, Steps: 7}, Options{Solver: named("ddim"), Steps: 5, Mode: net.PerImage})
}

// Image i is the same for every N and Batch: to the bit where the batch's size stays, and within
// two levels of 8 bits where the kernels see another size.
func TestImageIsItsSeeds(t *testing.T) {
	m := small(t, openEngine(t, ""))
	const size = 8 * 8 * 3
	for _, o := range solvers() {
		draw := func(n, batch int) []float32 {
			o.N, o.Batch, o.Height, o.Width, o.Seed = n, batch, 8, 8, 11
			x, err := m.Sample(context.Background(), o)
			if err != nil {
				t.Fatal(err)
			}
			return x
		}
		want := draw(6, 6)
		if slices.Equal(want[:size], want[size:2*size]) {
			t.Errorf("%s: two images are alike", sample.Name(o.Solver))
		}
		levels := picture.Bytes(nil, want)
		others := [][2]int{{6, 1}, {6, 4}, {6, 0}, {3, 3}, {2, 1}}
		if testing.Short() {
			others = others[1:2]
		}
		for _, x := range others {
			got := picture.Bytes(nil, draw(x[0], x[1]))
			if len(got) != x[0]*size {
				t.Fatalf("%d values for %d images", len(got), x[0])
			}
			for i, v := range got {
				if d := int(v) - int(levels[i]); d < -2 || d > 2 {
					t.Errorf("%s, %d images in batches of %d: value %d is %d, want %d", sample.Name(o.Solver), x[0], x[1], i, v, levels[i])
					break
				}
			}
		}
		o.Seed = 12
		o.N, o.Batch = 6, 6
		if other, err := m.Sample(context.Background(), o); err != nil || slices.Equal(other, want) {
			t.Errorf("%s: another seed, the same images (%v)", sample.Name(o.Solver), err)
		}
	}
}

// A sample is the same to the bit for any number of threads.
func TestThreads(t *testing.T) {
	var models []*Model
	for _, config := range []string{"simd:threads=1", "simd:threads=2", "simd:threads=5"} {
		models = append(models, small(t, openEngine(t, config)))
	}
	for _, o := range solvers() {
		o.N, o.Batch, o.Height, o.Width, o.Seed = 5, 3, 16, 8, 2
		want, err := models[0].Sample(context.Background(), o)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range models[1:] {
			if got, err := m.Sample(context.Background(), o); err != nil || !slices.Equal(got, want) {
				t.Errorf("%s on %s differs from one thread (%v)", sample.Name(o.Solver), m.Engine.Config(), err)
			}
		}
	}
}

func TestFilled(t *testing.T) {
	m := small(t, openEngine(t, ""))
	fill := func(o Options) Options {
		o = m.Filled(o)
		o.Hook = nil
		return o
	}
	for _, x := range []struct {
		name       string
		d          Defaults
		give, want Options
	}{
		{"nothing known", Defaults{}, Options{N: 1, Height: 8},
			Options{Height: 8, Width: 8, Batch: 16, Solver: named("dpm++2m"), Steps: 20, Spacing: "logsnr", Clamp: "x0"}},
		{"the run's own", Defaults{Solver: named("ddpm"), Steps: 10, Clamp: "x", Variance: "beta"}, Options{},
			Options{Height: 8, Width: 4, Batch: 16, Solver: &sample.DDPM[*tensors.Tensor]{Variance: "beta"}, Steps: 10, Spacing: "linear", Clamp: "x"}},
		{"another solver", Defaults{Solver: named("ddpm"), Steps: 10, Clamp: "x", Variance: "beta"}, Options{Solver: named("ddim")},
			Options{Height: 8, Width: 4, Batch: 16, Solver: named("ddim"), Steps: 20, Spacing: "linear", Clamp: "x0"}},
		{"all said", Defaults{Solver: named("ddpm"), Steps: 10, Clamp: "x"}, Options{Height: 16, Width: 8, Batch: 2, Solver: named("ddpm"), Steps: 3, Spacing: "trailing", Clamp: "none"},
			Options{Height: 16, Width: 8, Batch: 2, Solver: &sample.DDPM[*tensors.Tensor]{Variance: "posterior"}, Steps: 3, Spacing: "trailing", Clamp: "none"}},
		{"ddpm walks all", Defaults{}, Options{Height: 8, Solver: named("ddpm")},
			Options{Height: 8, Width: 8, Batch: 16, Solver: &sample.DDPM[*tensors.Tensor]{Variance: "posterior"}, Steps: 20, Spacing: "linear", Clamp: "x0"}},
	} {
		m.Defaults, m.Kind = x.d, m.Kind.Sized(8, 4)
		got := fill(x.give)
		got.N = 0
		if !sameOptions(got, x.want) {
			t.Errorf("%s:\n%+v, want\n%+v", x.name, got, x.want)
		}
		if again := fill(got); !sameOptions(again, got) {
			t.Errorf("%s: filled twice: %+v", x.name, again)
		}
	}
	m.Lecture = true
	for _, x := range []struct {
		d            Defaults
		solver, want string
	}{
		{Defaults{}, "", "x0"}, {Defaults{}, "ddim", "x0"}, {Defaults{}, "ddpm", "x"}, {Defaults{}, "lecture-sde", "x"},
		{Defaults{Solver: named("ddpm"), Clamp: "none"}, "", "none"}, {Defaults{Solver: named("ddpm"), Clamp: "none"}, "ddpm", "none"},
		{Defaults{Solver: named("ddpm"), Clamp: "none"}, "lecture-sde", "x"}, {Defaults{Solver: named("ddpm"), Clamp: "x"}, "ddim", "x0"},
	} {
		m.Defaults, m.Kind = x.d, m.Kind.Sized(8, 4)
		if got := m.Filled(Options{Solver: named(x.solver)}).Clamp; got != x.want {
			t.Errorf("the lecture's model of %s, clamp %s, with solver %q: clamp %s, want %s", sample.Name(x.d.Solver), x.d.Clamp, x.solver, got, x.want)
		}
	}
	long := New(m.Engine, m.Net, mustDDPM(t, 300), reverie.Eps, nil)
	for solver, want := range map[string]int{"": 20, "unipc": 20, "ddim": 50, "ddpm": 300} {
		if got := long.Filled(Options{Solver: named(solver)}).Steps; got != want {
			t.Errorf("%d steps of %q on T = 300, want %d", got, solver, want)
		}
	}
}

func sameOptions(a, b Options) bool {
	type key struct {
		n, h, w, batch, steps  int
		solver, spacing, clamp string
		mode                   net.Mode
	}
	of := func(o Options) key {
		return key{o.N, o.Height, o.Width, o.Batch, o.Steps, o.Sampler(), o.Spacing, o.Clamp, o.Mode}
	}
	return of(a) == of(b)
}

func mustDDPM(t testing.TB, T int) *reverie.DDPM {
	beta := reverie.LinearBetas(T, 1e-4, 0.02)
	p, err := reverie.NewDDPM(beta)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestSampleErrors(t *testing.T) {
	m := small(t, openEngine(t, ""))
	good := Options{N: 2, Height: 8, Width: 8, Steps: 3}
	for want, spoil := range map[string]func(*Options){
		"give at least 1": func(o *Options) { o.N = 0 },
		"batches of -1":   func(o *Options) { o.Batch = -1 },
		"multiples of 2":  func(o *Options) { o.Height = 7 },
		`clamp "xx"`:      func(o *Options) { o.Clamp = "xx" },
		`spacing "cubic"`: func(o *Options) { o.Spacing = "cubic" },
		"--eta 2":         func(o *Options) { o.Solver = sample.DDIM[*tensors.Tensor]{Eta: 2} },
		"no learned":      func(o *Options) { o.Solver = &sample.DDPM[*tensors.Tensor]{Variance: "learned"} },
		"only 20":         func(o *Options) { o.Steps = 21 },
		"walks all 20":    func(o *Options) { o.Solver = named("lecture-sde") },
		"mode train":      func(o *Options) { o.Mode = net.Train },
		"one value per channel": func(o *Options) {
			o.Height, o.Width, o.Mode = 2, 2, net.PerImage
		},
	} {
		o := good
		spoil(&o)
		if x, err := m.Sample(context.Background(), o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %d values, %v", want, len(x), err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	stop := good
	stop.Hook = func(_ int, s State) error {
		if s.Step == 2 {
			cancel()
		}
		return nil
	}
	if _, err := m.Sample(ctx, stop); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	own := errors.New("enough")
	stop.Hook = func(int, State) error { return own }
	if _, err := m.Sample(context.Background(), stop); !errors.Is(err, own) {
		t.Errorf("the hook's error: %v", err)
	}
}

// The hook sees every step of every batch, and the last x is what is returned.
func TestHook(t *testing.T) {
	m := small(t, openEngine(t, ""))
	var steps []int
	var last []float32
	o := Options{N: 3, Batch: 2, Height: 8, Width: 8, Steps: 4, Clamp: "none"}
	o.Hook = func(first int, s State) error {
		steps = append(steps, 10*first+s.Step)
		if s.Steps != 4 || s.X0.Shape().Dim(0) != s.X.Shape().Dim(0) {
			t.Errorf("%+v", s)
		}
		if s.Step == 4 {
			last = append(last, flat(s.X)...)
		}
		return nil
	}
	x, err := m.Sample(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	if want := []int{1, 2, 3, 4, 21, 22, 23, 24}; !slices.Equal(steps, want) {
		t.Errorf("hook at %v, want %v", steps, want)
	}
	if !slices.Equal(x, last) {
		t.Error("the images are not the last states")
	}
}

// A long walk leaves no tensors to the garbage collector: what a step allocates is a fraction of
// one batch of images.
func TestSamplingLeavesNoGarbage(t *testing.T) {
	if testing.Short() { // also: the race detector allocates
		t.Skip("300 steps at 32x32")
	}
	e := openEngine(t, "")
	m := New(e, constant{}, mustDDPM(t, 1000), reverie.X0, nil)
	defer m.Close()
	const array = 8 * 32 * 32 * 3 * 4
	var before, after runtime.MemStats
	o := Options{N: 8, Batch: 8, Height: 32, Width: 32, Solver: named("ddpm"), Steps: 300}
	o.Hook = func(_ int, s State) error {
		switch s.Step {
		case 100:
			runtime.ReadMemStats(&before)
		case 300:
			runtime.ReadMemStats(&after)
		}
		return nil
	}
	if _, err := m.Sample(context.Background(), o); err != nil {
		t.Fatal(err)
	}
	perStep := (after.TotalAlloc - before.TotalAlloc) / 200
	t.Logf("%d bytes a step; an array of images has %d", perStep, array)
	if perStep > array/2 {
		t.Errorf("%d bytes a step", perStep)
	}
}

// A walk that diverges says what would help and is not done already: to clamp x0 where it is not
// clamped.
func TestAdviceOfADivergedWalk(t *testing.T) {
	m := small(t, openEngine(t, ""))
	for i, w := range m.Weights {
		if w.DType() != dtypes.Float32 {
			continue
		}
		x := flat(w)
		for k := range x {
			x[k] = float32(math.NaN())
		}
		m.Weights[i] = engine.New(m.Engine, x, w.Shape().Dimensions...)
	}
	for clamp, advised := range map[string]bool{"none": true, "x0": false, "dynamic": false} {
		_, err := m.Sample(t.Context(), Options{N: 1, Height: 8, Width: 8, Solver: named("ddim"), Steps: 3, Clamp: clamp})
		if !errors.Is(err, sample.ErrDiverged) || !strings.Contains(err.Error(), "take more steps or another solver") || strings.Contains(err.Error(), "clamp x0") != advised {
			t.Errorf("clamp %s: %v", clamp, err)
		}
	}
}
