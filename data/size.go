package data

import (
	"fmt"
	"strconv"
	"strings"
)

// A Size is the height and width of an image in pixels. Its text form is "64" for a square and
// "64x48" for 64 high, 48 wide.
type Size struct{ H, W int }

// String returns the text form of s.
func (s Size) String() string {
	if s.H == s.W {
		return fmt.Sprint(s.H)
	}
	return fmt.Sprintf("%dx%d", s.H, s.W)
}

// MaxSize bounds an image's height and width.
const MaxSize = 4096

// ParseSize reads "64" or "64x48" (height x width), each 1 to 4096.
func ParseSize(text string) (Size, error) {
	high, wide, two := strings.Cut(text, "x")
	if !two {
		wide = high
	}
	h, errH := strconv.ParseUint(high, 10, 31)
	w, errW := strconv.ParseUint(wide, 10, 31)
	if errH != nil || errW != nil {
		return Size{}, fmt.Errorf("%q is no image size; give one number, such as 64, or HEIGHTxWIDTH, such as 64x48", text)
	}
	if h < 1 || w < 1 || h > MaxSize || w > MaxSize {
		return Size{}, fmt.Errorf("image size %s is outside 1 to %d", text, MaxSize)
	}
	return Size{int(h), int(w)}, nil
}

// Set implements pflag.Value.
func (s *Size) Set(text string) (err error) {
	*s, err = ParseSize(text)
	return err
}

// Type implements pflag.Value.
func (s *Size) Type() string { return "size" }

// MarshalText implements encoding.TextMarshaler.
func (s Size) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *Size) UnmarshalText(text []byte) error { return s.Set(string(text)) }
