package reverie

import (
	"math"
	"slices"
	"testing"

	"github.com/reverie-go/reverie/random"
)

// line is a batch of n standard normal numbers.
func line(n int, domain random.Domain) Batch[float64] {
	x := NewBatch[float64](n, 1)
	for i := range x {
		random.Stream{Seed: 1, Domain: domain}.Plus(i).Normal(x[i])
	}
	return x
}

// Of two unit Gaussians on the line and Brownian motion of variance 1 the bridge's ends have the
// covariance (sqrt 5 - 1)/2. Of n = 2,000 points each, standardised, so that their own moments add
// nothing, the plan's is within its standard error, which is below that of the mean of n products,
// sqrt((1+c^2)/n) = 0.026; seen: 0.001.
func TestPlanIsTheBridge(t *testing.T) {
	const n = 2000
	a, b := line(n, 128), line(n, 129)
	for _, x := range []Batch[float64]{a, b} {
		m, v := 0.0, 0.0
		for i := range x {
			m += x[i][0] / n
		}
		for i := range x {
			x[i][0] -= m
			v += x[i][0] * x[i][0] / n
		}
		for i := range x {
			x[i][0] /= math.Sqrt(v)
		}
	}
	plan, off := Plan(a, b, Bridge{}.Regularisation(), 1e-6)
	if !(off <= 1e-6) {
		t.Errorf("off by %v", off)
	}
	c := 0.0
	for i, row := range plan {
		for j, p := range row {
			c += p * a[i][0] * b[j][0] / n
		}
	}
	near(t, "covariance", c, (math.Sqrt(5)-1)/2, 0.005, 0)
	// Pairs drawn from it: the standard error of n products, given the plan, is below that above.
	drawn := 0.0
	for i, j := range Partners(plan, random.Stream{Seed: 2, Domain: random.Training}) {
		drawn += a[i][0] * b[j][0] / n
	}
	near(t, "drawn", drawn, c, 4*0.026, 1)
}

// Partners are drawn as often as the plan says, whatever the number of rows before: chi^2 with 3
// degrees of freedom has mean 3 and deviation sqrt 6. Of little entropy they are Couple's.
func TestPartners(t *testing.T) {
	const n = 20000
	row := []float64{0.1, 0.4, 0, 0.2, 0.3}
	plan := slices.Repeat([][]float64{row}, n)
	s := random.Stream{Seed: 3}
	to := Partners(plan, s)
	count := make([]float64, len(row))
	for _, j := range to {
		count[j]++
	}
	chi := 0.0
	for j, p := range row {
		if p > 0 {
			chi += (count[j] - n*p) * (count[j] - n*p) / (n * p)
		}
	}
	if !(count[2] == 0 && chi <= 3+4*math.Sqrt(6)) {
		t.Errorf("%v, chi^2 = %v", count, chi)
	}
	if again := Partners(plan[:10], s.Plus(5)); !slices.Equal(again, to[5:15]) {
		t.Errorf("%v, want %v", again, to[5:15])
	}
	a, b := NewBatch[float64](30, 1), NewBatch[float64](30, 1)
	for i := range a {
		a[i][0], b[i][0] = float64(i)/10, float64(7*i%30)/10+0.01
	}
	sharp, _ := Plan(a, b, 1e-3, 1e-3) // another order costs 0.02 more at least: e^-20 of it
	if got, want := Partners(sharp, s), Couple(a, b); !slices.Equal(got, want) {
		t.Errorf("of little entropy: %v, the nearest %v", got, want)
	}
}
