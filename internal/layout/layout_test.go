// Package layout keeps what docs/architecture.md says of the folders: which there are, and which
// may import which. Imports point downward, and the maths knows no engine.
package layout

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

const (
	module = "github.com/reverie-go/reverie"
	root   = "../.."
	// engines marks imports that only the engine's side may have.
	engines = "github.com/gomlx/gomlx/"
)

// leaves import none of ours. Every folder may import them but the root and the backend.
var leaves = []string{"random", "table", "kind"}

// engineless are the folders that know no engine, though they may import others' modules.
var engineless = []string{"data", "data/picture", "data/points", "data/sound", "checkpoint"}

// backendImports are the packages of GoMLX that engine/simd may import.
var backendImports = []string{"backends", "backends/notimplemented", "backends/shapeinference", "pkg/core/dtypes", "pkg/core/shapes"}

// A rule is what a folder may import: of our packages those in these folders, "" being the root
// package alone, and whether others than the standard library's.
type rule struct {
	ours   []string
	others bool
}

// page is docs/architecture.md.
func page(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "docs", "architecture.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// rules reads the page's table of imports: a rule for each folder.
func rules(t *testing.T) map[string]rule {
	t.Helper()
	folder := regexp.MustCompile("`([a-z/]+)/`|the root")
	all := map[string]rule{}
	for _, m := range regexp.MustCompile("(?m)^\\| (`[a-z/]+/`|the root) \\| (.*) \\| (any|none) \\|$").FindAllStringSubmatch(page(t), -1) {
		name := folder.FindStringSubmatch(m[1])[1]
		r := rule{ours: []string{name}, others: m[3] == "any"}
		for _, f := range folder.FindAllStringSubmatch(m[2], -1) {
			r.ours = append(r.ours, f[1])
		}
		if r.others {
			r.ours = append(r.ours, "internal")
		}
		if name != "" && name != "engine/simd" && !slices.Contains(leaves, name) {
			r.ours = append(r.ours, leaves...)
		}
		all[name] = r
	}
	if len(all) < 20 {
		t.Fatalf("%d rows in the table of imports, expected at least 20", len(all))
	}
	return all
}

// each calls f for every file of Go that is no test, with its folder, "" for the root.
func each(t *testing.T, f func(dir, file string)) {
	t.Helper()
	every(t, func(dir, file string) {
		if !strings.HasSuffix(file, "_test.go") {
			f(dir, file)
		}
	})
}

// every is each with the tests.
func every(t *testing.T, f func(dir, file string)) {
	t.Helper()
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name := d.Name(); d.IsDir() && file != root && (name == "testdata" || strings.HasPrefix(name, "_") || strings.HasPrefix(name, ".")) {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(file, ".go") {
			return nil
		}
		rel, err := filepath.Rel(root, filepath.Dir(file))
		if err == nil {
			f(strings.TrimPrefix(filepath.ToSlash(rel), "."), file)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestImports: a file imports what the page's table allows its folder.
func TestImports(t *testing.T) {
	all := rules(t)
	each(t, func(dir, file string) {
		row, ok := dir, false
		for ; row != "."; row = path.Dir(row) {
			if _, ok = all[row]; ok {
				break
			}
		}
		if !ok {
			t.Errorf("%s: folder %s has no row in the table of imports", file, dir)
			return
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			t.Error(err)
			return
		}
		for _, spec := range f.Imports {
			name, _ := strconv.Unquote(spec.Path.Value)
			if fault := all[row].fault(row, name); fault != "" {
				t.Errorf("%s imports %s; folder %s %s", file, name, dir, fault)
			}
		}
	})
}

// fault says what is wrong with an import of a folder, "" if nothing.
func (r rule) fault(row, name string) string {
	ours, isOurs := strings.CutPrefix(name, module)
	ours = strings.TrimPrefix(ours, "/")
	switch {
	case isOurs && !slices.ContainsFunc(r.ours, func(a string) bool { return a == ours || a != "" && strings.HasPrefix(ours, a+"/") }):
		return "may import of ours only " + strings.Join(r.ours, ", ")
	case !isOurs && !r.others && strings.Contains(strings.Split(name, "/")[0], "."):
		return "may import the standard library only"
	case slices.Contains(engineless, row) && strings.HasPrefix(name, engines):
		return "knows no engine"
	case row == "engine/simd" && strings.HasPrefix(name, engines) && !slices.Contains(backendImports, strings.TrimPrefix(name, engines)):
		return "may import of GoMLX only " + strings.Join(backendImports, ", ")
	}
	return ""
}

// parted are the folders whose parts the page lists one by one; of the others it lists the whole.
var parted = []string{"app", "data", "engine", "internal", "learn"}

// TestFolders: the page's list of folders is that of the folders with packages.
func TestFolders(t *testing.T) {
	_, list, _ := strings.Cut(page(t), "\n## Layout\n")
	list, _, _ = strings.Cut(list, "\n## ")
	listed := map[string]bool{"": true, "internal": true, "cmd": true}
	for _, m := range regexp.MustCompile(`(?m)^(  )?([a-z/]+?)/? {2,}\S`).FindAllStringSubmatch(list, -1) {
		if m[1] != "" {
			m[2] = "internal/" + m[2]
		}
		listed[m[2]] = true
		if _, err := os.Stat(filepath.Join(root, m[2])); err != nil {
			t.Errorf("docs/architecture.md lists %s, which is not there: %v", m[2], err)
		}
	}
	each(t, func(dir, _ string) {
		parts := strings.Split(dir, "/")
		if !slices.Contains(parted, parts[0]) {
			dir = parts[0]
		} else if len(parts) > 2 {
			dir = parts[0] + "/" + parts[1]
		}
		if !listed[dir] {
			t.Errorf("docs/architecture.md does not list the folder %s", dir)
			listed[dir] = true // once
		}
	})
}

// width is the number of columns at which comments wrap, a tab being four.
const width = 100

// TestCommentWidth: prose in comments wraps at one width; what is set as it is, such as formulas
// and tables, begins with a tab or two spaces. What is generated and what an example prints is as
// it is.
func TestCommentWidth(t *testing.T) {
	prose := regexp.MustCompile(`(?m)^(\t*)// (\S.* .*)$`)
	printed := regexp.MustCompile(`(?m)^\t// Output:\n(\t//.*\n)*`)
	every(t, func(_, file string) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Error(err)
			return
		}
		if regexp.MustCompile(`(?m)^// Code generated .* DO NOT EDIT\.$`).Match(text) {
			return
		}
		for _, m := range prose.FindAllSubmatch(printed.ReplaceAll(text, nil), -1) {
			if 4*len(m[1])+len("// ")+utf8.RuneCount(m[2]) > width {
				t.Errorf("%s: a comment of more than %d columns: %s", file, width, m[2])
			}
		}
	})
}
