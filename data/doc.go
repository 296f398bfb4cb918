// Package data reads folders of images as training sets.
//
// A Set is opened once, from one or several folders ([Open]) or from the emoji inside the binary
// ([Embedded]). Opening reads and decodes every file, so that what cannot be read is known, counted
// and named before the first step, and so that the set, its order and its division into training
// and held-out images depend on the files alone:
//
//	s, err := data.Open(ctx, []string{"cars/train", "cars/test"}, data.Options{Height: 128, Flip: true, Val: 0.02})
//	defer s.Close()
//	for b, err := range s.Train().Batches(ctx, data.Epoch{Seed: 1, Epoch: 0, Batch: 128}) {
//		...
//	}
//
// Images come as NHWC float32 in [-1,1]. The class of an image is the folder directly below the
// root that holds it; an image directly in a root has none.
//
// [FromMemory] makes a set of numbers that are not pictures: points, or the latent codes of images;
// [FromDrawn] one of samples that each epoch draws anew, such as segments of recordings.
//
// Files are hostile: sizes are bounded before anything is allocated, links never lead out of a
// root, and a decoder that panics is an unreadable file.
package data
