package checkpoint

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

var errCrash = errors.New("the process was killed")

// A faultFS is the operating system's FS that can be stopped before or in the middle of any one
// operation, and that then knows what a power cut may lose: data written since a file's last sync,
// and entries of a folder since its own.
type faultFS struct {
	stopAt int  // this operation, from 0, and all later ones fail; < 0: none
	only   bool // this one alone fails, as a bad sector would
	full   bool // fails as a full disk: what needs room fails, with ENOSPC

	n       int // operations so far
	trash   string
	files   []*faultFile
	entries []*entry // changes to folders that are not durable
}

// An entry is one change in a folder, and how to take it back.
type entry struct {
	kind    string // "create", "rename", "remove"
	path    string // the new name; of a remove, the old one
	from    string // of a rename
	trashed string // where the thing removed or replaced lies
	renamed bool   // of a create: a later rename implies it
}

type faultFile struct {
	fs     *faultFS
	f      *os.File
	synced int64 // bytes that a power cut leaves
}

// step counts an operation and says whether it fails.
func (s *faultFS) step(needsRoom bool) error {
	n := s.n
	s.n++
	stopped := s.stopAt >= 0 && (n == s.stopAt || n > s.stopAt && !s.only)
	switch {
	case !stopped || s.full && !needsRoom:
		return nil
	case s.full:
		return &fs.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}
	}
	return errCrash
}

func (s *faultFS) Mkdir(path string) error {
	if err := s.step(true); err != nil {
		return err
	}
	s.entries = append(s.entries, &entry{kind: "create", path: path})
	return OS{}.Mkdir(path)
}

func (s *faultFS) Create(path string) (File, error) {
	if err := s.step(true); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return nil, err
	}
	s.entries = append(s.entries, &entry{kind: "create", path: path})
	file := &faultFile{fs: s, f: f}
	s.files = append(s.files, file)
	return file, nil
}

func (s *faultFS) Rename(from, to string) error {
	if err := s.step(false); err != nil {
		return err
	}
	e := &entry{kind: "rename", path: to, from: from}
	if isFile(to) && s.trash != "" {
		var err error
		if e.trashed, err = s.aside(to); err != nil {
			return err
		}
	}
	if err := os.Rename(from, to); err != nil {
		return err
	}
	s.move(from, to)
	s.entries = append(s.entries, e)
	return nil
}

// aside moves something where a power cut can bring it back from.
func (s *faultFS) aside(path string) (string, error) {
	dir, err := os.MkdirTemp(s.trash, "")
	if err != nil {
		return "", err
	}
	to := filepath.Join(dir, "x")
	return to, os.Rename(path, to)
}

// move follows a renamed folder in the names noted.
func (s *faultFS) move(from, to string) {
	for _, e := range s.entries {
		for _, p := range []*string{&e.path, &e.from} {
			if rest, ok := strings.CutPrefix(*p, from+string(filepath.Separator)); ok {
				*p = filepath.Join(to, rest)
			} else if *p == from && e.kind == "create" {
				*p, e.renamed = to, true
			}
		}
	}
}

// RemoveAll moves what it removes aside, so that a power cut can bring it back; when it is stopped,
// one file of the folder is gone.
func (s *faultFS) RemoveAll(path string) error {
	err := s.step(false)
	if err != nil {
		_ = os.Remove(filepath.Join(path, indexFile))
		return err
	}
	if _, err := os.Lstat(path); err != nil {
		return nil
	}
	if s.trash == "" {
		return os.RemoveAll(path)
	}
	trashed, err := s.aside(path)
	s.entries = append(s.entries, &entry{kind: "remove", path: path, trashed: trashed})
	return err
}

func (s *faultFS) SyncDir(path string) error {
	if err := s.step(true); err != nil {
		return err
	}
	s.entries = slices.DeleteFunc(s.entries, func(e *entry) bool { return filepath.Dir(e.path) == path })
	return nil
}

// Write writes half before it fails.
func (f *faultFile) Write(b []byte) (int, error) {
	if err := f.fs.step(true); err != nil {
		n, _ := f.f.Write(b[:len(b)/2])
		return n, err
	}
	return f.f.Write(b)
}

func (f *faultFile) Sync() error {
	if err := f.fs.step(true); err != nil {
		return err
	}
	info, err := f.f.Stat()
	if err == nil {
		f.synced = info.Size()
	}
	return err
}

// Close leaves the file open for cutPower.
func (f *faultFile) Close() error { return f.fs.step(false) }

// A loss is what a stop takes away.
type loss int

const (
	kill       loss = iota // of the process alone: nothing
	cutAll                 // power: all that was not synced
	cutData                // power, where folders were written already: data that were not synced
	cutEntries             // power: entries of folders that were not synced, other than by renaming
)

func (s *faultFS) lose(l loss) error {
	var err error
	for _, f := range s.files {
		if l == cutAll || l == cutData {
			err = errors.Join(err, f.f.Truncate(f.synced))
		}
		f.f.Close()
	}
	for _, e := range slices.Backward(s.entries) {
		switch {
		case l == kill || l == cutData:
		case e.kind == "create" && l == cutEntries && e.renamed:
		case e.kind == "create":
			_ = os.RemoveAll(e.path)
		case l == cutEntries:
		case e.kind == "rename":
			err = errors.Join(err, os.Rename(e.path, e.from))
			s.move(e.path, e.from)
			if e.trashed != "" {
				err = errors.Join(err, os.Rename(e.trashed, e.path))
			}
		default: // what it held may be gone all the same
			_ = os.Remove(filepath.Join(e.trashed, indexFile))
			err = errors.Join(err, os.Rename(e.trashed, e.path))
		}
	}
	return err
}
