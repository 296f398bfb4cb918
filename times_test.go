package reverie

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/reverie-go/reverie/random"
)

// draw returns n times in one batch.
func draw(o Objective, n int) []float64 {
	return o.Times(random.Stream{Seed: 5, Domain: random.Times, Step: 3}, n)
}

// kolmogorov is the largest distance of the samples' distribution function to cdf; above
// 1.95/sqrt(n) it is so once in a thousand.
func kolmogorov(x []float64, cdf func(float64) float64) float64 {
	x = slices.Sorted(slices.Values(x))
	d, n := 0.0, float64(len(x))
	for i, v := range x {
		d = max(d, math.Abs(cdf(v)-float64(i)/n), math.Abs(cdf(v)-float64(i+1)/n))
	}
	return d
}

// Stratified times of a batch are evenly spaced over the span, and one by one uniform.
func TestStratifiedTimes(t *testing.T) {
	o := Objective{Process: VP{Lo: 0.2}, TimeLaw: StratifiedTimes{}}
	x := slices.Sorted(slices.Values(draw(o, 64)))
	for i := range x[1:] {
		near(t, "gap", x[i+1]-x[i], 0.8/64, 1e-12, 0)
	}
	if x[0] < 0.2 || x[63] >= 1 {
		t.Error(x[0], x[63])
	}
	first := make([]float64, 4000)
	for i := range first {
		first[i] = o.Times(random.Stream{Seed: 5, Domain: random.Times, Step: uint32(i)}, 7)[5]
	}
	if d := kolmogorov(first, func(v float64) float64 { return (v - 0.2) / 0.8 }); !(d <= 1.95/math.Sqrt(4000)) {
		t.Errorf("distance from uniform %v", d)
	}
	// Over a chain's indices: a batch of T has each once.
	o.Process = mustDDPM("linear", 300)
	for i, v := range slices.Sorted(slices.Values(draw(o, 300))) {
		near(t, "index", v, float64(i), 0, 0)
	}
}

// Log-normal times follow their law cut to the span, whose distribution function is integrated here
// from the density.
func TestLogNormalTimes(t *testing.T) {
	const n = 4000
	for _, c := range []struct {
		name     string
		o        Objective
		law      LogNormalTimes
		mean, sd float64
	}{
		{"edm", Objective{Process: EDM{}}, LogNormalTimes{}, -1.2, 1.2},
		{"flow", Objective{Process: Flow{}}, LogNormalTimes{}, 0, 1},
		{"flow, other", Objective{Process: Flow{}}, LogNormalTimes{0.7, 2}, 0.7, 2},
		{"vp", Objective{Process: VP{}}, LogNormalTimes{}, -1.2, 1.2},
		{"upper tail", Objective{Process: EDM{SigmaMin: 5}}, LogNormalTimes{}, -1.2, 1.2},
		{"lower tail", Objective{Process: VE{SigmaMin: 0.001, SigmaMax: 0.01}}, LogNormalTimes{}, -1.2, 1.2},
		{"far tail", Objective{Process: EDM{SigmaMin: 60}}, LogNormalTimes{}, -1.2, 1.2},
	} {
		c.o.TimeLaw, c.o.Param = c.law, X0
		if err := c.o.Validate(); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		lo, hi := c.o.Process.Span()
		a := max(-c.o.Process.At(lo).Lambda(), c.mean-9*c.sd)
		b := min(-c.o.Process.At(hi).Lambda(), c.mean+9*c.sd)
		mass := func(to float64) float64 { // by Simpson's rule
			const n = 100
			sum, h := 0.0, (to-a)/n
			for i := range n + 1 {
				z := (a + h*float64(i) - c.mean) / c.sd
				w := []float64{2, 4}[i%2]
				if i == 0 || i == n {
					w = 1
				}
				sum += w * math.Exp(-z*z/2) * h / 3
			}
			return sum
		}
		all := mass(b)
		x := draw(c.o, n)
		for i, at := range x {
			if !(at >= lo && at <= hi) {
				t.Fatalf("%s: t = %v", c.name, at)
			}
			x[i] = min(max(-c.o.Process.At(at).Lambda(), a), b)
		}
		if d := kolmogorov(x, func(v float64) float64 { return mass(v) / all }); !(d <= 1.95/math.Sqrt(n)) {
			t.Errorf("%s: distance %v", c.name, d)
		}
		if all := draw(c.o, 20); c.o.Times(random.Stream{Seed: 5, Domain: random.Times, Step: 3, Sample: 7}, 1)[0] != all[7] {
			t.Errorf("%s: a sample's time depends on the batch", c.name)
		}
	}
}

// On a chain the nearest index is drawn: its chance is the law's between the middles to its
// neighbours.
func TestLogNormalIndices(t *testing.T) {
	const n = 20000
	p := mustDDPM("linear", 20)
	o := Objective{Process: p, TimeLaw: LogNormalTimes{}}
	count := make([]float64, 20)
	for _, at := range draw(o, n) {
		count[int(at)]++
		if at != math.Trunc(at) {
			t.Fatal(at)
		}
	}
	cdf := func(at float64) float64 {
		return (1 + math.Erf((-p.At(min(19, max(0, at))).Lambda()+1.2)/1.2/math.Sqrt2)) / 2
	}
	all, chi := cdf(19)-cdf(0), 0.0
	for i := range count {
		want := n * (cdf(float64(i)+0.5) - cdf(float64(i)-0.5)) / all
		chi += (count[i] - want) * (count[i] - want) / want
	}
	if !(chi <= 19+4*math.Sqrt(38)) { // 19 degrees of freedom
		t.Errorf("chi^2 = %v", chi)
	}
}

// loss is how large the loss at t is in the tests of importance.
func loss(o Objective, t float64) float64 { return math.Pow(share(o.Process, t), 3) }

// memoryOf returns the losses that o's law of times goes by.
func memoryOf(o Objective) *Importance { return o.TimeLaw.(*Importance) }

// warm returns an objective that has seen the losses everywhere.
func warm(t *testing.T, p Process) Objective {
	t.Helper()
	o := Objective{Process: p, Param: X0, TimeLaw: NewImportance(p)}
	for step := range 1000 {
		at := o.Times(random.Stream{Seed: 1, Domain: random.Times, Step: uint32(step)}, 128)
		f, l := o.Factors(at), make([]float64, 128)
		for i := range at {
			l[i] = loss(o, at[i]) * f[i]
		}
		o.Observe(at, l)
		if memoryOf(o).chances() != nil && step > 200 {
			return o
		}
	}
	t.Fatal("never warm")
	return o
}

// With importance the losses' weighted mean is what it was, within 4 standard errors, and varies
// less; until the losses are known the times are uniform.
func TestImportanceTimes(t *testing.T) {
	const n = 20000
	for _, p := range []Process{mustDDPM("linear", 50), VP{}, EDM{}} {
		cold := Objective{Process: p, TimeLaw: NewImportance(p)}
		plain := Objective{Process: p}
		if !slices.Equal(draw(cold, 100), draw(plain, 100)) {
			t.Error("without losses the times are not uniform")
		}
		o := warm(t, p)
		moments := func(o Objective) (mean, variance float64) {
			at := draw(o, n)
			for i, f := range o.Factors(at) {
				l := loss(o, at[i]) * f
				mean += l / n
				variance += l * l / n
			}
			return mean, variance - mean*mean
		}
		_, uniform := moments(plain)
		mean, variance := moments(o)
		exact, points := 0.0, 100000
		for i := range points {
			exact += loss(o, TimeAtShare(o.Process, (float64(i)+0.5)/float64(points))) / float64(points)
		}
		near(t, "mean", mean, exact, 4*math.Sqrt(variance/n)/exact, 0)
		if !(variance < uniform/10) {
			t.Errorf("%T: variance %v, uniform %v", p, variance, uniform)
		}
		if err := o.Validate(); err != nil {
			t.Error(err)
		}
	}
}

// The chances by hand: three indices with losses of root mean square 1, 2 and 5.
func TestImportanceChances(t *testing.T) {
	p := mustDDPM("linear", 3)
	o := Objective{Process: p, Param: Eps, TimeLaw: NewImportance(p)}
	for range 9 {
		o.Observe([]float64{0, 1, 2, 2, 2}, []float64{1, 2, 5, math.NaN(), math.Inf(1)})
	}
	if n := len(memoryOf(o).Losses[2]); n != 9 || memoryOf(o).chances() != nil {
		t.Errorf("%d losses, chances %v", n, memoryOf(o).chances())
	}
	memoryOf(o).Losses = [][]float64{{0, 0, 0, 0, 0, 2, 2, 1, 1, 0}, slices.Repeat([]float64{2}, 10), slices.Repeat([]float64{5}, 10)}
	want := []float64{1 / 8.0, 2 / 8.0, 5 / 8.0}
	for k, q := range memoryOf(o).chances() {
		near(t, "chance", q, 0.999*want[k]+0.001/3, 1e-12, 0)
	}
	task := Corrupt(o, &Host[float64]{}, NewBatch[float64](3, 1), []float64{0, 1, 2})
	for i, w := range task.Weight {
		near(t, "weight", w, 1/(3*(0.999*want[i]+0.001/3)), 1e-12, 0)
	}
	o.Observe([]float64{2}, []float64{7 * task.Weight[2]}) // as the trainer sees a loss of 7
	near(t, "newest", memoryOf(o).Losses[2][9], 7, 1e-12, 0)
	near(t, "count", float64(len(memoryOf(o).Losses[2])), 10, 0, 0)
	count := make([]float64, 3)
	for _, at := range draw(o, 3000) {
		count[int(at)] += 1.0 / 3000
	}
	for k, q := range memoryOf(o).chances() {
		near(t, "share", count[k], q, 4*math.Sqrt(q*(1-q)/3000)/q, 0)
	}
}

// A resumed run draws bit for bit what the first would have drawn.
func TestImportanceResumes(t *testing.T) {
	o := warm(t, VP{})
	b, err := json.Marshal(memoryOf(o))
	if err != nil {
		t.Fatal(err)
	}
	resumed := o
	resumed.TimeLaw = new(Importance)
	if err := json.Unmarshal(b, resumed.TimeLaw); err != nil {
		t.Fatal(err)
	}
	for step := range uint32(5) {
		s := random.Stream{Seed: 8, Step: step}
		a, b := o.Times(s, 16), resumed.Times(s, 16)
		fa, fb := o.Factors(a), resumed.Factors(b)
		if !slices.Equal(a, b) || !slices.Equal(fa, fb) {
			t.Fatalf("step %d: %v, %v", step, a, b)
		}
		o.Observe(a, fa)
		resumed.Observe(b, fb)
	}
}

func TestTimesValidate(t *testing.T) {
	p := mustDDPM("linear", 3)
	for _, c := range []struct {
		o    Objective
		want string
	}{
		{Objective{TimeLaw: NewImportance(VP{})}, "100 parts of the time, expected 3"},
		{Objective{TimeLaw: &Importance{[][]float64{{1}, {-1}, nil}}}, "-1 in part 1"},
		{Objective{TimeLaw: &Importance{[][]float64{{math.NaN()}, nil, nil}}}, "NaN in part 0"},
		{Objective{TimeLaw: &Importance{[][]float64{nil, nil, make([]float64, 11)}}}, "11 losses in part 2"},
		{Objective{TimeLaw: LogNormalTimes{SD: -1}}, "deviation"},
		{Objective{TimeLaw: LogNormalTimes{Mean: 1}}, "give both"},
		{Objective{TimeLaw: LogNormalTimes{100, 1}}, "hardly any"},
		{Objective{TimeLaw: LogNormalTimes{-1e300, 1}}, "hardly any"},
	} {
		c.o.Process, c.o.Param = p, Eps
		if err := c.o.Validate(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", c.o, err, c.want)
		}
	}
}
