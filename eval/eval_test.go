package eval

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/reverie-go/reverie/kind"
)

func normal(n, h, w, c int, seed uint64) Images {
	m := Images{N: n, Kind: kind.OfImages(h, w, c).Real(), Pix: make([]float32, n*h*w*c)}
	rng := rand.New(rand.NewPCG(seed, 1))
	for i := range m.Pix {
		m.Pix[i] = float32(rng.NormFloat64())
	}
	return m
}

// W1 between normal laws: of equal deviation, |shift|; of equal mean, and deviations s and r, |s-r|
// E|z| = |s-r| sqrt(2/pi). Between samples of n points, nowhere crossing, the first is the
// difference of two means, whose standard error is sqrt(2/n) = 0.0045; 0.02 is 4.5 of them. The
// second is, with the common mean 1 in the middle, the difference of the means of |x-1|, of
// variance (1-2/pi) and 9 (1-2/pi): sqrt(10 (1-2/pi)/n) = 0.006, of which 0.03 is five.
func TestWassersteinOfNormals(t *testing.T) {
	const n = 100_000
	sample := func(seed uint64, mean, deviation float32) []float32 {
		v := normal(1, 1, n, 1, seed).Pix
		for i := range v {
			v[i] = mean + deviation*v[i]
		}
		return v
	}
	if got := wasserstein(sample(1, 0, 1), sample(2, 2, 1)); !(math.Abs(got-2) <= 0.02) {
		t.Errorf("shift by 2: %v", got)
	}
	want := 2 * math.Sqrt(2/math.Pi)
	if got := wasserstein(sample(3, 1, 1), sample(4, 1, 3)); !(math.Abs(got-want) <= 0.03) {
		t.Errorf("deviations 1 and 3: %v, want %v", got, want)
	}
}

// Sorting by digits against comparing.
func TestSortFloats(t *testing.T) {
	for _, n := range []int{0, 1, 2, 1000} {
		v := normal(1, 1, n, 1, 3).Pix
		for i := range v {
			switch i % 7 {
			case 0:
				v[i] = float32(math.Ldexp(float64(v[i]), i%250-120))
			case 1:
				v[i] = float32(math.Round(float64(v[i]))) // ties, 0 and -0
			}
		}
		want := slices.Clone(v)
		slices.Sort(want)
		if sortFloats(v); !slices.Equal(v, want) {
			t.Errorf("%d numbers: %v", n, v[:min(n, 20)])
		}
	}
}

// The pyramid must give back what it took apart, keep a constant, and put a cosine where its
// filter's response (1/8)(3 + 4 cos w + cos 2w) says.
func TestPyramid(t *testing.T) {
	m := normal(2, 32, 20, 3, 7)
	down := shrink(t.Context(), m)
	up := enlarge(t.Context(), down, m.H, m.W)
	band := difference(m, up)
	for i := range m.Pix {
		if d := band.Pix[i] + up.Pix[i] - m.Pix[i]; !(math.Abs(float64(d)) <= 1e-5) {
			t.Fatalf("pixel %d comes back %v off", i, d)
		}
	}
	const w = math.Pi / 4
	flat := Images{N: 1, Kind: kind.OfImages(32, 32, 1).Real(), Pix: make([]float32, 32*32)}
	flat.fill(t.Context(), func(_, _, x, _ int) float32 { return 1 + float32(math.Cos(w*float64(x))) })
	gain := (3 + 4*math.Cos(w) + math.Cos(2*w)) / 8
	for x, got := range shrink(t.Context(), flat).Pix[8*16 : 8*16+12] {
		if want := 1 + gain*math.Cos(w*2*float64(x)); x > 1 && !(math.Abs(float64(got)-want) <= 1e-5) {
			t.Errorf("column %d: %v, want %v", x, got, want)
		}
	}
	for i, v := range enlarge(t.Context(), Images{N: 1, Kind: kind.OfImages(4, 4, 1).Real(), Pix: slices.Repeat([]float32{3}, 16)}, 8, 8).Pix {
		if y, x := i/8, i%8; y > 0 && x > 0 && y < 6 && x < 6 && !(math.Abs(float64(v)-3) <= 1e-5) {
			t.Errorf("constant 3 became %v at %d,%d", v, y, x)
		}
	}
}

// Two sets of one law are near, other laws far. W1 between n and m normal numbers is, in the mean,
// sqrt(2/pi) int sqrt(F(1-F)) = 1.29 times sqrt(1/n + 1/m): 13 thousandths, were the 20480 patches
// drawn of each set independent; that some are drawn twice and overlap adds to it. Seeds 0 to 5
// gave 14.4 to 18.1 at full resolution; blurred noise, whose pixels depend on each other, 72 to 96.
// A factor 3 lies in between.
func TestMeasureOrders(t *testing.T) {
	s := SWD{Patches: 512, Projections: 64, Seed: 1}
	blur := func(m Images) Images { return enlarge(t.Context(), shrink(t.Context(), m), m.H, m.W) }
	a, b, c := normal(40, 32, 32, 3, 1), normal(24, 32, 32, 3, 2), blur(normal(40, 32, 32, 3, 3))
	same, err := s.Measure(t.Context(), a, b)
	if err != nil {
		t.Fatal(err)
	}
	other, err := s.Measure(t.Context(), a, c)
	if err != nil {
		t.Fatal(err)
	}
	if len(same) != 2 || same[0].H != 32 || same[1].H != 16 {
		t.Fatalf("levels %v", same)
	}
	if !(same[0].Distance*3 <= other[0].Distance) {
		t.Errorf("same law %v, blurred %v", same, other)
	}
	for _, bad := range []Images{normal(1, 6, 6, 3, 1), {Kind: kind.OfImages(32, 32, 3).Real()}, normal(1, 32, 16, 3, 1)} {
		if _, err := s.Measure(t.Context(), bad, a); err == nil {
			t.Errorf("accepted %d images of %dx%d", bad.N, bad.H, bad.W)
		}
	}
}

// Measurements that would take minutes and hours end with their context.
func TestMeasureEnds(t *testing.T) {
	x, r := normal(256, 64, 64, 3, 1), gaussian(1, 8_000, 1, make([]float64, 70)...)
	many, few := normal(6_000, 16, 16, 3, 2), normal(2, 16, 16, 3, 3)
	for name, measure := range map[string]func(ctx context.Context) error{
		"swd": func(ctx context.Context) error {
			_, err := SWD{Patches: 512, Projections: 1 << 14}.Measure(ctx, x, x)
			return err
		},
		"sliced":    func(ctx context.Context) error { _, err := Sliced{Directions: 1 << 16}.Measure(ctx, r, r); return err },
		"w2":        func(ctx context.Context) error { _, _, err := Transport{}.Measure(ctx, r, r); return err },
		"mmd":       func(ctx context.Context) error { _, _, err := MMD(ctx, RBF(1, 2, 3), r, r); return err },
		"bandwidth": func(ctx context.Context) error { _, err := Bandwidths(ctx, r, 1); return err },
		"kid":       func(ctx context.Context) error { _, _, err := KID{Subsets: 1 << 20}.Measure(ctx, r, r); return err },
		"pr":        func(ctx context.Context) error { _, _, err := PrecisionRecall{}.Measure(ctx, r, r); return err },
		"nearest":   func(ctx context.Context) error { _, err := Memorised(ctx, many, few, many); return err },
	} {
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- measure(ctx) }()
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

// The fitted Gaussian has the data's moments: of 20000 draws the standard error of a mean is s/141
// and of a covariance under s^2/100; 5 of them are allowed.
func TestGaussianMoments(t *testing.T) {
	data := Images{N: 3, Kind: kind.OfImages(1, 2, 1).Real(), Pix: []float32{0.1, 0.2, -0.1, 0.1, 0.05, -0.2}} // small: no clipping
	const n = 20000
	g := Gaussian(data, n, 1)
	moments := func(m Images) (v [5]float64) { // means, variances, covariance
		for i := range m.N {
			v[0] += float64(m.Image(i)[0]) / float64(m.N)
			v[1] += float64(m.Image(i)[1]) / float64(m.N)
		}
		for i := range m.N {
			x, y := float64(m.Image(i)[0])-v[0], float64(m.Image(i)[1])-v[1]
			v[2] += x * x / float64(m.N-1)
			v[3] += y * y / float64(m.N-1)
			v[4] += x * y / float64(m.N-1)
		}
		return v
	}
	want, got := moments(data), moments(g)
	s := math.Sqrt(max(want[2], want[3]))
	for i, tolerance := range []float64{5 * s / 141, 5 * s / 141, 5 * s * s / 100, 5 * s * s / 100, 5 * s * s / 100} {
		if !(math.Abs(got[i]-want[i]) <= tolerance) {
			t.Errorf("moment %d: %v, want %v", i, got[i], want[i])
		}
	}
}

func TestNearestFindsTheMirrored(t *testing.T) {
	data := normal(5, 8, 8, 3, 1)
	query := Images{N: 2, Kind: kind.OfImages(8, 8, 3).Real(), Pix: make([]float32, 2*8*8*3)}
	copy(query.Image(0), data.Image(3))
	for p := range 64 {
		copy(query.Image(1)[p*3:p*3+3], data.Image(4)[(p/8*8+7-p%8)*3:])
	}
	if at, squared := nearest(t.Context(), query, data); !slices.Equal(at, []int{3, 4}) || !slices.Equal(squared, []float64{0, 0}) {
		t.Errorf("nearest %v at %v, want [3 4] at 0", at, squared)
	}
}

// One image of 6x7 against numpy 2.4.6, borders included:
//
//	k = np.array([1, 4, 6, 4, 1])/16
//	def conv(a):
//	    p = np.pad(a, 2, mode='reflect')
//	    return sum(k[i]*k[j]*p[i:i+a.shape[0], j:j+a.shape[1]] for i in range(5) for j in range(5))
//	a = np.array([[(7*i + 5*j*j) % 11 for j in range(7)] for i in range(6)], float)
//	down = conv(a)[::2, ::2]
//	z = np.zeros((6, 7)); z[::2, ::2] = down
//	up = conv(z)*4
func TestPyramidAgainstNumpy(t *testing.T) {
	a := Images{N: 1, Kind: kind.OfImages(6, 7, 1).Real(), Pix: make([]float32, 42)}
	a.fill(t.Context(), func(_, i, j, _ int) float32 { return float32((7*i + 5*j*j) % 11) })
	down := shrink(t.Context(), a)
	for what, x := range map[string]struct{ got, want []float32 }{
		"down": {down.Pix, []float32{
			3.890625, 4.984375, 4.914062, 2.9375, 4.992188, 4.539062, 4.855469, 4.46875, 4.28125, 4.0, 5.734375, 6.9375}},
		"up": {enlarge(t.Context(), down, 6, 7).Pix, []float32{
			4.342773, 4.519531, 4.787964, 4.88623, 4.69873, 4.109863, 3.715088,
			4.521484, 4.601562, 4.737061, 4.823242, 4.72168, 4.293945, 3.998535,
			4.706055, 4.646484, 4.612793, 4.75, 4.868652, 4.779297, 4.682617,
			4.544922, 4.453125, 4.443604, 4.782227, 5.217773, 5.499023, 5.601074,
			4.294434, 4.21875, 4.299866, 4.845947, 5.55542, 6.126709, 6.377808,
			4.210938, 4.140625, 4.251953, 4.867188, 5.667969, 6.335938, 6.636719}},
	} {
		if len(x.got) != len(x.want) {
			t.Fatalf("%s: %d values", what, len(x.got))
		}
		for i, v := range x.got {
			if d := v - x.want[i]; !(d <= 2e-6 && d >= -2e-6) {
				t.Errorf("%s: value %d is %v, want %v", what, i, v, x.want[i])
			}
		}
	}
}
