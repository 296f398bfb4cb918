// Package kind says what samples are: what they show, their shape, the range and the units of their
// numbers, and whether these are levels of 8 bits or real. A data source, a model and a set of
// samples each carry a [Kind], and whatever depends on it (what is drawn, what is refused, what a
// message calls a sample) asks its methods, never an architecture's name or a number of channels.
//
// Class labels are a part of a sample beside its numbers: Kind names the classes, see [Class].
//
// What is to come has its place here: another form (a molecule) is a row of the
// table of forms; the far end of a pair and given inputs are parts of a sample beside its numbers
// too, and become fields of Kind that are zero where there are none.
package kind

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
)

// A Form is what samples show.
type Form string

// The forms.
const (
	// Images are pictures in [-1,1], of 1 (grey), 3 (RGB) or 4 (RGBA, colours not premultiplied)
	// channels.
	Images Form = "images"
	// Points are lists of numbers without an arrangement: [1,1,D].
	Points Form = "points"
	// Fields are real numbers, any number of them, at the positions of a grid [H,W,C], in units of
	// their own.
	Fields Form = "fields"
	// Spectra are short-time spectra of sound, [bins,frames,2], see Spectrum.
	Spectra Form = "spectra"
	// Latents are what an autoencoder makes of other samples, scaled to deviation 1.
	Latents Form = "latents"
)

// forms are all of them with their words: of one sample, and what an error says of the form.
var forms = []struct {
	form Form
	one  string
}{{Images, "image"}, {Points, "point"}, {Fields, "field"}, {Spectra, "spectrum"}, {Latents, "latent"}}

// A Kind says what samples are. The zero value is that of images of unknown shape, whose numbers
// are not known to have a range.
type Kind struct {
	Form Form `json:"form,omitempty"`
	// H, W and C are the height, width and channels of a sample, [H,W,C]; 0 where it is not known
	// yet. Points of D numbers are [1,1,D].
	H int `json:"height"`
	W int `json:"width"`
	C int `json:"channels,omitempty"`
	// Ranged says that the numbers lie in [-1,1]; else they are any finite ones.
	Ranged bool `json:"ranged,omitempty"`
	// Levels is how many values a number can have: 256, x = k/127.5 - 1 with k from 0 to 255, of
	// images of 8 bits; 0 where the numbers are real. What says how probable samples are asks this:
	// a level has the probability of its bin, and a real number has a density.
	Levels int `json:"levels,omitempty"`
	Units
	// Classes are what labels count, of samples that come with one: label k is Classes[k], and -1
	// stands for none. nil: the samples have no labels, or nobody looks at them, as a network that
	// is not told the class.
	Classes []Class `json:"classes,omitempty"`
	// Spectrum says of which sound spectra are, so that there is a way back; nil of all else.
	Spectrum *Spectrum `json:"spectrum,omitempty"`
}

// ByteLevels are the levels of images of 8 bits.
const ByteLevels = 256

// OfImages is the kind of images of 8 bits, [h,w,c].
func OfImages(h, w, c int) Kind {
	return Kind{Form: Images, H: h, W: w, C: c, Ranged: true, Levels: ByteLevels}
}

// OfPoints is the kind of points of d numbers, in units of their own; 0: of a number that is not
// known yet.
func OfPoints(d int) Kind { return Kind{Form: Points, H: 1, W: 1, C: d} }

// OfFields is the kind of fields [h,w,c].
func OfFields(h, w, c int) Kind { return Kind{Form: Fields, H: h, W: w, C: c} }

// OfLatents is the kind of latents [h,w,c].
func OfLatents(h, w, c int) Kind { return Kind{Form: Latents, H: h, W: w, C: c} }

// Sized returns k with another height and width.
func (k Kind) Sized(h, w int) Kind {
	k.H, k.W = h, w
	return k
}

// Real returns k with real numbers in place of levels.
func (k Kind) Real() Kind {
	k.Levels = 0
	return k
}

// In returns k in those units.
func (k Kind) In(u Units) Kind {
	k.Units = u
	return k
}

// Shape returns the height, width and channels.
func (k Kind) Shape() (h, w, c int) { return k.H, k.W, k.C }

// Size returns how many numbers a sample has.
func (k Kind) Size() int { return k.H * k.W * k.C }

// Vector says whether a sample is numbers at a single position, [1,1,C]: what dense layers take,
// and nothing can be convolved over.
func (k Kind) Vector() bool { return k.H == 1 && k.W == 1 }

// Pictorial says whether samples are pictures as people see them: resized, cut and mirrored they
// are as good samples, and networks for images know them. All else is what it is.
func (k Kind) Pictorial() bool { return k.form() == Images }

// Clampable is nil if numbers may be clamped to [-1,1], and else says why not.
func (k Kind) Clampable() error {
	if k.Ranged {
		return nil
	}
	return fmt.Errorf("%s have no range", k.Noun(2))
}

// A View is how samples are drawn.
type View int

// The views.
const (
	Pictures     View = iota // each as it is: grey, RGB or RGBA
	Scatter                  // all in one plot over axes in their units
	Panels                   // each channel as a grey picture of its own, side by side
	Spectrograms             // loudness over time and frequency, the lowest below
)

// View is how the samples are drawn.
func (k Kind) View() View {
	switch {
	case k.form() == Images && slices.Contains([]int{1, 3, 4}, k.C):
		return Pictures
	case k.Vector() && k.form() != Images:
		return Scatter
	case k.Spectrum != nil && k.C == 2:
		return Spectrograms
	}
	return Panels
}

// form is Form, that of the zero value replaced.
func (k Kind) form() Form {
	if k.Form == "" {
		return Images
	}
	return k.Form
}

// Noun is what n samples are called: "image" of one, else "images".
func (k Kind) Noun(n int) string {
	if n != 1 {
		return string(k.form())
	}
	for _, f := range forms {
		if f.form == k.form() {
			return f.one
		}
	}
	return string(k.form())
}

// Dims is the shape in words: "32x32x3", of points "2 numbers".
func (k Kind) Dims() string {
	switch {
	case k.form() != Points:
		return fmt.Sprintf("%dx%dx%d", k.H, k.W, k.C)
	case k.C == 1:
		return "1 number"
	}
	return fmt.Sprintf("%d numbers", k.C)
}

// String says what the samples are: "images of 32x32x3", "points of 2 numbers".
func (k Kind) String() string { return k.Noun(2) + " of " + k.Dims() }

// Comparable is nil if samples of both kinds can be compared number by number, and else says how
// they differ. Range, levels and classes may.
func (k Kind) Comparable(other Kind) error {
	if k.form() != other.form() || k.H != other.H || k.W != other.W || k.C != other.C {
		return fmt.Errorf("%v cannot be compared with %v", k, other)
	}
	return nil
}

// Interchangeable is nil if the numbers of both kinds mean the same: if they are Comparable, of one
// range and in the same units.
func (k Kind) Interchangeable(other Kind) error {
	switch err := k.Comparable(other); {
	case err != nil:
		return err
	case k.Ranged != other.Ranged:
		return fmt.Errorf("the range of its %s is another", other.Noun(2))
	case !reflect.DeepEqual(k.Units, other.Units):
		return fmt.Errorf("its %s are in other units", other.Noun(2))
	case !reflect.DeepEqual(k.Spectrum, other.Spectrum):
		return fmt.Errorf("its %s are of other sound", other.Noun(2))
	}
	return nil
}

// Bounds of what a kind may say, for it is read from files: a side of a sample, the channels that
// have units, and a unit. Numbers of a source are at most 1e30, of which a mean may be a rounding
// more.
const (
	maxSide  = 1 << 14
	maxUnits = 1 << 12
	maxUnit  = 1.001e30
)

// Validate reports the first field that no samples can have. A shape that is not known passes.
func (k Kind) Validate() error {
	known := make([]string, len(forms))
	for i, f := range forms {
		known[i] = string(f.form)
	}
	switch {
	case !slices.Contains(known, string(k.form())):
		return fmt.Errorf("form is %q, expected one of %s", k.Form, strings.Join(known, ", "))
	case min(k.H, k.W, k.C) < 0 || max(k.H, k.W, k.C) > maxSide:
		return fmt.Errorf("%v: expected 0 (not known) to %d each", k, maxSide)
	case k.form() == Points && !k.Vector():
		return fmt.Errorf("points of height %d and width %d: expected 1 and 1", k.H, k.W)
	case k.Levels != 0 && k.Levels != ByteLevels:
		return fmt.Errorf("%d levels: expected %d, of images of 8 bits, or 0 for real numbers", k.Levels, ByteLevels)
	case k.Levels != 0 && !k.Ranged:
		return fmt.Errorf("%d levels of numbers without a range: expected levels of numbers in [-1,1] alone", k.Levels)
	case len(k.Shift) != len(k.Scale) || len(k.Shift) > maxUnits:
		return fmt.Errorf("shift has %d numbers and scale %d, expected as many, at most %d", len(k.Shift), len(k.Scale), maxUnits)
	case k.C > 0 && len(k.Shift) > 0 && len(k.Shift) != k.C:
		return fmt.Errorf("units of %d channels: expected %d", len(k.Shift), k.C)
	}
	for i, s := range k.Scale {
		if !(s > 0 && s <= maxUnit && math.Abs(k.Shift[i]) <= maxUnit) {
			return fmt.Errorf("shift %v, scale %v of number %d: expected numbers of at most %v, the scale above 0", k.Shift[i], s, i, maxUnit)
		}
	}
	if k.Spectrum != nil {
		if err := k.Spectrum.check(k.H, k.C); err != nil {
			return err
		}
	}
	return checkClasses(k.Classes)
}
