package points

import (
	"fmt"
	"math"
	"strings"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/mixture"
	"github.com/reverie-go/reverie/random"
)

// A law draws one point of a named set from uniform numbers u in [0,1) and standard normal ones z.
type law func(u *[4]float64, z *[2]float64) (x, y float64, class int)

// namedSet is a set of points in the plane.
type namedSet struct {
	name, doc string
	classes   int
	draw      law
}

// sets are those of Draw. Their doc says the law; the code is the formula again.
var sets = []namedSet{
	{"8gaussians", "eight Gaussians at radius 5, deviation 0.56 (the flow-matching papers' source)", 8, ofMixture(mixture.EightGaussians())},
	{"moons", "two half circles, shifted along the diagonal (the flow-matching papers' target)", 2, moons},
	{"circles", "circles of radius 2 and 4, deviation 0.15", 2, circles},
	{"swissroll", "a rolled-up line, deviation 0.2", 0, swissRoll},
	{"checkerboard", "uniform on the 8 dark squares of side 2 in [-4,4]^2", 0, checkerboard},
	{"pinwheel", "five bent arms", 5, pinwheel},
	{"spiral", "two arms of one and a half turns", 2, spiral},
	{"two-modes", "Gaussians at (-2,0) and (2,0), deviation 0.5", 2, ofMixture(mustNamed("two-modes"))},
	{"unbalanced", "Gaussians at (5,5) and (-5,-5) with weights 1:4, deviation 1", 2, ofMixture(mustNamed("unbalanced"))},
}

// Names returns the names of the sets in the plane.
func Names() []string {
	names := make([]string, len(sets))
	for i := range sets {
		names[i] = sets[i].name
	}
	return names
}

// Doc returns a line on the named set, "" if there is none of that name.
func Doc(name string) string {
	if s := find(name); s != nil {
		return s.doc
	}
	return ""
}

func find(name string) *namedSet {
	for i := range sets {
		if sets[i].name == name {
			return &sets[i]
		}
	}
	return nil
}

// Draw draws n points of the named set, independent of each other. Point i comes from the stream
// s.Plus(i) alone, from its Step and the next, so that a larger set begins with the smaller one.
// Where the set has parts (modes, arms) they are the classes.
//
//	8gaussians    mixture.EightGaussians: TorchCFM's sample_8gaussians (Tong et al. 2023, arXiv:2302.00482)
//	moons         3 (m + d (1,1)) - (1,1), m on the half circle (cos a, sin a) or (1 - cos a, 1/2 - sin a), a uniform on [0, pi),
//	              d uniform on [0, 0.2): TorchCFM's sample_moons, which takes a on a grid instead
//	circles       r (cos a, sin a) + 0.15 z, r = 2 or 4, a uniform
//	swissroll     (a (cos a, sin a) + z)/5, a uniform on [3 pi/2, 9 pi/2)
//	checkerboard  uniform on the squares of [-4,4]^2 where floor(x/2) + floor(y/2) is even
//	pinwheel      2 f turned clockwise by 2 pi k/5 + exp(f_1)/4, f = (1 + 0.3 z_1, 0.1 z_2), k = 0..4
//	spiral        +-(-a cos a + d_1, a sin a + d_2)/3 + 0.1 z, a = 3 pi sqrt(u), d uniform on [0, 0.5)
//	two-modes     mixture.Named's
//	unbalanced    mixture.Named's
//
// z is standard normal, u uniform on [0,1), choices are equally likely. Swiss roll, checkerboard,
// pinwheel and spiral are the toy data of FFJORD (Grathwohl et al. 2019, arXiv:1810.01367).
func Draw(name string, s random.Stream, n int) (*Cloud, error) {
	set := find(name)
	if set == nil {
		return nil, fmt.Errorf("points: unknown set %q: expected one of %s", name, strings.Join(Names(), ", "))
	}
	if err := checkCount(n); err != nil {
		return nil, err
	}
	c := &Cloud{X: reverie.NewBatch[float64](n, 2)}
	if set.classes > 0 {
		c.Class = make([]int, n)
		for k := range set.classes {
			c.Classes = append(c.Classes, fmt.Sprint(k))
		}
	}
	var u [4]float64
	var z [2]float64
	for i, x := range c.X {
		s := s.Plus(i)
		s.Uniforms(u[:])
		s.Step++
		s.Normal(z[:])
		k := 0
		if x[0], x[1], k = set.draw(&u, &z); c.Class != nil {
			c.Class[i] = k
		}
	}
	return c, nil
}

// part returns which of n equal parts of [0,1) holds u.
func part(u float64, n int) int { return int(u * float64(n)) }

func mustNamed(name string) *mixture.Mixture {
	m, err := mixture.Named(name)
	if err != nil {
		panic(err)
	}
	return m
}

// ofMixture draws from isotropic Gaussians of one variance.
func ofMixture(m *mixture.Mixture) law {
	sd := math.Sqrt(m.CovOf(0)[0][0])
	return func(u *[4]float64, z *[2]float64) (x, y float64, class int) {
		for at := u[0]; class < m.Len()-1; class++ {
			if at -= m.Weight(class); at < 0 {
				break
			}
		}
		mean := m.MeanOf(class)
		return mean[0] + sd*z[0], mean[1] + sd*z[1], class
	}
}

func moons(u *[4]float64, _ *[2]float64) (x, y float64, class int) {
	y, x = math.Sincos(math.Pi * u[1])
	if class = part(u[0], 2); class == 1 {
		x, y = 1-x, 0.5-y
	}
	d := 0.2 * u[2]
	return 3*(x+d) - 1, 3*(y+d) - 1, class
}

func circles(u *[4]float64, z *[2]float64) (x, y float64, class int) {
	class = part(u[0], 2)
	r := float64(2 + 2*class)
	sin, cos := math.Sincos(2 * math.Pi * u[1])
	return r*cos + 0.15*z[0], r*sin + 0.15*z[1], class
}

func swissRoll(u *[4]float64, z *[2]float64) (x, y float64, class int) {
	a := 1.5 * math.Pi * (1 + 2*u[0])
	sin, cos := math.Sincos(a)
	return (a*cos + z[0]) / 5, (a*sin + z[1]) / 5, 0
}

func checkerboard(u *[4]float64, _ *[2]float64) (x, y float64, class int) {
	column := part(u[0], 4)
	row := 2*part(u[1], 2) + column%2
	return 2*(float64(column)+u[2]) - 4, 2*(float64(row)+u[3]) - 4, 0
}

func pinwheel(u *[4]float64, z *[2]float64) (x, y float64, class int) {
	class = part(u[0], 5)
	f0, f1 := 1+0.3*z[0], 0.1*z[1]
	sin, cos := math.Sincos(2*math.Pi*float64(class)/5 + 0.25*math.Exp(f0))
	return 2 * (f0*cos + f1*sin), 2 * (f1*cos - f0*sin), class
}

func spiral(u *[4]float64, z *[2]float64) (x, y float64, class int) {
	class = part(u[0], 2)
	a := 3 * math.Pi * math.Sqrt(u[1])
	sin, cos := math.Sincos(a)
	sign := 1 - 2*float64(class)
	return sign*(-a*cos+0.5*u[2])/3 + 0.1*z[0], sign*(a*sin+0.5*u[3])/3 + 0.1*z[1], class
}
