// Package reverie is the mathematics of diffusion models: *reverse diffusion, dreamt in Go*.
//
// # The one idea
//
// Every formulation gives, at a time t, the same kind of Gaussian law
//
//	x_t = a x0 + b x1 + s eps        (a, b, s = Coef.Alpha, Coef.Beta, Coef.Sigma)
//
// of the data x0, a given far end x1 and standard normal noise eps:
//
//	                      a         b    s                 source
//	DDPM                  √abar     0    √(1-abar)         2006.11239
//	VP-SDE                e^(-B/2)  0    √(1-e^-B)         2011.13456; schedules: VP, CosineVP, SigmoidVP
//	learned schedule      √S(-γ)    0    √S(γ)             2107.00630 (LearnedVP)
//	sub-VP-SDE            e^(-B/2)  0    1-e^(-B)          2011.13456
//	VE-SDE, NCSN          1         0    s(t)              1907.05600, 2011.13456
//	EDM                   1         0    t                 2206.00364
//	flow matching         1-t       0    t                 2210.02747
//	flow between sets     1-t       0    t                 eps is a sample of the far set (Flow.Between)
//	Brownian bridge       1-t       t    c √(t(1-t))       2106.01357
//	pinned linear SDE     Pinned                           2302.05872, 2407.16074: I2SB, SB-VE, SB-VP
//	OUVE                  e^(-θt)   1-a  s(t)              2208.05830
//
// All else follows from these and their derivatives, once for all:
//
//   - the SDE's drift and diffusion (Coef.Drift, G2), the score and the velocity (Coef.Score, Coef.Velocity);
//   - what a network may predict (Param: Eps, X0, V, Velocity, Score, EDMParam), and how one prediction is another (Convert);
//   - the training pair, its weight and its times (Objective, Weighting, TimeLaw, Pair, Couple, Plan);
//   - the step from one time to another (Move), of which ancestral sampling, DDIM and Euler's method are the cases eta = 1, eta = 0
//     and eta = 0;
//   - a network trained under one process in use under another (Transfer), by the clock that all share, log(a/s) (TimeAt).
//
// So the maths is scalar float64, and asks of a tensor only linear combinations and noise: a Space.
// Host is one over Go slices; package engine has one over its tensors. What a method needs beyond
// that (Clamper, Normer, Dotter ..) is an optional interface of the Space, found by type assertion
// as http.Flusher is. What a Denoiser is asked beside x0hat (a learned variance, a vector-Jacobian
// product) is part of the Query, and what it Knows of that survives what wraps it: Map, Clamp,
// Transfer.
//
// # In use
//
//	p, err := reverie.NewDDPM(reverie.LinearBetas(300, 1e-4, 0.02))
//	sp := &reverie.Host[float64]{Stream: random.Stream{Seed: 1, Domain: random.Sampling}}
//	d := reverie.Wrap(sp, p, reverie.Eps, net)            // any func(ctx, x, cond) (F, error) becomes E[x0|x_t]
//	run := &sample.Run[reverie.Batch[float64]]{Space: sp, Process: p, Denoiser: d}
//	grid, err := sample.Linear(p, 50)                     // 50 of the 300 times, then Clean
//	x, err := sample.Sample(ctx, run, sample.DDIM[reverie.Batch[float64]]{}, run.Prior(like), grid, nil)
//
// # Caveats
//
//   - Data is at t = lo and noise at t = hi in every process; Lipman's flow matching runs the other way, with the sign of
//     the velocity flipped.
//   - A DDPM's time is the code index 0..T-1, the papers' t less one; Clean = -1 is then x0 itself.
//   - f = a'/a is singular where a = 0 and the score where s = 0, so solvers step with x0hat and epshat (Move), never with f.
//   - A flow between two data sets has no score: HasScore says so, and whatever needs one refuses it.
//   - The noise (random.Stream) is bit-identical on every machine. Coefficients use math.Exp and math.Log, whose last bit may
//     differ between architectures.
package reverie
