package reverie

import (
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// The maths takes the standard library only.
func TestImports(t *testing.T) {
	here, err1 := filepath.Glob("*.go")
	sample, err2 := filepath.Glob("sample/*.go")
	if err1 != nil || err2 != nil || len(here) == 0 || len(sample) == 0 {
		t.Fatal("no sources", err1, err2)
	}
	for _, name := range append(here, sample...) {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range f.Imports {
			path, _ := strconv.Unquote(i.Path.Value)
			first, _, _ := strings.Cut(path, "/")
			own := path == "github.com/reverie-go/reverie" || path == "github.com/reverie-go/reverie/sample"
			if strings.Contains(first, ".") && !own {
				t.Errorf("%s imports %s", name, path)
			}
		}
	}
}
