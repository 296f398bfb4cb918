package memory

import (
	"errors"
	"math"
	"strings"
	"testing"
)

func TestLeast(t *testing.T) {
	machine, group, none := Limit{8, "machine"}, Limit{3, "group"}, Limit{}
	for _, x := range [][3]Limit{{machine, group, group}, {group, machine, group}, {none, group, group}, {group, none, group}} {
		if got := x[0].least(x[1]); got != x[2] {
			t.Errorf("of %v and %v: %v", x[0], x[1], got)
		}
	}
}

func TestCheck(t *testing.T) {
	l := Limit{3 << 30, "this machine has"}
	if err := l.Check("x", 3<<30, ""); err != nil {
		t.Error(err)
	}
	if err := (Limit{}).Check("x", math.MaxInt64, ""); err != nil {
		t.Errorf("an unknown limit refuses: %v", err)
	}
	err := l.Check("a batch of 16", 4<<30, "give a smaller --batch")
	var e *Error
	if !errors.As(err, &e) || e.Need != 4<<30 || e.Have != l {
		t.Fatalf("%v", err)
	}
	if want := "a batch of 16 needs about 4.0 GiB of memory, and this machine has 3.0 GiB; give a smaller --batch"; err.Error() != want {
		t.Error(err)
	}
}

// TestProduct: sizes whose product overflows are more than any limit, and a size of 0 is nothing.
func TestProduct(t *testing.T) {
	for _, x := range []struct {
		sizes []int
		want  int64
	}{
		{nil, 1}, {[]int{2, 3, 4}, 24}, {[]int{1 << 40, 1 << 40}, math.MaxInt64}, {[]int{1 << 31, 1 << 31, 4}, math.MaxInt64},
		{[]int{1 << 40, 1 << 40, 0}, 0}, {[]int{0, 1 << 62}, 0},
	} {
		if got := Product(x.sizes...); got != x.want {
			t.Errorf("%v: %d, want %d", x.sizes, got, x.want)
		}
	}
}

// TestAvailable: the machine's memory is known where the tests run, whatever else limits them.
func TestAvailable(t *testing.T) {
	l := Available()
	if l.Bytes < 16<<20 || !strings.Contains(l.String(), "iB") {
		t.Errorf("%d bytes: %v", l.Bytes, l)
	}
}
