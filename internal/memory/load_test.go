package memory

import "testing"

// TestLoad: what is kept and what a batch takes count together, and a batch that fits is named.
func TestLoad(t *testing.T) {
	const mebi = 1 << 20
	l := Load{Images: 1000, Height: 64, Width: 32, Batch: 100, Network: func(n int) (int64, error) { return int64(n) * mebi, nil }, Held: mebi / 2, Fewer: "less"}
	have := func(mebis int64) Limit { return Limit{Bytes: mebis * mebi, Says: "there is"} }
	for _, c := range []struct {
		mebis int64
		want  string
	}{
		{500 + 100 + programSize/mebi, ""}, // all that is needed
		{500 + 99 + programSize/mebi, "a batch of 100 images of 64x32 needs about 664 MiB of memory, and there is 663 MiB; --batch 50 fits"},
		{500 + programSize/mebi, "a batch of 100 images of 64x32 needs about 664 MiB of memory, and there is 564 MiB; not even one image fits; choose a smaller size"},
		{499, "keeping 1,000 images of 64x32 needs about 500 MiB of memory, and there is 499 MiB; less"},
	} {
		text := ""
		if err := l.within(have(c.mebis)); err != nil {
			text = err.Error()
		}
		if text != c.want {
			t.Errorf("%d MiB: %q, want %q", c.mebis, text, c.want)
		}
	}
}
