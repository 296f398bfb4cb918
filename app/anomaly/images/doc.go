// Package images finds the images that are to be examined, and what is known of their lesions.
//
// [Open] takes files, folders with all below them, and folders as MVTec AD lays them out, of which
// test is examined:
//
//	train/good/000.png                      left for training
//	test/good/000.png                       normal: all of it is free of lesions
//	test/crack/000.png                      with a lesion, which is white in
//	ground_truth/crack/000_mask.png
//
// The masks of other folders lie in a folder of their own ([Options.Masks]), each at the path below
// it that its image has below its root, of whatever extension, with _mask at the end of its name or
// without; or beside the images, with _mask. What is brighter than half is lesion. A mask has its
// image's size. An image without one is normal where the first folder of its path is called good,
// and else one of which nothing is known.
//
// Open reads every file once, so that what cannot be used is known before a model runs, and keeps
// no pixels: [Set.Read] and [Set.Mask] read them again, one image at a time. Each image has its own
// size. Files are hostile, see package data, which reads them.
package images
