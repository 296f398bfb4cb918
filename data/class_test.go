package data

import (
	"reflect"
	"testing"

	"github.com/reverie-go/reverie/kind"
)

// numbered is a folder of the classes "10", "2" and "b", with 1, 2 and 1 images.
func numbered(t *testing.T) string {
	dir := t.TempDir()
	for i, name := range []string{"10/x.png", "2/y.png", "2/z.png", "b/w.png"} {
		write(t, dir, name, pngOf(t, plain(i)))
	}
	write(t, dir, "alone.png", pngOf(t, plain(9)))
	return dir
}

func TestClassCounts(t *testing.T) {
	s := mustOpen(t, small, numbered(t))
	if got, want := s.ClassCounts(), []kind.Class{{Name: "2", Samples: 2}, {Name: "10", Samples: 1}, {Name: "b", Samples: 1}}; !reflect.DeepEqual(got, want) {
		t.Errorf("classes %v, want %v", got, want)
	}
	if got, want := s.Subset([]int{0, 3}).ClassCounts(), []kind.Class{{Name: "2"}, {Name: "10", Samples: 1}, {Name: "b"}}; !reflect.DeepEqual(got, want) {
		t.Errorf("classes of a part %v, want %v", got, want)
	}
	if got := mustOpen(t, small, flatFolder(t)).ClassCounts(); got != nil {
		t.Errorf("classes %v of a folder without any", got)
	}
}

func flatFolder(t *testing.T) string {
	dir := t.TempDir()
	write(t, dir, "a.png", pngOf(t, plain(1)))
	return dir
}

// TestFingerprintStays: a set has the fingerprint that it had when classes were numbered by the
// bytes of their names, which runs have recorded.
func TestFingerprintStays(t *testing.T) {
	const recorded = "274bd5b62625e9e0479fada1cb350f220c461f30af6274c400060a9eac402357"
	if got := mustOpen(t, small, numbered(t)).Fingerprint(); got != recorded {
		t.Errorf("fingerprint %s, recorded %s", got, recorded)
	}
}
