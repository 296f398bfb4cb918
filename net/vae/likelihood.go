package vae

import (
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/gomlx/pkg/core/graph"
	"github.com/reverie-go/reverie/net"
)

// The kinds of a [Likelihood], and where its variance comes from.
const (
	Gaussian  = "gaussian"
	Bernoulli = "bernoulli"

	Optimal = "optimal"
	Learned = "learned"
	Fixed   = "fixed"
)

// Kinds and Variances list the values that a Likelihood's fields take.
var (
	Kinds     = []string{Gaussian, Bernoulli}
	Variances = []string{Optimal, Learned, Fixed}
)

// A Likelihood is p(x|z) given the decoder's output y:
//
//	gaussian   N(x; y, s^2 I), one variance for all
//	bernoulli  prod y'^b (1-y')^(1-b), y' = 1/(1+exp(-y)), b = (x+1)/2
//
// Bernoulli is a probability for images of two values, b = 0 and 1; for values between it is the
// customary cross entropy, which is no normalised density.
type Likelihood struct {
	// Kind is Gaussian, the default, or Bernoulli.
	Kind string `json:"likelihood"`
	// Variance says where the Gaussian's s^2 comes from: Optimal, the default, is the batch's mean
	// squared error in training, which makes the bound the largest (sigma-VAE, Rybkin et al. 2021,
	// arXiv:2006.13202, eq. 6), and its running average elsewhere; Learned is a parameter; Fixed
	// stays Sigma^2.
	Variance string `json:"decoder_variance,omitempty"`
	// Sigma is s before training. Default 1.
	Sigma float64 `json:"decoder_sigma,omitempty"`

	logVariance *net.Param // of a Gaussian: [], log s^2
}

// LogVariance names the variance of a Gaussian likelihood among the parameters.
const LogVariance = "log_variance"

// minLogVariance bounds log s^2 from below, by about what rounding to 8 bits makes of it: without a
// bound an image that is known exactly has an infinite density.
const minLogVariance = -12.0

// momentum is the share that a new batch has in the running variance.
const momentum = 0.1

func (l Likelihood) withDefaults() Likelihood {
	if l.Kind == "" {
		l.Kind = Gaussian
	}
	if l.Kind == Gaussian && l.Variance == "" {
		l.Variance = Optimal
	}
	if l.Kind == Gaussian && l.Sigma == 0 {
		l.Sigma = 1
	}
	return l
}

func (l Likelihood) validate() error {
	switch {
	case !slices.Contains(Kinds, l.Kind):
		return fmt.Errorf("likelihood: %q, expected one of %q", l.Kind, Kinds)
	case l.Kind == Bernoulli && (l.Variance != "" || l.Sigma != 0):
		return fmt.Errorf("decoder_variance %q, decoder_sigma %v: a bernoulli likelihood has no variance; leave them out", l.Variance, l.Sigma)
	case l.Kind == Bernoulli:
		return nil
	case !slices.Contains(Variances, l.Variance):
		return fmt.Errorf("decoder_variance: %q, expected one of %q", l.Variance, Variances)
	case !(l.Sigma >= 0.0025 && l.Sigma <= 1000): // exp(minLogVariance/2)
		return fmt.Errorf("decoder_sigma: %v, expected 0.0025 to 1000", l.Sigma)
	}
	return nil
}

// in adds what the likelihood keeps to a model's parameters.
func (l Likelihood) in(s net.Scope) Likelihood {
	if l.Kind == Gaussian {
		start := 2 * math.Log(l.Sigma)
		l.logVariance = s.Add(net.Param{
			Name: LogVariance, Shape: []int{}, Init: net.Init{Lo: start, Hi: start}, Buffer: l.Variance != Learned,
		})
	}
	return l
}

// Spreads says whether data of so many levels, 0 where they are real numbers, are spread over them
// by noise before their density is taken (Theis et al. 2016, arXiv:1511.01844): a Bernoulli
// likelihood is a probability already.
func (l Likelihood) Spreads(levels int) bool { return l.Kind != Bernoulli && levels > 0 }

// mean is the mean of p(x|z), in [-1,1] for a Bernoulli.
func (l Likelihood) mean(y *graph.Node) *graph.Node {
	if l.Kind == Bernoulli {
		return graph.Tanh(graph.MulScalar(y, 0.5)) // 2/(1+exp(-y)) - 1
	}
	return y
}

// logDensity is log p(x|z) of each image, [N], constants included.
func (l Likelihood) logDensity(v *net.Vars, y, x *graph.Node) *graph.Node {
	if l.Kind == Bernoulli {
		return logBernoulli(y, x)
	}
	square := sumEach(graph.Square(graph.Sub(x, y)))
	size := float64(x.Shape().Size() / x.Shape().Dim(0))
	log := l.log(v, graph.DivScalar(graph.ReduceAllMean(square), size))
	quadratic := graph.Mul(square, graph.Exp(graph.Neg(log)))
	constant := graph.MulScalar(graph.AddScalar(log, math.Log(2*math.Pi)), size)
	return graph.MulScalar(graph.Add(quadratic, constant), -0.5)
}

// logBernoulli is sum of b y - log(1 + exp y), [N], which does not overflow.
func logBernoulli(y, x *graph.Node) *graph.Node {
	b := graph.MulScalar(graph.OnePlus(x), 0.5)
	return sumEach(graph.Sub(graph.Mul(b, y), softplus(y)))
}

// softplus is log(1 + exp x) = max(0, x) + log(1 + exp(-|x|)).
func softplus(x *graph.Node) *graph.Node {
	return graph.Add(net.ReLU(x), graph.Log1P(graph.Exp(graph.Neg(graph.Abs(x)))))
}

// log is log s^2 [], given the batch's mean squared error. At the batch's own optimum the
// derivative of the bound by s^2 is 0, so that no gradient need pass through it.
func (l Likelihood) log(v *net.Vars, mse *graph.Node) *graph.Node {
	stored := v.Get(l.logVariance)
	switch {
	case l.Variance == Learned: // bounded softly: floor + softplus(log - floor)
		return graph.AddScalar(softplus(graph.AddScalar(stored, -minLogVariance)), minLogVariance)
	case l.Variance == Optimal && v.Mode() == net.Train:
		mse = graph.StopGradient(graph.MaxScalar(mse, math.Exp(minLogVariance)))
		running := graph.Add(graph.MulScalar(graph.Exp(stored), 1-momentum), graph.MulScalar(mse, momentum))
		v.Set(l.logVariance, graph.Log(running))
		return graph.Log(mse)
	}
	return stored
}
