package kind

import (
	"cmp"
	"fmt"
	"math/big"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Class is one of those that samples are of.
type Class struct {
	Name string `json:"name"`
	// Samples is how many samples are of it: of a model's kind those that it was trained on, by
	// which it draws a class where none is asked for.
	Samples int `json:"samples"`
}

// Bounds of classes, which are read from files: how many there are, and the bytes of a name, which
// are what file systems allow the name of a folder.
const (
	MaxClasses   = 1 << 16
	MaxClassName = 255
)

// Labelled returns k of samples that come with a label, which counts the classes.
func (k Kind) Labelled(classes []Class) Kind {
	k.Classes = classes
	return k
}

// ClassNames are the names of the classes, in the order of their numbers.
func (k Kind) ClassNames() []string {
	names := make([]string, len(k.Classes))
	for i, c := range k.Classes {
		names[i] = c.Name
	}
	return names
}

// shownClasses is how many classes an error names.
const shownClasses = 32

// ClassNumber is the number of the class of a name. The error of a name that there is none of names
// those that there are.
func (k Kind) ClassNumber(name string) (int, error) {
	var known strings.Builder
	for i, c := range k.Classes {
		switch {
		case c.Name == name:
			return i, nil
		case i < shownClasses:
			fmt.Fprintf(&known, " %q", c.Name)
		}
	}
	if more := len(k.Classes) - shownClasses; more > 0 {
		fmt.Fprintf(&known, " and %d more", more)
	}
	if known.Len() == 0 {
		return -1, fmt.Errorf("no class %q: the %s have no classes", name, k.Noun(2))
	}
	return -1, fmt.Errorf("no class %q: expected one of%s", name, &known)
}

// CheckClassName reports a name that no class can have.
func CheckClassName(name string) error {
	switch {
	case name == "":
		return fmt.Errorf("the name of a class is empty")
	case len(name) > MaxClassName:
		return fmt.Errorf("the name of a class has %d bytes, more than the limit of %d; it begins %.40q", len(name), MaxClassName, name)
	case !utf8.ValidString(name):
		return fmt.Errorf("the name of a class is not UTF-8: %.40q", name)
	case strings.ContainsFunc(name, unicode.IsControl):
		return fmt.Errorf("the name of a class holds control characters: %.40q", name)
	}
	return nil
}

// checkClasses reports the first class that cannot be one.
func checkClasses(classes []Class) error {
	if len(classes) > MaxClasses {
		return fmt.Errorf("%d classes: more than the limit of %d", len(classes), MaxClasses)
	}
	seen := make(map[string]bool, len(classes))
	for i, c := range classes {
		if err := CheckClassName(c.Name); err != nil {
			return fmt.Errorf("class %d: %w", i, err)
		}
		switch {
		case seen[c.Name]:
			return fmt.Errorf("class %d: %q comes twice", i, c.Name)
		case c.Samples < 0:
			return fmt.Errorf("class %d, %q: %d samples: expected 0 or more", i, c.Name, c.Samples)
		}
		seen[c.Name] = true
	}
	return nil
}

// CompareClassNames orders the names of classes: whole numbers first, by their value, so that 2
// comes before 10, and all other names by their bytes.
func CompareClassNames(a, b string) int {
	x, y := wholeNumber(a), wholeNumber(b)
	switch {
	case x != nil && y != nil:
		return cmp.Or(x.Cmp(y), cmp.Compare(a, b))
	case x != nil:
		return -1
	case y != nil:
		return 1
	}
	return cmp.Compare(a, b)
}

// wholeNumber is the number that a name is in decimal digits, nil of other names.
func wholeNumber(name string) *big.Int {
	digits := strings.TrimPrefix(name, "-")
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return nil
	}
	n, _ := new(big.Int).SetString(name, 10)
	return n
}
