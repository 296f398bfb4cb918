// Package eval judges samples against data.
package eval

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"

	"github.com/reverie-go/reverie/internal/parallel"
	"github.com/reverie-go/reverie/random"
	"github.com/reverie-go/reverie/table"
)

// SWD holds what its Measure draws at random. The zero value is the paper's setting.
type SWD struct {
	Patches     int    // patches drawn from each of the larger set's images; 0: 128
	Projections int    // directions; 0: 512
	Seed        uint64 // of patches and directions
}

// patchSize is the side of a patch, in pixels of its level.
const patchSize = 7

// A Level is the distance between two sets at one level of the pyramid.
type Level struct {
	H, W     int     // size of the level in pixels
	Distance float64 // times 1000, as the paper prints it
}

// Measure returns the sliced Wasserstein distance between 7x7 patches of the two sets at each level
// of a Laplacian pyramid, full resolution first, down to the last level of at least 16 pixels
// (Karras et al. 2018, section 5, arXiv:1710.10196):
//
//	1000 E_d W1({<d, p>}, {<d, q>}),  p, q patches, |d| = 1
//
// Patches are normalised per set and channel to mean 0 and deviation 1. From both sets equally many
// patches are drawn, whatever the numbers of images. A context that ends stops it with its error.
func (s SWD) Measure(ctx context.Context, a, b Images) ([]Level, error) {
	if err := sameSize(a, b); err != nil {
		return nil, err
	}
	if a.N < 1 || b.N < 1 || min(a.H, a.W) < patchSize {
		return nil, fmt.Errorf("eval: %d and %d images of %dx%d: at least one in each set, of at least %d pixels a side, is needed", a.N, b.N, a.H, a.W, patchSize)
	}
	if s.Patches == 0 {
		s.Patches = 128
	}
	if s.Projections == 0 {
		s.Projections = 512
	}
	count := s.Patches * max(a.N, b.N)
	var levels []Level
	for depth := 0; ; depth++ {
		last := min(a.H, a.W) < 32
		bandA, bandB := a, b
		if !last {
			downA, downB := shrink(ctx, a), shrink(ctx, b)
			bandA, bandB = difference(a, enlarge(ctx, downA, a.H, a.W)), difference(b, enlarge(ctx, downB, b.H, b.W))
			a, b = downA, downB
		}
		pa := patches(bandA, count, stream(s.Seed, usePatchesA, depth))
		pb := patches(bandB, count, stream(s.Seed, usePatchesB, depth))
		levels = append(levels, Level{bandA.H, bandA.W, 1000 * s.distance(ctx, pa, pb, count, depth)})
		if err := ctx.Err(); err != nil {
			return nil, err // what was computed since it ended is not whole
		}
		if last {
			return levels, nil
		}
	}
}

// binomial is the filter of Burt & Adelson's pyramid.
var binomial = [5]float32{1. / 16, 4. / 16, 6. / 16, 4. / 16, 1. / 16}

// shrink halves both sides: binomial filter, then every second pixel.
func shrink(ctx context.Context, m Images) Images {
	out := Images{N: m.N, Kind: m.Kind.Sized((m.H+1)/2, (m.W+1)/2), Class: m.Class}
	out.Pix = make([]float32, out.N*out.H*out.W*out.C)
	out.fill(ctx, func(img, y, x, c int) (v float32) {
		for i, wy := range binomial {
			for j, wx := range binomial {
				v += wy * wx * m.at(img, 2*y+i-2, 2*x+j-2, c)
			}
		}
		return v
	})
	return out
}

// enlarge is the other way: zeros between the pixels, then four times the filter, mirrored at the
// border of the enlarged image as the paper's program has it.
func enlarge(ctx context.Context, m Images, h, w int) Images {
	out := Images{N: m.N, Kind: m.Kind.Sized(h, w), Pix: make([]float32, m.N*h*w*m.C)}
	out.fill(ctx, func(img, y, x, c int) (v float32) {
		for i, wy := range binomial {
			for j, wx := range binomial {
				if sy, sx := mirror(y+i-2, h), mirror(x+j-2, w); sy&1 == 0 && sx&1 == 0 {
					v += 4 * wy * wx * m.at(img, sy/2, sx/2, c)
				}
			}
		}
		return v
	})
	return out
}

// at is a pixel of m, mirrored at the border.
func (m Images) at(img, y, x, c int) float32 {
	y, x = mirror(y, m.H), mirror(x, m.W)
	return m.Pix[((img*m.H+y)*m.W+x)*m.C+c]
}

func mirror(i, n int) int {
	if i < 0 {
		i = -i
	}
	if i >= n {
		i = 2*(n-1) - i
	}
	return i
}

// fill sets each value of m, until ctx ends.
func (m Images) fill(ctx context.Context, value func(img, y, x, c int) float32) {
	parallel.Until(ctx, m.N, func(img int) {
		at := img * m.H * m.W * m.C
		for y := range m.H {
			for x := range m.W {
				for c := range m.C {
					m.Pix[at] = value(img, y, x, c)
					at++
				}
			}
		}
	})
}

func difference(a, b Images) Images {
	out := a
	out.Pix = make([]float32, len(a.Pix))
	for i := range out.Pix {
		out.Pix[i] = a.Pix[i] - b.Pix[i]
	}
	return out
}

// patches draws count patches, from the images in turn, as rows of a matrix with every channel
// normalised.
func patches(m Images, count int, s random.Stream) []float32 {
	dim := patchSize * patchSize * m.C
	rows := make([]float32, 0, count*dim)
	at := make([]float64, 2*count)
	s.Uniforms(at)
	for i := range count {
		y, x := int(at[2*i]*float64(m.H-patchSize+1)), int(at[2*i+1]*float64(m.W-patchSize+1))
		img := m.Image(i % m.N)
		for dy := range patchSize {
			at := ((y+dy)*m.W + x) * m.C
			rows = append(rows, img[at:at+patchSize*m.C]...)
		}
	}
	for c := range m.C {
		normalise(rows, c, m.C)
	}
	return rows
}

// normalise brings every step-th value from first on to mean 0 and deviation 1.
func normalise(v []float32, first, step int) {
	var sum, squares, n float64
	for i := first; i < len(v); i += step {
		x := float64(v[i])
		sum, squares, n = sum+x, squares+x*x, n+1
	}
	mean := sum / n
	deviation := math.Sqrt(max(squares/n-mean*mean, 1e-12))
	for i := first; i < len(v); i += step {
		v[i] = float32((float64(v[i]) - mean) / deviation)
	}
}

// distance is the mean over random directions of W1 between the projections.
func (s SWD) distance(ctx context.Context, a, b []float32, count, depth int) float64 {
	dim := len(a) / count
	wide := directions(s.Seed, 1+depth, s.Projections, dim)
	narrow := make([]float32, len(wide))
	for i, v := range wide {
		narrow[i] = float32(v)
	}
	w := make([]float64, s.Projections)
	pa, pb := make([]float32, together*count), make([]float32, together*count)
	for first := 0; first < s.Projections && ctx.Err() == nil; first += together {
		n := min(together, s.Projections-first)
		d := narrow[first*dim : (first+n)*dim]
		project(pa, a, count, d, n)
		project(pb, b, count, d, n)
		parallel.Until(ctx, n, func(i int) {
			w[first+i] = wasserstein(pa[i*count:(i+1)*count], pb[i*count:(i+1)*count])
		})
	}
	return mean(w)
}

// together is how many directions are projected on at once.
const together = 32

// project puts the inner products of count rows with n directions into dst, direction after
// direction.
func project(dst, rows []float32, count int, d []float32, n int) {
	dim := len(d) / n
	blas32.Gemm(blas.NoTrans, blas.Trans, 1, blas32.General{Rows: n, Cols: dim, Stride: dim, Data: d},
		blas32.General{Rows: count, Cols: dim, Stride: dim, Data: rows}, 0,
		blas32.General{Rows: n, Cols: count, Stride: count, Data: dst})
}

// wasserstein is W1 between two samples of equal size: the mean distance of their sorted values. It
// sorts its arguments.
func wasserstein(a, b []float32) float64 {
	sortFloats(a)
	sortFloats(b)
	sum := 0.0
	for i := range a {
		sum += math.Abs(float64(a[i]) - float64(b[i]))
	}
	return sum / float64(len(a))
}

// sortFloats sorts numbers without NaN by the digits of their bits, eleven at a time: ten times as
// fast as comparing, for the tens of thousands there are.
func sortFloats(v []float32) {
	const digit = 11
	from, to := make([]uint32, len(v)), make([]uint32, len(v))
	for i, x := range v {
		u := math.Float32bits(x)
		from[i] = u ^ (uint32(int32(u)>>31) | 1<<31) // in the order of the numbers
	}
	for shift := 0; shift < 32; shift += digit {
		var at [1<<digit + 1]int
		for _, u := range from {
			at[u>>shift&(1<<digit-1)+1]++
		}
		for i := range at[1:] {
			at[i+1] += at[i]
		}
		for _, u := range from {
			k := u >> shift & (1<<digit - 1)
			to[at[k]] = u
			at[k]++
		}
		from, to = to, from
	}
	for i, u := range from {
		v[i] = math.Float32frombits(u ^ (^uint32(int32(u)>>31) | 1<<31))
	}
}

var swd = Plain{Base{Info: table.Info{Name: "swd", Text: "sliced Wasserstein distance: of 7x7 patches at each level of a pyramid, times 1000 (images); of order 2 (points)"}}, measureSWD}

// maxPatched is the number of reference images from which swd draws patches, where there are no
// more samples than that.
const maxPatched = 2048

// maxPatches is the number of patches that swd draws of each set at most: 128, the paper's number,
// of 512 images.
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
