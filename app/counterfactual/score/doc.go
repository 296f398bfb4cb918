// Package score says how good counterfactuals are, by arrays alone: what data were, and what they
// became so that a classifier takes them for another class.
//
//	FlipRate   how many the classifier takes for the class asked for, with an interval
//	Changes    how far each went: L1, L2, the share of its pixels that changed
//	COUT       whether what changed most is what the classifier's decision hangs on
//	Diversity  how far counterfactuals of several seeds are from each other
//
// A classifier is easily flipped by noise made for it alone. So FlipRate is worth most by a second
// classifier, trained apart from the one that the counterfactuals were made for, and is to be read
// beside Changes. Data are rows of numbers, one for each sample; of images pixel after pixel, a
// pixel's channels side by side. Nothing here knows a model, or draws random numbers.
package score
