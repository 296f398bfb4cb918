package reverie

import (
	"fmt"
	"math"

	"github.com/reverie-go/reverie/random"
)

const (
	memory    = 10    // losses that a bin remembers
	timeBins  = 100   // bins over a continuous process's span
	alwaysMix = 0.001 // share of uniform draws, so that no bin is forgotten and no factor exceeds 1000
)

// Importance draws times in proportion to the root mean square of the last losses there, and a
// factor makes up for it. It is the last losses at each index of a Discrete process, or in each of
// 100 equal parts of another's Span (Nichol & Dhariwal 2021, arXiv:2102.09672, sec. 3.3):
//
//	p_k ~ sqrt(mean of the last 10 losses^2),   factor of a loss at k = 1/(K p_k)
//
// Until all K bins have 10 losses the draws are uniform, and a thousandth of them remains so. The
// weighted mean of the losses has the same expectation as with uniform times, and a smaller
// variance.
//
// It is plain data: as JSON it goes with a checkpoint, and a resumed run draws what the first would
// have drawn.
type Importance struct {
	Losses [][]float64 `json:"losses"` // of each bin at most 10, the oldest first
}

// NewImportance returns the state, without losses, for process p.
func NewImportance(p Process) *Importance { return &Importance{Losses: make([][]float64, bins(p))} }

// bins returns the number of p's bins.
func bins(p Process) int {
	if d, ok := p.(Discrete); ok {
		return d.Steps()
	}
	return timeBins
}

// Validate reports a state that Observe cannot have left, what a damaged file may hold, and one of
// another process.
func (m *Importance) Validate(p Process) error {
	if want := bins(p); len(m.Losses) != want {
		return fmt.Errorf("importance: losses of %d parts of the time, expected %d: they are of another process", len(m.Losses), want)
	}
	for k, l := range m.Losses {
		if len(l) > memory {
			return fmt.Errorf("importance: %d losses in part %d: expected at most %d", len(l), k, memory)
		}
		for _, v := range l {
			if !finite(v) || v < 0 {
				return fmt.Errorf("importance: a loss of %v in part %d: expected a finite number, not negative", v, k)
			}
		}
	}
	return nil
}

// Times implements TimeLaw.
func (m *Importance) Times(p Process, s random.Stream, n int) []float64 {
	chances := m.chances()
	if chances == nil {
		return UniformTimes{}.Times(p, s, n)
	}
	t := make([]float64, n)
	for i := range t {
		t[i] = TimeAtShare(p, pick(chances, s.Plus(i).Uniform()))
	}
	return t
}

// Factors implements TimeMemory.
func (m *Importance) Factors(p Process, t []float64) []float64 {
	f := make([]float64, len(t))
	chances := m.chances()
	for i := range f {
		f[i] = 1
		if chances != nil {
			f[i] = 1 / (float64(len(chances)) * chances[bin(share(p, t[i]), len(chances))])
		}
	}
	return f
}

// Observe implements TimeMemory.
func (m *Importance) Observe(p Process, t, loss []float64) {
	f := m.Factors(p, t)
	for i, l := range loss {
		if l = math.Abs(l / f[i]); finite(l) {
			m.note(bin(share(p, t[i]), len(m.Losses)), l)
		}
	}
}

// note adds a loss to bin k, whose oldest makes way.
func (m *Importance) note(k int, loss float64) {
	l := m.Losses[k]
	if len(l) == memory {
		copy(l, l[1:])
		l = l[:memory-1]
	}
	m.Losses[k] = append(l, loss)
}

// chances returns each bin's probability, or nil while one has fewer than 10 losses.
func (m *Importance) chances() []float64 {
	p, top := make([]float64, len(m.Losses)), 0.0
	for k, l := range m.Losses {
		if len(l) < memory {
			return nil
		}
		p[k] = norm(l)
		top = max(top, p[k])
	}
	if top == 0 || !finite(top) {
		return nil
	}
	sum := 0.0
	for k := range p {
		p[k] /= top
		sum += p[k]
	}
	for k := range p {
		p[k] = (1-alwaysMix)*p[k]/sum + alwaysMix/float64(len(p))
	}
	return p
}

// pick returns the share in [0, 1) of all bins, equally wide, at the quantile u of the bins'
// probabilities p.
func pick(p []float64, u float64) float64 {
	k := 0
	for ; k < len(p)-1 && u >= p[k]; k++ {
		u -= p[k]
	}
	return (float64(k) + min(max(u/p[k], 0x1p-30), 1-0x1p-30)) / float64(len(p))
}

// bin returns the bin of n in which the share u lies.
func bin(u float64, n int) int { return max(0, min(n-1, int(u*float64(n)))) }
