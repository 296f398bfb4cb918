package reverie

import "math"

// A Param says what a network F predicts, as an affine relation to the data:
//
//	x0hat = skip x + far x1 + out F(in x, cond),     F's target = (x0 - skip x - far x1)/out
//
// in scales the network's input: 1, except for EDMParam and for a law that keeps the data's scale
// (VE, EDM), whose variance has no bound: 1/sqrt(1+s^2).
type Param func(Coef) (skip, far, out, in float64)

// Eps predicts the noise eps (Ho et al. 2020, arXiv:2006.11239). Singular where a = 0.
func Eps(c Coef) (skip, far, out, in float64) {
	return 1 / c.Alpha, -c.Beta / c.Alpha, -c.Sigma / c.Alpha, inScale(c)
}

// X0 predicts the data x0.
func X0(c Coef) (skip, far, out, in float64) { return 0, 0, 1, inScale(c) }

// V predicts v = a eps - s x0 (Salimans & Ho 2022, arXiv:2202.00512), for processes without a far
// end. Singular where s = 0.
func V(c Coef) (skip, far, out, in float64) {
	if c.Beta != 0 {
		return math.NaN(), math.NaN(), math.NaN(), math.NaN()
	}
	d := c.Alpha*c.Alpha + c.Sigma*c.Sigma
	return c.Alpha / d, 0, -c.Sigma / d, inScale(c)
}

// Velocity predicts dx/dt = a' x0 + b' x1 + s' eps (Lipman et al. 2023, arXiv:2210.02747), in the
// process's own unit of time: per index for a DDPM. For flow it is eps - x0. Singular where s = 0.
func Velocity(c Coef) (skip, far, out, in float64) {
	d := c.Sigma*c.DAlpha - c.DSigma*c.Alpha
	return -c.DSigma / d, (c.DSigma*c.Beta - c.Sigma*c.DBeta) / d, c.Sigma / d, inScale(c)
}

// Score predicts grad log p(x | x0, x1) = -eps/s, whose expectation is the score (Vincent 2011).
// Singular where a or s = 0.
func Score(c Coef) (skip, far, out, in float64) {
	return 1 / c.Alpha, -c.Beta / c.Alpha, c.Sigma * c.Sigma / c.Alpha, inScale(c)
}

// EDMParam returns the preconditioning of Karras et al. (2022, arXiv:2206.00364, table 1) for data
// of deviation sd (0: 0.5), for any Coef: the network sees an input and learns a target of unit
// variance, and the weight of its errors on x0hat is least:
//
//	D^2 = a^2 sd^2 + s^2,   skip = a sd^2/D^2,   out = s sd/D,   in = 1/D,   far = -b skip
//
// With a = 1 it is the paper's; its target is (s x0/sd - a sd eps)/D. Singular where s = 0.
func EDMParam(sd float64) Param {
	sd = or(sd, 0.5)
	return func(c Coef) (skip, far, out, in float64) {
		if !(sd > 0) {
			return math.NaN(), math.NaN(), math.NaN(), math.NaN()
		}
		in = 1 / math.Hypot(c.Alpha*sd, c.Sigma)
		skip = c.Alpha * (sd * in) * (sd * in)
		return skip, -c.Beta * skip, c.Sigma * (sd * in), in
	}
}

// inScale returns the scale of the network's input, see Param.
func inScale(c Coef) float64 {
	if c.Alpha == 1 && c.DAlpha == 0 {
		return 1 / math.Sqrt(1+c.Sigma*c.Sigma)
	}
	return 1
}

// Convert returns the coefficients that turn F, a prediction of kind from at x, into one of kind
// to:
//
//	F_to = x X + far x1 + f F_from
func Convert(c Coef, from, to Param) (x, far, f float64) {
	skip, far1, out, _ := from(c)
	skip2, far2, out2, _ := to(c)
	return (skip - skip2) / out2, (far1 - far2) / out2, out / out2
}
