package label

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"

	"github.com/reverie-go/reverie/internal/jsonfile"
)

// readLines reads metadata.jsonl: an object a line, with the image's path and, where it has one,
// its label.
func readLines(b *bounded, column string, use func(Entry) error) error {
	lines := bufio.NewScanner(b)
	lines.Buffer(make([]byte, 0, 1<<16), maxRow)
	var first []string
	found, n := false, 0
	for b.next(); lines.Scan(); b.next() {
		n++
		line := bytes.TrimSpace(bytes.TrimPrefix(lines.Bytes(), []byte("\ufeff")))
		if len(line) == 0 {
			continue
		}
		e, object, err := readLine(line, column, n)
		if first == nil && object != nil {
			first = known(object)
			if _, ok := object[FileColumn]; !ok {
				return &ColumnError{Column: FileColumn, Known: first}
			}
		}
		if err != nil {
			return atRow(n, err)
		}
		if _, ok := object[column]; ok {
			found = true
		}
		if err := use(e); err != nil {
			return err
		}
	}
	switch err := lines.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return atRow(n+1, errLongRow)
	case err != nil:
		return atRow(n+1, err)
	case first != nil && !found:
		return &ColumnError{Column: column, Known: first}
	}
	return nil
}

// readLine reads one object.
func readLine(line []byte, column string, n int) (e Entry, object map[string]json.RawMessage, err error) {
	if !plainLine(line, column) || json.Unmarshal(line, &object) != nil {
		object = nil
		if err := jsonfile.Lenient(line, &object); err != nil {
			return e, nil, err
		}
	}
	var file string
	if err := json.Unmarshal(object[FileColumn], &file); err != nil || file == "" {
		return e, object, errNoFile
	}
	e, err = entry(file, object[column], n)
	return e, object, err
}

// plainLine says whether no key that is looked at can come twice in a line, which encoding/json
// would not see: package jsonfile does, and takes ten times as long.
func plainLine(line []byte, column string) bool {
	return bytes.Count(line, []byte(FileColumn)) < 2 && bytes.Count(line, []byte(column)) < 2 && !bytes.Contains(line, []byte(`\u`))
}
