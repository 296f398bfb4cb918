// Package score says how good anomaly maps are, against masks of what is anomalous.
//
// A [Set] is images, each with a map (a number for every pixel, the more the more anomalous) and a
// mask. The 8-connected parts of a mask are its lesions; an image without one is normal. Of a set a
// [Metric] is measured by [Set.Measure], with an interval by [Set.Interval], and against another
// method on the same images by [Difference]; [Set.BySize] splits a set by the size of its lesions.
//
//	AUPRC        average precision over the pixels, beside which stands Prevalence, that of chance
//	AUROC        area under the ROC curve over the pixels; ImageAUROC over the images
//	AUPRO        mean share found of a lesion, over the false-positive rates up to a limit
//	FROC         share of the lesions found, at so many false positives an image
//	Dice         overlap at a threshold: of all pixels together, or MeanDice of the images
//	OracleDice   the best Dice of all thresholds, which only who knows the masks can choose
//	FalsePixels  share of the pixels of normal images above a threshold; FalseImages of the images
//
// A pixel is marked by a threshold if its number is above it. Thresholds come from normal images
// that the set does not hold ([FalsePositiveThreshold]) or from the maps alone ([Otsu]).
//
// Every number is exact, those of bootstraps too: nothing is binned, and equal numbers are ties
// that no order among them decides. Numbers are float32: of maps in float64 ([Rounded]) those
// become ties that float32 cannot tell apart. The pixels are sorted once, on the first metric that
// needs their order, in 12 bytes a pixel beside maps and masks, of which 4 stay; [FROC] sorts image
// by image and keeps 8 bytes for every false positive and lesion. A replicate of a bootstrap is one
// pass over the order, eight replicates in each. A set is safe for use by several goroutines.
package score
