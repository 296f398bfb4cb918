package main

import (
	"math"

	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/random"
)

// ratios are the noise levels sigma/alpha at which the score is compared alone: within a mode,
// between, and over all.
var ratios = []float64{0.1, 0.3, 1}

// times are the number of times over which the divergence is averaged.
const times = 32

// A fit is how near a network's score is to the true one.
type fit struct {
	overall float64   // sigma^2 |s - s*|^2/D averaged over the times
	at      []float64 // |s - s*|^2/|s*|^2 at each of ratios
}

// judge compares the score of the network in dir.
func (b *bench) judge(dir string) (f fit, err error) {
	m, err := model.Load(b.engine, dir, false)
	if err != nil {
		return f, err
	}
	defer m.Close()
	lo, hi := m.Process.Span()
	for i := range times {
		t := lo + (hi-lo)*(float64(i)+0.5)/times
		d, _, err := b.compare(m.Model, t, i)
		if err != nil {
			return f, err
		}
		f.overall += d / times
	}
	for i, r := range ratios {
		d, truth, err := b.compare(m.Model, reverie.TimeAt(m.Process, -math.Log(r)), times+i)
		if err != nil {
			return f, err
		}
		f.at = append(f.at, d/truth)
	}
	return f, nil
}

// compare returns the mean squares, for each number of a point, of sigma (s - s*) and of sigma s*
// at a time, over points of the law there. The network predicts eps = -sigma s.
func (b *bench) compare(m *model.Model, t float64, draw int) (difference, truth float64, err error) {
	c := m.Process.At(t)
	noised := b.law.At(c)
	x := noised.Sample(random.Stream{Seed: 1, Domain: random.Evaluation, Step: uint32(2 * draw)}, b.n)
	var flat, cond []float32
	for _, p := range x {
		cond = append(cond, float32(m.Process.Cond(t)))
		for _, v := range p {
			flat = append(flat, float32(v))
		}
	}
	in := engine.New(b.engine, flat, b.n, 1, 1, noised.Dim())
	defer engine.Free(in)
	out, err := m.Forward(net.Eval, in, cond)
	if err != nil {
		return 0, 0, err
	}
	defer engine.Free(out)
	eps := tensors.MustCopyFlatData[float32](out)
	for i, p := range x {
		for k, s := range noised.Score(p) {
			at := i*noised.Dim() + k
			difference += square(c.Sigma*s+float64(eps[at])) / float64(len(eps))
			truth += square(c.Sigma*s) / float64(len(eps))
		}
	}
	return difference, truth, nil
}

func square(x float64) float64 { return x * x }
