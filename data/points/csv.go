package points

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/reverie-go/reverie"
)

// maxLine bounds the bytes of a line of a CSV file.
const maxLine = 1 << 20

// OpenCSV reads the points of a CSV file, see ReadCSV.
func OpenCSV(path string) (*Cloud, error) {
	f, err := openFile(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	c, err := ReadCSV(f)
	if err != nil {
		return nil, fmt.Errorf("points: %s: %w", path, err)
	}
	return c, nil
}

// ReadCSV reads a table of numbers, a point a line, separated by commas, or by semicolons or tabs if the first line has those and no
// comma. A first line without any number holds the columns' names. Empty lines and lines that begin with # are left out; numbers may stand
// in double quotes.
//
// Errors name line and column: of what is no finite number within float32, of a line with another number of columns. There are
// at most MaxDim columns, MaxNumbers numbers and 1 MiB in a line.
func ReadCSV(r io.Reader) (*Cloud, error) {
	t := table{}
	lines := bufio.NewScanner(io.LimitReader(r, maxFile))
	lines.Buffer(make([]byte, 0, 4096), maxLine)
	for n := 1; lines.Scan(); n++ {
		line := lines.Bytes()
		if n == 1 {
			line = bytes.TrimPrefix(line, []byte("\ufeff"))
		}
		if line = bytes.TrimSpace(line); len(line) == 0 || line[0] == '#' {
			continue
		}
		if err := t.line(string(line)); err != nil {
			return nil, fmt.Errorf("line %d%w", n, err)
		}
	}
	if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
		return nil, fmt.Errorf("a line after %d points is longer than the limit of %d bytes", t.rows(), maxLine)
	} else if err != nil {
		return nil, err
	}
	if t.rows() == 0 {
		return nil, errors.New("no points: expected a line of numbers for each")
	}
	return &Cloud{X: t.batch(), Columns: t.names}, nil
}

// table is a CSV file while it is read.
type table struct {
	comma   string
	columns int // 0 before the first line
	names   []string
	numbers []float64 // row by row
}

func (t *table) rows() int {
	if t.columns == 0 {
		return 0
	}
	return len(t.numbers) / t.columns
}

// line takes a line; its error goes on after "line 7".
func (t *table) line(line string) error {
	if t.columns == 0 {
		t.comma = separator(line)
		t.columns = 1 + strings.Count(line, t.comma)
		if names, ok := header(line, t.comma); ok {
			t.names, t.columns = names, len(names)
			return t.checkColumns()
		}
		if err := t.checkColumns(); err != nil {
			return err
		}
	}
	if n := 1 + strings.Count(line, t.comma); n != t.columns {
		return fmt.Errorf(": %d columns, expected %d as in the first line", n, t.columns)
	}
	if len(t.numbers)+t.columns > MaxNumbers {
		return fmt.Errorf(": more than the limit of %d numbers", MaxNumbers)
	}
	return t.row(line)
}

func (t *table) checkColumns() error {
	if t.columns > MaxDim {
		return fmt.Errorf(": %d columns: more than the limit of %d", t.columns, MaxDim)
	}
	return nil
}

// row takes a line of numbers.
func (t *table) row(line string) error {
	for column := 1; column <= t.columns; column++ {
		field, rest, _ := strings.Cut(line, t.comma)
		v, err := number(field)
		if err == nil {
			err = checkNumber(v)
		}
		if err != nil {
			return fmt.Errorf(", column %d%s: %w", column, t.named(column), err)
		}
		t.numbers, line = append(t.numbers, v), rest
	}
	return nil
}

// named returns a column's name in brackets, where it has one.
func (t *table) named(column int) string {
	if t.names == nil {
		return ""
	}
	return fmt.Sprintf(" (%.40q)", t.names[column-1])
}

func (t *table) batch() reverie.Batch[float64] {
	b := make(reverie.Batch[float64], t.rows())
	for i := range b {
		b[i] = t.numbers[i*t.columns : (i+1)*t.columns : (i+1)*t.columns]
	}
	return b
}

// separator returns what parts the fields of a file that begins with line.
func separator(line string) string {
	for _, s := range []string{",", ";", "\t"} {
		if strings.Contains(line, s) {
			return s
		}
	}
	return ","
}

// header returns the names of a line without numbers. A name may hold the separator, in double quotes.
func header(line, comma string) (names []string, ok bool) {
	for _, field := range strings.Split(line, comma) {
		if _, err := number(field); err == nil {
			return nil, false
		}
	}
	r := csv.NewReader(strings.NewReader(line))
	r.Comma, r.TrimLeadingSpace = rune(comma[0]), true
	names, err := r.Read()
	return names, err == nil
}

// number reads a field. Its error does not repeat more of the field than fits a line.
func number(field string) (float64, error) {
	field = strings.TrimSpace(field)
	if n := len(field); n >= 2 && field[0] == '"' && field[n-1] == '"' {
		field = strings.TrimSpace(field[1 : n-1])
	}
	if field == "" {
		return 0, errors.New("empty: expected a number")
	}
	v, err := strconv.ParseFloat(field, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) { // too large is infinite, which checkNumber reports
		return 0, fmt.Errorf("%.40q is not a number", field)
	}
	return v, nil
}
