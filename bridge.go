package reverie

// Bridge is the Brownian bridge between the data x0 and a given far end x1, with g^2 = C^2 (the
// reference process of De Bortoli et al. 2021, arXiv:2106.01357, with both ends known): Pinned
// Brownian motion.
//
//	x_t = (1-t) x0 + t x1 + C sqrt(t(1-t)) eps
type Bridge struct {
	C  float64 // 0: 1
	Lo float64 // first time; 0: 1e-3. Sigma's derivative is singular at 0 and at 1
}

// Pinned returns it as the pinned reference that it is.
func (p Bridge) Pinned() Pinned {
	c := or(p.C, 1)
	return Pinned{Reference: Geometric{K: 1, C: c * c}, Lo: p.Lo}
}

// At returns the law at t.
func (p Bridge) At(t float64) Coef { return p.Pinned().At(t) }

// Span returns Lo and 1.
func (p Bridge) Span() (lo, hi float64) { return p.Pinned().Span() }

// Cond returns 1000 t.
func (p Bridge) Cond(t float64) float64 { return p.Pinned().Cond(t) }

// G2 returns C^2.
func (p Bridge) G2(t float64) float64 { return p.Pinned().G2(t) }

// TimeAt returns 1/(1 + C^2 e^(2 lambda)).
func (p Bridge) TimeAt(lambda float64) float64 { return p.Pinned().TimeAt(lambda) }

// Regularisation returns 2 C^2.
func (p Bridge) Regularisation() float64 { return p.Pinned().Regularisation() }
