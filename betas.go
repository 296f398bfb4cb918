package reverie

import "math"

// LinearBetas returns T betas spaced evenly from start to end (Ho et al. 2020, arXiv:2006.11239).
// One beta is start.
func LinearBetas(T int, start, end float64) []float64 {
	beta := make([]float64, T)
	for t := range beta {
		beta[t] = lerp(start, end, t, T-1)
	}
	return beta
}

// ScaledLinearBetas returns T betas whose square roots are spaced evenly (Rombach et al. 2022,
// arXiv:2112.10752).
func ScaledLinearBetas(T int, start, end float64) []float64 {
	beta := LinearBetas(T, math.Sqrt(start), math.Sqrt(end))
	for t, b := range beta {
		beta[t] = b * b
	}
	return beta
}

// CosineBetas returns the T betas of Nichol & Dhariwal (2021, arXiv:2102.09672, eq. 17), at most
// 0.999:
//
//	abar(u) = cos^2((u + 0.008)/1.008 pi/2),   beta_t = 1 - abar((t+1)/T)/abar(t/T)
func CosineBetas(T int) []float64 {
	abar := func(t int) float64 {
		c := math.Cos((float64(t)/float64(T) + 0.008) / 1.008 * math.Pi / 2)
		return c * c
	}
	beta := make([]float64, T)
	for t := range beta {
		beta[t] = min(1-abar(t+1)/abar(t), 0.999)
	}
	return beta
}

// SigmoidBetas returns T betas that rise from start to end as the logistic function S does from -6
// to 6 (Xu et al. 2022, arXiv:2203.02923; what diffusers calls "sigmoid", so that a model folder
// means the same to it):
//
//	beta_t = start + (end - start) S(-6 + 12 t/(T-1))
//
// The sigmoid schedule of Jabri et al. is another: SigmoidVP.
func SigmoidBetas(T int, start, end float64) []float64 {
	beta := LinearBetas(T, -6, 6)
	for t, x := range beta {
		beta[t] = start + (end-start)*sigmoid(x)
	}
	return beta
}

// ZeroSNR returns the betas rescaled so that the last step keeps no signal (Lin et al. 2023,
// arXiv:2305.08891, algorithm 1): sqrt(abar) is shifted by its last value and stretched back to its
// first,
//
//	sqrt(abar'_t) = (sqrt(abar_t) - sqrt(abar_{T-1})) sqrt(abar_0)/(sqrt(abar_0) - sqrt(abar_{T-1}))
//
// but for abar'_{T-1}, which stays at 2^-24, or a quarter of abar'_{T-2} if that is less, so that
// log(abar) is finite: diffusers does the same in the schedulers that work with sigma/alpha (there
// the last value may exceed the one before). One beta, or betas of 0, stay as they are.
func ZeroSNR(beta []float64) []float64 {
	root := make([]float64, len(beta)) // of abar
	sum := 0.0
	for t, b := range beta {
		sum += math.Log1p(-b)
		root[t] = math.Exp(sum / 2)
	}
	out := append([]float64(nil), beta...)
	last := len(beta) - 1
	if last < 1 || !(root[last] < root[0]) {
		return out
	}
	stretch := root[0] / (root[0] - root[last])
	before := root[0] * root[0]
	for t := 1; t <= last; t++ {
		r := (root[t] - root[last]) * stretch
		abar := r * r
		if t == last {
			abar = min(0x1p-24, before/4)
		}
		out[t] = 1 - abar/before
		before = abar
	}
	return out
}

// lerp returns the i-th of n+1 numbers spaced evenly from a to b, exact at both ends.
func lerp(a, b float64, i, n int) float64 {
	if n == 0 {
		return a
	}
	u := float64(i) / float64(n)
	return a*(1-u) + b*u
}
