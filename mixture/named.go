package mixture

import (
	"fmt"
	"math"
	"strings"

	"github.com/reverie-go/reverie/random"
)

// named are the laws of Named.
var named = []struct {
	name string
	make func() *Mixture
}{
	{"gaussian", func() *Mixture { return must(nil, [][]float64{{0.5}}, Cov{Var: 0.49}) }},
	{"two-modes", func() *Mixture { return must(nil, [][]float64{{-2, 0}, {2, 0}}, Cov{Var: 0.25}) }},
	{"unbalanced", func() *Mixture { return must([]float64{1, 4}, [][]float64{{5, 5}, {-5, -5}}, Cov{Var: 1}) }},
	{"8gaussians", EightGaussians},
	{"gaussian-64", func() *Mixture { return Random(64, 1, 1) }},
	{"mixture-64", func() *Mixture { return Random(64, 5, 2) }},
}

// Names returns the names that Named knows.
func Names() []string {
	names := make([]string, len(named))
	for i := range named {
		names[i] = named[i].name
	}
	return names
}

// Named returns an example by name:
//
//	gaussian      N(0.5, 0.7^2) on the line
//	two-modes     (-2, 0) and (2, 0), deviation 0.5, equally likely
//	unbalanced    (5, 5) with weight 1/5 and (-5, -5) with 4/5, deviation 1: Langevin's trap of Song & Ermon 2019, arXiv:1907.05600, sec. 3.2
//	8gaussians    EightGaussians
//	gaussian-64   Random(64, 1, 1)
//	mixture-64    Random(64, 5, 2)
func Named(name string) (*Mixture, error) {
	for _, e := range named {
		if e.name == name {
			return e.make(), nil
		}
	}
	return nil, fmt.Errorf("mixture: unknown example %q: expected one of %s", name, strings.Join(Names(), ", "))
}

// EightGaussians returns the eight equally likely Gaussians of the flow-matching papers (Tong et
// al. 2023, arXiv:2302.00482; TorchCFM's sample_8gaussians): means at radius 5, every 45 degrees,
// each of covariance sqrt(0.1) I. The code takes the root of its variance 0.1 where a matrix of
// variances is expected, so that the deviation is 0.1^(1/4) = 0.562.
func EightGaussians() *Mixture {
	means := make([][]float64, 8)
	for k := range means {
		sin, cos := math.Sincos(float64(k) * math.Pi / 4)
		means[k] = []float64{5 * cos, 5 * sin}
	}
	return must(nil, means, Cov{Var: math.Sqrt(0.1)})
}

// Random returns k Gaussians in dim dimensions that seed determines: means from N(0, I), weights
// uniform on [1/2, 3/2) before they are normalised, covariances with random axes and deviations
// uniform in the logarithm from 0.1 to 1. It panics if dim or k is not positive.
func Random(dim, k int, seed uint64) *Mixture {
	s := random.Stream{Seed: seed, Domain: 128}
	weights, means, covs := make([]float64, k), make([][]float64, k), make([]Cov, k)
	for i := range k {
		s := s.Plus(i)
		weights[i] = 0.5 + s.Uniform()
		s.Step++
		means[i] = make([]float64, dim)
		s.Normal(means[i])
		s.Step++
		covs[i].Full = randomCov(dim, s)
	}
	return must(weights, means, covs...)
}

// randomCov draws a covariance: eigenvalues from the stream, axes from its next steps.
func randomCov(dim int, s random.Stream) [][]float64 {
	g := gaussian{values: make([]float64, dim), basis: square(dim)}
	s.Uniforms(g.values)
	for i, u := range g.values {
		g.values[i] = math.Pow(100, -u) // the square of 0.1 to 1
	}
	for i, row := range g.basis {
		s.Step++
		s.Normal(row)
		for range 2 { // twice is enough for orthogonality to rounding
			for _, before := range g.basis[:i] {
				add(row, -dot(row, before), before)
			}
		}
		n := 1 / math.Sqrt(dot(row, row))
		for j := range row {
			row[j] *= n
		}
	}
	return g.matrix(g.values)
}
