package checkpoint

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/reverie-go/reverie/internal/regular"
)

// A Folder is a run folder held open. All that a run writes, replaces and removes goes through one,
// and so do its own files that are read back: whoever made the folder, nothing outside it is
// touched, by a link or any other way, and what is read is a file of a size that such a file has.
// The folder itself may be reached by a link. A Folder is an [FS] for the paths below it.
type Folder struct {
	dir  string
	root *os.Root
}

// OpenFolder opens a run folder.
func OpenFolder(dir string) (*Folder, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return &Folder{dir: dir, root: root}, nil
}

// Close lets go of the folder.
func (f *Folder) Close() error { return f.root.Close() }

// name is a path below the folder as the root has it. No folder on the way to it may be a link.
func (f *Folder) name(path string) (string, error) {
	name, err := filepath.Rel(f.dir, path)
	if err != nil || !filepath.IsLocal(name) {
		return "", fmt.Errorf("%s is not in the run folder %s", path, f.dir)
	}
	for i, c := range name {
		if c == filepath.Separator {
			if err := f.CheckFolder(name[:i]); err != nil {
				return "", err
			}
		}
	}
	return name, nil
}

// CheckFolder is nil if what has that name in the run folder is a folder, or if nothing has it.
func (f *Folder) CheckFolder(name string) error {
	info, err := f.root.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) || err == nil && info.IsDir() {
		return nil
	}
	if err != nil {
		return err
	}
	return f.wrong(name, info.Mode(), "folder")
}

// wrong says what a path is, and that it is no file or folder of a run.
func (f *Folder) wrong(name string, mode fs.FileMode, want string) error {
	return fmt.Errorf("%s is a %s, expected a %s of the run's own; put one in its place, or remove it", filepath.Join(f.dir, name), regular.Kind(mode), want)
}

// Mkdir makes one folder.
func (f *Folder) Mkdir(path string) error {
	name, err := f.name(path)
	if err != nil {
		return err
	}
	return f.root.Mkdir(name, 0o777)
}

// Create makes a new file.
func (f *Folder) Create(path string) (File, error) {
	name, err := f.name(path)
	if err != nil {
		return nil, err
	}
	file, err := f.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return nil, err
	}
	return file, nil
}

// Rename moves a file or folder within the run folder.
func (f *Folder) Rename(from, to string) error {
	old, err := f.name(from)
	if err != nil {
		return err
	}
	name, err := f.name(to)
	if err != nil {
		return err
	}
	return f.root.Rename(old, name)
}

// RemoveAll removes a file, a folder with what it holds, or a link, but not what it leads to.
func (f *Folder) RemoveAll(path string) error {
	name, err := f.name(path)
	if err != nil {
		return err
	}
	return f.root.RemoveAll(name)
}

// SyncDir makes the entries of a folder durable, as [OS] does.
func (f *Folder) SyncDir(path string) error {
	name, err := f.name(path)
	if err != nil || runtime.GOOS == "windows" {
		return err
	}
	d, err := f.root.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// OpenFile opens a file of the run that is there, with a flag of package os: one that is no link,
// pipe or device, before it is opened and after.
func (f *Folder) OpenFile(path string, flag int) (*os.File, error) {
	name, err := f.name(path)
	if err != nil {
		return nil, err
	}
	info, err := f.root.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, f.wrong(name, info.Mode(), "file")
	}
	file, err := f.root.OpenFile(name, flag|nonblock, 0)
	if err != nil {
		return nil, err
	}
	if opened, err := file.Stat(); err != nil || !os.SameFile(info, opened) {
		return nil, errors.Join(fmt.Errorf("%s changed while it was opened", path), err, file.Close())
	}
	return file, nil
}

// ReadFile reads a file of the run, of at most limit bytes.
func (f *Folder) ReadFile(path string, limit int64) ([]byte, error) {
	file, err := f.OpenFile(path, os.O_RDONLY)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	tooLong := fmt.Errorf("%s is longer than the %d bytes that a run writes; remove it", path, limit)
	if info, err := file.Stat(); err != nil || info.Size() > limit { // before all that is read and held
		return nil, cmp.Or(err, tooLong)
	}
	b, err := io.ReadAll(io.LimitReader(file, limit+1))
	if err == nil && int64(len(b)) > limit {
		err = tooLong
	}
	return b, err
}

// ReadRunFile reads the file with that name of a run folder, of at most limit bytes: a link, a pipe
// or a device is refused.
func ReadRunFile(runDir, name string, limit int64) ([]byte, error) {
	f, err := OpenFolder(runDir)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return f.ReadFile(filepath.Join(runDir, name), limit)
}
