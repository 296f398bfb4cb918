// Package points gives sets of points: named ones in the plane, drawn by seed, and those of CSV
// files, npz files and the dark pixels of a picture.
//
// [Open] takes a name or a file. A [Cloud] becomes a training set of images of one pixel by
// [Cloud.Set], and [Rescale] or [Standardise] bring it to unit variance, with the way back.
//
// # Tables
//
// A table (CSV and its kin, [ReadCSV]) has a point a line. Its first line may hold the columns'
// names: fields none of which is a number nor begins as one. What tools add is not taken for data:
// names 0, 1, 2, .. are not a point, and a first column without a name, named "Unnamed: 0", or, in
// a table without names, one that counts the lines, is no number of the points. The Notes of the
// Cloud say what was left out or read otherwise, and how to have it otherwise: a line of names
// keeps a first line 0,1 a point, a name keeps a column.
//
// Files are hostile: sizes are bounded before anything is allocated.
package points
