package kind

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
)

func TestWordsAndView(t *testing.T) {
	for _, row := range []struct {
		k          Kind
		text, one  string
		view       View
		vector     bool
		pictorial  bool
		clampable  bool
		levels     bool
		numbers    int
		comparable Kind
	}{
		{OfImages(32, 24, 3), "images of 32x24x3", "image", Pictures, false, true, true, true, 2304, OfImages(32, 24, 3).Real()},
		{OfImages(1, 1, 1), "images of 1x1x1", "image", Pictures, true, true, true, true, 1, OfImages(1, 1, 1)},
		{OfImages(8, 8, 2), "images of 8x8x2", "image", Panels, false, true, true, true, 128, OfImages(8, 8, 2)},
		{OfPoints(2), "points of 2 numbers", "point", Scatter, true, false, false, false, 2, OfPoints(2).In(Units{[]float64{1, 2}, []float64{3, 4}})},
		{OfPoints(1), "points of 1 number", "point", Scatter, true, false, false, false, 1, OfPoints(1)},
		{OfFields(16, 8, 5), "fields of 16x8x5", "field", Panels, false, false, false, false, 640, OfFields(16, 8, 5)},
		{OfLatents(4, 4, 3), "latents of 4x4x3", "latent", Panels, false, false, false, false, 48, OfLatents(4, 4, 3)},
		{OfLatents(1, 1, 6), "latents of 1x1x6", "latent", Scatter, true, false, false, false, 6, OfLatents(1, 1, 6)},
	} {
		k := row.k
		if k.String() != row.text || k.Noun(1) != row.one {
			t.Errorf("%#v: %q, one %q; want %q, %q", k, k, k.Noun(1), row.text, row.one)
		}
		if k.View() != row.view || k.Vector() != row.vector || k.Pictorial() != row.pictorial || (k.Clampable() == nil) != row.clampable || (k.Levels > 0) != row.levels {
			t.Errorf("%v: view %v, vector %v, pictorial %v, clampable %v, levels %d", k, k.View(), k.Vector(), k.Pictorial(), k.Clampable(), k.Levels)
		}
		if k.Size() != row.numbers {
			t.Errorf("%v: %d numbers, want %d", k, k.Size(), row.numbers)
		}
		if err := k.Validate(); err != nil {
			t.Errorf("%v: %v", k, err)
		}
		if err := k.Comparable(row.comparable); err != nil {
			t.Error(err)
		}
	}
	for _, other := range []Kind{OfPoints(2), OfImages(4, 4, 1), OfFields(4, 4, 3)} {
		if err := OfImages(4, 4, 3).Comparable(other); err == nil || !strings.Contains(err.Error(), other.String()) {
			t.Errorf("images of 4x4x3 and %v: %v", other, err)
		}
	}
}

func TestUnits(t *testing.T) {
	k := OfPoints(2).In(Units{[]float64{1, -1}, []float64{2, 10}})
	if x := k.InUnits([]float32{0, 0, 1, -1}); !reflect.DeepEqual(x, []float64{1, -1, 3, -11}) {
		t.Errorf("in units: %v", x)
	}
	if y := k.FromUnits([]float64{1, -1, 3, -11}); !reflect.DeepEqual(y, []float64{0, 0, 1, -1}) {
		t.Errorf("from units: %v", y)
	}
	if x := OfFields(1, 2, 1).InUnits([]float32{2, 3}); !reflect.DeepEqual(x, []float64{2, 3}) {
		t.Errorf("without units: %v", x)
	}
}

func TestValidateNamesTheField(t *testing.T) {
	change := func(k Kind, f func(k *Kind)) Kind {
		f(&k)
		return k
	}
	for want, k := range map[string]Kind{
		`form is "waves"`:             {Form: "waves"},
		"expected 0 (not known)":      OfFields(-1, 2, 2),
		"points of height 2":          {Form: Points, H: 2, W: 1, C: 2},
		"7 levels":                    change(OfImages(2, 2, 1), func(k *Kind) { k.Levels = 7 }),
		"without a range":             change(OfImages(2, 2, 1), func(k *Kind) { k.Ranged = false }),
		"shift has 1 numbers":         OfPoints(1).In(Units{[]float64{1}, nil}),
		"units of 1 channels":         OfPoints(2).In(Units{[]float64{1}, []float64{1}}),
		"scale 0 of number 1":         OfPoints(2).In(Units{[]float64{1, 1}, []float64{1, 0}}),
		"shift 1e+31":                 OfPoints(1).In(Units{[]float64{1e31}, []float64{1}}),
		"16385x1x1: expected 0 (not ": OfFields(16385, 1, 1),
	} {
		if err := k.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%#v: %v, want %q", k, err, want)
		}
	}
}

// A kind is written flat, beside what else a file says, and read back as it was.
func TestJSON(t *testing.T) {
	for _, k := range []Kind{{}, OfImages(8, 6, 3), OfPoints(2).In(Units{[]float64{1, 2}, []float64{3, 4}}), OfLatents(4, 4, 3)} {
		type file struct {
			Name string `json:"name"`
			Kind
		}
		text, err := json.Marshal(file{"x", k})
		if err != nil {
			t.Fatal(err)
		}
		var back file
		if err := json.Unmarshal(text, &back); err != nil || !reflect.DeepEqual(back, file{"x", k}) {
			t.Errorf("%s: %+v, %v", text, back, err)
		}
	}
}

// The volume is the product of the scales, of numbers without units 1.
func TestLogVolume(t *testing.T) {
	if v := OfPoints(3).In(Units{[]float64{1, 2, 3}, []float64{2, 0.5, 8}}).LogVolume(); math.Abs(v-math.Log(8)) > 1e-15 {
		t.Errorf("log volume %v, want log 8", v)
	}
	if v := OfImages(8, 8, 3).LogVolume(); v != 0 {
		t.Errorf("log volume %v of images", v)
	}
}

// TestInterchangeable: the numbers of two kinds mean the same where shape, range and units agree.
func TestInterchangeable(t *testing.T) {
	k := OfPoints(2)
	other := func(change func(o *Kind)) Kind { o := k; change(&o); return o }
	if err := k.Interchangeable(other(func(o *Kind) { o.Levels = 9 })); err != nil {
		t.Error(err)
	}
	for want, o := range map[string]Kind{
		"cannot be compared":           OfPoints(3),
		"the range of its points":      other(func(o *Kind) { o.Ranged = true }),
		"its points are in other unit": other(func(o *Kind) { o.Units = Units{Shift: []float64{1, 0}, Scale: []float64{1, 1}} }),
	} {
		if err := k.Interchangeable(o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", want, err)
		}
	}
}
