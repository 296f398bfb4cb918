package points

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/internal/sniff"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// maxLine bounds the bytes of a line of a CSV file.
const maxLine = 1 << 20

// OpenCSV reads the points of a CSV file, see ReadCSV.
func OpenCSV(path string) (*Cloud, error) { return openCSV(path, "") }

func openCSV(path, labels string) (*Cloud, error) {
	f, err := openFile(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	c, err := ReadLabelledCSV(f, labels)
	if err == nil {
		return c, nil
	}
	switch kind, _ := sniff.Reader(f); kind {
	case sniff.Unknown, sniff.Text, sniff.TextOld, sniff.UTF16, sniff.Netpbm, sniff.Empty: // of Netpbm the names P1 and P2 are too
	case sniff.Zip:
		err = fmt.Errorf("it is a zip archive, perhaps a workbook: save the table as CSV")
	default:
		err = kind.Refuse(nil, sniff.Text)
	}
	return nil, fmt.Errorf("points: %s: %w", path, err)
}

// ReadCSV reads a table of numbers, a point a line. Fields are parted by semicolons, tabs, commas
// or spaces, the first of these that the first line of numbers holds outside of double quotes, or
// by what a line "sep=;" before all says. The text may be UTF-8 or UTF-16; lines end in LF, CR LF
// or CR; empty lines and lines that begin with # are left out. What the first line may be, and
// which column is no number of a point, says package documentation; Cloud.Notes say what was read
// otherwise than as plain numbers, and how to have it otherwise.
//
// Numbers have a point or, where none has one and a comma parts no fields, a decimal comma; signs
// may be typographic. A thousands separator is an error, as is what is not finite or larger than
// MaxNumber. Errors name line and column. There are at most MaxDim columns, MaxNumbers numbers and
// 1 MiB in a line.
func ReadCSV(r io.Reader) (*Cloud, error) { return ReadLabelledCSV(r, "") }

// ReadLabelledCSV is ReadCSV of a table with a column of labels, whose name stands in the first
// line: its texts are the names of the points' classes, an empty one that of none, and it is no
// number of a point. Without a name there is no such column.
func ReadLabelledCSV(r io.Reader, column string) (*Cloud, error) {
	t := table{labels: labels{column: column, at: -1}}
	lines := bufio.NewScanner(decoded(io.LimitReader(r, maxFile)))
	lines.Buffer(make([]byte, 0, 4096), maxLine)
	lines.Split(splitLines)
	n := 1
	for ; lines.Scan(); n++ {
		line := bytes.TrimSpace(lines.Bytes())
		if len(line) > 0 && line[0] == '#' {
			t.comments++
		}
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		if err := t.line(n, lines.Text()); err != nil {
			return nil, err
		}
	}
	if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
		return nil, fmt.Errorf("line %d is longer than the limit of %d bytes", n, maxLine)
	} else if err != nil {
		return nil, err
	}
	return t.finish()
}

// decoded returns the text of r in UTF-8, without the mark of its encoding.
func decoded(r io.Reader) io.Reader {
	b := bufio.NewReaderSize(r, sniff.HeadSize)
	head, _ := b.Peek(sniff.HeadSize) // what cannot be read is told when it is
	var plain encoding.Encoding = encoding.Nop
	if sniff.Bytes(head) == sniff.UTF16 {
		order := unicode.LittleEndian
		if head[0] == 0 {
			order = unicode.BigEndian
		}
		plain = unicode.UTF16(order, unicode.IgnoreBOM)
	}
	return transform.NewReader(b, unicode.BOMOverride(plain.NewDecoder()))
}

// splitLines is a bufio.SplitFunc for lines that end in LF, CR LF or CR.
func splitLines(data []byte, atEOF bool) (advance int, token []byte, err error) {
	i := bytes.IndexAny(data, "\r\n")
	switch {
	case i < 0 && atEOF && len(data) > 0:
		return len(data), data, nil
	case i < 0:
		return 0, nil, nil
	case data[i] == '\n':
		return i + 1, data[:i], nil
	case i+1 < len(data) && data[i+1] == '\n':
		return i + 2, data[:i], nil
	case i+1 < len(data) || atEOF:
		return i + 1, data[:i], nil
	}
	return 0, nil, nil // whether a LF follows is not known
}

// table is a CSV file while it is read.
type table struct {
	held     string // the first line, until the second one shows what parts its fields
	heldAt   int
	begun    bool
	comma    string // what parts the fields; "" before it is known
	fields   []string
	columns  int // of a line
	names    []string
	drop     int // so many first columns are an index
	numerals numerals
	numbers  []float64 // row by row
	labels   labels
	comments int // lines that begin with #
	notes    []string
}

// width is how many numbers a point has.
func (t *table) width() int {
	if t.labels.at >= 0 {
		return t.columns - t.drop - 1
	}
	return t.columns - t.drop
}

func (t *table) rows() int {
	if t.width() <= 0 {
		return 0
	}
	return len(t.numbers) / t.width()
}

// line takes line number n.
func (t *table) line(n int, line string) error {
	switch {
	case t.begun:
		return t.row(n, line)
	case t.held != "":
		if err := t.begin(line); err != nil {
			return err
		}
		return t.row(n, line)
	case t.comma == "" && len(line) < 16:
		if sep, ok := announced(line); ok {
			t.comma = sep
			return nil
		}
	}
	t.held, t.heldAt = line, n
	return nil
}

// begin reads the first line, given the second.
func (t *table) begin(second string) error {
	t.begun = true
	if t.comma == "" {
		t.comma = separator(second)
	}
	t.numerals.comma = t.comma
	header, err := t.head(second)
	if err != nil || header {
		return err
	}
	return t.row(t.heldAt, t.held)
}

// finish returns the points.
func (t *table) finish() (*Cloud, error) {
	if t.held != "" && !t.begun {
		if err := t.begin(t.held); err != nil {
			return nil, err
		}
	}
	if t.rows() == 0 {
		return nil, errors.New("no points: expected a line of numbers for each")
	}
	if err := t.numerals.doubt(); err != nil {
		return nil, err
	}
	t.notes = append(t.notes, t.numerals.notes()...)
	if t.comments > 0 {
		t.note("left out as comments, for they begin with #: %s", count(t.comments, "line"))
	}
	x := make(reverie.Batch[float64], t.rows())
	for i, d := 0, t.width(); i < len(x); i++ {
		x[i] = t.numbers[i*d : (i+1)*d : (i+1)*d]
	}
	c := &Cloud{X: x, Columns: t.labels.others(t.names, t.drop), Notes: t.notes}
	if t.labels.at >= 0 {
		t.labels.classify(c, fmt.Sprintf("column %.40q holds the labels and is no number of a point", t.labels.column))
	}
	return t.indexed(c), nil
}

// row takes a line of numbers.
func (t *table) row(n int, line string) (err error) {
	if t.fields, err = split(t.fields[:0], line, t.comma); err != nil {
		return fmt.Errorf("line %d: %w", n, err)
	}
	if t.columns == 0 {
		t.columns = len(t.fields)
	}
	switch {
	case t.width() > MaxDim:
		return fmt.Errorf("line %d: %d columns: more than the limit of %d", n, t.columns, MaxDim)
	case len(t.fields) != t.columns:
		return fmt.Errorf("line %d: %s, expected %d as in the first line%s", n, count(len(t.fields), "column"), t.columns, t.whyWidth())
	case len(t.numbers)+t.width() > MaxNumbers:
		return fmt.Errorf("line %d: more than the limit of %d numbers", n, MaxNumbers)
	}
	for k, field := range t.fields[t.drop:] {
		k += t.drop
		if k == t.labels.at {
			if err := t.labels.take(field); err != nil {
				return fmt.Errorf("line %d, column %d%s: %w", n, k+1, t.named(k), err)
			}
			continue
		}
		v, err := t.numerals.number(field, place{n, k + 1})
		if err == nil {
			err = checkNumber(v)
		}
		if err != nil {
			return fmt.Errorf("line %d, column %d%s: %w", n, k+1, t.named(k), err)
		}
		t.numbers = append(t.numbers, v)
	}
	return nil
}

// whyWidth says what a line of another width than the first may come from.
func (t *table) whyWidth() string {
	switch {
	case t.comma == "," && len(t.fields) == 2*t.columns:
		return "; if these are decimal commas, part the fields by semicolons or tabs, or write points"
	case len(t.fields) == t.columns+1 && t.names != nil && t.drop == 0:
		return "; if the lines begin with an index, begin the line of names with an empty one"
	}
	return ""
}

// named returns the name of field k in brackets, where it has one.
func (t *table) named(k int) string {
	if t.names == nil {
		return ""
	}
	return fmt.Sprintf(" (%.40q)", t.names[k-t.drop])
}

// announced reads a line "sep=;", by which spreadsheets say what parts the fields.
func announced(line string) (sep string, ok bool) {
	line = strings.Trim(strings.TrimRight(line, "\r\n "), `"`)
	if len(line) == 5 && strings.EqualFold(line[:4], "sep=") && strings.Contains(separators, line[4:]) {
		return line[4:], true
	}
	return "", false
}

// separators are what may part fields, the likeliest first: a comma may be a decimal one where
// another is there, and a space is often beside them.
const separators = ";\t, "

// separator returns what parts the fields of a line of numbers.
func separator(line string) string {
	inQuotes := false
	seen := [len(separators)]bool{}
	for i, c := range strings.TrimSpace(line) {
		if c == '"' {
			inQuotes = !inQuotes
		} else if k := strings.IndexRune(separators, c); k >= 0 && !inQuotes && i > 0 {
			seen[k] = true
		}
	}
	for k := range separators {
		if seen[k] {
			return separators[k : k+1]
		}
	}
	return ","
}

// split appends the fields of a line, without the quotes around them.
func split(fields []string, line, comma string) ([]string, error) {
	if comma == " " {
		line = strings.Join(strings.FieldsFunc(line, func(r rune) bool { return r == ' ' }), " ")
	}
	if strings.IndexByte(line, '"') < 0 {
		for {
			field, rest, more := strings.Cut(line, comma)
			fields = append(fields, field)
			if !more {
				return fields, nil
			}
			line = rest
		}
	}
	from, inQuotes := 0, false
	for i := 0; i <= len(line); i++ {
		if i == len(line) || line[i] == comma[0] && !inQuotes {
			fields = append(fields, unquoted(line[from:i]))
			from = i + 1
		} else if line[i] == '"' {
			inQuotes = !inQuotes
		}
	}
	if inQuotes {
		return nil, fmt.Errorf("a double quote has no second one: %.40q", line)
	}
	return fields, nil
}

// unquoted returns a field without the quotes around it.
func unquoted(field string) string {
	field = strings.TrimSpace(field)
	if n := len(field); n >= 2 && field[0] == '"' && field[n-1] == '"' {
		return strings.ReplaceAll(field[1:n-1], `""`, `"`)
	}
	return field
}
