package engine

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/reverie-go/reverie"
)

// close64 compares with Host's numbers.
func close64(t *testing.T, what string, got, want []float64, tol float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s has %d numbers, want %d", what, len(got), len(want))
	}
	for i := range got {
		if !(math.Abs(got[i]-want[i]) <= tol) {
			t.Errorf("%s[%d] = %v, want %v", what, i, got[i], want[i])
		}
	}
}

func TestSpaceMoreIsHost(t *testing.T) {
	e := open(t)
	s, h := e.Space(stream), &reverie.Host[float32]{Stream: stream}
	x, xh := batch(e, 5, 0)
	y, yh := batch(e, 5, 1)
	close64(t, "Dot", s.Dot(x, y), h.Dot(xh, yh), 1e-13)
	for _, q := range []float64{0, 0.1, 0.5, 0.995, 1} {
		close64(t, "AbsQuantile", s.AbsQuantile(x, q), h.AbsQuantile(xh, q), 1e-15)
		u := []float64{1, -2, 0.5, 0, 3}
		near(t, "AbsQuantileVJP", s.AbsQuantileVJP(x, q, u), h.AbsQuantileVJP(xh, q, u), 0)
	}
	near(t, "ClampVJP", s.ClampVJP(x, y, -0.5, 0.7), h.ClampVJP(xh, yh, -0.5, 0.7), 0)
	near(t, "LogScale", s.LogScale(x, y, -0.5, 1.5), h.LogScale(xh, yh, -0.5, 1.5), 16*0x1p-23)
	rows := s.Rows(x)
	for n, want := range h.Rows(xh) {
		close64(t, "Rows", rows[n], want, 0)
	}
	near(t, "FromRows", s.FromRows(y, rows[1:4]), xh[1:4], 0)
	both := s.Stack(x, y)
	near(t, "Stack", both, h.Stack(xh, yh), 0)
	first, second := s.Unstack(both)
	near(t, "Unstack", first, xh, 0)
	near(t, "Unstack", second, yh, 0)
	if got := flat[float32](t, x); !slices.Equal(got, slices.Concat(xh...)) {
		t.Error("an argument has changed")
	}
}

func TestSpaceMoreFloat64(t *testing.T) {
	e := open(t)
	s, h := e.Space(stream), &reverie.Host[float64]{Stream: stream}
	xh := h.Noise(reverie.NewBatch[float64](3, 7))
	x := New(e, slices.Concat(xh...), 3, 1, 1, 7)
	close64(t, "Dot", s.Dot(x, x), h.Dot(xh, xh), 1e-14)
	close64(t, "AbsQuantile", s.AbsQuantile(x, 0.3), h.AbsQuantile(xh, 0.3), 1e-15)
	u := []float64{1, -2, 0.5}
	close64(t, "AbsQuantileVJP", flat[float64](t, s.AbsQuantileVJP(x, 0.3, u)), slices.Concat(h.AbsQuantileVJP(xh, 0.3, u)...), 0)
	close64(t, "ClampVJP", flat[float64](t, s.ClampVJP(x, x, -0.5, 0.7)), slices.Concat(h.ClampVJP(xh, xh, -0.5, 0.7)...), 0)
	close64(t, "Rows", slices.Concat(s.Rows(x)...), slices.Concat(xh...), 0)
	close64(t, "FromRows", flat[float64](t, s.FromRows(x, xh[1:])), slices.Concat(xh[1:]...), 0)
	close64(t, "LogScale", flat[float64](t, s.LogScale(x, x, 0.25, -2)), slices.Concat(h.LogScale(xh, xh, 0.25, -2)...), 1e-13)
}

// TestAbsQuantileOfKnown: what numpy.quantile says of |[3, -1, 2, -4]| and of one number; a NaN is
// told.
func TestAbsQuantileOfKnown(t *testing.T) {
	e := open(t)
	s := e.Space(stream)
	x := New(e, []float64{3, -1, 2, -4, math.Inf(-1), 1, 1, 1}, 2, 4)
	close64(t, "0.9", s.AbsQuantile(x, 0.9)[:1], []float64{3.7}, 1e-15)
	close64(t, "1/3", s.AbsQuantile(x, 1.0/3), []float64{2, 1}, 1e-15)
	if v := s.AbsQuantile(x, 1)[1]; !math.IsInf(v, 1) {
		t.Errorf("the largest magnitude is %v, want +Inf", v)
	}
	close64(t, "of one", s.AbsQuantile(New(e, []float32{-2}, 1), 0.4), []float64{2}, 0)
	if v := s.AbsQuantile(New(e, []float32{1, float32(math.NaN()), 2}, 1, 3), 0); v[0] == v[0] {
		t.Errorf("quantile of a sample with NaN = %v", v)
	}
	func() {
		defer func() {
			if p, _ := recover().(string); !strings.Contains(p, "q = 1.5 is outside 0..1") {
				t.Errorf("panic %q", p)
			}
		}()
		s.AbsQuantile(x, 1.5)
	}()
}
