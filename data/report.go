package data

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"image"
	"maps"
	"slices"
	"strings"

	"github.com/dustin/go-humanize/english"

	"github.com/reverie-go/reverie/data/picture"
	"github.com/reverie-go/reverie/kind"
)

// Count is a bar of a histogram.
type Count struct {
	Name   string
	Images int
}

// Report is what Examine finds in image folders.
type Report struct {
	// Images counts the readable images, Training those that Options.Val does not hold out, Bytes
	// all files' sizes.
	Images, Training int

	Bytes int64
	// Labels says where the classes come from, see Set.Labels.
	Labels string
	// Classes are the classes and their images, by name; "" are images of none.
	Classes []Count
	// Sizes, by the pixels of the shorter side; Shapes, by aspect; Modes, as stored; Formats. The
	// last three by falling count.
	Sizes, Shapes, Modes, Formats []Count
	// MinWidth to MaxHeight are the extremes over the set.
	MinWidth, MinHeight, MaxWidth, MaxHeight int
	// Duplicates are groups of two or more files of equal content.
	Duplicates [][]string
	// Twins are groups of two or more files that look alike (mirrored too, where Survey.Flip says
	// so), not all of equal content: SplitPixels keeps each group on one side of the hold-out.
	Twins [][]string
	// Unreadable are the files that Open would skip.
	Unreadable []Skip
	// Remarks are the set's, see Set.Remarks.
	Remarks []string
	// Survey is what train chooses for these folders.
	Survey *Survey
	// Notes are what to mind before training, each a sentence.
	Notes []string
	// Sample are images of every class, of up to 32 classes, taken at equal steps through each; of
	// a set without classes images of all in one row.
	Sample []Row
}

// A Row are images of one class.
type Row struct {
	Class  string // "" are images of none
	Images []image.Image
}

// Of a sample: the most images where there are no classes, and else of each, the most classes, and
// an image's side.
const (
	sampleSize = 64
	sampleWide = 8
	sampleRows = 32
	sampleSide = 64
)

// Examine reads image folders, or of no roots the embedded emoji, and reports what a training run
// should know of them. Of o, Classes,
// Val, MaxPixels, Workers and Progress count. Unreadable files are part of the report, unless
// o.Strict makes them an error.
func Examine(ctx context.Context, roots []string, o Options) (*Report, error) {
	if len(roots) == 0 {
		l, err := listEmbedded(ctx, o)
		if err != nil {
			return nil, err
		}
		return l.examine(ctx, o)
	}
	l, err := list(ctx, roots, o)
	if err != nil {
		return nil, err
	}
	defer l.close()
	return l.examine(ctx, o)
}

func (l listing) examine(ctx context.Context, o Options) (*Report, error) {
	quiet := o
	quiet.Progress = nil
	v, err := l.survey(ctx, quiet)
	if err != nil {
		return nil, err
	}
	s, err := open(ctx, l, examining(o, v))
	if err != nil {
		return nil, err
	}
	r, err := s.report(ctx)
	r.Survey = v
	return r, err
}

// examining returns the options under which the pixels are those of the sample.
func examining(o Options, v *Survey) Options {
	o.Height, o.Width, o.Channels = sampleSide, sampleSide, 4
	o.Crop, o.Flip, o.CacheBytes, o.Split = CropCenter, v.Flip, -1, SplitPixels
	return o
}

func (s *Set) report(ctx context.Context) (*Report, error) {
	r := &Report{Images: s.Len(), Training: s.Train().Len(), Labels: s.Labels(), Unreadable: s.Skipped(), Remarks: s.Remarks()}
	r.Remarks = slices.DeleteFunc(r.Remarks, func(text string) bool { // what is true of the sample alone, or said elsewhere
		return strings.HasSuffix(text, NoteMadeColour) || strings.HasSuffix(text, NoteMadeOpaque) || strings.HasPrefix(text, labelsRemark)
	})
	infos := make([]Info, s.Len())
	for i := range infos {
		infos[i] = s.Info(i)
	}
	r.extremes(infos)
	r.histograms(infos, s.Classes())
	r.Duplicates = duplicates(infos)
	r.Twins = s.twins(infos)
	r.Notes = r.notes()
	sample, err := s.sample(ctx, infos)
	r.Sample = sample
	return r, err
}

func (r *Report) extremes(infos []Info) {
	r.MinWidth, r.MinHeight = infos[0].Width, infos[0].Height
	for _, f := range infos {
		r.Bytes += f.Bytes
		r.MinWidth, r.MaxWidth = min(r.MinWidth, f.Width), max(r.MaxWidth, f.Width)
		r.MinHeight, r.MaxHeight = min(r.MinHeight, f.Height), max(r.MaxHeight, f.Height)
	}
}

// sizeBounds part the histogram of the shorter side.
var sizeBounds = []int{32, 64, 128, 256, 512, 1024, 2048}

func (r *Report) histograms(infos []Info, classes []string) {
	r.Classes = countBy(infos, func(f Info) string { return className(classes, f.Class) })
	slices.SortFunc(r.Classes, func(a, b Count) int { return kind.CompareClassNames(a.Name, b.Name) })
	r.Shapes = countBy(infos, shape)
	r.Modes = countBy(infos, func(f Info) string { return f.Mode })
	r.Formats = countBy(infos, func(f Info) string { return f.Format })
	sizes := make([]Count, len(sizeBounds)+1)
	for i := range sizes {
		sizes[i].Name = sizeName(i)
	}
	for _, f := range infos {
		i, _ := slices.BinarySearch(sizeBounds, min(f.Width, f.Height)+1)
		sizes[i].Images++
	}
	r.Sizes = slices.DeleteFunc(sizes, func(c Count) bool { return c.Images == 0 })
}

// sizeName names the sizes from bound i-1 to under bound i.
func sizeName(i int) string {
	switch {
	case i == 0:
		return fmt.Sprintf("under %d", sizeBounds[0])
	case i == len(sizeBounds):
		return fmt.Sprintf("%d and more", sizeBounds[i-1])
	}
	return fmt.Sprintf("%d to %d", sizeBounds[i-1], sizeBounds[i]-1)
}

// shape names an aspect; up to 5% from square counts as square.
func shape(f Info) string {
	a := float64(f.Width) / float64(f.Height)
	switch {
	case a > 2:
		return "very wide"
	case a > 1.05:
		return "wide"
	case a < .5:
		return "very tall"
	case a < 1/1.05:
		return "tall"
	}
	return "square"
}

func className(classes []string, i int) string {
	if i < 0 {
		return ""
	}
	return classes[i]
}

// countBy counts images by a property, the most frequent first.
func countBy(infos []Info, of func(Info) string) []Count {
	n := map[string]int{}
	for _, f := range infos {
		n[of(f)]++
	}
	return counts(n)
}

// counts lists a histogram, the most frequent first.
func counts(n map[string]int) []Count {
	list := make([]Count, 0, len(n))
	for name, k := range n {
		list = append(list, Count{name, k})
	}
	slices.SortFunc(list, func(a, b Count) int {
		return cmp.Or(cmp.Compare(b.Images, a.Images), cmp.Compare(a.Name, b.Name))
	})
	return list
}

// duplicates groups files of equal content, in the order of the set.
func duplicates(infos []Info) [][]string {
	return groups(infos, func(i int) [sha256.Size]byte { return infos[i].Hash }, func([]int) bool { return true })
}

// twins groups files that look alike but for those that are all equal.
func (s *Set) twins(infos []Info) [][]string {
	return groups(infos, func(i int) [sha256.Size]byte { return s.st.items[i].key }, func(g []int) bool {
		return slices.ContainsFunc(g, func(i int) bool { return infos[i].Hash != infos[g[0]].Hash })
	})
}

// groups lists the paths of two or more files that share a key, in the order of the set.
func groups[K comparable](infos []Info, key func(i int) K, take func(g []int) bool) (all [][]string) {
	at := map[K][]int{}
	for i := range infos {
		at[key(i)] = append(at[key(i)], i)
	}
	for i := range infos {
		if g := at[key(i)]; len(g) > 1 && g[0] == i && take(g) {
			paths := make([]string, len(g))
			for k, j := range g {
				paths[k] = infos[j].Path
			}
			all = append(all, paths)
		}
	}
	return all
}

// sample loads images at equal steps through each class.
func (s *Set) sample(ctx context.Context, infos []Info) (rows []Row, err error) {
	of := map[int][]int{}
	for i, f := range infos {
		of[f.Class] = append(of[f.Class], i)
	}
	classes, wide := slices.Sorted(maps.Keys(of)), sampleWide
	if len(classes) == 1 {
		wide = sampleSize
	}
	for _, k := range classes[:min(len(classes), sampleRows)] {
		n := min(wide, len(of[k]))
		pick := make([]int, n)
		for j := range pick {
			pick[j] = of[k][j*len(of[k])/n]
		}
		b, err := s.Load(ctx, pick...)
		if err != nil {
			return nil, err
		}
		rows = append(rows, Row{className(s.st.classes, k), picture.Split(b.X, b.H, b.W, b.C)})
	}
	return rows, nil
}

// Grid lays the sample out: a row for each class under its name, or 8 images in a row where there
// are no classes to tell apart.
func (r *Report) Grid() *image.NRGBA {
	l := picture.Layout{Columns: sampleWide, Scale: 1}
	if len(r.Sample) == 1 {
		return picture.Grid(r.Sample[0].Images, l)
	}
	rows := make([]image.Image, len(r.Sample))
	for i, row := range r.Sample {
		n := countOf(r.Classes, row.Class)
		rows[i] = picture.Titled(picture.Grid(padded(row.Images), l), fmt.Sprintf("%s: %s", shownClass(row.Class), english.Plural(n, "image", "")))
	}
	return picture.Grid(rows, picture.Layout{Columns: 1, Pad: -1, Scale: 1})
}

// padded are the images of a row of a grid, with nothing in the places left over.
func padded(row []image.Image) []image.Image {
	return append(slices.Clone(row), slices.Repeat([]image.Image{image.NewNRGBA(image.Rectangle{})}, sampleWide-len(row))...)
}
