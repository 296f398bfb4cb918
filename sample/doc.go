// Package sample walks a batch from noise to data: a grid of times, a Solver for the step from each
// to the next, and Sample, the walk.
//
//	ddpm               ancestral sampling (Ho et al. 2020, arXiv:2006.11239)
//	ddim               deterministic to ancestral by eta (Song et al. 2021, arXiv:2010.02502); Invert runs it from data to noise
//	lecture-sde        the lecture's "iterative predictor", as printed
//	euler              Euler on the probability flow (Song et al. 2021, arXiv:2011.13456)
//	heun               second order, with churn (Karras et al. 2022, arXiv:2206.00364)
//	euler-maruyama     on the reverse SDE
//	reverse-diffusion  the forward chain's discretisation reversed (arXiv:2011.13456)
//	pc                 predictor, then Langevin corrector (arXiv:2011.13456)
//	langevin           Langevin dynamics at one noise level
//	annealed-langevin  over falling noise levels (NCSN: Song & Ermon 2019, arXiv:1907.05600)
//	dpm++2m            DPM-Solver++(2M) (Lu et al. 2022, arXiv:2211.01095)
//	dpm++2m-sde        its SDE form
//	unipc              unified predictor-corrector (Zhao et al. 2023, arXiv:2302.04867)
//	rk45               adaptive Runge-Kutta 5(4) on the probability flow; Adaptive is the integrator, for any state
//
// A solver is one file and a line of the list of Solvers: a struct whose tagged fields are its
// settings. It asks the Denoiser by Run.Denoise, or Run.Ask for more than x0hat, and the Run's
// Space for linear combinations and noise. A solver that is a Fitter refuses processes that it does
// not go with: see Fits. How it is used where nothing is said is in its Habits.
package sample
