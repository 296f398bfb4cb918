package reverie

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/reverie-go/reverie/random"
)

// Corrupt against the definitions, element by element: x_t, each kind's textbook target, the
// weights, the network's numbers.
func TestCorrupt(t *testing.T) {
	x0 := Batch[float64]{{0.3, -0.9, 0.1}, {1, 0, -1}}
	x1 := Batch[float64]{{2, 3, -4}, {0.5, -0.25, 8}}
	for _, q := range processes {
		for i, k := range params {
			name := paramNames[i]
			if name == "v" && q.p.At(q.times[1]).Beta != 0 {
				continue
			}
			o := Objective{Process: q.p, Param: k, Weighting: ELBO{}}
			s := random.Stream{Seed: 4, Domain: random.Training, Step: 9}
			at := []float64{q.times[1], q.times[0]}
			task := Corrupt(o, &Host[float64]{Stream: s}, x0, at, x1)
			for n := range x0 {
				eps := make([]float64, 3)
				s.Plus(n).Normal(eps)
				c := q.p.At(at[n])
				_, _, out, in := k(c)
				near(t, "cond", task.Cond[n], q.p.Cond(at[n]), 0, 0)
				near(t, "weight", task.Weight[n], o.Weight(at[n]), 0, 0)
				for j := range eps {
					x := c.Alpha*x0[n][j] + c.Beta*x1[n][j] + c.Sigma*eps[j]
					near(t, q.name+" input", task.Input[n][j], in*x, tol, 1)
					scale := (math.Abs(x0[n][j]) + math.Abs(x/c.Alpha)) / math.Abs(out)
					near(t, q.name+" "+name, task.Target[n][j], textbook(c, x0[n][j], x1[n][j], eps[j])[name], tol, scale)
				}
			}
		}
	}
}

// Times are uniform over a DDPM's indices: chi^2 with 9 degrees of freedom, 9 + 4 sqrt(18) = 26;
// and over another process's span, by mean (deviation of a uniform number 1/sqrt(12)) within 4
// standard errors and range. A sample's time does not depend on the batch.
func TestTimes(t *testing.T) {
	const n = 10000
	o := Objective{Process: mustDDPM("linear", 10)}
	count := make([]float64, 10)
	for _, at := range o.Times(random.Stream{Seed: 1, Domain: random.Times}, n) {
		count[int(at)]++
		if at != math.Trunc(at) {
			t.Fatalf("t = %v", at)
		}
	}
	chi := 0.0
	for _, c := range count {
		chi += (c - n/10) * (c - n/10) / (n / 10)
	}
	if !(chi <= 26) {
		t.Errorf("chi^2 = %v: %v", chi, count)
	}
	o.Process = VP{Lo: 0.2}
	sum := 0.0
	all := o.Times(random.Stream{Seed: 1, Domain: random.Times}, n)
	for _, at := range all {
		sum += at
		if !(at >= 0.2 && at < 1) {
			t.Fatalf("t = %v", at)
		}
	}
	near(t, "mean", sum/n, 0.6, 4*0.8/math.Sqrt(12*n)/0.6, 0)
	for i, at := range o.Times(random.Stream{Seed: 1, Domain: random.Times, Sample: 7}, 5) {
		near(t, "t by sample", at, all[7+i], 0, 0)
	}
}

func TestObjectiveValidate(t *testing.T) {
	ddpm := mustDDPM("linear", 300)
	for _, c := range []struct {
		o    Objective
		want string // part of the error; "" for none
	}{
		{Objective{Process: ddpm, Param: Eps}, ""},
		{Objective{Process: ddpm, Param: V, Weighting: ELBO{BetaVariance}}, ""},
		{Objective{Process: mustDDPM("cosine", 300), Param: Velocity}, ""},
		{Objective{Process: Flow{}, Param: Velocity}, ""},
		{Objective{Process: Flow{}, Param: V}, ""},
		{Objective{Process: Bridge{}, Param: X0}, ""},
		{Objective{Process: Flow{Hi: 0.99}, Param: Eps}, ""},
		{Objective{Process: EDM{}, Param: EDMParam(0.5), Weighting: EDMWeight{}}, ""},
		{Objective{Process: EDM{}, Param: X0, Weighting: Likelihood{}}, ""},
		{Objective{Process: EDM{}, Param: Eps, Weighting: MinSNR{}}, ""},
		{Objective{Process: VE{}, Param: Score, Weighting: Likelihood{}}, ""},
		{Objective{Process: VE{}, Param: EDMParam(2), Weighting: ELBO{}}, ""},
		{Objective{Process: Flow{}, Param: EDMParam(0.5), Weighting: EDMWeight{}}, ""},
		{Objective{Process: Flow{}, Param: X0, Weighting: ELBO{}}, ""},
		{Objective{Process: Flow{}, Param: Velocity, Weighting: MinSNR{}}, ""},
		{Objective{Process: Flow{Between: true}, Param: Velocity}, ""},
		{Objective{Process: Flow{Between: true}, Param: Velocity, Weighting: MinSNR{}}, ""},
		{Objective{Process: VP{}, Param: Velocity, Weighting: Likelihood{}}, ""},
		{Objective{Process: SubVP{}, Param: V, Weighting: EDMWeight{}}, ""},
		{Objective{Process: Flow{Between: true}, Param: Velocity, Weighting: ELBO{}}, "weighting elbo: a flow between two data sets has no score"},
		{Objective{Process: Flow{Between: true}, Param: Velocity, Weighting: Likelihood{}}, "weighting likelihood: a flow"},
		{Objective{Process: Flow{Between: true, Hi: 0.9}, Param: Score}, "prediction score: a flow"},
		{Objective{Process: Flow{Between: true, Hi: 0.9}, Param: Eps}, ""},
		{Objective{Process: EDM{}, Param: EDMParam(-1)}, "singular"},
		{Objective{Process: EDM{}, Param: EDMParam(0), Weighting: EDMWeight{-1}}, "deviation is -1"},
		{Objective{Process: Bridge{}, Param: X0, Weighting: ELBO{}}, "singular at t = 1"},
		{Objective{Process: EDM{SigmaMin: 1, SigmaMax: 0.5}, Param: Eps}, "from 1 to 0.5"},
		{Objective{Process: VE{SigmaMin: -1}, Param: Eps}, "sigma"},
		{Objective{Process: VE{SigmaMin: 1, SigmaMax: 0.5}, Param: Eps}, "less noisy"},
		{Objective{Process: VP{BetaMin: math.NaN()}, Param: Eps}, "finite"},
		{Objective{Process: VP{BetaMin: 1, BetaMax: -20}, Param: X0}, "process"},
		{Objective{Process: Flow{Hi: 1.5}, Param: Velocity}, "alpha = -0.5"},
		{Objective{Param: Eps}, "no process"},
		{Objective{Process: ddpm}, "no prediction"},
		{Objective{Process: ddpm, Param: Eps, Weighting: ELBO{9}}, "variance 9"},
		{Objective{Process: Flow{}, Param: Eps}, "singular at t = 1"},
		{Objective{Process: Flow{}, Param: Score}, "singular at t = 1"},
		{Objective{Process: Bridge{}, Param: V}, "singular"},
	} {
		err := c.o.Validate()
		if (c.want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", c.o, err, c.want)
		}
	}
}

func TestVarianceNames(t *testing.T) {
	for v, name := range map[Variance]string{PosteriorVariance: "posterior", BetaVariance: "beta", LearnedVariance: "learned", 7: "7"} {
		if v.String() != name {
			t.Errorf("%d is called %v", int(v), v)
		}
	}
}

func TestBadBetas(t *testing.T) {
	for _, beta := range [][]float64{nil, {0.1, 0}, {1}, {-0.1}, {math.NaN()}, make([]float64, 5)} {
		if _, err := NewDDPM(beta); err == nil {
			t.Errorf("NewDDPM(%v) succeeds", beta)
		}
	}
	dark := LinearBetas(2000, 0.9, 0.9)
	if _, err := NewDDPM(dark); err == nil || !strings.Contains(err.Error(), "no signal") {
		t.Error(err)
	}
	if p := mustDDPM("linear", 1); !(math.Abs(p.At(0).Sigma-0.01) <= 1e-15) {
		t.Error(p.At(0))
	}
}

// A network that knows x0, wrapped, denoises to x0 whatever it is asked to predict.
func TestWrap(t *testing.T) {
	ctx := context.Background()
	sp := &Host[float64]{Stream: random.Stream{Seed: 2}}
	x0, x1 := Batch[float64]{{0.5, -1}, {0.25, 2}}, Batch[float64]{{3, 1}, {-1, 0}}
	for _, q := range processes {
		at := q.times[1]
		c := q.p.At(at)
		eps := sp.Noise(x0)
		x := sp.Sum([]float64{c.Alpha, c.Beta, c.Sigma}, x0, x1, eps)
		for i, k := range params {
			if paramNames[i] == "v" && c.Beta != 0 {
				continue
			}
			_, _, _, in := k(c)
			net := func(_ context.Context, scaled Batch[float64], cond float64) (Batch[float64], error) {
				near(t, "cond", cond, q.p.Cond(at), 0, 0)
				near(t, "input", scaled[1][1], in*x[1][1], 0, 0)
				F := NewBatch[float64](2, 2)
				for n := range F {
					for j := range F[n] {
						F[n][j] = textbook(c, x0[n][j], x1[n][j], eps[n][j])[paramNames[i]]
					}
				}
				return F, nil
			}
			e, err := Wrap(sp, q.p, k, net).Denoise(ctx, Query[Batch[float64]]{X: x, T: at, Far: []Batch[float64]{x1}})
			if err != nil {
				t.Fatal(err)
			}
			got := e.X0
			for n := range x0 {
				for j := range x0[n] {
					near(t, q.name+" "+paramNames[i], got[n][j], x0[n][j], tol, 1)
				}
			}
		}
	}
}

func TestWrapErrors(t *testing.T) {
	ctx := context.Background()
	sp := &Host[float64]{}
	x := NewBatch[float64](1, 1)
	own := errors.New("own")
	fail := func(context.Context, Batch[float64], float64) (Batch[float64], error) { return nil, own }
	zero := func(_ context.Context, x Batch[float64], _ float64) (Batch[float64], error) { return x, nil }
	if _, err := Denoise(ctx, Wrap(sp, VP{}, Eps, fail), x, 0.5); !errors.Is(err, own) {
		t.Error(err)
	}
	for _, c := range []struct {
		p    Process
		k    Param
		t    float64
		want string
	}{
		{Flow{}, Eps, 1, "t = 1"}, {Flow{}, Score, 1, "t = 1"}, {Flow{}, V, 0, "t = 0"},
		{Bridge{}, V, 0.5, "t = 0.5"}, {Bridge{}, Eps, 0.5, "far end"},
	} {
		if _, err := Denoise(ctx, Wrap(sp, c.p, c.k, zero), x, c.t); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%T at %v: %v", c.p, c.t, err)
		}
	}
}

// plain hides a Space's optional methods.
type plain struct{ Space[Batch[float64]] }

func TestClamp(t *testing.T) {
	ctx := context.Background()
	sp := &Host[float64]{}
	d := DenoiserFunc[Batch[float64]](func(_ context.Context, x Batch[float64], t float64) (Batch[float64], error) {
		if t == 0 {
			return nil, errors.New("own")
		}
		return x, nil
	})
	c, err := Clamp(sp, d, -1, 2)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Denoise(ctx, c, Batch[float64]{{-3, 0.5, 7, math.Inf(-1), math.NaN()}}, 1)
	if err != nil || got[0][0] != -1 || got[0][1] != 0.5 || got[0][2] != 2 || got[0][3] != -1 || !math.IsNaN(got[0][4]) {
		t.Error(got, err)
	}
	if _, err := Denoise(ctx, c, got, 0); err == nil {
		t.Error("the denoiser's error is lost")
	}
	if _, err := Clamp(plain{sp}, d, -1, 1); err == nil {
		t.Error("a Space that cannot clamp clamps")
	}
}

// A sample's noise is the same in any batch, for float32 and float64, and new in every call.
func TestHostNoise(t *testing.T) {
	s := random.Stream{Seed: 3, Sample: 10}
	big, small, half := &Host[float64]{s}, &Host[float64]{s.Plus(2)}, &Host[float32]{s}
	for range 3 {
		b, o, h := big.Noise(NewBatch[float64](4, 7)), small.Noise(NewBatch[float64](1, 7)), half.Noise(NewBatch[float32](4, 7))
		for j := range 7 {
			if b[2][j] != o[0][j] || float32(b[2][j]) != h[2][j] {
				t.Fatal("noise depends on the batch")
			}
		}
		if b[0][0] == b[1][0] {
			t.Fatal("samples share noise")
		}
	}
	if big.Stream.Step != 3 {
		t.Errorf("step = %d after 3 draws", big.Stream.Step)
	}
}

func TestHostSums(t *testing.T) {
	sp := &Host[float32]{}
	x, y := Batch[float32]{{1, 2}, {3, 4}}, Batch[float32]{{10, 20}, {30, 40}}
	if got := sp.Sum([]float64{2, -1}, x, y); got[0][0] != -8 || got[0][1] != -16 || got[1][0] != -24 || got[1][1] != -32 {
		t.Error(got)
	}
	if got := sp.SumEach([][]float64{{1, 0}, {0, 2}}, x, y); got[0][0] != 1 || got[0][1] != 2 || got[1][0] != 60 || got[1][1] != 80 {
		t.Error(got)
	}
	if got := sp.Norm(Batch[float32]{{3, 4}, {0, 0}}); got[0] != 5 || got[1] != 0 {
		t.Error(got)
	}
	if x[0][0] != 1 || y[0][0] != 10 {
		t.Error("an argument was changed")
	}
	defer func() {
		if recover() == nil {
			t.Error("batches of different shapes add up")
		}
	}()
	sp.Sum([]float64{1, 1}, x, Batch[float32]{{1}, {2}})
}

// KL against the integral of p log(p/q) by the midpoint rule, and 0 for equal laws.
func TestKL(t *testing.T) {
	logpdf := func(x, m, v float64) float64 { return -(x-m)*(x-m)/(2*v) - math.Log(2*math.Pi*v)/2 }
	for _, c := range [][4]float64{{0, 1, 0, 1}, {1, 2, -0.5, 0.7}, {0.3, 0.01, 0.2, 0.02}, {-2, 1.0001, -2, 1}} {
		m1, v1, m2, v2 := c[0], c[1], c[2], c[3]
		const n = 20000
		sum, width := 0.0, 24*math.Sqrt(v1)
		for i := range n {
			x := m1 + width*((float64(i)+0.5)/n-0.5)
			p := logpdf(x, m1, v1)
			sum += math.Exp(p) * (p - logpdf(x, m2, v2)) * width / n
		}
		near(t, "KL", KL(m1, v1, m2, v2), sum, 1e-9, 1e-4)
	}
}

// The processes of one family tend to one another: a DDPM whose betas are beta(t)/T is VP to first
// order in 1/T.
func TestDDPMTendsToVP(t *testing.T) {
	vp := VP{}
	gap := func(T int) float64 {
		p, err := NewDDPM(LinearBetas(T, 0.1/float64(T), 20/float64(T)))
		if err != nil {
			t.Fatal(err)
		}
		return math.Abs(p.At(float64(T/2-1)).Alpha - vp.At(0.5).Alpha)
	}
	if a, b := gap(1000), gap(2000); !(a <= 0.01 && math.Abs(a/b-2) <= 0.1) {
		t.Errorf("gaps %v, %v", a, b)
	}
}
