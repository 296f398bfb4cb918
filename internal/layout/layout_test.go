// Package layout keeps the rule of which folder may import which: imports
// point downward, and the maths knows no engine. docs/architecture.md says why.
package layout

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/reverie-go/reverie"

// allowed lists for each folder (with all below it, unless those have a row of
// their own) which of our packages it may import, and whether others than the
// standard library's. "" is the root package; a name covers what lies below it.
var allowed = map[string]struct {
	ours   []string
	others bool
}{
	"":             {[]string{"random", "internal/assign"}, false},
	"random":       {nil, false},
	"table":        {nil, false},
	"kind":         {nil, false},
	"sample":       {[]string{"."}, false},
	"likelihood":   {[]string{".", "sample", "internal/parallel"}, false},
	"formulation":  {[]string{".", "sample", "checkpoint"}, true}, // for the words of its files
	"mixture":      {[]string{"."}, false},
	"data":         {[]string{".", "data", "checkpoint"}, true},            // for npz
	"data/picture": {[]string{"checkpoint"}, true},                         // for its atomic writing
	"data/points":  {[]string{".", "data", "mixture", "checkpoint"}, true}, // for npz
	"checkpoint":   {[]string{"checkpoint"}, true},
	"config":       {[]string{".", "sample", "net", "config", "data", "formulation"}, true},
	"engine":       {[]string{".", "engine"}, true},
	"net":          {[]string{".", "net", "engine", "checkpoint"}, true}, // for the classes of model folders
	"guide":        {[]string{".", "engine"}, true},
	"learn":        {[]string{".", "engine", "net", "data", "learn", "formulation"}, true},
	"model":        {[]string{".", "sample", "guide", "engine", "net", "data/picture", "checkpoint", "likelihood", "formulation"}, true},
	"train":        {[]string{".", "sample", "engine", "learn", "net", "data", "checkpoint", "config", "model", "train", "eval", "formulation"}, true},
	"eval":         {[]string{".", "sample", "engine", "learn", "net", "data", "checkpoint", "config", "eval", "likelihood", "formulation", "model"}, true},
	"lab":          {[]string{".", "sample", "mixture", "engine", "learn", "net", "data", "checkpoint", "train", "eval", "formulation"}, true},
	"cli":          {[]string{".", "sample", "guide", "engine", "net", "data", "checkpoint", "config", "model", "train", "eval", "lab", "likelihood", "formulation"}, true},
	"examples":     {[]string{".", "cli", "sample", "guide", "engine", "learn", "net", "data", "checkpoint", "config", "model", "train", "eval", "likelihood", "formulation"}, true},
	"cmd":          {[]string{"cli"}, false},
	"bench":        {[]string{".", "sample", "mixture", "engine", "learn", "net", "data", "checkpoint", "config", "model", "train", "eval", "bench", "formulation"}, true},

	"internal":        {[]string{"internal"}, true},
	"internal/assign": {nil, false},

	// GoMLX's own tests, some in package graph, must be able to import the backend.
	"engine/simd": {[]string{"engine/simd"}, true},
}

// leaves import none of ours; every folder may import them but the root, the backend and each other.
var leaves = []string{"random", "table", "kind"}

// helpers hold what knows nothing of diffusion and reads no network, and what samples are; every folder may import them but the maths
// and the backend, which read no files (what of them the maths has is in its row).
var helpers = []string{"internal", "kind"}

// simdImports are the packages of GoMLX that engine/simd may import.
var simdImports = []string{"backends", "backends/notimplemented", "backends/shapeinference", "pkg/core/dtypes", "pkg/core/shapes"}

// engines marks imports that only the engine's side may have.
const engines = "github.com/gomlx/gomlx/"

func TestImportsPointDownward(t *testing.T) {
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (strings.HasPrefix(d.Name(), "_") || d.Name() == "testdata" || d.Name() != ".." && strings.HasPrefix(d.Name(), ".")) {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return nil
		}
		rel, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		check(t, path.Dir(filepath.ToSlash(rel)), file)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// check reports the imports of one file that its folder may not have.
func check(t *testing.T, dir, file string) {
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	if err != nil {
		t.Error(err)
		return
	}
	row := ruleOf(dir)
	rule, ok := allowed[row]
	if !ok {
		t.Errorf("%s: folder %s has no row in the table of import rules", file, dir)
		return
	}
	for _, spec := range f.Imports {
		name, _ := strconv.Unquote(spec.Path.Value)
		ours, isOurs := strings.CutPrefix(name, module)
		switch {
		case isOurs && slices.Contains(leaves, strings.TrimPrefix(ours, "/")) && !slices.Contains(append(leaves, "", "engine/simd", "internal", "internal/assign"), row):
		case isOurs && rule.others && row != "engine/simd" && slices.ContainsFunc(helpers, func(a string) bool { return covers(a, strings.TrimPrefix(ours, "/")) }):
		case isOurs && !slices.ContainsFunc(rule.ours, func(a string) bool { return covers(a, strings.TrimPrefix(ours, "/")) }):
			t.Errorf("%s imports %s; folder %s may import of ours only %v", file, name, dir, rule.ours)
		case !isOurs && !rule.others && strings.Contains(strings.Split(name, "/")[0], "."):
			t.Errorf("%s imports %s; folder %s may import the standard library only", file, name, dir)
		case slices.Contains([]string{"data", "data/picture", "data/points", "checkpoint", "config"}, row) && strings.HasPrefix(name, engines):
			t.Errorf("%s imports %s; folder %s knows no engine", file, name, dir)
		case row == "engine/simd" && strings.HasPrefix(name, engines) && !slices.Contains(simdImports, strings.TrimPrefix(name, engines)):
			t.Errorf("%s imports %s; of GoMLX engine/simd may import only %v", file, name, simdImports)
		}
	}
}

// ruleOf is the row for a folder: its own, or that of the nearest above.
func ruleOf(dir string) string {
	if dir == "." {
		return ""
	}
	for d := dir; d != "."; d = path.Dir(d) {
		if _, ok := allowed[d]; ok {
			return d
		}
	}
	return dir
}

// covers says whether the folder a, "." for the root package alone, holds ours.
func covers(a, ours string) bool {
	if a == "." {
		return ours == ""
	}
	return ours == a || strings.HasPrefix(ours, a+"/")
}
