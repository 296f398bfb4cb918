package data

import (
	"math"
	"slices"
	"testing"

	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/random"
)

// points are n points of two numbers far outside [-1,1].
func points(n int) Memory {
	x := make([]float32, 2*n)
	random.Stream{Seed: 4, Domain: 128}.Normal32(x)
	for i := range x {
		x[i] *= 20
	}
	return Memory{Name: "cloud", Kind: kind.OfPoints(2), X: x}
}

func mustMemory(t testing.TB, m Memory, o Options) *Set {
	t.Helper()
	s, err := FromMemory(m, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestFromMemory(t *testing.T) {
	m := points(2048)
	s := mustMemory(t, m, Options{Flip: true, Channels: 3, Height: 64})
	if got := s.String(); got != "2,048 points of 2 numbers" {
		t.Error(got)
	}
	if h, w, c := s.Shape(); h != 1 || w != 1 || c != 2 {
		t.Errorf("shape %d, %d, %d", h, w, c)
	}
	b, err := s.Load(t.Context(), 3, 1000)
	if err != nil {
		t.Fatal(err)
	}
	if want := []float32{m.X[6], m.X[7], m.X[2000], m.X[2001]}; !slices.Equal(b.X, want) || b.Class[0] != -1 || b.N != 2 {
		t.Errorf("%v of class %v, want %v", b.X, b.Class, want)
	}
	if got := s.Info(7).Path; got != "cloud:7" {
		t.Error(got)
	}
}

// TestMemoryEpoch counts that an epoch has every point once, in an order that the seed decides.
func TestMemoryEpoch(t *testing.T) {
	m := points(1000)
	s := mustMemory(t, m, Options{})
	seen, inOrder := make([]bool, 1000), true
	for b, err := range s.Batches(t.Context(), Epoch{Seed: 1, Batch: 100}) {
		if err != nil {
			t.Fatal(err)
		}
		for k, i := range b.Index {
			if seen[i] || !slices.Equal(b.Image(k), m.X[2*i:2*i+2]) {
				t.Fatalf("point %d again or changed", i)
			}
			inOrder = inOrder && (k == 0 || i > b.Index[k-1])
			seen[i] = true
		}
	}
	if slices.Contains(seen, false) || inOrder {
		t.Error("not every point came, or they came in order")
	}
}

func TestMemoryVal(t *testing.T) {
	m := points(3000)
	copy(m.X[2:4], m.X[0:2]) // equal points are on one side
	s := mustMemory(t, m, Options{Val: 0.3})
	train, val := s.Train(), s.Val()
	if train.Len()+val.Len() != 3000 || math.Abs(float64(val.Len())-900) > 4*math.Sqrt(3000*0.3*0.7) {
		t.Errorf("%d and %d", train.Len(), val.Len())
	}
	if first := val.Info(0).Path; (first == "cloud:0") != (val.Info(1).Path == "cloud:1") {
		t.Errorf("equal points are parted: %s, %s", first, val.Info(1).Path)
	}
	more := mustMemory(t, Memory{Kind: m.Kind, X: m.X[:2000]}, Options{Val: 0.3})
	for i := range more.Val().Len() {
		if more.Val().Info(i).Hash != val.Info(i).Hash {
			t.Fatal("the side of a point depends on the others")
		}
	}
}

func TestMemoryFingerprint(t *testing.T) {
	m := points(10)
	m.Classes, m.Class = []string{"a", "b"}, []int{0, 1, 0, 1, 0, 1, 0, 1, -1, 0}
	s := mustMemory(t, m, Options{})
	if got := s.String(); got != "10 points of 2 numbers in 2 classes" {
		t.Error(got)
	}
	if b, err := s.Load(t.Context(), 1, 8); err != nil || !slices.Equal(b.Class, []int{1, -1}) {
		t.Errorf("classes %v, %v", b.Class, err)
	}
	prints := []string{s.Fingerprint()}
	if again := mustMemory(t, m, Options{Flip: true}).Fingerprint(); again != prints[0] {
		t.Error("the same points have another fingerprint")
	}
	changes := []func(m *Memory){
		func(m *Memory) { m.X[5]++ },
		func(m *Memory) { m.Class[3] = 0 },
		func(m *Memory) { m.Kind = kind.OfFields(1, 2, 1) },
		func(m *Memory) { m.X, m.Class = m.X[:18], m.Class[:9] },
	}
	for _, change := range changes {
		m := m
		m.X, m.Class = slices.Clone(m.X), slices.Clone(m.Class)
		change(&m)
		prints = append(prints, mustMemory(t, m, Options{}).Fingerprint())
	}
	slices.Sort(prints)
	if n := len(slices.Compact(prints)); n != 5 {
		t.Errorf("%d different fingerprints of 5 sets", n)
	}
}

func TestMemoryImages(t *testing.T) {
	x := []float32{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}
	s := mustMemory(t, Memory{Kind: kind.OfFields(1, 3, 2), X: x}, Options{Flip: true})
	if got := s.String(); got != "2 fields of 1x3x2" {
		t.Error(got)
	}
	for epoch := range 5 { // of which some would flip
		for b, err := range s.Batches(t.Context(), Epoch{Seed: 1, Epoch: epoch, Batch: 2}) {
			if err != nil || b.Image(slices.Index(b.Index, 1))[0] != 7 {
				t.Fatalf("%v, %v", b, err)
			}
		}
	}
	wantError(t, s.CheckBatch(3), "set of 2 fields")
	wantError(t, mustMemory(t, points(2), Options{}).CheckBatch(3), "set of 2 points", "at most 2, or add points")
}

func TestMemoryErrors(t *testing.T) {
	for want, change := range map[string]func(m *Memory, o *Options){
		"points of height 1 and width 0":                        func(m *Memory, _ *Options) { m.W = 0 },
		"cloud: fields of 4x0x2: expected si":                   func(m *Memory, _ *Options) { m.Kind = kind.OfFields(4, 0, 2) },
		"cloud: points of 1000000 numbers":                      func(m *Memory, _ *Options) { m.C = 1e6 },
		"19 numbers: expected a multiple of":                    func(m *Memory, _ *Options) { m.X = m.X[1:] },
		"cloud: 0 numbers":                                      func(m *Memory, _ *Options) { m.X = nil },
		"2 class numbers for 10 points":                         func(m *Memory, _ *Options) { m.Class = []int{0, 0} },
		"point 4 is of class 1":                                 func(m *Memory, _ *Options) { m.Classes, m.Class = []string{"a"}, []int{0, 0, 0, 0, 1, 0, 0, 0, 0, 0} },
		"value 1 of point 2 is NaN":                             func(m *Memory, _ *Options) { m.X[5] = float32(math.NaN()) },
		"value 0 of point 0 is -Inf":                            func(m *Memory, _ *Options) { m.X[0] = float32(math.Inf(-1)) },
		"value 0 of point 0 is 1.5: expected numbers in [-1,1]": func(m *Memory, _ *Options) { m.Ranged, m.X[0] = true, 1.5 },
		"held-out part (val) 1":                                 func(_ *Memory, o *Options) { o.Val = 1 },
		"Workers 0, Prefetch -1: none may be n":                 func(_ *Memory, o *Options) { o.Prefetch = -1 },
	} {
		m, o := points(10), Options{}
		change(&m, &o)
		_, err := FromMemory(m, o)
		wantError(t, err, want)
	}
}
