package eval

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/dustin/go-humanize"

	"github.com/reverie-go/reverie/kind"
)

// A Set is images or points, with what is derived from them once.
type Set struct {
	Images
	Name        string // such as "held-out"
	Fingerprint string // identifies them for the cache; "": they are not cached

	features map[string]Rows
}

// NewSet returns a set.
func NewSet(name string, m Images, fingerprint string) *Set {
	return &Set{Images: m, Name: name, Fingerprint: fingerprint, features: map[string]Rows{}}
}

// A Case is what a metric measures.
type Case struct {
	Samples   *Set // nil for metrics of the model
	Reference *Set // HeldOut or Training
	HeldOut   *Set // nil: none
	Training  *Set // nil: not known
	Withheld  *Set // held out of Training; nil: not known
	Seed      uint64

	evaluation *Evaluation
}

// Note keeps what a person should know with the report, once.
func (c *Case) Note(format string, args ...any) { c.evaluation.note(format, args...) }

// Features returns the features of samples and reference.
func (c *Case) Features(ctx context.Context) (samples, reference Rows, err error) {
	if samples, err = c.evaluation.rows(ctx, c.Samples); err != nil {
		return Rows{}, Rows{}, err
	}
	reference, err = c.evaluation.rows(ctx, c.Reference)
	return samples, reference, err
}

// A Value is one number that a metric gives.
type Value struct {
	Name   string
	X      float64
	Error  float64 // standard error; 0: not known
	Better Better
	Most   int // of each set that many at most are compared; 0: all
}

// Better says which way a number is better.
type Better string

// The ways. Some numbers have none: they are read beside another.
const (
	Less Better = "less"
	More Better = "more"
)

// A Metric is one way to judge.
type Metric struct {
	Name  string // as --metrics takes it
	About string // a line
	// Kind says what it judges: Any, ImagesOnly or PointsOnly samples, or
	// ModelOnly: the model itself, on each reference set.
	Kind    Kind
	Measure func(ctx context.Context, c *Case) ([]Value, error)
}

// Kind says what a metric judges.
type Kind int

// The kinds.
const (
	Any Kind = iota
	ImagesOnly
	PointsOnly
	ModelOnly
)

// fits says whether a metric judges samples of a kind.
func (k Kind) fits(of kind.Kind) bool {
	return k == Any || k == ModelOnly || of.Vector() == (k == PointsOnly)
}

// Metrics lists the metrics of samples, in the order of the table.
func Metrics() []Metric {
	return []Metric{
		{"swd", "sliced Wasserstein distance: of 7x7 patches at each level of a pyramid, times 1000 (images); of order 2 (points)", Any, measureSWD},
		{"w2", "squared Wasserstein distance by an exact assignment, of 2,048 points at most", PointsOnly, measureW2},
		{"mmd", "squared maximum mean discrepancy of the values, times 1000: Gaussian kernels of 1/4 to 4 times the median distance of the reference", Any, measureMMD},
		{"fid", "Frechet distance of features", Any, measureFID},
		{"kid", "kernel distance of features, times 1000", ImagesOnly, measureKID},
		{"pr", "precision and recall of features, 3 neighbours", Any, measurePR},
		{"nearest", "are samples nearer to the training images than held-out images are", Any, measureNearest},
	}
}

// Choose returns the metrics of a list that are named, in the list's order; of
// none all that fit the kind of the samples, without those of the model.
func Choose(list []Metric, names []string, of kind.Kind) ([]Metric, error) {
	var known []string
	for _, m := range list {
		known = append(known, m.Name)
	}
	for _, n := range names {
		i := slices.Index(known, n)
		if i < 0 {
			return nil, fmt.Errorf("metric %q is unknown; choose of %s", n, strings.Join(known, ", "))
		}
		if !list[i].Kind.fits(of) {
			return nil, fmt.Errorf("metric %s is for %s, and these are %s", n, map[bool]string{true: "images", false: "points"}[of.Vector()], of.Noun(2))
		}
	}
	var chosen []Metric
	for _, m := range list {
		if slices.Contains(names, m.Name) || len(names) == 0 && m.Kind.fits(of) && m.Kind != ModelOnly {
			chosen = append(chosen, m)
		}
	}
	return chosen, nil
}

// maxPatched is the number of reference images from which swd draws patches,
// where there are no more samples than that.
const maxPatched = 2048

// maxPatches is the number of patches that swd draws of each set at most: 128,
// the paper's number, of 512 images.
const maxPatches = 1 << 16

func measureSWD(ctx context.Context, c *Case) ([]Value, error) {
	if !c.Samples.Pictorial() {
		d, err := Sliced{Seed: c.Seed}.Measure(ctx, c.Samples.Rows(), c.Reference.Rows())
		return []Value{{Name: "swd", X: d, Better: Less}}, err
	}
	reference := takeImages(c.Reference.Images, max(c.Samples.N, maxPatched), c.Seed, 6)
	each := min(128, max(1, maxPatches/max(c.Samples.N, reference.N)))
	levels, err := SWD{Patches: each, Seed: c.Seed}.Measure(ctx, c.Samples.Images, reference)
	if err != nil {
		return nil, err
	}
	var out []Value
	total := 0.0
	for _, l := range levels {
		out = append(out, Value{Name: fmt.Sprintf("swd %dx%d", l.H, l.W), X: l.Distance, Better: Less})
		total += l.Distance / float64(len(levels))
	}
	if len(levels) > 1 {
		out = append(out, Value{Name: "swd mean", X: total, Better: Less})
	}
	return out, nil
}

func measureW2(ctx context.Context, c *Case) ([]Value, error) {
	d, taken, err := Transport{Seed: c.Seed}.Measure(ctx, c.Samples.Rows(), c.Reference.Rows())
	if taken > 0 {
		c.noteTaken("w2", taken)
	}
	return []Value{{Name: "w2^2", X: d, Better: Less, Most: taken}}, err
}

// noteTaken says that a metric takes n of each set, where it does not take all.
func (c *Case) noteTaken(name string, n int) {
	some := func(s *Set) string {
		if s.N <= n {
			return fmt.Sprintf("all %s", humanize.Comma(int64(s.N)))
		}
		return fmt.Sprintf("%s random ones of %s", humanize.Comma(int64(n)), humanize.Comma(int64(s.N)))
	}
	c.Note("%s to %s is of %s and %s", name, c.Reference.Name, some(c.Samples), some(c.Reference))
}

// fewKID is the size of a subset below which kid is said to vary.
const fewKID = 100

// maxKernelRows bounds the rows of each set that the kernels of mmd compare,
// all with all.
const maxKernelRows = 5000

func measureMMD(ctx context.Context, c *Case) ([]Value, error) {
	most := 0
	if max(c.Samples.N, c.Reference.N) > maxKernelRows {
		most = maxKernelRows
		c.noteTaken("mmd", most)
	}
	reference := takeImages(c.Reference.Images, maxKernelRows, c.Seed, 4).Rows()
	b, err := Bandwidths(ctx, reference, c.Seed)
	if err != nil {
		return nil, err
	}
	v, se, err := MMD(ctx, RBF(b...), takeImages(c.Samples.Images, maxKernelRows, c.Seed, 5).Rows(), reference)
	return []Value{{Name: "mmd^2 x1000", X: 1000 * v, Error: 1000 * se, Better: Less, Most: most}}, err
}

func measureFID(ctx context.Context, c *Case) ([]Value, error) {
	a, b, err := c.Features(ctx)
	if err != nil {
		return nil, err
	}
	f, err := FID(a, b)
	if err != nil {
		return nil, err
	}
	for i, set := range []*Set{c.Samples, c.Reference} {
		if f.Ranks[i] < f.D {
			c.Note("fid: the features of %s (%d) span %d of %d directions: the distance says nothing of the others", set.Name, set.N, f.Ranks[i], f.D)
		}
	}
	return []Value{{Name: "fid", X: f.Distance, Better: Less}}, nil
}

func measureKID(ctx context.Context, c *Case) ([]Value, error) {
	a, b, err := c.Features(ctx)
	if err != nil {
		return nil, err
	}
	v, _, err := KID{Seed: c.Seed}.Measure(ctx, a, b)
	if n := min(a.N, b.N); err == nil && n < fewKID {
		c.Note("kid to %s is of subsets of %d, which vary much; the paper's have 1,000", c.Reference.Name, n)
	}
	return []Value{{Name: "kid x1000", X: 1000 * v, Better: Less}}, err
}

func measurePR(ctx context.Context, c *Case) ([]Value, error) {
	a, b, err := c.Features(ctx)
	if err != nil {
		return nil, err
	}
	p, r, err := PrecisionRecall{Seed: c.Seed}.Measure(ctx, a, b)
	n := min(a.N, b.N)
	for _, x := range []struct {
		name  string
		share float64
	}{{"precision", p}, {"recall", r}} {
		if err == nil && (x.share == 0 || x.share == 1) {
			c.Note("%s of %s to %s is at its end, %v: at %s of each it tells no more; give a larger -n, or other --features", x.name, c.Samples.Name, c.Reference.Name,
				x.share, humanize.Comma(int64(n)))
		}
	}
	return []Value{{Name: "precision", X: p, Better: More}, {Name: "recall", X: r, Better: More}}, err
}

// measureNearest compares with the training images; beside others there is
// nothing to say.
func measureNearest(ctx context.Context, c *Case) ([]Value, error) {
	if c.Reference != c.Training || c.Samples == c.Training {
		return nil, nil
	}
	if c.Withheld == nil {
		return nil, fmt.Errorf("%w: no images are known to be held out of the training; train with --val, and keep the data as they are", errUnfit)
	}
	m, err := Memorised(ctx, c.Samples.Images, c.Withheld.Images, c.Training.Images)
	return []Value{
		{Name: "nearer than held-out", X: m.Nearer, Better: Less}, {Name: "nearer than any held-out", X: m.Copies, Better: Less},
		{Name: "distance to nearest", X: m.Samples}, {Name: "that of held-out", X: m.HeldOut},
	}, err
}

// errUnfit says that a number is not defined for what there is.
var errUnfit = errors.New("not defined here")

// unfit says whether an error is about what there is to measure, not a failure.
func unfit(err error) bool {
	return errors.Is(err, errUnfit) || errors.Is(err, errTooFew) || errors.Is(err, ErrNoClasses)
}

// deviation is the root of spread.
func deviation(v []float64) float64 { return math.Sqrt(spread(v)) }
