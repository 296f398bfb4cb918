package checkpoint

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"

	"github.com/reverie-go/reverie/internal/regular"
)

// The files of a folder that is loaded, by their names with forward slashes.

// verified reads a JSON file and checks its SHA-256.
func (l *loader) verified(file string) ([]byte, error) {
	b, err := l.bytes(file)
	if err != nil {
		return nil, err
	}
	sum := sha256.New()
	sum.Write(b)
	return b, l.name(file, l.verify(file, sum))
}

// verify compares a file's SHA-256 with the one in trainer.json, if there is one.
func (l *loader) verify(file string, sum hash.Hash) error {
	if l.trainer == nil {
		return nil
	}
	found := hex.EncodeToString(sum.Sum(nil))
	if want := l.trainer.Files[file]; found != want {
		return errDamaged("its SHA-256 is %s, %s lists %q: the file was changed or damaged; use another checkpoint or a copy", found, trainerFile, want)
	}
	return nil
}

// bytes reads a small file.
func (l *loader) bytes(file string) ([]byte, error) {
	f, size, err := l.open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if size > maxJSON {
		return nil, l.name(file, fmt.Errorf("has %d bytes, at most %d are read", size, maxJSON))
	}
	b, err := io.ReadAll(io.LimitReader(f, maxJSON))
	return b, l.name(file, err)
}

// open opens a regular file of the folder.
func (l *loader) open(file string) (*os.File, int64, error) {
	if l.linked {
		f, info, err := regular.Open(l.path(file))
		if err != nil {
			return nil, 0, l.name(file, cause(err))
		}
		return f, info.Size(), nil
	}
	name := filepath.FromSlash(file)
	info, err := l.root.Stat(name)
	if err != nil {
		return nil, 0, l.name(file, cause(err))
	}
	if !info.Mode().IsRegular() {
		return nil, 0, l.name(file, fmt.Errorf("is a %s, expected a file", regular.Kind(info.Mode())))
	}
	f, err := l.root.OpenFile(name, os.O_RDONLY|nonblock, 0)
	if err != nil {
		return nil, 0, l.name(file, cause(err))
	}
	return f, info.Size(), nil
}

func (l *loader) exists(name string) bool {
	_, err := os.Stat(l.path(name))
	return err == nil
}

// path is where a file of the folder lies.
func (l *loader) path(file string) string { return filepath.Join(l.dir, filepath.FromSlash(file)) }

// name adds the file's path to an error.
func (l *loader) name(file string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", l.path(file), err)
}

// cause strips the operation and the relative path off a file error.
func cause(err error) error {
	var p *os.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}
