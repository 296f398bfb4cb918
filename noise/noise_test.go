package noise

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/random"
	"github.com/reverie-go/reverie/table"
)

// of is the row of a name with its usual settings.
func of(t *testing.T, name string) Noise {
	n, err := Noises.New(name)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// filled is the noise of a stream.
func filled(n Noise, s random.Stream, h, w, c int) []float64 {
	z := slices.Repeat([]float64{math.NaN()}, h*w*c) // which Fill writes over
	n.Fill(s, z, h, w, c)
	return z
}

// interpolation is the matrix of a linear interpolation of m pixels onto n over the same width: hat
// functions around the centres of the coarse pixels, the outermost going on to the edge.
func interpolation(n, m int) [][]float64 {
	rows := make([][]float64, n)
	for i := range rows {
		rows[i] = make([]float64, m)
		at := math.Min(math.Max((float64(i)+0.5)*float64(m)/float64(n)-0.5, 0), float64(m-1))
		for k := range rows[i] {
			rows[i][k] = math.Max(0, 1-math.Abs(at-float64(k)))
		}
	}
	return rows
}

// outer is a a'.
func outer(a [][]float64) [][]float64 {
	all := make([][]float64, len(a))
	for i := range a {
		for j := range a {
			sum := 0.0
			for k := range a[i] {
				sum += a[i][k] * a[j][k]
			}
			all[i] = append(all[i], sum)
		}
	}
	return all
}

// covariance is that of a pyramid of one channel, derived from its construction: U U' of each
// level is the Kronecker product of the rows' and the columns'.
func covariance(h, w int, discount float64) [][]float64 {
	cov := make([][]float64, h*w)
	for i := range cov {
		cov[i] = make([]float64, h*w)
	}
	weight := 1.0
	for lh, lw := h, w; lh >= 1 && lw >= 1; lh, lw = lh/2, lw/2 {
		rows, cols := outer(interpolation(h, lh)), outer(interpolation(w, lw))
		for i := range cov {
			for j := range cov {
				cov[i][j] += weight * weight * rows[i/w][j/w] * cols[i%w][j%w]
			}
		}
		weight *= discount
	}
	for i := range cov {
		for j := range cov {
			if i != j {
				cov[i][j] /= math.Sqrt(cov[i][i] * cov[j][j])
			}
		}
	}
	for i := range cov {
		cov[i][i] = 1
	}
	return cov
}

// The second moments of many pyramids against the covariance of the construction. Of Gaussians the
// mean of n products has the standard error sqrt((1 + rho^2)/n), and 5 of them are allowed, which
// one of the 1770 different products exceeds with a probability of 1e-3; between channels rho is 0.
func TestPyramidCovariance(t *testing.T) {
	const h, w, c, n = 5, 6, 2, 20000
	p := of(t, "pyramid")
	cov := covariance(h, w, 0.8)
	if far, near := cov[0][h*w-1], cov[14][15]; !(near > 0.3 && far > 0.02 && far < near) {
		t.Fatalf("neighbours are alike by %v, opposite corners by %v", near, far)
	}
	moments := make([][]float64, h*w*c)
	for i := range moments {
		moments[i] = make([]float64, h*w*c)
	}
	for s := range n {
		z := filled(p, random.Stream{Seed: 3, Sample: uint64(s)}, h, w, c)
		for i, a := range z {
			for j, b := range z[:i+1] {
				moments[i][j] += a * b / n
			}
		}
	}
	for i := range moments {
		for j, got := range moments[i][:i+1] {
			want := 0.0
			if i%c == j%c {
				want = cov[i/c][j/c]
			}
			if se := math.Sqrt((1 + want*want) / n); !(math.Abs(got-want) <= 5*se) {
				t.Errorf("E z[%d] z[%d] = %v, want %v within %v", i, j, got, want, 5*se)
			}
		}
	}
}

// correlation is the covariance of simplex noise between places that far apart, an integral over
// where a vertex lies: sqrt3 vertices to a unit of area, each with E g g' = 1/2.
func correlation(n *Simplex, dx, dy float64) float64 {
	frequency, amplitude := n.Frequency, 1.0
	sum, total := 0.0, 0.0
	for range n.Octaves {
		sum += amplitude * amplitude * overlap(frequency*dx, frequency*dy)
		total += amplitude * amplitude * overlap(0, 0)
		frequency, amplitude = 2*frequency, amplitude*n.Persistence
	}
	return sum / total
}

// overlap is the integral of (1/2 - |x|^2)^4 (1/2 - |x-d|^2)^4 x'(x-d) over the plane, by the
// midpoint rule.
func overlap(dx, dy float64) float64 {
	const step = 1. / 256
	near := func(x, y float64) float64 { return math.Pow(math.Max(0, 0.5-x*x-y*y), 4) }
	sum := 0.0
	for x := -0.71; x < 0.71; x += step {
		for y := -0.71; y < 0.71; y += step {
			sum += near(x, y) * near(x-dx, y-dy) * (x*(x-dx) + y*(y-dy)) * step * step
		}
	}
	return sum
}

// The constant by which simplex noise is scaled against the integral that it stands for: the
// midpoint rule is off by less than 1e-6 of it.
func TestSimplexVariance(t *testing.T) {
	if got, want := cellVariance, sqrt3/2*overlap(0, 0); math.Abs(got/want-1) > 1e-6 {
		t.Errorf("variance %v, want %v", got, want)
	}
}

// The first two moments of simplex noise at single pixels, and the correlation of pixels at several
// distances and of channels: one product an image, so that the images' deviation gives the standard
// error, of which 4 are allowed.
func TestSimplexCorrelation(t *testing.T) {
	const h, w, c, n = 17, 19, 2, 6000
	row := of(t, "simplex").(*Simplex)
	at := func(i, j, k int) int { return (i*w+j)*c + k }
	type pair struct {
		name string
		i, j int
		want float64
	}
	pairs := []pair{{"the square at a corner", at(0, 0, 0), at(0, 0, 0), 1}, {"the square within", at(8, 5, 1), at(8, 5, 1), 1}, {"two channels", at(8, 5, 0), at(8, 5, 1), 0}}
	for _, d := range [][2]int{{0, 1}, {1, 0}, {1, 1}, {2, -3}, {0, 12}, {8, 5}} {
		pairs = append(pairs, pair{fmt.Sprint("pixels apart by ", d), at(3, 4, 0), at(3+d[0], 4+d[1], 0), correlation(row, float64(d[1]), float64(d[0]))})
	}
	if near := pairs[3].want; !(near > 0.5 && near < 0.9) {
		t.Fatalf("neighbours are alike by %v", near)
	}
	products, values := make([][]float64, len(pairs)), make([]float64, n)
	for s := range n {
		z := filled(row, random.Stream{Seed: 4, Sample: uint64(s)}, h, w, c)
		values[s] = z[at(8, 5, 1)]
		for i, p := range pairs {
			products[i] = append(products[i], z[p.i]*z[p.j])
		}
	}
	within(t, "the mean", values, 0)
	for i, p := range pairs {
		within(t, p.name, products[i], p.want)
	}
}

// hats is the integral of h(x) h(x-d), h(d) = max(0, 1 - |d|), by the midpoint rule.
func hats(d float64) float64 {
	const step = 1. / 4096
	h := func(x float64) float64 { return math.Max(0, 1-math.Abs(x)) }
	sum := 0.0
	for x := -1 + step/2; x < 1; x += step {
		sum += h(x) * h(x-d) * step
	}
	return sum
}

// The first two moments of coarse noise at single pixels, the correlations that the integral over
// the place gives, and the fourth moment of the mixture, 3 E v^2 of a variance v = (9/4) ((1-y)^2 +
// y^2) ((1-x)^2 + x^2) at a uniform place: see TestSimplexCorrelation.
func TestCoarseCorrelation(t *testing.T) {
	const h, w, c, n = 12, 17, 2, 6000
	row := &Coarse{Cells: 3} // of 4 pixels
	at := func(i, j, k int) int { return (i*w+j)*c + k }
	type pair struct {
		name string
		i, j int
		want float64
	}
	pairs := []pair{{"the square at a corner", at(0, 0, 0), at(0, 0, 0), 1}, {"the square within", at(8, 5, 1), at(8, 5, 1), 1}, {"two channels", at(8, 5, 0), at(8, 5, 1), 0}}
	for _, d := range [][2]int{{0, 1}, {1, 0}, {1, 1}, {2, -3}, {0, 4}, {5, 6}, {0, 8}} {
		want := 9. / 4 * hats(float64(d[0])/4) * hats(float64(d[1])/4)
		pairs = append(pairs, pair{fmt.Sprint("pixels apart by ", d), at(3, 4, 0), at(3+d[0], 4+d[1], 0), want})
	}
	if near, cell := pairs[3].want, pairs[7].want; !(near > 0.9 && near < 1 && math.Abs(cell-0.25) < 1e-6) || pairs[9].want != 0 {
		t.Fatalf("neighbours are alike by %v, and a cell apart by %v", near, cell)
	}
	products, values, fourth := make([][]float64, len(pairs)), make([]float64, n), make([]float64, n)
	for s := range n {
		z := filled(row, random.Stream{Seed: 4, Sample: uint64(s)}, h, w, c)
		values[s] = z[at(8, 5, 1)]
		fourth[s] = math.Pow(values[s], 4)
		for i, p := range pairs {
			products[i] = append(products[i], z[p.i]*z[p.j])
		}
	}
	within(t, "the mean", values, 0)
	within(t, "the fourth moment", fourth, 3*81./16*math.Pow(7./15, 2))
	for i, p := range pairs {
		within(t, p.name, products[i], p.want)
	}
}

// Between the corners of a cell coarse noise is bilinear, so that in cells of many pixels second
// differences along rows and columns are 0 but across the sides of cells; images of less than a
// pixel a cell have cells of one.
func TestCoarseIsBilinear(t *testing.T) {
	const h, w = 64, 80
	z := filled(&Coarse{Cells: 2}, random.Stream{Seed: 8}, h, w, 1)
	for _, step := range []int{1, w} {
		bent := 0
		for i := range h - 2 {
			for j := range w - 2 {
				k := i*w + j
				if math.Abs(z[k]-2*z[k+step]+z[k+2*step]) > 1e-12 {
					bent++
				}
			}
		}
		if lines := bent / min(h-2, w-2); lines < 2 || lines > 6 {
			t.Errorf("%d lines bend at steps of %d: expected two to each side of a cell", lines, step)
		}
	}
	a, b := filled(&Coarse{Cells: 9}, random.Stream{Seed: 8}, 9, 20, 2), filled(&Coarse{Cells: 1024}, random.Stream{Seed: 8}, 9, 20, 2)
	if !slices.Equal(a, b) {
		t.Error("cells smaller than a pixel")
	}
}

// within holds the mean of independent values to four of its standard errors.
func within(t *testing.T, what string, values []float64, want float64) {
	t.Helper()
	mean, square, n := 0.0, 0.0, float64(len(values))
	for _, v := range values {
		mean += v / n
		square += v * v / n
	}
	if se := math.Sqrt((square - mean*mean) / n); !(math.Abs(mean-want) <= 4*se) {
		t.Errorf("%s: %v, want %v within %v", what, mean, want, 4*se)
	}
}

// Noise of other samples, steps, seeds and domains is another: the mean of h w products of
// independent fields, n times, is 0 within four standard errors, found from the n.
func TestIndependence(t *testing.T) {
	const h, w, n = 16, 16, 400
	for _, row := range Noises.Rows() {
		others := map[string]random.Stream{"samples": {Sample: 1 << 30}, "steps": {Step: 1}, "seeds": {Seed: 1}, "domains": {Domain: random.Training}}
		for what, other := range others {
			var products []float64
			for i := range n {
				a, b := random.Stream{Seed: 9}.Plus(i), other.Plus(i)
				b.Seed += 9
				x, y := filled(row, a, h, w, 1), filled(row, b, h, w, 1)
				sum := 0.0
				for i := range x {
					sum += x[i] * y[i]
				}
				products = append(products, sum)
			}
			within(t, row.Row().Name+" of other "+what, products, 0)
		}
	}
}

// The promise of bit-identity: these digests were made on amd64, and hold wherever the test runs.
func TestBits(t *testing.T) {
	want := map[string]string{
		"gaussian": "9d475e9db0c8a6d6b33766b1ea7645b49ab37be79fd005772af8ec882be00acd",
		"pyramid":  "4e3b8c531f6023a9ece3cdc0ecde10b1f9666b2d047e1d245bd830134e8d20e2",
		"simplex":  "829474a434dce85fadf727cefdbbf3c855c42645041bdeb64594eca68c8c23ce",
		"coarse":   "3c1a32085f342a602c015d6208749179d76ef7a295f15a5dd38ee7b9c6022045",
	}
	for _, row := range Noises.Rows() {
		d := sha256.New()
		for i, shape := range [][3]int{{1, 9, 1}, {8, 8, 3}, {7, 12, 2}, {64, 33, 1}} {
			z := filled(row, random.Stream{Seed: 5, Domain: random.Domain(i), Sample: uint64(i) << 33, Step: uint32(i)}, shape[0], shape[1], shape[2])
			if err := binary.Write(d, binary.LittleEndian, z); err != nil {
				t.Fatal(err)
			}
		}
		if got := fmt.Sprintf("%x", d.Sum(nil)); got != want[row.Row().Name] {
			t.Errorf("%s: digest %s, want %s", row.Row().Name, got, want[row.Row().Name])
		}
	}
}

// Every setting at its ends gives finite numbers, on images of a pixel's height or width, too.
func TestEdges(t *testing.T) {
	check := func(n Noise) error {
		return table.Check(&struct {
			Noise Noise `flag:"noise" of:"noise"`
		}{n})
	}
	rows := []Noise{&Pyramid{1}, &Pyramid{1e-5}, &Simplex{16, 1, 1. / (1 << 15)}, &Simplex{1, 1e-5, 1}, &Coarse{1}, &Coarse{1024}}
	for _, row := range rows {
		if err := check(row); err != nil {
			t.Error(err)
		}
		for _, shape := range [][3]int{{1, 1, 1}, {1, 7, 2}, {5, 1, 1}, {3, 4, 3}} {
			for _, v := range filled(row, random.Stream{Seed: 6}, shape[0], shape[1], shape[2]) {
				if math.IsNaN(v) || math.IsInf(v, 0) {
					t.Fatalf("%+v of %v: %v", row, shape, v)
				}
			}
		}
	}
	for _, row := range []Noise{&Pyramid{}, &Pyramid{1.1}, &Simplex{0, 1, 1}, &Simplex{2, 1, 0.6}, &Coarse{}, &Coarse{1025}} {
		if check(row) == nil {
			t.Errorf("%+v", row)
		}
	}
}

// Points have no neighbouring pixels; images, fields and latents have.
func TestFits(t *testing.T) {
	for _, name := range []string{"pyramid", "simplex", "coarse"} {
		n := of(t, name)
		if n.Fits(kind.OfPoints(2)) == nil {
			t.Errorf("%s of points", name)
		}
		for _, k := range []kind.Kind{kind.OfImages(8, 8, 3), kind.OfFields(4, 4, 2), kind.OfLatents(4, 4, 4)} {
			if err := n.Fits(k); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	if err := Gaussian.Fits(kind.OfPoints(2)); err != nil {
		t.Error(err)
	}
	if !Standard(nil) || !Standard(of(t, "gaussian")) || Standard(of(t, "pyramid")) {
		t.Error("which is standard")
	}
}

func BenchmarkFill(b *testing.B) {
	for _, row := range Noises.Rows() {
		b.Run(row.Row().Name, func(b *testing.B) {
			z := make([]float64, 64*64*3)
			for i := range b.N {
				row.Fill(random.Stream{Sample: uint64(i)}, z, 64, 64, 3)
			}
		})
	}
}
