package data

import (
	"context"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
)

// epoch gathers an epoch's batches.
func epoch(t *testing.T, s *Set, e Epoch) (list []*Batch) {
	t.Helper()
	for b, err := range s.Batches(t.Context(), e) {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, b)
	}
	return list
}

// same reports whether two lists of batches are equal, bit for bit.
func same(a, b []*Batch) bool {
	return slices.EqualFunc(a, b, func(p, q *Batch) bool {
		return slices.Equal(p.X, q.X) && slices.Equal(p.Class, q.Class) && slices.Equal(p.Index, q.Index) &&
			p.N == q.N && p.H == q.H && p.W == q.W && p.C == q.C
	})
}

// TestEpoch: an epoch of 43 images in batches of 8 is 5 batches of 40 different images, equal for
// any workers, memory and prefetch, and from any start.
func TestEpoch(t *testing.T) {
	dir := folder(t, 43)
	o := small
	o.Flip = true
	s := mustOpen(t, o, dir)
	e := Epoch{Seed: 5, Epoch: 2, Batch: 8}
	all := epoch(t, s, e)
	if len(all) != 5 || s.Steps(8) != 5 {
		t.Fatalf("%d batches, %d steps", len(all), s.Steps(8))
	}
	seen := map[int]bool{}
	for _, b := range all {
		if b.N != 8 || b.H != 4 || b.W != 6 || b.C != 3 || len(b.X) != 8*4*6*3 {
			t.Errorf("batch of %d x %d x %d x %d, %d values", b.N, b.H, b.W, b.C, len(b.X))
		}
		for i := range b.N {
			k, _ := number(b.Image(i))
			if name := filepath.Base(s.Info(b.Index[i]).Path); name != itoa(k)+".png" || b.Class[i] != k%2 {
				t.Errorf("image %d of class %d is %s", k, b.Class[i], name)
			}
			seen[k] = true
		}
	}
	if len(seen) != 40 {
		t.Errorf("%d different images in an epoch of 40", len(seen))
	}
	for start := range 6 {
		at := e
		at.Start = start
		if !same(epoch(t, s, at), all[start:]) {
			t.Errorf("started at %d, the batches differ", start)
		}
	}
	for _, o2 := range []Options{{Workers: 1, Prefetch: 1}, {Workers: 7, CacheBytes: -1, Prefetch: 9}, {CacheBytes: 5 * 72}} {
		o2.Height, o2.Width, o2.Flip = o.Height, o.Width, true
		if !same(epoch(t, mustOpen(t, o2, dir), e), all) {
			t.Errorf("with %+v the batches differ", o2)
		}
	}
	for _, other := range []Epoch{{Seed: 6, Epoch: 2, Batch: 8}, {Seed: 5, Epoch: 3, Batch: 8}} {
		if same(epoch(t, s, other), all) {
			t.Errorf("%+v has the batches of %+v", other, e)
		}
	}
}

func TestCacheBudget(t *testing.T) {
	o := small
	o.CacheBytes = 5*72 + 71
	if n, b := mustOpen(t, o, folder(t, 20)).Cached(); n != 5 || b != 5*72 {
		t.Errorf("%d images, %d bytes kept; want 5, 360", n, b)
	}
}

// TestOrderPinned: a change of these numbers breaks the resuming of old runs. They were worked out
// by the Philox of random/testdata/gen_streams.py.
func TestOrderPinned(t *testing.T) {
	if got, want := order(10, 1, 2), []int{2, 5, 7, 3, 1, 9, 6, 0, 8, 4}; !slices.Equal(got, want) {
		t.Errorf("order %v, want %v", got, want)
	}
	for item, want := range []bool{true, false, false, false, true, false, false, true, false, true, false, true} {
		if got := mirrored(1, 2, item); got != want {
			t.Errorf("image %d mirrored: %v, want %v", item, got, want)
		}
	}
}

// TestOrderUniform: over 6,000 epochs each image comes at each of 6 places 1,000 times, standard
// error sqrt(6000 1/6 5/6) = 28.9; 5 of them allowed.
func TestOrderUniform(t *testing.T) {
	var n [6][6]float64
	for e := range 6000 {
		for place, i := range order(6, 42, e) {
			n[i][place]++
		}
	}
	for i, row := range n {
		for place, k := range row {
			if !(math.Abs(k-1000) <= 5*28.9) {
				t.Errorf("image %d came %v times at place %d", i, k, place)
			}
		}
	}
}

// TestFlips: half of 40 images x 50 epochs are mirrored (standard error sqrt(2000)/2 = 22.4, 5
// allowed), independently in the next epoch and for the next image, and never without Flip.
func TestFlips(t *testing.T) {
	dir := folder(t, 40)
	o := small
	o.Flip = true
	s, plain := mustOpen(t, o, dir), mustOpen(t, small, dir)
	flips := 0
	both := 0 // flipped in this and the last epoch: a quarter
	last := map[int]bool{}
	for e := range 50 {
		for _, b := range epoch(t, s, Epoch{Seed: 9, Epoch: e, Batch: 40}) {
			for i := range b.N {
				k, f := number(b.Image(i))
				if f {
					flips++
					if last[k] {
						both++
					}
				}
				last[k] = f
			}
		}
	}
	if !(math.Abs(float64(flips-1000)) <= 5*22.4) {
		t.Errorf("%d of 2000 flipped", flips)
	}
	// 1960 pairs of probability 1/4. Neighbouring pairs share an epoch: their covariance is 1/8 -
	// 1/16. An image's 49 pairs have the variance 49 (1/4)(3/4) + 2 48/16 = 15.19, the 40 images'
	// sum the standard error sqrt(40 15.19) = 24.7, of which 4.5 are allowed.
	if !(math.Abs(float64(both-490)) <= 4.5*24.7) {
		t.Errorf("%d of 1960 flipped twice", both)
	}
	for _, b := range epoch(t, plain, Epoch{Seed: 9, Batch: 40}) {
		for i := range b.N {
			if _, f := number(b.Image(i)); f {
				t.Error("flipped without Flip")
			}
		}
	}
}

func TestFlipReversesPixels(t *testing.T) {
	p := &pixels{lo: []uint8{0, 1, 10, 11, 20, 21, 100, 101, 110, 111, 120, 121}}
	dst := make([]float32, 12)
	p.float(dst, 3, 2, true)
	for i, v := range []uint8{20, 21, 10, 11, 0, 1, 120, 121, 110, 111, 100, 101} {
		if dst[i] != unit8[v] {
			t.Fatalf("mirrored to %v", dst)
		}
	}
	if unit8[0] != -1 || unit8[255] != 1 {
		t.Errorf("ends %v, %v", unit8[0], unit8[255])
	}
}

func TestBatchErrors(t *testing.T) {
	s := mustOpen(t, small, folder(t, 5))
	first := func(e Epoch) (err error) {
		for _, err = range s.Batches(t.Context(), e) {
			break
		}
		return err
	}
	wantError(t, first(Epoch{Batch: 8}), "batch 8", "5 images")
	wantError(t, first(Epoch{Batch: 0}), "batch 0")
	wantError(t, first(Epoch{Batch: 2, Start: 3}), "start at batch 3", "2 batches of 2")
	wantError(t, first(Epoch{Batch: 2, Start: -1}), "start at batch -1")
	wantError(t, first(Epoch{Batch: 2, Epoch: -1}), "epoch -1")
	if err := first(Epoch{Batch: 2, Start: 2}); err != nil {
		t.Errorf("start at the end: %v", err)
	}
	for _, err := range s.All(t.Context(), 0) {
		wantError(t, err, "batch 0")
	}
	for range s.Val().All(t.Context(), 4) {
		t.Error("an empty set has a batch")
	}
	if err := s.CheckBatch(5); err != nil {
		t.Error(err)
	}
}

// TestLostFile: a file that vanishes after Open is replaced by the next one and named; strict ends
// the epoch.
func TestLostFile(t *testing.T) {
	for _, strict := range []bool{false, true} {
		dir := folder(t, 6)
		o := small
		o.CacheBytes, o.Strict = -1, strict
		s := mustOpen(t, o, dir)
		lost := s.Info(4).Path
		if err := os.Remove(lost); err != nil {
			t.Fatal(err)
		}
		var got []int
		var err error
		for range 2 {
			got, err = nil, nil
			for b, e := range s.Batches(t.Context(), Epoch{Batch: 3}) {
				if err = e; e == nil {
					got = append(got, b.Index...)
				}
			}
		}
		if strict {
			wantError(t, err, lost)
			continue
		}
		slices.Sort(got)
		if err != nil || !slices.Equal(got, []int{0, 1, 2, 3, 5, 5}) {
			t.Errorf("images %v, error %v", got, err)
		}
		if bad := s.Skipped(); len(bad) != 1 || bad[0].Path != lost || !errors.Is(bad[0].Err, fs.ErrNotExist) {
			t.Errorf("skipped %v", bad)
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
		_, err = s.Load(t.Context(), 0)
		wantError(t, err, "none of the 6 images")
	}
}

// TestCancelled: a cancelled context ends an epoch with its cause.
func TestCancelled(t *testing.T) {
	s := mustOpen(t, small, folder(t, 12))
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	stop := errors.New("stop")
	n, last := 0, error(nil)
	for b, err := range s.Batches(ctx, Epoch{Batch: 2}) {
		if last = err; err != nil {
			break
		}
		if n++; n == 1 {
			cancel(stop)
		}
		_ = b
	}
	if !errors.Is(last, stop) && !errors.Is(last, context.Canceled) || n > 4 {
		t.Errorf("%d batches, then %v", n, last)
	}
}

// countingFS counts the files opened.
type countingFS struct {
	fs.FS
	opened *atomic.Int64
}

func (c countingFS) Open(name string) (fs.File, error) {
	c.opened.Add(1)
	return c.FS.Open(name)
}

// TestPrefetchBounded: while the training step takes its time, exactly Prefetch further batches are
// made; and leaving the loop ends the making.
func TestPrefetchBounded(t *testing.T) {
	dir := folder(t, 100)
	synctest.Test(t, func(t *testing.T) {
		var opened atomic.Int64
		fsys := countingFS{os.DirFS(dir), &opened}
		var l listing
		if err := l.walk(t.Context(), fsys, "", dir); err != nil {
			t.Fatal(err)
		}
		o := small
		o.CacheBytes, o.Prefetch, o.Workers = -1, 3, 2
		s, err := open(t.Context(), l, o)
		if err != nil {
			t.Fatal(err)
		}
		opened.Store(0)
		for _, err := range s.Batches(t.Context(), Epoch{Batch: 4}) {
			if err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			break
		}
		synctest.Wait()
		// A file is asked for its size, which opens it here, and then read.
		if n := opened.Load(); n != 2*4*(1+3) {
			t.Errorf("%d files opened, want the batch taken and 3 more", n)
		}
	})
}

func BenchmarkBatches(b *testing.B) {
	o := Options{Height: 64, Flip: true}
	s, err := Embedded(b.Context(), o)
	if err != nil {
		b.Fatal(err)
	}
	images := 0
	for e := 0; b.Loop(); e++ {
		for batch := range s.Batches(b.Context(), Epoch{Epoch: e, Batch: 32}) {
			images += batch.N
		}
	}
	b.ReportMetric(float64(images)/b.Elapsed().Seconds(), "images/s")
}
