package memory

import (
	"fmt"

	"github.com/dustin/go-humanize/english"
)

// programSize is about what the process takes whatever it does.
const programSize = 64 << 20

// A Load is what work on images will take, checked before any of it is taken.
type Load struct {
	Images, Height, Width int                            // all that there are in the end
	Batch                 int                            // of them at once
	Network               func(batch int) (int64, error) // bytes that a batch needs; nil: nothing
	Held                  int64                          // bytes for each image that are kept until the end
	Fewer                 string                         // what to do where what is kept is too much
}

// Check refuses a load that needs more memory than this process may take by an *Error, which says
// what would fit.
func (l Load) Check() error { return l.within(Available()) }

func (l Load) within(have Limit) error {
	held := Product(l.Images, int(l.Held))
	if err := have.Check(fmt.Sprintf("keeping %s of %dx%d", english.Plural(l.Images, "image", ""), l.Height, l.Width), held, l.Fewer); err != nil {
		return err
	}
	if l.Network == nil {
		return nil
	}
	batch := min(l.Batch, l.Images)
	need, err := l.Network(batch)
	if err != nil || have.Allows(need+held+programSize) {
		return err
	}
	advice := "not even one image fits; choose a smaller size"
	for n := batch / 2; n > 0; n /= 2 {
		less, err := l.Network(n)
		if err != nil {
			return err
		}
		if have.Allows(less + held + programSize) {
			advice = fmt.Sprintf("--batch %d fits", n)
			break
		}
	}
	return have.Check(fmt.Sprintf("a batch of %d images of %dx%d", batch, l.Height, l.Width), need+held+programSize, advice)
}

// Floats is what is kept of an image of h x w with c channels as a network has it, in bytes.
func Floats(h, w, c int) int64 { return Product(h, w, c, 4) }

// Shown is what is kept of one in a picture: by itself, in the grid, and as that is compressed.
func Shown(h, w int) int64 { return Product(h, w, 4, 3) }

// Levels is what is kept of one in 8 bits, and as these are written.
func Levels(h, w, c int) int64 { return Product(h, w, c, 1, 2) }
