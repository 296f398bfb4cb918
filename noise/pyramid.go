package noise

import (
	"errors"
	"math"

	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/random"
	"github.com/reverie-go/reverie/table"
)

// Pyramid is Gaussian noise of several resolutions: with standard normal arrays g_l of the image's
// height and width halved l times, made as large as the image by linear interpolation U,
//
//	z = D sum over l of Discount^l U g_l,   l = 0 up to where the smaller side is 1
//
// D is diagonal and makes every element's variance 1, so that z is Gaussian with a known
// covariance. Channels are independent. After Frotscher et al. 2023 (ANDi, arXiv:2312.01904), whose
// code divides the sides by random numbers between 2 and 4 in place of 2, and each image by its own
// deviation.
type Pyramid struct {
	Discount float64 `flag:"discount" range:"(0,1]" help:"by what each coarser level of the noise counts less" group:"Formulation" rare:"true"`
}

// Row implements table.Row.
func (*Pyramid) Row() table.Info {
	return table.Info{Name: "pyramid", Text: "Gaussian noise of all resolutions added up, Frotscher et al. 2023"}
}

// Fits refuses samples without positions.
func (*Pyramid) Fits(k kind.Kind) error { return positioned(k) }

// positioned refuses samples of a single position.
func positioned(k kind.Kind) error {
	if k.Vector() {
		return errors.New(k.Noun(2) + " have no neighbouring pixels")
	}
	return nil
}

// Fill implements Noise.
func (p *Pyramid) Fill(s random.Stream, z []float64, h, w, c int) {
	levels, size := p.levels(h, w)
	g := make([]float64, size*c)
	s.Normal(g)
	clear(z)
	variance := make([]float64, h*w)
	for _, l := range levels {
		l.add(z, variance, g[:l.h*l.w*c], c)
		g = g[l.h*l.w*c:]
	}
	for i, v := range variance {
		d := 1 / math.Sqrt(v)
		for k := i * c; k < (i+1)*c; k++ {
			z[k] *= d
		}
	}
}

// A level is one resolution of a pyramid.
type level struct {
	h, w       int // its size
	weight     float64
	rows, cols []place // of the image's, in it
}

// levels are those of an image, and how many positions they have together.
func (p *Pyramid) levels(h, w int) (all []level, size int) {
	weight := 1.0
	for lh, lw := h, w; ; lh, lw = lh/2, lw/2 {
		all, size = append(all, level{lh, lw, weight, places(h, lh), places(w, lw)}), size+lh*lw
		if min(lh, lw) == 1 {
			return all, size
		}
		weight *= p.Discount
	}
}

// A place is where a pixel's centre lies among the pixels of a coarser level: the shares of two
// neighbours. The products of this file are converted, see package random.
type place struct {
	lo, hi   int
	wlo, whi float64
}

// places are those of n pixels over as wide a row of m, the outermost pixels going on to the edge.
func places(n, m int) []place {
	all := make([]place, n)
	for i := range all {
		at := max(0, min((2*i+1)*m-n, 2*n*(m-1))) // the centre in units of 1/2n of a coarse pixel
		lo := at / (2 * n)
		part := float64(at%(2*n)) / float64(2*n)
		all[i] = place{lo, min(lo+1, m-1), 1 - part, part}
	}
	return all
}

// square is the sum of the squares of the shares.
func (p place) square() float64 { return float64(p.wlo*p.wlo) + float64(p.whi*p.whi) }

// add adds the level with numbers g to z, and its variance at each position.
func (l level) add(z, variance, g []float64, c int) {
	for i, r := range l.rows {
		above, below := g[r.lo*l.w*c:], g[r.hi*l.w*c:]
		for j, q := range l.cols {
			at := i*len(l.cols) + j
			variance[at] += float64(float64(l.weight*l.weight) * float64(r.square()*q.square()))
			for k := range c {
				lo, hi := q.lo*c+k, q.hi*c+k
				up := float64(q.wlo*above[lo]) + float64(q.whi*above[hi])
				down := float64(q.wlo*below[lo]) + float64(q.whi*below[hi])
				z[at*c+k] += float64(l.weight * (float64(r.wlo*up) + float64(r.whi*down)))
			}
		}
	}
}
