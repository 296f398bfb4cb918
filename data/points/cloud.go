package points

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/internal/regular"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/random"
)

// Domain is the domain of the random streams that Open draws from.
const Domain random.Domain = 129

// Bounds of a set.
const (
	MaxDim     = 1 << 12 // numbers in a point
	MaxNumbers = 1 << 24 // numbers in a set
	MaxNumber  = 1e30    // what a number may be at most, either way: larger ones could be trained on, not squared and summed
	maxFile    = 1 << 29 // bytes of a file
)

// A Cloud is a list of points of one dimension.
type Cloud struct {
	// X holds the points, [N][D], finite numbers.
	X reverie.Batch[float64]
	// Columns are the names of the numbers, [D], where the source has any.
	Columns []string
	// Classes are the names of the points' classes and Class each point's place among them, [N];
	// both are nil for most sources.
	Classes []string
	Class   []int
	// Notes say what of a file was read otherwise than as it stands, or may not be what was meant:
	// a line each, with the remedy.
	Notes []string
}

// Dim returns the numbers in a point.
func (c *Cloud) Dim() int { return len(c.X[0]) }

// Set makes a training set of the points, as images of one pixel with a channel for each number
// (rounded to float32). The name stands for the file in data.Info. Of o those fields count that
// count for data.FromMemory.
func (c *Cloud) Set(name string, o data.Options) (*data.Set, error) {
	return data.FromMemory(c.memory(name, slices.Concat(c.X...)), o)
}

// memory is the set of points whose numbers are x.
func (c *Cloud) memory(name string, x []float64) data.Memory {
	m := data.Memory{Name: name, Kind: kind.OfPoints(c.Dim()), Classes: c.Classes, Class: c.Class, X: make([]float32, len(x))}
	for i, v := range x {
		m.X[i] = float32(v)
	}
	return m
}

// SetIn is Set of the numbers that stand for the points in units u, which it remembers.
func (c *Cloud) SetIn(u kind.Units, name string, o data.Options) (*data.Set, error) {
	x := slices.Concat(c.X...)
	m := c.memory(name, u.FromUnits(x))
	m.Kind, m.Source = m.In(u), x
	for _, n := range c.Notes {
		m.Remarks = append(m.Remarks, filepath.Base(name)+": "+n)
	}
	return data.FromMemory(m, o)
}

// Options says how many points are drawn from a source that has any number of them, and which
// column of a table holds labels.
type Options struct {
	N    int // how many; 0: 10,000
	Seed uint64
	// LabelColumn is the name of the column, see ReadLabelledCSV. Other sources do not look at it.
	LabelColumn string
}

// Open returns the points of a source: a name that Names lists, a table (.csv, .tsv, .txt, .dat),
// an array (.npz, .npy) or a picture (.png). Of a named set and of a PNG o.N points are drawn from
// the seed; other files give all they have, with notes on columns that do not vary and points that
// come twice.
func Open(source string, o Options) (*Cloud, error) {
	if o.N == 0 {
		o.N = 10_000
	}
	s := random.Stream{Seed: o.Seed, Domain: Domain}
	switch strings.ToLower(filepath.Ext(source)) {
	case ".csv", ".tsv", ".txt", ".dat":
		return examined(source, func(path string) (*Cloud, error) { return openCSV(path, o.LabelColumn) })
	case ".npz":
		return examined(source, OpenNPZ)
	case ".npy":
		return examined(source, OpenNPY)
	case ".png":
		return OpenPNG(source, s, o.N)
	}
	if find(source) == nil {
		return nil, fmt.Errorf("points: %q is no set of points: expected one of %s, or a file .csv, .tsv, .txt, .dat, .npz, .npy or .png", source, strings.Join(Names(), ", "))
	}
	return Draw(source, s, o.N)
}

// checkCount reports a number of points in the plane that cannot be drawn.
func checkCount(n int) error {
	if n < 1 || n > MaxNumbers/2 {
		return fmt.Errorf("points: %d points: expected 1 to %d", n, MaxNumbers/2)
	}
	return nil
}

// checkNumber reports a number that no set may hold.
func checkNumber(v float64) error {
	if !(math.Abs(v) <= MaxNumber) {
		return fmt.Errorf("%v: expected a finite number of at most %v", v, float64(MaxNumber))
	}
	return nil
}

// openFile opens a regular file of at most maxFile bytes.
func openFile(path string) (*os.File, error) {
	f, st, err := regular.Open(path)
	if err != nil {
		return nil, fmt.Errorf("points: %w", err)
	}
	if st.Size() > maxFile {
		f.Close()
		return nil, fmt.Errorf("points: %s: %d bytes: more than the limit of %d for a file", path, st.Size(), maxFile)
	}
	return f, nil
}
