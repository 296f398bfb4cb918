package recordings

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/data/sound"
	"github.com/reverie-go/reverie/data/sound/mix"
	"github.com/reverie-go/reverie/data/sound/spectra"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/random"
)

// form is that of the tests: segments of 112 samples of 1000 a second.
var form = kind.OfSpectra(16, 15, spectra.Speech(1000, 8))

// noise returns n normal numbers of deviation .1.
func noise(n int, sample uint64) []float64 {
	x := make([]float64, n)
	random.Stream{Seed: 6, Domain: 200, Sample: sample}.Normal(x)
	for i := range x {
		x[i] *= .1
	}
	return x
}

// tone returns n samples of a sine.
func tone(n int, cycles float64) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = .5 * math.Sin(2*math.Pi*cycles*float64(i)/1000)
	}
	return x
}

// write writes a WAV file.
func write(t *testing.T, dir, name string, rate int, x ...[]float64) {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if _, err := sound.WriteFile(path, x, rate, sound.Float32); err != nil {
		t.Fatal(err)
	}
}

func opened(t *testing.T, roots []string, o Options) *data.Set {
	t.Helper()
	s, err := Open(t.Context(), roots, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// sounds are sample i and its pair as sound.
func sounds(t *testing.T, b *data.Batch, i int) (x, y []float64) {
	t.Helper()
	tr, err := spectra.New(form)
	if err != nil {
		t.Fatal(err)
	}
	x, y = make([]float64, tr.Samples()), make([]float64, tr.Samples())
	n := b.Size()
	if err := tr.Inverse(x, b.Image(i), 1); err != nil {
		t.Fatal(err)
	}
	if b.Pair != nil {
		if err := tr.Inverse(y, b.Pair[i*n:(i+1)*n], 1); err != nil {
			t.Fatal(err)
		}
	}
	return x, y
}

// find says where a segment, times some factor, lies in a recording; -1 nowhere.
func find(x, in []float64) int {
	for at := 0; at+len(x) <= len(in); at++ {
		xx, xy, yy := 0., 0., 0.
		for i, v := range x {
			xx, xy, yy = xx+v*v, xy+v*in[at+i], yy+in[at+i]*in[at+i]
		}
		if xy > 0 && xy*xy > (1-1e-8)*xx*yy {
			return at
		}
	}
	return -1
}

// Of a pair both are cut at one place, which is anew in each epoch and in the item's part of the
// recording, and both are divided by the noisy one's peak.
func TestPairsAreCutAlike(t *testing.T) {
	clean, noisy := t.TempDir(), t.TempDir()
	x := noise(1000, 1)
	y := make([]float64, len(x))
	for i := range x {
		y[i] = -3 * x[i] // so that what belongs together is known
	}
	write(t, clean, "a/1.wav", 1000, x)
	write(t, noisy, "a/1.WAV", 1000, y)
	s := opened(t, []string{clean}, Options{Kind: form, Noisy: []string{noisy}})
	if s.Len() != 9 || !s.Paired() { // 1000/112
		t.Fatalf("%d segments", s.Len())
	}
	places := map[int]bool{}
	for epoch := range 8 {
		for b, err := range s.Batches(t.Context(), data.Epoch{Seed: 3, Epoch: epoch, Batch: 3}) {
			if err != nil {
				t.Fatal(err)
			}
			for i := range b.N {
				got, other := sounds(t, b, i)
				at := find(got, x)
				if lo, hi := b.Index[i]*889/9, (b.Index[i]+1)*889/9; at < lo || at >= hi {
					t.Fatalf("segment %d lies at %d, expected %d to %d", b.Index[i], at, lo, hi)
				}
				places[at] = true
				for k := range got {
					if d := math.Abs(other[k] + 3*got[k]); d > 1e-5 {
						t.Fatalf("sample %d is %v beside %v", k, other[k], got[k])
					}
				}
				if l := spectra.Level(other); math.Abs(l-1) > 1e-5 {
					t.Errorf("the level is %v", l)
				}
			}
		}
	}
	if len(places) < 50 {
		t.Errorf("%d places in 8 epochs", len(places))
	}
}

// A mixture of a recording of at most ten seconds has the ratio that was asked for; clean and noisy
// segment are of one place and one scale.
func TestMixtures(t *testing.T) {
	clean, noises := t.TempDir(), t.TempDir()
	x := tone(112, 90)
	write(t, clean, "x.wav", 1000, x) // one segment: the ratio is known of it
	write(t, noises, "n.wav", 1000, noise(5000, 2))
	for _, ratio := range []float64{-5, 0, 12} {
		s := opened(t, []string{clean}, Options{Kind: form, Mix: []string{noises}, Ratios: mix.Decibels{Lo: ratio, Hi: ratio}})
		b, err := s.Load(t.Context(), 0)
		if err != nil {
			t.Fatal(err)
		}
		got, other := sounds(t, b, 0)
		if find(got, x) != 0 {
			t.Fatal("the clean segment is not the recording")
		}
		ss, nn := 0., 0.
		for i := range got {
			d := other[i] - got[i]
			ss, nn = ss+got[i]*got[i], nn+d*d
		}
		if dB := 10 * math.Log10(ss/nn); math.Abs(dB-ratio) > 1e-3 {
			t.Errorf("%v dB, want %v", dB, ratio)
		}
	}
	// A range is drawn from anew.
	long := append(tone(300, 90), tone(300, 40)...)
	write(t, clean, "x.wav", 1000, long)
	s := opened(t, []string{clean}, Options{Kind: form, Mix: []string{noises}, Ratios: mix.Decibels{Lo: -5, Hi: 15}})
	seen := map[string]bool{}
	for epoch := range 6 {
		for b, err := range s.Batches(t.Context(), data.Epoch{Seed: 3, Epoch: epoch, Batch: 1}) {
			if err != nil {
				t.Fatal(err)
			}
			got, _ := sounds(t, b, 0)
			seen[fmt.Sprintf("%.9f", got[50])] = true
		}
	}
	if len(seen) < 25 {
		t.Errorf("%d different segments of 30", len(seen))
	}
}

// Held-out recordings are mixed with held-out noises alone, and what is kept in memory is what is
// read again.
func TestHeldOutNoises(t *testing.T) {
	clean, noises := t.TempDir(), t.TempDir()
	for i := range 12 {
		write(t, clean, fmt.Sprintf("%d.wav", i), 1000, tone(150, float64(20+30*i)))
		write(t, noises, fmt.Sprintf("%d.wav", i), 1000, noise(200, uint64(i)))
	}
	o := Options{Kind: form, Mix: []string{noises}, Ratios: mix.Decibels{Lo: -100, Hi: -100}, Val: .4}
	s, _, _, err := open(t.Context(), []string{clean}, o)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.noises[0])+len(s.noises[1]) != 12 || len(s.noises[0]) == 0 || len(s.noises[1]) == 0 {
		t.Fatalf("%d noises of training, %d held out", len(s.noises[0]), len(s.noises[1]))
	}
	for _, r := range s.clean {
		of := s.noises[0]
		if data.HeldOut(r.hash, .4) {
			of = s.noises[1]
		}
		if got := s.noisesOf(r); &got[0] != &of[0] {
			t.Errorf("%s is mixed with the other side's noises", r.Path)
		}
	}
	again := opened(t, []string{clean}, o)
	o.CacheBytes = 1 << 20
	kept := opened(t, []string{clean}, o)
	a, err := again.Load(t.Context(), 0, 5)
	if err != nil {
		t.Fatal(err)
	}
	b, err := kept.Load(t.Context(), 0, 5)
	if err != nil || fmt.Sprint(a.X, a.Pair) != fmt.Sprint(b.X, b.Pair) {
		t.Error("what is kept is not what is read", err)
	}
	if again.Fingerprint() != kept.Fingerprint() {
		t.Error("the fingerprint depends on the cache")
	}
	o.Ratios.Hi = 0
	if opened(t, []string{clean}, o).Fingerprint() == kept.Fingerprint() {
		t.Error("the fingerprint does not depend on the ratios")
	}
}

// What is shorter than a segment lies in silence; stereo is two recordings; other rates are brought
// to the set's, silent stretches have noise alone.
func TestOddRecordings(t *testing.T) {
	clean, noises := t.TempDir(), t.TempDir()
	write(t, clean, "one.wav", 1000, []float64{.5})
	write(t, clean, "stereo.wav", 2000, tone(448, 90), tone(448, 130))
	write(t, noises, "n.wav", 1000, noise(30, 1), noise(30, 2))
	s := opened(t, []string{clean}, Options{Kind: form})
	if s.Len() != 5 || s.Paired() {
		t.Fatalf("%d segments", s.Len())
	}
	b, err := s.Load(t.Context(), 0, 1, 2, 3, 4)
	if err != nil {
		t.Fatal(err)
	}
	x, _ := sounds(t, b, 0)
	if l := spectra.Level(x); math.Abs(l-1) > 1e-5 {
		t.Errorf("one sample is %v", l)
	}
	if text := strings.Join(s.Remarks(), "\n"); !strings.Contains(text, "brought 1 recording to 1000") {
		t.Error(text)
	}
	quiet := append(make([]float64, 20000), tone(100, 90)...)
	write(t, clean, "quiet.wav", 1000, quiet)
	m := opened(t, []string{clean}, Options{Kind: form, Mix: []string{noises}, Ratios: mix.Decibels{Lo: 5, Hi: 5}})
	for b, err := range m.All(t.Context(), 64) {
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range append(b.X, b.Pair...) {
			if math.IsNaN(float64(v)) || math.Abs(float64(v)) > 10 {
				t.Fatalf("a number is %v", v)
			}
		}
	}
	if k := m.Skipped(); len(k) != 1 || !strings.HasSuffix(k[0].Path, "one.wav") { // a constant
		t.Errorf("skipped %v", k)
	}
}

// What cannot be used is skipped, or refused, by name; nothing is lost in silence.
func TestRefused(t *testing.T) {
	clean, noisy, noises, empty := t.TempDir(), t.TempDir(), t.TempDir(), t.TempDir()
	write(t, clean, "good.wav", 1000, tone(500, 90))
	write(t, clean, "long.wav", 1000, tone(500, 80))
	write(t, clean, "alone.wav", 1000, tone(500, 70))
	write(t, noisy, "good.wav", 1000, tone(500, 91))
	write(t, noisy, "long.wav", 1000, tone(501, 81))
	write(t, noisy, "other.wav", 1000, tone(501, 81))
	write(t, noises, "silent.wav", 1000, make([]float64, 50))
	if err := os.WriteFile(filepath.Join(clean, "bad.wav"), []byte("RIFF, and no more"), 0o666); err != nil {
		t.Fatal(err)
	}
	s := opened(t, []string{clean}, Options{Kind: form, Noisy: []string{noisy}})
	if s.Len() != 4 {
		t.Errorf("%d segments of the one pair", s.Len())
	}
	if k := s.Skipped(); len(k) != 1 || !strings.Contains(k[0].Err.Error(), "501: expected as many") {
		t.Errorf("skipped %v", k)
	}
	if text := strings.Join(s.Remarks(), "\n"); !strings.Contains(text, "left out 2 recordings without a pair") || !strings.Contains(text, "1 recording of the pairs") {
		t.Error(text)
	}
	ratios := mix.Decibels{Lo: 0, Hi: 5}
	for _, c := range []struct {
		roots []string
		o     Options
		want  string
	}{
		{nil, Options{Kind: form}, "no folder"},
		{[]string{empty}, Options{Kind: form}, "holds no recordings"},
		{[]string{filepath.Join(empty, "x")}, Options{Kind: form}, "no such file or folder"},
		{[]string{clean}, Options{Kind: kind.OfFields(2, 2, 2)}, "no spectra"},
		{[]string{clean}, Options{Kind: form, Strict: true}, "bad.wav"},
		{[]string{clean}, Options{Kind: form, Noisy: []string{noisy}, Mix: []string{noises}}, "give one"},
		{[]string{clean}, Options{Kind: form, Mix: []string{noises}, Ratios: mix.Decibels{Lo: math.Inf(-1)}}, "ratios of"},
		{[]string{clean}, Options{Kind: form, Mix: []string{noises}, Ratios: ratios}, "silent.wav: it is silent"},
		{[]string{clean, clean}, Options{Kind: form, Noisy: []string{noisy}}, "have one name"},
		{[]string{clean}, Options{Kind: form, Noisy: []string{noises}}, "no recording goes with another"},
		{[]string{filepath.Join(clean, "bad.wav")}, Options{Kind: form}, "none of 1 file can be read"},
	} {
		if _, err := Open(t.Context(), c.roots, c.o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
}

// Whatever a file says, it is read, or refused without a panic.
func FuzzRead(f *testing.F) {
	for _, coding := range []sound.Coding{sound.PCM16, sound.Float32} {
		var b bytes.Buffer
		if _, err := sound.Write(&b, [][]float64{tone(60, 90), tone(60, 80)}, 1600, coding); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes())
		f.Add(b.Bytes()[:b.Len()-7])
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		x, format, _, err := readFrom(bytes.NewReader(raw), 1000)
		if err != nil {
			return
		}
		if len(x) != format.Channels || len(x[0]) == 0 {
			t.Errorf("%d channels of %v", len(x), format)
		}
		constant(x)
	})
}
