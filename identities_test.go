package reverie

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/reverie-go/reverie/random"
)

const tol = 1e-10

// mustDDPM returns the chain with the betas of the schedule.
func mustDDPM(schedule string, T int) *DDPM {
	p, err := NewDDPM(betasOf(schedule, T, 1e-4, 0.02))
	if err != nil {
		panic(err)
	}
	return p
}

// mustLearned returns the learned schedule of the parameters.
func mustLearned(params []float64) *LearnedVP {
	p, err := NewLearnedVP(params)
	if err != nil {
		panic(err)
	}
	return p
}

// trained returns the parameters of a schedule far from a straight line, as training might leave
// them.
func trained() []float64 {
	p := LearnedParams(9)
	z := make([]float64, len(p))
	random.Stream{Seed: 6}.Normal(z)
	p[0], p[1] = -11, 14
	for k := range 9 {
		p[3+k] += 3 * z[k]
		p[12+k] += 2 * z[k+10]
		p[21+k] = z[k+20]
	}
	return p
}

// processes are all processes, with those times of each at which every identity must hold.
var processes = []struct {
	name  string
	p     Process
	times []float64
}{
	{"ddpm linear 300", mustDDPM("linear", 300), []float64{0, 1, 2, 30, 31, 31.25, 150, 150.9, 298, 299}},
	{"ddpm linear 1000", mustDDPM("linear", 1000), []float64{0, 1, 499, 500, 777.7, 999}},
	{"ddpm scaled-linear", mustDDPM("scaled-linear", 1000), []float64{0, 1, 10.5, 600, 999}},
	{"ddpm cosine", mustDDPM("cosine", 300), []float64{0, 1, 7.3, 100, 250, 298}},
	{"vp", VP{}, []float64{1e-3, 0.01, 0.2, 0.5, 0.9, 1}},
	{"vp other", VP{BetaMin: 0.5, BetaMax: 7, Lo: 0.1}, []float64{0.1, 0.4, 1}},
	{"ddpm sigmoid", mustDDPM("sigmoid", 300), []float64{0, 1, 7.3, 150, 298, 299}},
	{"cosine", CosineVP{}, []float64{1e-3, 0.01, 0.2, 0.5, 0.9, 0.9946}},
	{"cosine other", CosineVP{S: 0.1, Lo: 1e-4, Hi: 0.9}, []float64{1e-4, 0.3, 0.9}},
	{"sigmoid", SigmoidVP{}, []float64{1e-3, 0.01, 0.2, 0.5, 0.9, 0.999}},
	{"sigmoid other", SigmoidVP{End: 3, Tau: 0.7, Hi: 0.95}, []float64{1e-3, 0.4, 0.95}},
	{"learned", mustLearned(LearnedParams(16)), []float64{0, 0.01, 0.2, 0.5, 0.9, 1}},
	{"learned other", mustLearned(trained()), []float64{0, 0.01, 0.2, 0.5, 0.9, 1}},
	{"subvp", SubVP{}, []float64{1e-3, 0.01, 0.2, 0.5, 0.9, 1}},
	{"ve", VE{}, []float64{0, 0.1, 0.3, 0.8, 1}},
	{"edm", EDM{}, []float64{0.002, 0.02, 0.5, 3, 40, 80}},
	{"edm other", EDM{SigmaMin: 0.1, SigmaMax: 10}, []float64{0.1, 1, 10}},
	{"flow", Flow{}, []float64{1e-3, 0.05, 0.3, 0.5, 0.9, 0.999}},
	{"bridge", Bridge{}, []float64{1e-3, 0.05, 0.3, 0.5, 0.9, 0.999}},
	{"bridge narrow", Bridge{C: 0.1}, []float64{1e-3, 0.3, 0.999}},
	{"sb-ve", Pinned{Reference: Geometric{}}, []float64{1e-3, 0.05, 0.3, 0.5, 0.9, 0.999}},
	{"sb-ve shrinking", Pinned{Reference: Geometric{K: 0.4, C: 2}}, []float64{1e-3, 0.3, 0.999}},
	{"sb-ouve", Pinned{Reference: Geometric{K: 10, C: 0.01, Theta: 1.5}}, []float64{1e-3, 0.3, 0.7, 0.999}},
	{"sb-vp", Pinned{Reference: Preserving{}}, []float64{1e-3, 0.05, 0.3, 0.5, 0.9, 0.999}},
	{"sb-vp other", Pinned{Reference: Preserving{BetaMin: 2, BetaMax: 1, C: 1}, Lo: 0.01}, []float64{0.01, 0.3, 0.99}},
	{"i2sb", Pinned{Reference: Symmetric{}}, []float64{1e-3, 0.05, 0.3, 0.5, 0.5001, 0.9, 0.999}},
	{"i2sb flat", Pinned{Reference: Symmetric{BetaMin: 2, BetaMax: 2}}, []float64{1e-3, 0.3, 0.999}},
	{"ouve", OUVE{}, []float64{0.03, 0.1, 0.5, 0.9, 1}},
	{"ouve other", OUVE{Theta: 0.2, SigmaMin: 0.1, SigmaMax: 3, Lo: 1e-3}, []float64{1e-3, 0.4, 1}},
}

// each calls f for every process and time.
func each(t *testing.T, f func(t *testing.T, p Process, at float64, c Coef)) {
	for _, q := range processes {
		for _, at := range q.times {
			t.Run(fmt.Sprintf("%s/%v", q.name, at), func(t *testing.T) { f(t, q.p, at, q.p.At(at)) })
		}
	}
}

// eachPair calls f for every process and pair of times, the later law first; s is Clean too.
func eachPair(t *testing.T, f func(t *testing.T, p Process, t1, s1 float64, ct, cs Coef)) {
	for _, q := range processes {
		for i, t1 := range q.times {
			for _, s1 := range append([]float64{Clean}, q.times[:i]...) {
				t.Run(fmt.Sprintf("%s/%v to %v", q.name, t1, s1), func(t *testing.T) {
					f(t, q.p, t1, s1, q.p.At(t1), At(q.p, s1))
				})
			}
		}
	}
}

// The law's derivatives against central differences, whose error h^2 x”'/6 + 2^-53 x/h stays below
// 1e-4 of the derivative.
func TestDerivatives(t *testing.T) {
	each(t, func(t *testing.T, p Process, at float64, c Coef) {
		lo, hi := p.Span()
		h := 1e-5 * (hi - lo)
		if _, ok := p.(Discrete); ok && at == math.Trunc(at) { // a knot: the derivative is one-sided there
			at += 2 * h
			if at > hi {
				at -= 4 * h
			}
			c = p.At(at)
		}
		if at-lo < 1000*h || hi-at < 1000*h {
			h = min(h, max(1e-3*min(at-lo, hi-at), 1e-9))
		}
		if at-h < lo || at+h > hi {
			t.Skip("no room for a difference")
		}
		a, b := p.At(at-h), p.At(at+h)
		near(t, "DAlpha", c.DAlpha, (b.Alpha-a.Alpha)/(2*h), 1e-4, 1e-4)
		near(t, "DBeta", c.DBeta, (b.Beta-a.Beta)/(2*h), 1e-4, 1e-4)
		near(t, "DSigma", c.DSigma, (b.Sigma-a.Sigma)/(2*h), 1e-4, 1e-4)
		near(t, "DSNR", c.DSNR(), (b.SNR()-a.SNR())/(2*h), 1e-4, 1e-4)
	})
}

// The closed forms of the table in the package comment.
func TestLaws(t *testing.T) {
	each(t, func(t *testing.T, p Process, at float64, c Coef) {
		a2s2 := c.Alpha*c.Alpha + c.Sigma*c.Sigma
		switch p := p.(type) {
		case *DDPM, VP, CosineVP, SigmoidVP, *LearnedVP:
			near(t, "a^2+s^2", a2s2, 1, tol, 0)
			near(t, "a a' + s s'", c.Alpha*c.DAlpha+c.Sigma*c.DSigma, 0, tol, 1+G2(p, at))
		case SubVP:
			near(t, "a^2+s", c.Alpha*c.Alpha+c.Sigma, 1, tol, 0)
			near(t, "VP's a", c.Alpha, VP(p).At(at).Alpha, tol, 0)
		case VE:
			near(t, "a", c.Alpha, 1, 0, 0)
			near(t, "log s", math.Exp(p.Cond(at)), c.Sigma, tol, 0)
			near(t, "s", c.Sigma, math.Pow(0.01, 1-at)*math.Pow(50, at), tol, 0)
		case EDM:
			near(t, "a", c.Alpha, 1, 0, 0)
			near(t, "s", c.Sigma, at, 0, 0)
			near(t, "c_noise", p.Cond(at), math.Log(at)/4, tol, 1)
		case Flow:
			near(t, "a+s", c.Alpha+c.Sigma, 1, tol, 0)
		case Bridge:
			near(t, "a+b", c.Alpha+c.Beta, 1, tol, 0)
			near(t, "s^2", c.Sigma*c.Sigma, p.G2(at)*c.Alpha*c.Beta, tol, 0)
		}
	})
}

// g^2 in closed form against the general formula and, where a^2 + s^2 = 1, against -2 a'/a.
func TestG2(t *testing.T) {
	each(t, func(t *testing.T, p Process, at float64, c Coef) {
		f, _ := c.Drift()
		general := 2*c.Sigma*c.DSigma - 2*f*c.Sigma*c.Sigma
		near(t, "g^2", G2(p, at), general, tol, 0)
		switch p.(type) {
		case *DDPM, VP, CosineVP, SigmoidVP, *LearnedVP:
			near(t, "g^2", G2(p, at), -2*c.DAlpha/c.Alpha, tol, 0)
		}
		if G2(p, at) <= 0 {
			t.Errorf("g^2 = %v", G2(p, at))
		}
	})
}

// The probability flow: velocity = drift - g^2 score/2, coefficient by coefficient; and velocity =
// a' x0 + b' x1 + s' eps.
func TestVelocityIsDriftLessScore(t *testing.T) {
	each(t, func(t *testing.T, p Process, at float64, c Coef) {
		vx, v0, vfar := c.Velocity()
		fx, ffar := c.Drift()
		sx, s0, sfar := c.Score()
		g := G2(p, at) / 2
		scale := math.Abs(fx) + math.Abs(g*sx)
		near(t, "x", vx, fx-g*sx, tol, scale)
		near(t, "x0", v0, -g*s0, tol, scale)
		near(t, "x1", vfar, ffar-g*sfar, tol, scale)
		ex, e0, efar := c.Eps()
		near(t, "x by eps", vx, c.DSigma*ex, tol, 0)
		near(t, "x0 by eps", v0, c.DAlpha+c.DSigma*e0, tol, math.Abs(c.DAlpha))
		near(t, "x1 by eps", vfar, c.DBeta+c.DSigma*efar, tol, math.Abs(c.DBeta)+math.Abs(c.DSigma*efar))
	})
}

// textbook returns what each kind's network predicts, by its definition.
func textbook(c Coef, x0, x1, eps float64) map[string]float64 {
	return map[string]float64{
		"eps":      eps,
		"x0":       x0,
		"v":        c.Alpha*eps - c.Sigma*x0,
		"velocity": c.DAlpha*x0 + c.DBeta*x1 + c.DSigma*eps,
		"score":    -eps / c.Sigma,
		"edm":      (c.Sigma*x0/0.5 - c.Alpha*0.5*eps) / math.Sqrt(c.Alpha*c.Alpha*0.25+c.Sigma*c.Sigma),
	}
}

// Every kind's target is its textbook definition, gives back x0, and converts into every other
// kind.
func TestParamsRoundTrip(t *testing.T) {
	each(t, func(t *testing.T, p Process, at float64, c Coef) {
		const x0, x1, eps = 0.7, -0.4, -1.3
		x := c.Alpha*x0 + c.Beta*x1 + c.Sigma*eps
		F := textbook(c, x0, x1, eps)
		for i, name := range paramNames {
			k := params[i]
			skip, far, out, _ := k(c)
			if name == "v" && c.Beta != 0 {
				if !math.IsNaN(skip + far + out) {
					t.Errorf("v with a far end: %v, %v, %v", skip, far, out)
				}
				continue
			}
			scale := math.Abs(skip*x) + math.Abs(far*x1)
			near(t, name+" gives x0", skip*x+far*x1+out*F[name], x0, tol, scale)
			near(t, name+"'s target", (x0-skip*x-far*x1)/out, F[name], tol, scale/math.Abs(out))
			cx0, cfar, ceps := Objective{Process: p, Param: k}.target(at)
			near(t, name+"'s target by its ends", cx0*x0+cfar*x1+ceps*eps, F[name], tol, 0.1*math.Abs(F["eps"])/math.Abs(out))
			for i, to := range params {
				if paramNames[i] == "v" && c.Beta != 0 {
					continue
				}
				cx, cfar, cf := Convert(c, k, to)
				want := F[paramNames[i]]
				near(t, name+" to "+paramNames[i], cx*x+cfar*x1+cf*F[name], want, tol, math.Abs(cx*x)+math.Abs(cfar*x1)+math.Abs(cf*F[name]))
			}
		}
	})
}

// The network's input is scaled for VE and EDM, and by EDMParam.
func TestInputScale(t *testing.T) {
	each(t, func(t *testing.T, p Process, at float64, c Coef) {
		for i, k := range params {
			_, _, _, in := k(c)
			want := 1.0
			switch p.(type) {
			case VE, EDM:
				want = 1 / math.Hypot(1, c.Sigma)
			}
			if paramNames[i] == "edm" { // so that the input's variance is 1
				want = 1 / math.Hypot(c.Alpha*0.5, c.Sigma)
			}
			if paramNames[i] != "v" || c.Beta == 0 {
				near(t, paramNames[i], in, want, tol, 0)
			}
		}
	})
}

// Whatever eta, a step keeps the law: x = a_t x0 + b_t x1 + s_t eps becomes a_s x0 + b_s x1 + noise
// of variance s_s^2.
func TestMoveKeepsTheLaw(t *testing.T) {
	eachPair(t, func(t *testing.T, _ Process, _, _ float64, ct, cs Coef) {
		for _, eta := range []float64{0, 0.3, 1} {
			m := Move(ct, cs, eta)
			near(t, "a", m.X*ct.Alpha+m.X0, cs.Alpha, tol, 0)
			near(t, "b", m.X*ct.Beta+m.Far, cs.Beta, tol, 1)
			near(t, "s^2", m.X*m.X*ct.Sigma*ct.Sigma+m.Noise*m.Noise, cs.Sigma*cs.Sigma, tol, 0)
		}
	})
}

// Forwards and back: x_s drawn from the forward chain's marginal and x_t from q(x_t | x_s) have the
// covariance that the posterior inverts, Cov(x_s, x_t) = (a_t/a_s) s_s^2 = X s_t^2; and the
// posterior's variance is what that leaves of s_s^2.
func TestPosteriorIsBayes(t *testing.T) {
	eachPair(t, func(t *testing.T, _ Process, _, _ float64, ct, cs Coef) {
		cov := ct.Alpha / cs.Alpha * cs.Sigma * cs.Sigma
		x, x0, _, variance := Posterior(ct, cs)
		near(t, "x", x, cov/(ct.Sigma*ct.Sigma), tol, 0)
		near(t, "x0", x0, cs.Alpha-cov/(ct.Sigma*ct.Sigma)*ct.Alpha, tol, cs.Alpha)
		forward := ForwardVariance(ct, cs)
		near(t, "variance", variance, forward*cs.Sigma*cs.Sigma/(ct.Sigma*ct.Sigma), tol, 0)
		near(t, "forward variance", forward, ct.Sigma*ct.Sigma-ct.Alpha/cs.Alpha*cov, tol, ct.Sigma*ct.Sigma)
		near(t, "PosteriorVariance", PosteriorVariance.Of(ct, cs), variance, tol, 0)
		if cs.Sigma != 0 {
			near(t, "BetaVariance", BetaVariance.Of(ct, cs), forward, tol, 0)
		} else if BetaVariance.Of(ct, cs) != 0 {
			t.Error("the last step adds noise")
		}
	})
}

// Where neighbouring laws are all but equal the difference of their variances cancels: both s and
// both a are within an ulp or so, quotient and product within half of one, five in all, twice that
// in the square: 10 2^-52 of s_t^2, less than 2^-48. Between indices, where nothing but this error
// may be left, it has either sign; what is returned must still be a variance.
func TestForwardVarianceOfTinyBetas(t *testing.T) {
	for first := 1e-12; first < 1; first *= 1.07 {
		for _, b := range []float64{1e-12, 1e-15, 1e-16} {
			p, err := NewDDPM(append([]float64{first}, slices.Repeat([]float64{b}, 20)...))
			if err != nil {
				t.Fatal(err)
			}
			for i := range 20 {
				at := float64(i)
				cs, cm, ct := p.At(at), p.At(at+0.1), p.At(at+1)
				lim := 0x1p-48 * ct.Sigma * ct.Sigma
				if got := ForwardVariance(ct, cs); !(got >= 0 && math.Abs(got-b) <= lim) {
					t.Fatalf("betas %v, %v: variance from index %d = %v", first, b, i, got)
				}
				if got := BetaVariance.Of(cm, cs); !(got >= 0 && got <= b+lim) {
					t.Fatalf("betas %v, %v: variance from %v to %v = %v", first, b, at, at+0.1, got)
				}
				if got := BetaVariance.Of(ct, cm); !(got >= 0 && got <= b+lim) {
					t.Fatalf("betas %v, %v: variance from %v to %v = %v", first, b, at+0.1, at+1, got)
				}
			}
		}
	}
}

// The step formulas as the papers print them, with x0 = 0.7, far end -0.4 and x = 0.3.
func TestPapersSteps(t *testing.T) {
	const x0, x1, x = 0.7, -0.4, 0.3
	mean := func(m Step) float64 { return m.X*x + m.X0*x0 + m.Far*x1 }
	eachPair(t, func(t *testing.T, p Process, t1, s1 float64, ct, cs Coef) {
		euler, ancestral := Move(ct, cs, 0), Move(ct, cs, 1)
		switch p := p.(type) {
		case *DDPM:
			if t1 != math.Trunc(t1) || s1 != math.Trunc(s1) {
				t.Skip("between indices")
			}
			abar, prev := p.AlphaBar(int(t1)), p.AlphaBar(int(s1))
			eps := (x - math.Sqrt(abar)*x0) / math.Sqrt(1-abar)
			if s1 == t1-1 { // Ho et al. 2020, eq. 7 and 11, and the posterior's variance
				beta := p.Beta(int(t1))
				want := (math.Sqrt(1-beta)*(1-prev)*x + math.Sqrt(prev)*beta*x0) / (1 - abar)
				near(t, "posterior mean", mean(ancestral), want, tol, 0)
				near(t, "by eps", mean(ancestral), (x-beta/math.Sqrt(1-abar)*eps)/math.Sqrt(1-beta), tol, 0)
				near(t, "variance", ancestral.Noise*ancestral.Noise, beta*(1-prev)/(1-abar), tol, 0)
				near(t, "beta", ForwardVariance(ct, cs), beta, tol, 0)
			}
			for _, eta := range []float64{0, 0.4, 1} { // Song et al. 2021, eq. 12 and 16
				sigma := eta * math.Sqrt((1-prev)/(1-abar)) * math.Sqrt(1-abar/prev)
				want := math.Sqrt(prev)*x0 + math.Sqrt(1-prev-sigma*sigma)*eps
				near(t, "ddim", mean(Move(ct, cs, eta)), want, tol, 1)
				near(t, "ddim's sigma", Move(ct, cs, eta).Noise, sigma, tol, 0)
			}
		case VE, EDM: // Karras et al. 2022, arXiv:2206.00364, algorithm 1; k-diffusion's get_ancestral_step
			d := (x - x0) / ct.Sigma
			near(t, "euler", mean(euler), x+d*(cs.Sigma-ct.Sigma), tol, 1)
			up := cs.Sigma * math.Sqrt(ct.Sigma*ct.Sigma-cs.Sigma*cs.Sigma) / ct.Sigma
			down := math.Sqrt(cs.Sigma*cs.Sigma - up*up)
			near(t, "ancestral", mean(ancestral), x+d*(down-ct.Sigma), tol, 1)
			near(t, "sigma up", ancestral.Noise, up, tol, 0)
		case Flow: // Euler's method on the velocity eps - x0 = (x - x0)/t
			near(t, "euler", mean(euler), x+(math.Max(s1, 0)-t1)*(x-x0)/t1, tol, 1)
		case Bridge: // the bridge from x0 to x_t, whatever lies beyond: mean x0 + s/t (x - x0), variance g^2 s(t-s)/t
			s := math.Max(s1, 0)
			near(t, "mean", mean(ancestral), x0+s/t1*(x-x0), tol, 1)
			near(t, "variance", ancestral.Noise*ancestral.Noise, p.G2(t1)*s*(t1-s)/t1, tol, 0)
		}
	})
}

// The ends of Move: to clean data it is x0hat, from a bridge's far end a fresh draw, and backwards
// it adds no noise.
func TestMoveEnds(t *testing.T) {
	b := Bridge{C: 2}
	for _, eta := range []float64{0, 1} {
		if m := Move(VP{}.At(0.5), At(VP{}, Clean), eta); m != (Step{X0: 1}) {
			t.Errorf("to clean: %+v", m)
		}
		c := b.At(0.25)
		if m := Move(b.At(1), c, eta); m != (Step{X0: 0.75, Far: 0.25, Noise: c.Sigma}) {
			t.Errorf("from the far end: %+v", m)
		}
		for _, p := range []Process{VP{}, VE{}, Flow{}} {
			ct, cs := p.At(0.3), p.At(0.6)
			m := Move(ct, cs, eta)
			if m.Noise != 0 {
				t.Errorf("%T backwards adds noise: %+v", p, m)
			}
			near(t, "backwards", m.X*m.X*ct.Sigma*ct.Sigma, cs.Sigma*cs.Sigma, tol, 0)
		}
	}
	if m := Move(Flow{}.At(0.5), Flow{}.At(1), 1); m != (Step{X: 2, X0: -1}) {
		t.Errorf("flow to the noise: %+v", m)
	}
}

// DDPM's weight of the bound is half the loss of signal-to-noise ratio (Kingma et al. 2021, eq. 14)
// for the posterior's variance; times out^2 it is the papers' weight of eps (Ho et al. 2020, eq.
// 12), and the weight of x0 of Luo (2022) for either variance.
func TestELBOWeights(t *testing.T) {
	for _, p := range []*DDPM{mustDDPM("linear", 300), mustDDPM("cosine", 50)} {
		for i := range p.Steps() {
			at := float64(i)
			beta, abar, prev := p.Beta(i), p.AlphaBar(i), p.AlphaBar(i-1)
			for _, v := range []Variance{PosteriorVariance, BetaVariance} {
				variance := v.Of(p.At(at), At(p, at-1))
				if i == 0 {
					variance = beta
				}
				near(t, "x0", p.ELBO(at, v), prev*beta*beta/(2*variance*(1-abar)*(1-abar)), tol, 0)
				o := Objective{Process: p, Param: Eps, Weighting: ELBO{v}}
				near(t, "eps", o.Weight(at), beta*beta/(2*variance*(1-beta)*(1-abar)), tol, 0)
				o.Param = X0
				near(t, "x0", o.Weight(at), p.ELBO(at, v), tol, 0)
				o.Weighting = nil
				near(t, "simple", o.Weight(at), 1, 0, 0)
			}
			if i == 0 {
				near(t, "index 0", p.ELBO(0, PosteriorVariance), 1/(2*beta), tol, 0)
			} else {
				near(t, "snr", p.ELBO(at, PosteriorVariance), (At(p, at-1).SNR()-p.At(at).SNR())/2, tol, 0)
			}
		}
	}
	for _, p := range []Process{VP{}, SubVP{}, VE{}, Flow{}} { // -SNR'/2 = g^2 a^2/(2 s^4): the KL of the reverse steps per unit of time
		for _, at := range []float64{0.01, 0.3, 0.9} {
			c := p.At(at)
			o := Objective{Process: p, Param: X0, Weighting: ELBO{}}
			near(t, "continuous", o.Weight(at), G2(p, at)*c.Alpha*c.Alpha/(2*math.Pow(c.Sigma, 4)), tol, 0)
		}
	}
}

// Between two indices log(a/s) is interpolated linearly, so its slope is the difference of theirs:
// at the lower one too, and at T-1 that below.
func TestDDPMInterpolation(t *testing.T) {
	p := mustDDPM("linear", 300)
	log := func(at float64) float64 { c := p.At(at); return math.Log(c.Alpha / c.Sigma) }
	slope := func(at float64) float64 { c := p.At(at); return c.DAlpha/c.Alpha - c.DSigma/c.Sigma }
	for _, i := range []float64{0, 1, 150, 298} {
		d := log(i+1) - log(i)
		for _, u := range []float64{0, 0.25, 0.9} {
			near(t, "log(a/s)", log(i+u), log(i)+u*d, tol, 1)
			near(t, "slope", slope(i+u), d, tol, 1)
		}
	}
	near(t, "last slope", slope(299), log(299)-log(298), tol, 1)
	for _, at := range []float64{-1, -0.5, 299.5, math.NaN()} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("At(%v) is defined", at)
				}
			}()
			p.At(at)
		}()
	}
}
