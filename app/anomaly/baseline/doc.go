// Package baseline maps anomalies without a diffusion model, by the numbers of healthy images
// alone: what any other method must be better than.
//
//	intensity   the value itself
//	median      the distance from the median of all values
//	mean        the distance from the mean image
//	gaussian    what a Gaussian law of the images would take away after noise, in closed form
//	whitened    each number's distance from what the others say, in deviations
//
// A [Baseline] is a row of [Baselines] with its settings. Its maps have a number for each of the
// image, as those of package anomaly have.
package baseline
