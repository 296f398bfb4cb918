// Package counterfactual explains a classifier by the smallest change of given data, among data
// that a diffusion model takes for real, that changes what the classifier says of them. [Explain]
// searches that change for each sample by a [Method], of a [Problem].
//
//	fast       the gradient of the classifier at x0hat, one call of the model a step, repainted
//	           outside a mask. The first to try.
//	dime       the gradient at what a whole denoising of x_t makes: the classifier sees data as
//	           clean as those it knows, where x0hat at high noise is a blurred mean. Its calls grow
//	           with the square of the steps.
//	ace        the data themselves moved, the classifier seeing them through the model; then
//	           repainted within a mask. The sparsest, for changes in few places.
//	translate  the data as of another class, through their noise: for a model that knows classes,
//	           or a classifier of noised samples. It asks the explained classifier nothing, so that
//	           it says what the classes differ in rather than what the classifier looks at.
//
// Where they fail: a change that the classifier looks for and the model never saw cannot be drawn;
// a strength too small for the change, or a mask too small, never flips, which
// [Explanation.Flipped] says, and one too large changes more than the class asks. That the
// classifier flips is no sign that the change means anything: it may be noise made for this
// classifier alone. A second one, trained apart, tells.
//
// The package works over any Denoiser, Space, process and solver. A state carries its time, and
// what is repainted is noised to that time, so that no step can be a level off. The noise of a
// sample is that of its number in the Space's stream, and the same at every scale that is tried, so
// that neither the search nor a batch changes it.
package counterfactual
