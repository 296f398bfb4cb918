package reverie

import (
	"strings"
	"testing"
)

// A list of classes is checked in one place.
func TestClasses(t *testing.T) {
	for _, c := range []struct {
		class []int
		want  Want
		err   string
	}{
		{nil, 0, ""},
		{nil, WantClass, ""},
		{[]int{0, 3, NullClass}, WantClass, ""},
		{[]int{0, 3, 1}, WantVJP, "does not want them"},
		{[]int{0, 3}, WantClass, "2 classes for 3 samples"},
		{[]int{0, 3, 1, 1}, WantClass, "4 classes for 3 samples"},
		{[]int{}, WantClass, "0 classes for 3 samples"},
		{[]int{0, 1, 4}, WantClass, "class 4 of sample 2: expected one from 0 to 3, or -1"},
		{[]int{0, -2, 1}, WantClass, "class -2 of sample 1"},
	} {
		got, err := Query[int]{Class: c.class, Want: c.want}.Classes(3, 4)
		switch {
		case c.err == "":
			if err != nil || len(got) != len(c.class) {
				t.Errorf("%v: %v, %v", c.class, got, err)
			}
		case err == nil || !strings.Contains(err.Error(), c.err):
			t.Errorf("%v: %v, want %q", c.class, err, c.err)
		}
	}
}

// A denoiser that knows no classes refuses them by name, and one of given classes others.
func TestOfClassRefuses(t *testing.T) {
	const no = "no class-conditional estimate"
	var d Denoiser[Batch[float64]] = DenoiserFunc[Batch[float64]](nil)
	for range 2 {
		d = OfClass(d, []int{0})
		_, err := Denoise(t.Context(), d, Batch[float64]{{1}}, 0.5)
		if knows := d.Knows(0); knows == nil || err == nil || err.Error() != knows.Error() || !strings.Contains(err.Error(), no) {
			t.Errorf("%v, %v: expected %q", err, knows, no)
		}
	}
}
