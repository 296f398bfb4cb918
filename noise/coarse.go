package noise

import (
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/random"
	"github.com/reverie-go/reverie/table"
)

// Coarse is normal noise of one low resolution: independent standard normal numbers g_v at the
// corners of square cells, Cells of them along the image's shorter side but none smaller than a
// pixel, and what bilinear interpolation has between, times 3/2:
//
//	z(p) = 3/2 sum over corners v of h(p_y - v_y) h(p_x - v_x) g_v,   h(d) = max(0, 1 - |d|)
//
// with p in cells, from a uniformly drawn place on. So the law is the same at every pixel: between
// two numbers of a channel dy and dx cells apart the covariance is
//
//	(9/4) B(dy) B(dx),   B(d) = integral of h(x) h(x - d) dx, the cubic B-spline, B(0) = 2/3
//
// which is 0 from two cells on. Given the place z is Gaussian, and so it is a mixture of Gaussians,
// of mean 0, variance 1 and kurtosis 3 (81/16) (7/15)^2 = 3.31. Every channel has a field of its
// own. After Kascenas, Pugeault & O'Neil 2022 (MIDL, denoising autoencoders that find anomalies),
// whose code has 16 numbers on 128 pixels, rolls the enlarged array around by whole pixels, noises
// the foreground alone, and states the deviation of the numbers before they are enlarged: its 0.2,
// of images in [0,1], is 0.2 2/3 = 0.13 of a pixel, on average.
type Coarse struct {
	Cells int `flag:"cells" range:"[1,1024]" help:"squares along the shorter side of an image between whose corners the noise is interpolated" group:"Formulation" rare:"true"`
}

// Row implements table.Row.
func (*Coarse) Row() table.Info {
	return table.Info{Name: "coarse", Text: "normal noise of one low resolution, enlarged, Kascenas et al. 2022"}
}

// Fits refuses samples without positions.
func (*Coarse) Fits(k kind.Kind) error { return positioned(k) }

// Fill implements Noise. The products of this file are converted, see package random.
func (n *Coarse) Fill(s random.Stream, z []float64, h, w, c int) {
	cells := min(1, float64(n.Cells)/float64(min(h, w))) // to a pixel
	down, across := corners(h, cells), corners(w, cells)
	u, g := make([]float64, 2*c), make([]float64, (4+down*across)*c)
	s.Uniforms(u)
	s.Normal(g)
	g = g[4*c:] // the first four of a channel share their randomness with its two uniform numbers
	for k := range c {
		rows, cols := along(h, cells, u[2*k]), along(w, cells, u[2*k+1])
		for i, r := range rows {
			above, below := g[r.lo*across:], g[r.hi*across:]
			for j, q := range cols {
				up := float64(q.wlo*above[q.lo]) + float64(q.whi*above[q.hi])
				under := float64(q.wlo*below[q.lo]) + float64(q.whi*below[q.hi])
				z[(i*w+j)*c+k] = float64(1.5 * (float64(r.wlo*up) + float64(r.whi*under)))
			}
		}
		g = g[down*across:]
	}
}

// corners is how many there are along n pixels: the place takes up to 1 more, the last cell 1.
func corners(n int, cells float64) int { return int(float64(cells*float64(n-1))) + 3 }

// along are the places of n pixels among corners, the first one at u from a corner.
func along(n int, cells, u float64) []place {
	all := make([]place, n)
	for i := range all {
		at := float64(cells*float64(i)) + u
		lo := int(at)
		part := at - float64(lo)
		all[i] = place{lo, lo + 1, 1 - part, part}
	}
	return all
}
