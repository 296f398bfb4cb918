package anomaly

import (
	"context"
	"errors"
	"slices"

	"github.com/reverie-go/reverie/sample"
	"github.com/reverie-go/reverie/table"
)

// Inpaint redraws where a first map is large, and nothing else (autoDDPM, Bercea et al. 2023,
// arXiv:2305.19643): of the First map the pixels above a threshold are masked; the Setup's Fill
// draws them from noise, down the whole grid, beside the rest of x; what came of it is noised to
// the level Refine and drawn on from there by the same Fill, which smooths the seams.
//
//	map = |x - x'|,   0 outside of the mask
//
// The first map is taken on average over the channels. It fails as the first map does: what that
// one misses is kept as healthy, and then tells the filling what to draw.
type Inpaint[X any] struct {
	First     table.Row `flag:"first" of:"first" help:"the first map"` // a Method; nil: Recon
	Share     float64   `flag:"mask-share" range:"[0,1)" help:"share of each image's pixels that are masked, those where the first map is largest" zero:"0.1, where there is no threshold"`
	Threshold float64   `flag:"threshold" range:"[0,1e6]" help:"mask the pixels where the first map is above this, in place of a share" zero:"by share"`
	Refine    float64   `flag:"refine" range:"[0,1e9]" help:"time to which the redrawn image is noised once more, in the process's own" zero:"that of sigma/alpha = 0.17"`
}

// refineRatio is that of autoDDPM's 50 of 1,000 steps of linear betas.
const refineRatio = 0.17

// Firsts are the maps that Inpaint begins with, the default first.
var Firsts = table.New[table.Row]("first", "first maps", " of map inpaint", new(Recon[none]), new(OneStep[none]), new(DAE[none]))

// Row describes the method.
func (*Inpaint[X]) Row() table.Info {
	return table.Info{Name: "inpaint", Text: "masked by a first map, and redrawn there alone (autoDDPM, Bercea et al. 2023)"}
}

// Find maps x.
func (m *Inpaint[X]) Find(ctx context.Context, s Setup[X], x X) (Finding[X], error) {
	if m.First == nil {
		full := *m
		full.First = new(Recon[X])
		m = &full
	}
	return s.find(m, x, func(l *look[X]) error {
		if m.Share > 0 && m.Threshold > 0 {
			return errors.New("mask-share and threshold both say what is masked; leave one out")
		}
		refine, err := l.level("refine", m.Refine, refineRatio)
		if err != nil {
			return err
		}
		tail, err := l.tail(refine)
		if err == nil {
			err = l.shaped()
		}
		if err != nil {
			return err
		}
		done := 0
		stage := func() func(sample.State[X]) error { // all before it are done
			before := done
			return l.renumbered(func(s *sample.State[X]) {
				s.Step, s.Steps = before+s.Step, before+s.Steps
				done = s.Step
			})
		}
		scores, err := m.first(ctx, l, stage())
		if err != nil {
			return err
		}
		known := m.known(scores)
		drawn, err := l.fill(ctx, known, l.run.Prior(l.x), l.Grid, stage())
		if err != nil {
			return err
		}
		l.used(refine)
		drawn, err = l.fill(ctx, known, l.noised(own(l.space, l.space.FromRows(l.x, drawn)), refine), tail, stage())
		if err != nil {
			return err
		}
		l.add(drawn)
		return nil
	})
}

// first is the first map's mean over the channels, pixel by pixel.
func (m *Inpaint[X]) first(ctx context.Context, l *look[X], hook func(sample.State[X]) error) ([][]float64, error) {
	method, err := For[X](m.First)
	if err != nil {
		return nil, err
	}
	s := l.Setup
	s.Hook = hook
	found, err := method.Find(ctx, s, l.x)
	if err != nil {
		return nil, err
	}
	l.levels = append(l.levels, found.Levels...)
	scores := l.space.Rows(found.Map)
	for n, row := range scores {
		mean := make([]float64, 0, len(row)/l.Shape.C)
		for pixel := range slices.Chunk(row, l.Shape.C) {
			sum := 0.
			for _, v := range pixel {
				sum += v
			}
			mean = append(mean, sum/float64(l.Shape.C))
		}
		scores[n] = mean
	}
	return scores, nil
}

// known says of each pixel of each sample whether its score does not mask it.
func (m *Inpaint[X]) known(scores [][]float64) [][]bool {
	all := make([][]bool, len(scores))
	for n, row := range scores {
		limit := m.Threshold
		if limit == 0 {
			limit = limitOf(row, m.Share)
		}
		all[n] = make([]bool, len(row))
		for i, v := range row {
			all[n][i] = !(v > limit)
		}
	}
	return all
}

// limitOf is the score above which that share of them lies, rounded up to whole pixels; those that
// are equal to it do not.
func limitOf(scores []float64, share float64) float64 {
	if share == 0 {
		share = 0.1
	}
	sorted := slices.Sorted(slices.Values(scores))
	return sorted[int((1-share)*float64(len(sorted)-1))]
}
