package label

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
)

// read are the entries of a text.
func read(name, column, text string) (all []Entry, err error) {
	err = Read(strings.NewReader(text), name, column, func(e Entry) error {
		all = append(all, e)
		return nil
	})
	return all, err
}

// TestRead: the same labels in the three files: texts and whole numbers, and images without one.
func TestRead(t *testing.T) {
	want := []Entry{{"a.png", "cat", 1}, {"b/c.png", "2", 2}, {"d.png", "", 3}, {"e.png", "a,b", 4}, {"f.png", "7", 5}, {"g.png", "", 6}}
	for what, c := range map[string]struct {
		name, text string
		first      int // row of the first entry
	}{
		"lines": {Lines, "\ufeff" + `{"file_name": "a.png", "label": "cat", "more": [1, {"x": NaN}]}` + "\r\n" + `{"label": 2, "file_name": "b/c.png"}
{"file_name": "d.png", "label": null}
{"file_name": "e.png", "label": " a,b"}
{"file_name": "f.png", "label": 7.0}
{"file_name": "g.png", "label": NaN}`, 1},
		"commas":     {Table, "\ufefffile_name,more,label\r\na.png,x,cat\nb/c.png,x,2\nd.png,x,\ne.png,x,\"a,b\"\nf.png,x,7\ng.png,x,NaN", 2},
		"semicolons": {Table, "label;file_name\ncat;a.png\n2;b/c.png\n;d.png\na,b;e.png\n 7 ;f.png\nNaN;g.png\n", 2},
		"tabs":       {Table, "label\t\"file_name\"\ncat\ta.png\n2\tb/c.png\n\td.png\na,b\te.png\n7\tf.png\nNaN\tg.png\n", 2},
		"list": {List, `{"version": {"x": [1]}, "labels": [["a.png", "cat"], ["b/c.png", 2], ["d.png", null],
			["e.png", "a,b"], ["f.png", 7e0], ["g.png", ""]], "after": 1}`, 1},
	} {
		got, err := read(c.name, "label", c.text)
		for i := range got {
			got[i].Row -= c.first - 1
		}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %+v, %v", what, got, err)
		}
	}
	if got, err := read(Table, "kind", "kind,label,file_name\na,b,c.png\n"); err != nil || got[0].Class != "a" {
		t.Errorf("another column: %+v, %v", got, err)
	}
	if got, err := read(List, "label", `{"labels": null}`); err != nil || got != nil {
		t.Errorf("null: %+v, %v", got, err)
	}
	if got, err := read(Lines, "label", "\n\n"); err != nil || got != nil {
		t.Errorf("empty: %+v, %v", got, err)
	}
}

// TestRefused: what is wrong is named with its row, and hostile rows are bounded.
func TestRefused(t *testing.T) {
	long := strings.Repeat("a", maxRow)
	for _, c := range []struct{ name, text, want string }{
		{Lines, `{"file_name": "a", "label": true}`, "line 1: label true: expected a text or a whole number"},
		{Lines, "\n" + `{"file_name": "a", "label": 1.5}`, "line 2: label 1.5: expected"},
		{Lines, `{"file_name": "a", "label": 1e300}`, "label 1e300: expected"},
		{Lines, `{"file_name": "a", "label": [1]}`, "label [1]: expected"},
		{Lines, `{"file_name": "a", "label": "x\u001b[31m"}`, "control characters"},
		{Lines, `{"file_name": "a", "label": "` + strings.Repeat("a", 256) + `"}`, "has 256 bytes"},
		{Lines, `{"file_name": "a", "label": "x", "label": "y"}`, "line 1"},
		{Lines, `{"file_name": "a", "label": "x", "l\u0061bel": "y"}`, "line 1"},
		{Lines, `{"file_name": "a", "file_name": "b", "label": "x"}`, "line 1"},
		{Lines, `{"file_name": 3, "label": "x"}`, "no file_name"},
		{Lines, `{"file_name": "", "label": "x"}`, "no file_name"},
		{Lines, `{"label": "x"}`, `no column "file_name": it has ["label"]`},
		{Lines, `{"file_name": "a", "label": "x"}` + "\n" + `{"label": "x"}`, "line 2: no file_name"},
		{Lines, "[]", "line 1"},
		{Lines, `{"file_name": "a"}`, `no column "label": it has ["file_name"]`},
		{Lines, `{"file_name": "a", "label": "` + long + `"}`, "line 1: longer than the limit of 1048576 bytes"},
		{Table, "", "empty"},
		{Table, "a,b\n1,2\n", `no column "file_name": it has ["a" "b"]`},
		{Table, "file_name,text\n1,2\n", `no column "label": it has ["file_name" "text"]`},
		{Table, "file_name,label\na.png,b,c\n", "line 2: another number of columns"},
		{Table, "file_name,label\na.png,\"b\n", "line 2"},
		{Table, "file_name,label\n,b\n", "line 2: no file_name"},
		{Table, "file_name,label\na,x\na,\x1b[31m\n", "line 3: the name of a class holds control"},
		{Table, "file_name,label\na,\"" + long + long + "\"\n", "longer than the limit of 1048576 bytes"},
		{List, `[]`, `no column "labels"`},
		{List, `{"a": 1}`, `no column "labels": it has ["a"]`},
		{List, `{"labels": 3}`, "expected a list of pairs"},
		{List, `{"labels": [["a", 1], ["b"]]}`, "entry 2: expected a pair"},
		{List, `{"labels": [["a", [0.5, 1]]]}`, "entry 1: label [0.5, 1]: expected a text or a whole number"},
		{List, `{"labels": [["a", 1]`, "EOF"},
		{List, `{"labels": [["` + long + long + long + `", 1]]}`, "longer than the limit"},
		{List, `{"a": "` + long + long + long + `", "labels": null}`, "longer than the limit"},
		{List, `text`, "not JSON"},
	} {
		if _, err := read(c.name, "label", c.text); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %.60q: %v, want %q", c.name, c.text, err, c.want)
		}
	}
	if err := Read(strings.NewReader("x"), "labels.txt", "label", nil); err == nil {
		t.Error("a file of another name is read")
	}
	stop := fmt.Errorf("stop")
	for name, text := range map[string]string{Lines: `{"file_name": "a", "label": 1}`, Table: "file_name,label\na,1\n", List: `{"labels": [["a", 1]]}`} {
		if err := Read(strings.NewReader(text), name, "label", func(Entry) error { return stop }); err != stop {
			t.Errorf("%s: %v, want the error of its use", name, err)
		}
	}
}

// endless is a file of rows that never ends.
type endless struct {
	row string
	at  int
}

func (e *endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = e.row[e.at%len(e.row)]
		e.at++
	}
	return len(p), nil
}

// TestLongFile: a file without an end, as a compressed one may be, is refused after so many bytes.
func TestLongFile(t *testing.T) {
	for name, text := range map[string]string{Lines: "\n", Table: "file_name,label\n", List: `{"labels": [`} {
		b := &bounded{r: io.MultiReader(strings.NewReader(text), &endless{row: map[string]string{Lines: "\n", Table: "a,1\n", List: `["a", 1],`}[name]}), file: 1 << 21}
		var err error
		rows := 0
		count := func(Entry) error { rows++; return nil }
		switch name {
		case Lines:
			err = readLines(b, "label", count)
		case Table:
			err = readTable(b, "label", count)
		case List:
			err = readList(b, count)
		}
		if err == nil || !strings.Contains(err.Error(), "for a file of labels") || name != Lines && rows < 1<<17 {
			t.Errorf("%s: %v after %d rows", name, err, rows)
		}
	}
}

// FuzzRead: any text is read or refused, and what is read can be the label of an image.
func FuzzRead(f *testing.F) {
	f.Add(`{"file_name": "a.png", "label": "cat"}`+"\n"+`{"file_name": "b.png", "label": 3}`, "label")
	f.Add("file_name;label\na.png;cat\n", "label")
	f.Add(`{"labels": [["00000/img00000000.png", 3], ["b", null]]}`, "label")
	f.Add(`{"labels": null}`, "")
	f.Fuzz(func(t *testing.T, text, column string) {
		for _, name := range []string{Lines, Table, List} {
			all, _ := read(name, column, text)
			last := 0
			for _, e := range all {
				if e.File == "" || check(e.Class) != nil || e.Row <= last {
					t.Fatalf("%s: %+v after row %d", name, e, last)
				}
				last = e.Row
			}
		}
	})
}
