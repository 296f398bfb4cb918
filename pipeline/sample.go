package pipeline

import (
	"context"
	"fmt"

	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/sample"
)

// A State is where a walk is after a step, as Options.Hook sees it.
type State = sample.State[*tensors.Tensor]

// Options say what Sample draws.
type Options struct {
	N             int    // images
	Height, Width int    // of the images; 0: Defaults'
	Batch         int    // images denoised at once; 0: 16
	Seed          uint64 // image i is the same for every N, Batch and number of threads

	Solver   string           // one of sample.Names; "": Defaults', then ddim
	Steps    int              // solver steps; 0: all T, for ddim 50 (or T, if fewer)
	Spacing  string           // one of sample.Spacings; "": linear
	Eta      float64          // of solver ddim: 0 deterministic, 1 ancestral
	Variance reverie.Variance // of solver ddpm
	Clamp    string           // "x0": x0hat, "x": x after each step, "none"; "": Defaults', then x0
	Mode     net.Mode         // net.Eval or net.PerImage

	// Hook, if not nil, is called after each step of each batch, with the number
	// of the batch's first image; its error ends the sampling.
	Hook func(first int, s State) error
}

// defaultSteps is what DDIM takes where nothing is said.
const defaultSteps = 50

// Filled returns o with what it leaves open taken from the model's defaults.
func (m *Model) Filled(o Options) Options {
	if o.Height == 0 {
		o.Height, o.Width = m.Defaults.Height, m.Defaults.Width
	}
	if o.Batch == 0 {
		o.Batch = 16
	}
	o.Solver = or(o.Solver, m.Defaults.Solver, "ddim")
	o.Clamp = or(o.Clamp, m.Defaults.Clamp, "x0")
	o.Spacing = or(o.Spacing, "linear")
	if o.Steps == 0 && o.Solver == m.Defaults.Solver {
		o.Steps = m.Defaults.Steps
	}
	if o.Steps == 0 {
		o.Steps = m.Process.Steps()
		if o.Solver == "ddim" {
			o.Steps = min(o.Steps, defaultSteps)
		}
	}
	return o
}

func or(v ...string) string {
	for _, s := range v {
		if s != "" {
			return s
		}
	}
	return ""
}

// Sample draws images: N of them, NHWC in about [-1,1]. An error names what is
// wrong with the options, or says where the walk ended.
func (m *Model) Sample(ctx context.Context, o Options) ([]float32, error) {
	o = m.Filled(o)
	if o.N < 1 || o.Batch < 1 {
		return nil, fmt.Errorf("pipeline: %d images in batches of %d: give at least 1", o.N, o.Batch)
	}
	if err := m.Net.Check(o.Height, o.Width); err != nil {
		return nil, err
	}
	_, c := m.Net.Channels()
	size := o.Height * o.Width * c
	images := make([]float32, 0, o.N*size)
	for first := 0; first < o.N; first += o.Batch {
		x, err := m.batch(ctx, o, first, min(o.Batch, o.N-first))
		if err != nil {
			return nil, err
		}
		tensors.MustConstFlatData(x, func(flat []float32) { images = append(images, flat...) })
		engine.Free(x)
	}
	return images, nil
}

// batch draws the n images from number first on.
func (m *Model) batch(ctx context.Context, o Options, first, n int) (*tensors.Tensor, error) {
	_, c := m.Net.Channels()
	space := m.Engine.Space(reverie.Stream{Seed: o.Seed, Domain: reverie.Sampling, Sample: uint64(first)})
	run := &sample.Run[*tensors.Tensor]{Space: space, Process: m.Process}
	run.Denoiser = reverie.Wrap(space, m.Process, m.Param, m.Network(o.Mode))
	switch o.Clamp {
	case "x0":
		d, err := reverie.Clamp(space, run.Denoiser, -1, 1)
		if err != nil {
			return nil, err
		}
		run.Denoiser = d
	case "x":
		run.Clamp = 1
	case "none":
	default:
		return nil, fmt.Errorf("pipeline: clamp %q is unknown; choose x0, x or none", o.Clamp)
	}
	solver, err := sample.New[*tensors.Tensor](o.Solver, sample.Options{Eta: o.Eta, Variance: o.Variance})
	if err != nil {
		return nil, err
	}
	grid, err := sample.Grid(o.Spacing, m.Process, o.Steps)
	if err != nil {
		return nil, err
	}
	var hook func(State) error
	if o.Hook != nil {
		hook = func(s State) error { return o.Hook(first, s) }
	}
	like := engine.New(m.Engine, make([]float32, n*o.Height*o.Width*c), n, o.Height, o.Width, c)
	defer engine.Free(like)
	return sample.Sample(ctx, run, solver, run.Prior(like), grid, hook)
}
