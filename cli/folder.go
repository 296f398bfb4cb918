package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/reverie-go/reverie/checkpoint"
)

// A folder is one that a command fills with files. It is made before the work, which is not to end
// at a folder that cannot be written.
type folder struct {
	path string
	made []string // the folders that there were not, outermost first
}

// makeFolder makes the folder that a flag names for files of names of their own, where there is
// none.
func makeFolder(flag, dir string) (f folder, err error) {
	f.path = dir
	if err = checkpoint.CheckForeign(filepath.Join(dir, "x")); err == nil {
		for at := filepath.Clean(dir); ; at = filepath.Dir(at) {
			if _, err := os.Lstat(at); !errors.Is(err, fs.ErrNotExist) || at == filepath.Dir(at) {
				break
			}
			f.made = append(f.made, at)
		}
		slices.Reverse(f.made)
		err = os.MkdirAll(dir, 0o777)
	}
	if err != nil {
		f.takeBack()
		return folder{}, fmt.Errorf("--%s %s: %w", flag, dir, err)
	}
	return f, nil
}

// outFolder makes the folder that a command fills with files: the one of --out, which must be new
// or empty; where none is said the next of NAME-001, .. of a run, or of the working folder.
func outFolder(out, run, name string) (folder, error) {
	if out == "" {
		for i := 1; ; i++ {
			dir := filepath.Join(run, fmt.Sprintf("%s-%03d", name, i))
			if err := os.Mkdir(dir, 0o777); !errors.Is(err, fs.ErrExist) {
				if err != nil {
					return folder{}, fmt.Errorf("%w; name a folder by --out", err)
				}
				return folder{dir, []string{dir}}, nil
			}
		}
	}
	if st, err := os.Stat(out); err == nil && !st.IsDir() {
		return folder{}, fmt.Errorf("--out %s: it is a file; name a new or an empty folder", out)
	}
	f, err := makeFolder("out", out)
	if err != nil {
		return f, err
	}
	within, err := os.ReadDir(out)
	if err == nil && len(within) > 0 {
		err = fmt.Errorf("it holds %s already, and nothing in it is replaced; name a new or an empty folder", within[0].Name())
	}
	if err != nil {
		return f, fmt.Errorf("--out %s: %w", out, err)
	}
	return f, nil
}

// failed ends the filling of a folder that was new or empty: nothing that is empty is left of what
// the command made, and of what is not it says where it lies.
func (f folder) failed(w io.Writer) {
	var below []string
	_ = filepath.WalkDir(f.path, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && path != f.path {
			below = append(below, path)
		}
		return nil
	})
	for _, dir := range slices.Backward(below) {
		_ = os.Remove(dir) // if nothing is in it
	}
	f.takeBack()
	if within, err := os.ReadDir(f.path); err == nil && len(within) > 0 {
		fmt.Fprintln(w, "what was made until then is in", f.path)
	}
}

// takeBack removes the folders that were made, if nothing is in them.
func (f folder) takeBack() {
	for _, dir := range slices.Backward(f.made) {
		_ = os.Remove(dir)
	}
}
