// Package anomaly maps where data depart from what a diffusion model knows: a [Method] makes of x
// what the model would have instead, and the map is by how much the two differ, number by number.
//
//	translate   encoded, and decoded as of the healthy class; needs a model of both, or a guide
//	onestep     noised to some levels, and x0hat of each; needs no labels, and no walk
//	dae         denoised as it stands; needs a model of healthy data, better of coarse noise
//	recon       noised, and sampled on from there; needs a model of healthy data
//	andi        the steps of sampling by x and by the model, at many levels; the same
//	patch       one patch after another redrawn from its surroundings; the same
//	inpaint     redrawn where a first map is large, and there alone; the same
//
// A method is a row of [Methods] with its settings; what it works with is a [Setup]: any Denoiser,
// process, solver and Space. A level is a time of the process; where none is given it is that of a
// stated noise level sigma/alpha, which means the same under every process. The result of a sample
// does not depend on its batch, but within their tolerance where rk45, edit.FixedPoint or edit.MMPS
// is at work.
//
// When they fail, the formulas say. Noise at level s/a leaves of a departure d from the mean of the
// data, in a direction in which the data's variance is l, the share l/(l + (s/a)^2), and the map
// shows the rest:
//
//   - what lies along the data's main directions survives, as it is what the model knows to vary: a
//     large lesion, smooth and of plausible brightness, shows less than a small odd one. A higher
//     level shows more of it;
//   - what varies little in the data is healed at any level, lesion or not: fine detail that the
//     noise covers is redrawn, and the map of a healthy image is not 0. A lower level shows less.
//     Compare with the maps of healthy images, and choose the level by images that are not judged
//     with it;
//   - patch and inpaint see what varies much given the rest of the image, not what varies much in all
//     images, and so find larger lesions; but a lesion that reaches beyond the patch or the mask tells
//     the model what to draw inside;
//   - encoding and decoding by few steps of DDIM does not return even what is healthy. The
//     fixed-point inversion does;
//   - under guidance everything that tells the classes apart is changed, whether it is a lesion or
//     what came with the lesions in the training data.
//
// No map is a diagnosis.
package anomaly
