package data

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"

	humanize "github.com/dustin/go-humanize"
	"github.com/dustin/go-humanize/english"

	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/random"
)

// Info is what is known of one image of a Set without its pixels.
type Info struct {
	// Path is the file: the root as it was given, joined with the path below it. For embedded
	// images it begins with "embedded:", for those of FromMemory it is their name and number.
	Path string
	// Class indexes Set.Classes; -1 is an image that lies directly in a root.
	Class int
	// Hash is the SHA-256 of the file's content; of FromMemory's, of the values as little-endian
	// float32.
	Hash [sha256.Size]byte
	// Width and Height are the file's size in pixels, upright.
	Width, Height int
	// Format is "png", "jpeg", "gif", "webp", "bmp", "tiff" or "memory", of an array "npz" or
	// "idx".
	Format string
	// Mode is "grey", "grey16", "palette", "RGB", "RGBA", "RGB16", "RGBA16", "YCbCr" or "CMYK", as
	// stored; "float32" for FromMemory.
	Mode string
	// Bytes is the file's size.
	Bytes int64
	// Notes say what was done to the image beyond decoding and resizing it, each in words that do
	// not name the image, such as photo.NoteTurned or NoteSqueezed: they are counted over the set,
	// see Set.Notes.
	Notes []string

	look *look // of a set that is split by looks, until it is
	grid bool  // whether it is a picture of a data set, see isGrid
}

// Skip is a file that was left out, and why.
type Skip struct {
	Path string
	Err  error
}

// A Set is an ordered set of readable images of one resolution. Its methods may be called at the
// same time.
type Set struct {
	st    *store
	index []int // positions in st.items
}

// Close lets go of the folders that the set holds open. It closes its parts too, Train, Val and
// every Subset, and the set that it is a part of: no images are read from any of them any more, and
// what is under way ends with an error. A second Close does nothing.
func (s *Set) Close() error {
	if !s.st.closed.Swap(true) && s.st.close != nil {
		s.st.close()
	}
	return nil
}

// Len returns the number of images.
func (s *Set) Len() int { return len(s.index) }

// Kind says what the samples are. Images are of 256 levels where all files hold 8 bits, and else of
// real numbers. All parts of an opened set are of one kind.
func (s *Set) Kind() kind.Kind { return s.st.kind }

// Shape returns the height, width and channels of every sample.
func (s *Set) Shape() (h, w, c int) { return s.st.kind.Shape() }

// InUnits returns the images in the units of their source, one after another; nil of a set without
// units.
func (s *Set) InUnits() []float64 {
	if s.st.source == nil {
		return nil
	}
	size := len(s.st.source) / len(s.st.items)
	out := make([]float64, 0, size*len(s.index))
	for _, i := range s.index {
		out = append(out, s.st.source[i*size:(i+1)*size]...)
	}
	return out
}

// Classes returns the names of the classes, sorted, whole numbers by their value and before other
// names: those of the filter where there is one. Train and Val keep the numbering.
func (s *Set) Classes() []string { return append([]string(nil), s.st.classes...) }

// String says what the set is, as "169 images of 32x32x3 in 1 class" or "2,048 points of 2
// numbers".
func (s *Set) String() string {
	k, n := s.Kind(), s.Len()
	text := fmt.Sprintf("%s %s of %s", humanize.Comma(int64(n)), k.Noun(n), k.Dims())
	if n := len(s.st.classes); n > 0 {
		text += " in " + english.Plural(n, "class", "classes")
	}
	return text
}

// Info returns what is known of image i, 0 <= i < Len.
func (s *Set) Info(i int) Info { return s.st.items[s.index[i]].Info }

// Skipped returns the files that were left out, in the order of their paths, those of its pairs
// last; it grows if a file becomes unreadable later.
func (s *Set) Skipped() []Skip {
	all := s.st.skipped()
	if s.st.pairs != nil {
		all = append(all, s.st.pairs.of.skipped()...)
	}
	return all
}

// Notes counts what was done to the set's images beyond decoding and resizing them, the most
// frequent first.
func (s *Set) Notes() []Count {
	n := map[string]int{}
	for _, i := range s.index {
		for _, note := range s.st.items[i].Notes {
			n[note]++
		}
	}
	return counts(n)
}

// Cached returns how many of the set's files, and how many bytes of decoded pixels, are kept in
// memory.
func (s *Set) Cached() (images int, bytes int64) { return s.st.cached() }

// Train returns the images that Val does not hold out.
func (s *Set) Train() *Set { return s.part(false) }

// Val returns the held-out images: those whose hash by Options.Split, read as a number in [0,1), is
// under Options.Val. It may be empty.
func (s *Set) Val() *Set { return s.part(true) }

func (s *Set) part(val bool) *Set {
	p := &Set{st: s.st}
	for _, i := range s.index {
		if HeldOut(s.st.items[i].key, s.st.o.Val) == val {
			p.index = append(p.index, i)
		}
	}
	return p
}

// HeldOut reports whether a sample of hash h is one of the part f that is held out: whether its
// first 53 bits, over 2^53, are under f.
func HeldOut(h [sha256.Size]byte, f float64) bool {
	return float64(binary.BigEndian.Uint64(h[:8])>>11)/(1<<53) < f
}

// Subset returns the images at the given positions, in that order.
func (s *Set) Subset(at []int) *Set {
	p := &Set{st: s.st, index: make([]int, len(at))}
	for k, i := range at {
		p.index[k] = s.index[i]
	}
	return p
}

// Fingerprint identifies the set: the contents of its images in their order, their classes, and the
// options that change pixels. Training resumed on a set of another fingerprint does not continue
// bit for bit.
func (s *Set) Fingerprint() string {
	o := s.st.o
	d := sha256.New()
	classes, place := byBytes(s.st.classes) // as sets were first numbered
	fmt.Fprintf(d, "%d %d %d %q %v %q\n", o.Height, o.Width, o.Channels, o.Crop, o.Flip, classes)
	if k := s.st.kind; k.Shift != nil {
		fmt.Fprintf(d, "%v %v\n", k.Shift, k.Scale)
	}
	if s.st.drawn != nil {
		fmt.Fprintf(d, "%q %d %v\n", s.st.drawn.Of, s.st.drawn.Seed, s.st.drawn.Paired)
	}
	for _, i := range s.index {
		it, class := &s.st.items[i], -1
		if it.Class >= 0 {
			class = place[it.Class]
		}
		fmt.Fprintf(d, "%x %d\n", it.Hash, class)
		if s.st.pairs != nil {
			fmt.Fprintf(d, "%x\n", s.st.pairs.of.items[s.st.pairs.item[i]].Hash)
		}
	}
	return hex.EncodeToString(d.Sum(nil))
}

// order returns the epoch's permutation of 0..n-1.
func order(n int, seed uint64, epoch int) []int {
	return random.Stream{Seed: seed, Domain: random.Shuffle, Step: uint32(epoch)}.Perm(n)
}

// mirrored reports whether the epoch flips an image; item is its number in the store.
func mirrored(seed uint64, epoch, item int) bool {
	return random.Stream{Seed: seed, Domain: random.Augment, Sample: uint64(item), Step: uint32(epoch)}.Uniform() < 0.5
}
