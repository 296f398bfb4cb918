package lab

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"github.com/reverie-go/reverie"
	sets "github.com/reverie-go/reverie/data/points"
	"github.com/reverie-go/reverie/mixture"
	"github.com/reverie-go/reverie/random"
)

// Data is what a tour shows: points of the plane, centred and scaled so that their mean square
// distance from the origin is 2, and their law.
type Data struct {
	Name string
	// Law is the law of the points: the one they were drawn from, or (not Exact) that of the points
	// themselves, each a Gaussian of deviation Blur.
	Law    *mixture.Mixture
	Exact  bool
	Points reverie.Batch[float64]
	Notes  []string // of how a file was read
}

// Blur is the deviation of the Gaussian that stands for a point where the points' own law is not
// known.
const Blur = 0.04

// MaxPoints is how many of the points make their law where it is not known. Of a known law, and of
// a source that has any number, drawn points are drawn.
const (
	MaxPoints = 4000
	drawn     = 20000
)

// The streams of the lab: each use has its own Sample, so that no two share numbers.
const (
	streamPoints = iota << 40
	streamWeights
	streamTraining
	streamSampling
	streamShow
)

// stream returns the stream of a use.
func stream(seed uint64, use uint64) random.Stream {
	return random.Stream{Seed: seed, Domain: 140, Sample: use}
}

// FromMixture takes a law in the plane, and draws points of it by seed.
func FromMixture(name string, m *mixture.Mixture, seed uint64) (Data, error) {
	if m.Dim() != 2 {
		return Data{}, fmt.Errorf("lab: %s has %d dimensions: pictures are of 2", name, m.Dim())
	}
	cov := m.Cov()
	law, err := moved(m, m.Mean(), math.Sqrt(2/(cov[0][0]+cov[1][1])))
	if err != nil {
		return Data{}, fmt.Errorf("lab: %s: %w", name, err)
	}
	return Data{Name: name, Law: law, Exact: true, Points: law.Sample(stream(seed, streamPoints), drawn)}, nil
}

// moved returns the law of scale (x - centre).
func moved(m *mixture.Mixture, centre []float64, scale float64) (*mixture.Mixture, error) {
	weights, means, covs := make([]float64, m.Len()), make([][]float64, m.Len()), make([]mixture.Cov, m.Len())
	for k := range weights {
		weights[k], means[k], covs[k].Full = m.Weight(k), m.MeanOf(k), m.CovOf(k)
		for i := range means[k] {
			means[k][i] = scale * (means[k][i] - centre[i])
			for j := range covs[k].Full[i] {
				covs[k].Full[i][j] *= scale * scale
			}
		}
	}
	return mixture.New(weights, means, covs)
}

// FromPoints takes points of the plane, at least 2 that differ. Their law is that of at most
// MaxPoints of them, drawn by seed.
func FromPoints(name string, x reverie.Batch[float64], seed uint64) (Data, error) {
	if len(x) < 2 {
		return Data{}, fmt.Errorf("lab: %s: %d points: expected at least 2", name, len(x))
	}
	for i, p := range x {
		if len(p) != 2 || !finite(p[0]) || !finite(p[1]) {
			return Data{}, fmt.Errorf("lab: %s: point %d is %v: pictures are of points with 2 finite numbers", name, i, p)
		}
	}
	y := make(reverie.Batch[float64], len(x))
	for i, j := range stream(seed, streamPoints).Perm(len(x)) {
		y[i] = x[j]
	}
	units := sets.Rescale(y)
	for i, p := range y {
		y[i] = units.FromUnits(p)
	}
	if !slices.ContainsFunc(y, func(p []float64) bool { return p[0] != y[0][0] || p[1] != y[0][1] }) {
		return Data{}, fmt.Errorf("lab: %s: all %d points are the same: expected at least 2 that differ", name, len(x))
	}
	law, err := mixture.New(nil, y[:min(len(y), MaxPoints)], []mixture.Cov{{Var: Blur * Blur}})
	if err != nil {
		return Data{}, fmt.Errorf("lab: %s: %w", name, err)
	}
	return Data{Name: name, Law: law, Points: y}, nil
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// Open returns the data of a source: a mixture of the plane by its name in package mixture, whose
// law is known, or else a named set or a file (CSV, npz, or a PNG's dark pixels) as package
// data/points opens them.
//
// A name may have the prefix "points:" by which the commands tell sets of points from folders.
func Open(source string, seed uint64) (Data, error) {
	source = strings.TrimPrefix(source, "points:")
	if slices.Contains(mixture.Names(), source) {
		m, err := mixture.Named(source)
		if err != nil {
			return Data{}, err
		}
		return FromMixture(source, m, seed)
	}
	c, err := sets.Open(source, sets.Options{N: drawn, Seed: seed})
	if err != nil {
		return Data{}, err
	}
	name := filepath.Base(source)
	d, err := FromPoints(strings.TrimSuffix(name, filepath.Ext(name)), c.X, seed)
	d.Notes = c.Notes
	return d, err
}
