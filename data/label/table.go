package label

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// readTable reads metadata.csv: names in the first line, among them that of the path, in UTF-8 or,
// with its mark, UTF-16. What parts its fields is a comma, a semicolon or a tab.
func readTable(b *bounded, column string, use func(Entry) error) error {
	b.next()
	const ahead = 1 << 16
	text := bufio.NewReaderSize(transform.NewReader(b, unicode.BOMOverride(encoding.Nop.NewDecoder())), ahead)
	head, _ := text.Peek(ahead) // what cannot be read is told when it is
	head, _, _ = bytes.Cut(head, []byte("\n"))
	rows := csv.NewReader(text)
	rows.Comma, rows.ReuseRecord = separator(string(head)), true
	next := func() ([]string, error) {
		b.next()
		return rows.Read()
	}
	names, err := next()
	if err != nil {
		return plain(err)
	}
	names = slices.Clone(names)
	for i, name := range names {
		names[i] = strings.TrimSpace(name)
	}
	at, of := slices.Index(names, FileColumn), slices.Index(names, column)
	for i, name := range []string{FileColumn, column} {
		if []int{at, of}[i] < 0 {
			return &ColumnError{Column: name, Known: names}
		}
	}
	for {
		row, err := next()
		if errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return plain(err)
		}
		n, _ := rows.FieldPos(0)
		e := Entry{File: strings.Clone(row[at]), Class: textClass(row[of]), Row: n}
		if e.File == "" {
			return atRow(n, errNoFile)
		}
		if err := check(e.Class); err != nil {
			return atRow(n, err)
		}
		if err := use(e); err != nil {
			return err
		}
	}
}

// separator is what parts the names of a line among which is that of the path.
func separator(line string) rune {
	for _, sep := range ",;\t" {
		for field := range strings.SplitSeq(line, string(sep)) {
			if strings.Trim(field, "\" \r") == FileColumn {
				return sep
			}
		}
	}
	return ','
}

// plain is an error of a table in our words.
func plain(err error) error {
	var at *csv.ParseError
	switch {
	case errors.Is(err, io.EOF):
		return errors.New("empty: expected a line of names")
	case errors.As(err, &at) && errors.Is(err, csv.ErrFieldCount):
		return fmt.Errorf("line %d: another number of columns than the first line has", at.Line)
	case errors.As(err, &at):
		return fmt.Errorf("line %d: %w", at.Line, at.Err)
	}
	return err
}
