package data

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestList: the files that Open would read, by their paths below the folder, however that is given.
func TestList(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"b/2.png", "b/1.png", "a.png", "b/c/x.PNG"} {
		write(t, dir, name, pngOf(t, plain(1)))
	}
	write(t, dir, "notes.txt", []byte("x"))
	for _, given := range []string{dir, dir + "/./", filepath.Join(dir, "b") + "/.."} {
		found, err := List(t.Context(), given)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, f := range found.Files {
			names = append(names, f.Name)
			if _, err := os.Stat(f.Path); err != nil {
				t.Error(err)
			}
		}
		if want := []string{"a.png", "b/1.png", "b/2.png", "b/c/x.PNG"}; !slices.Equal(names, want) {
			t.Errorf("%s: %q, want %q", given, names, want)
		}
		if len(found.Remarks) != 1 || !strings.Contains(found.Remarks[0], "1 file of other names") || len(found.Skipped) > 0 {
			t.Errorf("%q, %v", found.Remarks, found.Skipped)
		}
	}
	_, err := List(t.Context(), filepath.Join(dir, "b", "1.png"))
	wantError(t, err, "is a file")
	_, err = List(t.Context(), filepath.Join(dir, "c"))
	wantError(t, err, "no such folder")
}
