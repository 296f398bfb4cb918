package reverie

import "math"

// LogVariances returns the logarithms of the two variances between which a learned one lies, at
// index i of the chain (Nichol & Dhariwal 2021, arXiv:2102.09672, eq. 15):
//
//	lo = log(beta_i (1-abar_{i-1})/(1-abar_i)),   hi = log beta_i
//
// At index 0, where the posterior has none, lo is index 1's, as in the paper's code (hi for a chain
// of one).
func (p *DDPM) LogVariances(i int) (lo, hi float64) {
	hi = math.Log(p.beta[i])
	if len(p.beta) == 1 {
		return hi, hi
	}
	k := max(i, 1)
	return math.Log(p.beta[k] * (math.Expm1(p.logAbar[k-1]) / math.Expm1(p.logAbar[k]))), hi
}

// A ReverseTerm is what the bound's term of one index of a chain is made of, where the variance is
// learned: numbers, given to a graph.
//
//	log variance = Lo + (Hi - Lo) (v+1)/2
//	mean - posterior mean = Gap (x0hat - x0)
type ReverseTerm struct{ Lo, Hi, Gap float64 }

// ReverseTerm returns that of index i. That of index 0, whose Gap is 1, is the reconstruction's:
// -LogLevel(x0, x0hat, log variance/2).
func (p *DDPM) ReverseTerm(i int) ReverseTerm {
	lo, hi := p.LogVariances(i)
	_, gap, _, _ := Posterior(p.At(float64(i)), At(p, float64(i-1)))
	return ReverseTerm{lo, hi, gap}
}

// LogVariance returns the logarithm of the variance where the network says v.
func (r ReverseTerm) LogVariance(v float64) float64 { return r.Lo + (r.Hi-r.Lo)*(v+1)/2 }

// KL returns KL(q(x_{i-1} | x_i, x0) || p(x_{i-1} | x_i)) in nats, of one dimension (Ho et al.
// 2020, arXiv:2006.11239, eq. 5), where x0hat is off by d and the network says v:
//
//	(D + e^-D - 1 + Gap^2 d^2 e^-(Lo + D))/2,   D = (Hi - Lo) (v+1)/2
//
// It is for the indices from 1 on.
func (r ReverseTerm) KL(d, v float64) float64 {
	D := (r.Hi - r.Lo) * (v + 1) / 2
	return (D + math.Expm1(-D) + r.Gap*r.Gap*d*d*math.Exp(-r.Lo-D)) / 2
}
