package points

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// head decides what the first line is, a header or a point, from its fields and the second line:
//
//   - fields none of which is a number, nor looks as if it should be one, are names;
//   - 0, 1, 2, .. are column numbers, as pandas writes them for a table without names. A single 0 may be, where the line after it is no
//     whole number;
//   - an empty name before the others, and "Unnamed: 0" and its like, is that of an index.
func (t *table) head(second string) (header bool, err error) {
	at := place{t.heldAt, 1}
	fields, err := split(nil, t.held, t.comma)
	if err != nil {
		return false, fmt.Errorf("line %d: %w", at.line, err)
	}
	rest := fields
	if first := strings.TrimSpace(fields[0]); first == "" || isName(first) {
		rest = fields[1:]
	}
	numbered := len(rest) > 0 && counts(rest) && (len(fields) > 1 || fractional(second))
	numbers := slices.IndexFunc(fields, numeric) >= 0
	if t.labels.column != "" {
		if err := t.labels.find(fields); err != nil {
			return false, fmt.Errorf("line %d: %w", at.line, err)
		}
		numbers, numbered = false, false // it is a line of names, whatever they are
	}
	switch {
	case numbers && !numbered:
		return false, nil
	case !numbers && t.labels.at < 0 && !slices.ContainsFunc(fields, isName):
		_, err := t.numerals.number(fields[0], at)
		if err == nil {
			err = fmt.Errorf("%.40q is neither a number nor the name of a column", fields[0])
		}
		return false, fmt.Errorf("line %d, column 1: %w; if the line holds names, give at least one that does not begin as a number does, and if it is none, begin it with #", at.line, err)
	}
	t.columns = len(fields)
	for len(fields) > 1 && isIndex(fields[0]) && t.drop != t.labels.at {
		t.drop++
		t.note("column %d has %s and is left out as an index of the lines; give it another name to keep it", t.drop, nameOf(fields[0]))
		fields = fields[1:]
	}
	t.names = make([]string, len(fields))
	for i, f := range fields {
		t.names[i] = strings.TrimSpace(f)
	}
	if numbered {
		t.note("the first line, %s, is read as the numbers of the columns, not as a point; put a line of names before it to have it read as a point", list(t.names, "%s"))
	} else {
		t.note("columns %s", list(t.names, "%.40q"))
	}
	if len(t.names) > MaxDim {
		return false, fmt.Errorf("line %d: %d columns: more than the limit of %d", at.line, len(t.names), MaxDim)
	}
	return true, nil
}

func (t *table) note(format string, args ...any) {
	t.notes = append(t.notes, fmt.Sprintf(format, args...))
}

// numeric says whether a field holds a number.
func numeric(field string) bool {
	var n numerals
	_, err := n.number(field, place{})
	return err == nil || errors.Is(err, errThousands)
}

// isIndex says whether a column's name is that of an index of the lines: none, or what pandas calls
// a column without a name.
func isIndex(name string) bool {
	name = strings.TrimSpace(name)
	number, ok := strings.CutPrefix(name, "Unnamed: ")
	_, err := strconv.ParseFloat(number, 64)
	return name == "" || ok && err == nil
}

// nameOf is a name in words.
func nameOf(name string) string {
	if name = strings.TrimSpace(name); name == "" {
		return "no name"
	}
	return fmt.Sprintf("the name %.40q", name)
}

// missing are the words for a number that is not there.
var missing = []string{"", "-", "--", "?", ".", "na", "n/a", "nan", "null", "none", "nil", "missing", "#n/a"}

// isName says whether a field may be the name of a column: it does not begin as a number does and
// is no word for a missing one.
func isName(field string) bool {
	field = strings.TrimLeft(signs.Replace(strings.TrimSpace(field)), "+-.,($€£ ")
	first, _ := utf8.DecodeRuneInString(field)
	return field != "" && unicode.IsPrint(first) && !unicode.IsDigit(first) && !slices.Contains(missing, strings.ToLower(field))
}

// counts says whether fields are 0, 1, 2, .. and nothing else.
func counts(fields []string) bool {
	for i, f := range fields {
		if strings.TrimSpace(f) != strconv.Itoa(i) {
			return false
		}
	}
	return true
}

// fractional says whether a line is a number that is written with more than digits.
func fractional(line string) bool {
	field := unquoted(line)
	return numeric(field) && strings.ContainsAny(field, ".,eE")
}

// list joins up to eight names.
func list(names []string, format string) string {
	const most = 8
	var b strings.Builder
	for i, name := range names[:min(len(names), most)] {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, format, name)
	}
	if more := len(names) - most; more > 0 {
		fmt.Fprintf(&b, " and %d more", more)
	}
	return b.String()
}

// fewest is how many lines a column must count to be taken for their index.
const fewest = 3

// indexed looks for a first column that counts the lines, 0, 1, 2, .. or 1, 2, 3, .., as no other
// does. Without names, or named index, it is left out; under another name it stays, and a note says
// so.
func (t *table) indexed(c *Cloud) *Cloud {
	if len(c.X) < fewest || c.Dim() < 2 || c.X[0][0] != 0 && c.X[0][0] != 1 || !counting(c, 0) || counting(c, 1) {
		return c
	}
	if c.Columns != nil && !strings.EqualFold(c.Columns[0], "index") {
		c.Notes = append(c.Notes, fmt.Sprintf("column %.40q counts the lines from %v and is kept; if it is their index, take it out of the file, or take away its name", c.Columns[0], c.X[0][0]))
		return c
	}
	c.Notes = append(c.Notes, fmt.Sprintf("the first column counts the lines from %v and is left out as their index; name the columns in a first line to keep it", c.X[0][0]))
	for i, x := range c.X {
		c.X[i] = x[1:]
	}
	if c.Columns != nil {
		c.Columns = c.Columns[1:]
	}
	return c
}

// counting says whether number j grows by 1 from point to point.
func counting(c *Cloud, j int) bool {
	for i, x := range c.X {
		if x[j] != c.X[0][j]+float64(i) {
			return false
		}
	}
	return true
}
