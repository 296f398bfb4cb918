// Package label reads the files that say of which class images are: metadata.jsonl and metadata.csv
// beside the images, as Hugging Face's datasets has them, and the dataset.json of StyleGAN and EDM.
//
//	err := label.Read(file, label.Lines, "label", func(e label.Entry) error { ... })
//
// The files come from anybody: a row is bounded, no more than one is held, and what the entries
// name is a text that nothing is opened by.
package label

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/reverie-go/reverie/kind"
)

// The files, by their names.
const (
	Lines = "metadata.jsonl" // a JSON object a line
	Table = "metadata.csv"   // a table with a line of names
	List  = "dataset.json"   // {"labels": [["FILE", CLASS], ..]}, or null for none
)

// FileColumn is the column of [Lines] and [Table] that holds the image's path from the folder that
// the file of labels lies in, with slashes.
const FileColumn = "file_name"

// Bounds of a file of labels, and of a row of it, in bytes.
const (
	MaxFile = 1 << 30
	maxRow  = 1 << 20
)

// An Entry is what a file says of one image.
type Entry struct {
	// File is the path as it is written.
	File string
	// Class is the name of the class: a text, or the digits of a whole number; "" of an image
	// without one, where the file has nothing, null or NaN.
	Class string
	// Row is the line of the file, of [List] the place among the entries, from 1.
	Row int
}

// A ColumnError says that a file of labels lacks what the labels would stand in.
type ColumnError struct {
	Column string
	Known  []string // the columns that there are
}

// Error names the column and some of those that there are.
func (e *ColumnError) Error() string {
	const most = 16
	known := fmt.Sprintf("%.40q", e.Known[:min(len(e.Known), most)])
	if more := len(e.Known) - most; more > 0 {
		known += fmt.Sprintf(" and %d more", more)
	}
	return fmt.Sprintf("no column %.40q: it has %s", e.Column, known)
}

// Read gives the entries of a file to use, in their order; name is one of [Lines], [Table] and
// [List]. Of the first two the column holds the labels. An error names the row; that of a file
// without the column, or of a List without labels, is a *ColumnError.
func Read(r io.Reader, name, column string, use func(Entry) error) error {
	b := &bounded{r: r, file: MaxFile}
	switch name {
	case Lines:
		return readLines(b, column, use)
	case Table:
		return readTable(b, column, use)
	case List:
		return readList(b, use)
	}
	return fmt.Errorf("%q is no file of labels", name)
}

// atRow adds the row to an error.
func atRow(n int, err error) error { return fmt.Errorf("line %d: %w", n, err) }

// bounded is a reader that refuses to give more than maxRow bytes between two calls of next, and
// more than the file may have.
type bounded struct {
	r         io.Reader
	row, file int64
}

var (
	errLongRow  = fmt.Errorf("longer than the limit of %d bytes for one image", maxRow)
	errLongFile = fmt.Errorf("longer than the limit of %d bytes for a file of labels", MaxFile)
)

// next allows another row.
func (b *bounded) next() { b.row = maxRow }

// Read implements io.Reader.
func (b *bounded) Read(p []byte) (int, error) {
	switch {
	case b.file <= 0:
		return 0, errLongFile
	case b.row <= 0:
		return 0, errLongRow
	}
	n, err := b.r.Read(p[:min(int64(len(p)), b.row, b.file)])
	b.row -= int64(n)
	b.file -= int64(n)
	return n, err
}

// entry makes an entry of a path and of the JSON value that stands for the label.
func entry(file string, value []byte, row int) (e Entry, err error) {
	e = Entry{File: file, Row: row}
	if e.Class, err = class(value); err == nil {
		err = check(e.Class)
	}
	return e, err
}

// class is the name of the class that a JSON value stands for.
func class(value []byte) (string, error) {
	text := string(value)
	switch {
	case text == "" || text == "null":
		return "", nil
	case text[0] == '"':
		if err := json.Unmarshal(value, &text); err != nil {
			return "", err
		}
		return textClass(text), nil
	case strings.Contains("-0123456789", text[:1]):
		return numberClass(text)
	}
	return "", fmt.Errorf("label %.40s: expected a text or a whole number", text)
}

// textClass is the name that a text stands for: NaN is what pandas writes where there is none.
func textClass(text string) string {
	if text = strings.TrimSpace(text); text == "NaN" {
		return ""
	}
	return text
}

// numberClass is the name that a number of JSON stands for: its digits, and of one that is written
// with a point or an exponent those of its value.
func numberClass(text string) (string, error) {
	if !strings.ContainsAny(text, ".eE") {
		return text, nil
	}
	v, err := strconv.ParseFloat(text, 64)
	if most := float64(1 << 53); err != nil || !(math.Abs(v) <= most) || v != math.Trunc(v) {
		return "", fmt.Errorf("label %.40s: expected a text or a whole number", text)
	}
	return strconv.FormatInt(int64(v), 10), nil
}

// check reports a class that cannot be one; none can.
func check(class string) error {
	if class == "" {
		return nil
	}
	return kind.CheckClassName(class)
}

// known are the keys of an object, sorted.
func known[V any](object map[string]V) []string { return slices.Sorted(maps.Keys(object)) }

// errNoFile says that a row does not name its image.
var errNoFile = errors.New("no " + FileColumn + ": expected the path of an image")
