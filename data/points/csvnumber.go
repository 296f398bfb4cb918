package points

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// place is where a field stands, both from 1.
type place struct{ line, column int }

func (p place) String() string { return fmt.Sprintf("line %d, column %d", p.line, p.column) }

// numerals reads the numbers of a table, and remembers how they are written: a comma and a point
// cannot both be decimal signs.
type numerals struct {
	comma string // what parts the fields

	pointed         bool // a number has a decimal point
	commas, decimal int  // numbers with a comma, and those in which it cannot part thousands
	signs           int  // numbers with a typographic sign
	first           [2]seen
}

// seen is the first number that was read otherwise.
type seen struct {
	text  string
	value float64
	place
}

// The kinds of what is remembered.
const (
	seenComma = iota
	seenSign
)

// signs are what stands for ASCII's signs in typeset text, and marks without width.
var signs = strings.NewReplacer("\u2212", "-", "\u2010", "-", "\u2011", "-", "\u2012", "-", "\u2013", "-", "\u2014", "-", "\ufe63", "-", "\uff0d", "-",
	"\uff0b", "+", "\ufe62", "+", "\ufeff", "", "\u200b", "", "\u200e", "", "\u200f", "", "\u2060", "")

// errThousands says that a number's digits are parted.
var errThousands = errors.New("thousands separators are not read")

// number reads a field. Its error does not repeat more of the field than fits a line.
func (n *numerals) number(field string, at place) (float64, error) {
	field = strings.TrimSpace(field)
	if field == "" {
		return 0, errors.New("empty: expected a number")
	}
	if v, err := parse(field); err == nil {
		if strings.IndexByte(field, '.') >= 0 {
			n.pointed = true
			return v, n.mixed(field)
		}
		return v, nil
	}
	return n.typeset(field, at)
}

// typeset reads a number with a decimal comma or typographic signs.
func (n *numerals) typeset(field string, at place) (float64, error) {
	plain := strings.TrimSpace(signs.Replace(field))
	comma := strings.Count(plain, ",") == 1 && strings.IndexByte(plain, '.') < 0
	v, err := parse(strings.Replace(plain, ",", ".", 1))
	switch {
	case strings.ContainsRune(plain, ',') && !comma && thousands(plain), err != nil && thousands(plain):
		return 0, fmt.Errorf("%.40q: %w; write the number without them", field, errThousands)
	case err != nil || !comma && strings.ContainsRune(plain, ','):
		return 0, fmt.Errorf("%.40q is not a number", field)
	}
	if plain != field {
		n.remember(seenSign, &n.signs, seen{field, v, at})
	}
	if !comma {
		n.pointed = n.pointed || strings.IndexByte(plain, '.') >= 0
		return v, n.mixed(field)
	}
	n.remember(seenComma, &n.commas, seen{field, v, at})
	if !groups(plain) {
		n.decimal++
	}
	return v, n.mixed(field)
}

func (n *numerals) remember(kind int, count *int, s seen) {
	if *count == 0 {
		n.first[kind] = s
	}
	*count++
}

// mixed reports a number after which both a comma and a point are decimal signs.
func (n *numerals) mixed(field string) error {
	if n.pointed && n.commas > 0 {
		return fmt.Errorf("%.40q: numbers with a comma (%.40q, %v) and with a point: only one of them may be the decimal sign, and thousands separators are not read", field, n.first[seenComma].text, n.first[seenComma].place)
	}
	return nil
}

// doubt reports numbers with a comma that may part thousands in all of them. Where semicolons or
// tabs part the fields, as in countries that write decimal commas, it is taken for one.
func (n *numerals) doubt() error {
	if s := n.first[seenComma]; n.commas > 0 && n.decimal == 0 && n.comma == "," {
		return fmt.Errorf("%v: %.40q may be %v or a number of thousands: write a decimal point, or part the fields by semicolons or tabs to have the comma read as decimal", s.place, s.text, s.value)
	}
	return nil
}

// notes say what was read otherwise than as plain numbers.
func (n *numerals) notes() (notes []string) {
	if s := n.first[seenComma]; n.commas > 0 {
		notes = append(notes, fmt.Sprintf("%s with a decimal comma, the first %.40q (%v), read as %v; write a point where it is meant otherwise", count(n.commas, "number"), s.text, s.place, s.value))
	}
	if s := n.first[seenSign]; n.signs > 0 {
		notes = append(notes, fmt.Sprintf("%s with typographic signs, the first %.40q (%v), read as %v", count(n.signs, "number"), s.text, s.place, s.value))
	}
	return notes
}

// parse is strconv.ParseFloat. A number too large is infinite, which checkNumber reports.
func parse(field string) (float64, error) {
	v, err := strconv.ParseFloat(field, 64)
	if strings.IndexByte(field, '_') >= 0 { // as Go parts thousands
		return 0, strconv.ErrSyntax
	}
	if errors.Is(err, strconv.ErrRange) {
		err = nil
	}
	return v, err
}

// groups says whether the comma of a number may part thousands: one to three digits before it, of
// which the first is no 0, and three after.
func groups(number string) bool {
	whole, rest, _ := strings.Cut(strings.TrimLeft(number, "+-"), ",")
	return len(rest) == 3 && len(whole) >= 1 && len(whole) <= 3 && whole[0] != '0' && digits(rest)
}

// thousands says whether what is no number would be one without separators among its digits.
func thousands(field string) bool {
	bare := strings.Map(func(r rune) rune {
		if strings.ContainsRune(" .,'_\u2019\u00a0\u202f\u2009", r) {
			return -1
		}
		return r
	}, field)
	return bare != field && digits(strings.TrimLeft(bare, "+-"))
}

func digits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// count is a number of things in words.
func count(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}
