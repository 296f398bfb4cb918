// Package points gives sets of points: named ones in the plane, drawn by seed, and those of CSV files, npz files and the dark pixels of
// a picture.
//
// [Open] takes a name or a file. A [Cloud] becomes a training set of images of one pixel by [Cloud.Set], and [Rescale] or [Standardise]
// bring it to unit variance, with the way back.
//
// Files are hostile: sizes are bounded before anything is allocated.
package points
