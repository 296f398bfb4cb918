package random

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"os/exec"
	"regexp"
	"slices"
	"testing"
)

// The known-answer vectors of the Random123 distribution (kat_vectors, philox4x32 10).
func TestPhiloxKnownAnswers(t *testing.T) {
	const f = 0xffffffff
	for _, c := range []struct {
		counter [4]uint32
		key     [2]uint32
		want    [4]uint32
	}{
		{want: [4]uint32{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
		{[4]uint32{f, f, f, f}, [2]uint32{f, f}, [4]uint32{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
		{[4]uint32{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, [2]uint32{0xa4093822, 0x299f31d0},
			[4]uint32{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
	} {
		w0, w1, w2, w3 := philox(c.counter[0], c.counter[1], c.counter[2], c.counter[3], c.key[0], c.key[1])
		if got := [4]uint32{w0, w1, w2, w3}; got != c.want {
			t.Errorf("philox(%x, %x) = %x, want %x", c.counter, c.key, got, c.want)
		}
	}
}

// words are 32-bit words at all magnitudes and around the edges of the reductions.
func words() []uint32 {
	ws := []uint32{0, 1, 2, math.MaxUint32, math.MaxUint32 - 1, 0xb504f333, 0xb504f334, 0x5a827999, 0x5a82799a}
	for q := range uint32(8) {
		for d := range uint32(5) {
			ws = append(ws, q<<29+d-2)
		}
	}
	s := Stream{Seed: 3}
	for i := range uint32(20000) {
		w0, w1, _, _ := s.block(i)
		ws = append(ws, w0, w1>>(i%32))
	}
	return ws
}

// The written-out log, sine and cosine against package math. log adds two numbers of at most twice
// its own size, each within 2^-53 of itself times 2, so it is within 8 2^-53; sine and cosine are
// within as much of 1, beside math's own reduction of 2 pi u.
func TestOwnFunctionsAgainstMath(t *testing.T) {
	for _, w := range words() {
		u := (float64(w) + 0.5) / (1 << 32)
		want := math.Log(u)
		if w > 1<<31 { // log u would cancel: log1p of the exact distance to 1
			want = math.Log1p(-(float64(math.MaxUint32-w) + 0.5) / (1 << 32))
		}
		if got := logWord(w); !(math.Abs(got-want) <= 8e-16*math.Abs(want)) {
			t.Fatalf("logWord(%#x) = %v, want %v", w, got, want)
		}
		sin, cos := sincosWord(w)
		wantSin, wantCos := math.Sincos(2 * math.Pi * u)
		if !(math.Abs(sin-wantSin) <= 1e-15 && math.Abs(cos-wantCos) <= 1e-15) {
			t.Fatalf("sincosWord(%#x) = %v, %v, want %v, %v", w, sin, cos, wantSin, wantCos)
		}
	}
}

// The promise of bit-identity: this digest was made on amd64, and holds wherever the test runs.
func TestNormalBits(t *testing.T) {
	const want = "154779220933f976d52a2b315ae25685b07aa638db56a47b94773fef579889e3"
	h := sha256.New()
	z := make([]float64, 10001)
	for i := range 10 {
		Stream{Seed: uint64(i) * 0x9e3779b97f4a7c15, Domain: Domain(i), Sample: uint64(i) << 20, Step: uint32(i)}.Normal(z)
		if err := binary.Write(h, binary.LittleEndian, z); err != nil {
			t.Fatal(err)
		}
	}
	if got := fmt.Sprintf("%x", h.Sum(nil)); got != want {
		t.Errorf("digest of 100,010 normals = %s, want %s", got, want)
	}
}

// No fused multiply-add may be in the noise's code on an architecture where the compiler would use
// one.
func TestNormalIsNotFused(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles for arm64")
	}
	cmd := exec.Command("go", "build", "-gcflags=-S", ".", "..", "../noise") // the package above has what is fused
	cmd.Env = append(cmd.Environ(), "GOARCH=arm64", "GOOS=linux", "CGO_ENABLED=0")
	asm, err := cmd.CombinedOutput()
	if err != nil {
		t.Skipf("no cross compiler here: %v", err)
	}
	fused := regexp.MustCompile(`[/\\](?:normal|stream|philox|pyramid|simplex|coarse)\.go:\d+\)\s+FN?M(?:ADD|SUB)[SD]\s`)
	if m := fused.FindAll(asm, -1); m != nil {
		t.Errorf("fused instructions in the noise: %q", m)
	}
	if !regexp.MustCompile(`[/\\]normal\.go:\d+\)\s+FMULD`).Match(asm) || !regexp.MustCompile(`[/\\]simplex\.go:\d+\)\s+FMULD`).Match(asm) || !regexp.MustCompile(`[/\\]\w+\.go:\d+\)\s+FMADDD`).Match(asm) {
		t.Error("the listing shows no product in normal.go or simplex.go, or no fusion anywhere: the pattern no longer fits it")
	}
}

// Moments of a million normals: the standard error of the k-th moment is sqrt((m_2k - m_k^2)/n),
// and 4 of them are allowed.
func TestNormalMoments(t *testing.T) {
	const n = 1 << 20
	z := make([]float64, n)
	Stream{Seed: 7}.Normal(z)
	moments := []float64{1, 0, 1, 0, 3, 0, 15, 0, 105, 0, 945, 0, 10395, 0, 135135, 0, 2027025}
	for k := 1; k <= 8; k++ {
		sum := 0.0
		for _, v := range z {
			sum += math.Pow(v, float64(k))
		}
		se := math.Sqrt((moments[2*k] - moments[k]*moments[k]) / n)
		if got := sum / n; !(math.Abs(got-moments[k]) <= 4*se) {
			t.Errorf("moment %d = %v, want %v within %v", k, got, moments[k], 4*se)
		}
	}
	var both, lag float64 // pairs of one transform and neighbours: their products have mean 0 and variance 1
	for i := 0; i+2 < n; i += 2 {
		both += z[i] * z[i+1]
		lag += z[i] * z[i+2]
	}
	if lim := 4 * math.Sqrt(n/2); !(math.Abs(both) <= lim && math.Abs(lag) <= lim) {
		t.Errorf("sums of products %v, %v, want within %v", both, lag, lim)
	}
}

// The empirical distribution of a million normals against erf: Kolmogorov's D sqrt(n) exceeds 2.9
// with probability 2 exp(-2*2.9^2) = 1e-7.
func TestNormalDistribution(t *testing.T) {
	const n = 1 << 20
	z := make([]float64, n)
	Stream{Seed: 8, Domain: Init, Sample: 5, Step: 9}.Normal(z)
	slices.Sort(z)
	d := 0.0
	for i, v := range z {
		p := math.Erfc(-v/math.Sqrt2) / 2
		d = max(d, math.Abs(p-float64(i)/n), math.Abs(p-float64(i+1)/n))
	}
	if !(d*math.Sqrt(n) <= 2.9) {
		t.Errorf("D sqrt(n) = %v", d*math.Sqrt(n))
	}
}

// A stream's numbers depend on nothing but its name: not on how many are taken, nor on their type.
func TestStreamPrefix(t *testing.T) {
	s := Stream{Seed: 1, Sample: 1 << 40, Step: 3, Domain: Times}
	all, u := make([]float64, 64), make([]float64, 64)
	s.Normal(all)
	s.Uniforms(u)
	for n := range all {
		z, z32, v := make([]float64, n), make([]float32, n), make([]float64, n)
		s.Normal(z)
		s.Normal32(z32)
		s.Uniforms(v)
		for i := range z {
			if z[i] != all[i] || z32[i] != float32(all[i]) || v[i] != u[i] {
				t.Fatalf("of %d numbers the one at %d differs", n, i)
			}
		}
	}
	if s.Uniform() != u[0] {
		t.Error("Uniform is not the first of Uniforms")
	}
}

// Streams that differ in one field, also in its high bits, share no block.
func TestStreamsDiffer(t *testing.T) {
	base := Stream{Seed: 1, Domain: 2, Sample: 3, Step: 4}
	seen := map[[4]uint32]Stream{}
	for bit := range 64 {
		for field := range 4 {
			s := base
			switch {
			case field == 0:
				s.Seed ^= 1 << bit
			case field == 1 && bit < 56:
				s.Sample ^= 1 << bit
			case field == 2 && bit < 32:
				s.Step ^= 1 << bit
			case field == 3 && bit < 8:
				s.Domain ^= 1 << bit
			default:
				continue
			}
			for i := range uint32(4) {
				w0, w1, w2, w3 := s.block(i)
				w := [4]uint32{w0, w1, w2, w3}
				if other, ok := seen[w]; ok {
					t.Fatalf("%+v and %+v share a block", s, other)
				}
				seen[w] = s
			}
		}
	}
}

// The 24 permutations of 4 are equally often drawn: chi^2 with 23 degrees of freedom has mean 23
// and deviation sqrt(46).
func TestPerm(t *testing.T) {
	const n = 24000
	count := map[[4]int]int{}
	for i := range n {
		p := Stream{Seed: 5, Step: uint32(i)}.Perm(4)
		count[[4]int(p)]++
	}
	chi := 0.0
	for p, c := range count {
		if s := slices.Sorted(slices.Values(p[:])); !slices.Equal(s, []int{0, 1, 2, 3}) {
			t.Fatalf("%v is no permutation", p)
		}
		d := float64(c) - n/24
		chi += d * d / (n / 24)
	}
	if len(count) != 24 || !(chi <= 23+4*math.Sqrt(46)) {
		t.Errorf("%d permutations, chi^2 = %v", len(count), chi)
	}
}

func BenchmarkNormal32(b *testing.B) {
	z := make([]float32, 3072)
	for i := range b.N {
		Stream{Seed: 1, Step: uint32(i)}.Normal32(z)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/3072, "ns/normal")
}
