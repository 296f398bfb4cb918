package noise

import (
	"fmt"
	"math"

	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/random"
	"github.com/reverie-go/reverie/table"
)

// Simplex is gradient noise over a lattice of triangles (Perlin 2001), added up over octaves of
// doubled frequency, as AnoDDPM adds it (Wyatt et al. 2022, CVPRW):
//
//	z(p) = D sum over o of Persistence^o n_o(2^o Frequency p),   o = 0 to Octaves-1
//	n_o(x) = sum over the corners v of x's triangle of (1/2 - |x-v|^2)^4 g_v'(x-v)
//
// with p in pixels and independent unit vectors g_v of 24 directions. Each octave's lattice lies at
// a uniformly drawn place, so that the law is the same at every pixel, with mean 0; D makes the
// variance 1, see [cellVariance]. It is not Gaussian. Every image and every channel has a field of
// its own: AnoDDPM's code gives one field to all images of a batch.
type Simplex struct {
	Octaves     int     `flag:"octaves" range:"[1,16]" help:"fields that the noise adds up, each of twice the frequency of the one before" group:"Formulation" rare:"true"`
	Persistence float64 `flag:"persistence" range:"(0,1]" help:"by what each finer octave of the noise counts less" group:"Formulation" rare:"true"`
	Frequency   float64 `flag:"frequency" range:"[0.00001,1]" help:"of the noise's coarsest octave, per pixel" group:"Formulation" rare:"true"`
}

// Row implements table.Row.
func (*Simplex) Row() table.Info {
	return table.Info{Name: "simplex", Text: "simplex noise of several octaves, Wyatt et al. 2022 (AnoDDPM)"}
}

// Fits refuses samples without positions.
func (*Simplex) Fits(k kind.Kind) error { return positioned(k) }

// Validate refuses octaves of more than a cell of the lattice to a pixel, which would be white.
func (n *Simplex) Validate() error {
	if finest := math.Ldexp(n.Frequency, n.Octaves-1); finest > 1 {
		return fmt.Errorf("--octaves %d from --frequency %v on have %v for the finest frequency, and above 1 per pixel noise is white; give fewer octaves, or a lower frequency", n.Octaves, n.Frequency, finest)
	}
	return nil
}

// Fill implements Noise.
func (n *Simplex) Fill(s random.Stream, z []float64, h, w, c int) {
	octaves, size := n.octaves(h, w)
	u := make([]float64, size*c)
	s.Uniforms(u)
	clear(z)
	for k := range c {
		for _, o := range octaves {
			o.add(z[k:], u[:o.size()], h, w, c)
			u = u[o.size():]
		}
	}
}

// octaves are those of an image, the amplitudes scaled to variance 1 together, and how many uniform
// numbers they take for each channel.
func (n *Simplex) octaves(h, w int) (all []octave, size int) {
	frequency, amplitude, variance := n.Frequency, 1.0, 0.0
	for range n.Octaves {
		o := octave{frequency: frequency, amplitude: amplitude}
		x, y := float64(frequency*float64(w-1)), float64(frequency*float64(h-1))
		last := float64((x + y) * skew)
		o.across, o.down = int(x+last)+3, int(y+last)+3 // the place of the lattice takes up to 1, a triangle 1 more
		all, size = append(all, o), size+o.size()
		variance += float64(float64(amplitude*amplitude) * cellVariance)
		frequency, amplitude = frequency*2, amplitude*n.Persistence
	}
	for i := range all {
		all[i].amplitude /= math.Sqrt(variance)
	}
	return all, size
}

// The lattice: triangles whose sides are sqrt(2/3) long and whose height is sqrt(1/2), where a
// corner's share ends. In skewed coordinates (x,y) + skew (x+y) its vertices are the pairs of whole
// numbers, and (u,v) - unskew (u+v) leads back.
const (
	sqrt3  = 1.7320508075688772935274463415058723669428
	skew   = (sqrt3 - 1) / 2
	unskew = (3 - sqrt3) / 6
)

// cellVariance is the variance of n_o at a place that is uniform in the lattice: of a vertex at
// distance r the term (1/2 - r^2)^4 g'(x-v) has variance (1/2 - r^2)^8 r^2/2, and there are sqrt3
// vertices to a unit of area, so that it is
//
//	sqrt3 times the integral over r from 0 to sqrt(1/2) of (1/2 - r^2)^8 r^2/2 2 pi r dr = sqrt3 pi/(180 2^10)
const cellVariance = sqrt3 * math.Pi / (180 * 1024)

// An octave is one of the fields that are added up.
type octave struct {
	frequency, amplitude float64
	across, down         int // vertices of the skewed lattice
}

// size is how many uniform numbers it takes: the place of the lattice, and a direction for each
// vertex.
func (o octave) size() int { return 2 + o.across*o.down }

// add adds the octave, with uniform numbers u, to every c-th number of z. The products of this file
// are converted, see package random.
func (o octave) add(z, u []float64, h, w, c int) {
	toward := make([][2]float64, o.across*o.down)
	for i, v := range u[2:] {
		toward[i] = directions[int(v*float64(len(directions)))]
	}
	for i := range h {
		y := float64(o.frequency * float64(i))
		for j := range w {
			x := float64(o.frequency * float64(j))
			s := float64(skew * (x + y))
			z[(i*w+j)*c] += float64(o.amplitude * o.at(toward, x+s+u[0], y+s+u[1]))
		}
	}
}

// at is n_o at skewed coordinates: the shares of the corners (0,0), (1,0) or (0,1), and (1,1) of
// their cell, whose displacements lie apart by 1 - unskew and -unskew, or by 1 - 2 unskew.
func (o octave) at(toward [][2]float64, u, v float64) float64 {
	across, down := int(u), int(v)
	a, b := u-float64(across), v-float64(down)
	back := float64(unskew * (a + b))
	x, y := a-back, b-back
	first := down*o.across + across
	sum := share(x, y, &toward[first]) + share(x-(1-2*unskew), y-(1-2*unskew), &toward[first+o.across+1])
	if a > b {
		return sum + share(x-(1-unskew), y+unskew, &toward[first+1])
	}
	return sum + share(x+unskew, y-(1-unskew), &toward[first+o.across])
}

// share is that of a vertex with direction g at (x,y) from it.
func share(x, y float64, g *[2]float64) float64 {
	near := 0.5 - float64(x*x) - float64(y*y)
	if near <= 0 {
		return 0
	}
	near = float64(near * near)
	return float64(float64(near*near) * (float64(g[0]*x) + float64(g[1]*y)))
}

// directions are unit vectors, 15 degrees apart.
var directions = func() (all [24][2]float64) {
	quarter := [6]float64{1, 0.96592582628906828675, 0.86602540378443864676, 0.70710678118654752440, 0.5, 0.25881904510252076235} // cosines
	for i := range 6 {
		x, y := quarter[i], 0.0
		if i > 0 {
			y = quarter[6-i]
		}
		all[i], all[i+6], all[i+12], all[i+18] = [2]float64{x, y}, [2]float64{-y, x}, [2]float64{-x, -y}, [2]float64{y, -x}
	}
	return all
}()
