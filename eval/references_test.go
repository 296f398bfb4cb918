package eval

import (
	"testing"

	"github.com/reverie-go/reverie/internal/memory"
)

// TestMostReferences: a set that is compared with takes a quarter of the memory, however much that
// is, and 2 GiB where nobody knows.
func TestMostReferences(t *testing.T) {
	for _, c := range []struct{ have, each, want int64 }{{1 << 30, 1 << 20, 256}, {64 << 30, 1 << 20, 16384}, {0, 1 << 20, 2048}, {1 << 20, 1 << 20, 1}} {
		if got := mostReferences(memory.Limit{Bytes: c.have}, c.each); int64(got) != c.want {
			t.Errorf("of %d bytes %d images of %d, want %d", c.have, got, c.each, c.want)
		}
	}
}
