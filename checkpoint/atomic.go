package checkpoint

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
)

// OS is the operating system's FS.
type OS struct{}

// Mkdir makes one folder.
func (OS) Mkdir(path string) error { return os.Mkdir(path, 0o777) }

// Create makes a new file.
func (OS) Create(path string) (File, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return nil, err
	}
	return f, nil
}

// Rename moves a file or folder.
func (OS) Rename(from, to string) error { return os.Rename(from, to) }

// RemoveAll removes a file or folder.
func (OS) RemoveAll(path string) error { return os.RemoveAll(path) }

// SyncDir makes the entries of a folder durable; Windows, where a folder cannot be synced, does so
// by itself.
func (OS) SyncDir(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// orOS makes nil the operating system's.
func orOS(fs FS) FS {
	if fs == nil {
		return OS{}
	}
	return fs
}

// WriteFileAtomic writes a file under a temporary name beside it, syncs it and renames it to path:
// whenever it is stopped, path holds the old contents or the new ones. A nil fs is [OS], and what
// killed commands left in the folder is removed ([Sweep]). On an error the temporary file is
// removed.
func WriteFileAtomic(fs FS, path string, write func(w io.Writer) error) error {
	dir := filepath.Dir(path)
	if fs == nil {
		Sweep(dir)
	}
	fs = orOS(fs)
	tmp := Temporary(dir)
	if err := createAtomic(fs, tmp, path, write); err != nil {
		_ = fs.RemoveAll(tmp) // the first error is the one to tell
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := fs.SyncDir(dir); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

func createAtomic(fs FS, tmp, path string, write func(w io.Writer) error) error {
	if err := createSynced(fs, tmp, write); err != nil {
		return err
	}
	return fs.Rename(tmp, path)
}

// createSynced makes a file, has it written and syncs it. Small writes are gathered; those of a
// tensor's data go straight through.
func createSynced(fs FS, path string, write func(w io.Writer) error) error {
	f, err := fs.Create(path)
	if err != nil {
		return err
	}
	b := bufio.NewWriterSize(f, 1<<16)
	err = write(b)
	if err == nil {
		err = b.Flush()
	}
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// removeTemporaries removes what an interrupted writer left in a folder; only the holder of the
// run's lock may call it.
func removeTemporaries(fs FS, dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), tmpPrefix) {
			err = errors.Join(err, fs.RemoveAll(filepath.Join(dir, e.Name())))
		}
	}
	return err
}

// IsDiskFull reports whether an error came from a full disk or an exhausted quota: training goes on
// after such a one.
func IsDiskFull(err error) bool {
	var errno syscall.Errno
	if !errors.As(err, &errno) {
		return false
	}
	for _, full := range diskFull {
		if errno == full {
			return true
		}
	}
	return false
}
