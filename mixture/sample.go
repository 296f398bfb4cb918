package mixture

import (
	"math"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/random"
)

// Sample draws n points, [n][D]. Point i comes from the stream s.Plus(i) alone: its Gaussian from
// Step, its place from Step+1.
func (m *Mixture) Sample(s random.Stream, n int) reverie.Batch[float64] {
	x, _ := m.Draw(s, n)
	return x
}

// Draw is Sample, and tells which Gaussian each point is from.
func (m *Mixture) Draw(s random.Stream, n int) (x reverie.Batch[float64], from []int) {
	x, from = reverie.NewBatch[float64](n, m.Dim()), make([]int, n)
	for i := range x {
		from[i] = m.choose(s.Plus(i).Uniform())
		m.parts[from[i]].draw(s.Plus(i), x[i])
	}
	return x, from
}

// choose returns the Gaussian in whose part of [0,1) u lies.
func (m *Mixture) choose(u float64) int {
	for k := range m.parts[1:] {
		if u -= m.Weight(k); u < 0 {
			return k
		}
	}
	return len(m.parts) - 1
}

// draw fills x from the stream's next step.
func (g *gaussian) draw(s random.Stream, x []float64) {
	s.Step++
	s.Normal(x)
	for i, v := range g.values {
		x[i] *= math.Sqrt(v)
	}
	copy(x, g.out(x))
	add(x, 1, g.mean)
}

// Entropy returns -E[log p(x)] in nats and its standard error: exact, with error 0, for one
// Gaussian; else the mean over n points of the stream s, n at least 2.
func (m *Mixture) Entropy(s random.Stream, n int) (nats, stderr float64) {
	if len(m.parts) == 1 {
		for _, v := range m.parts[0].values {
			nats += math.Log(2*math.Pi*math.E*v) / 2
		}
		return nats, 0
	}
	squares := 0.0
	for i := range n {
		h := -m.LogDensity(m.Sample(s.Plus(i), 1)[0])
		d := h - nats
		nats += d / float64(i+1) // Welford's running mean
		squares += d * (h - nats)
	}
	return nats, math.Sqrt(squares / float64(n-1) / float64(n))
}
