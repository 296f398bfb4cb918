package checkpoint

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/reverie-go/reverie/internal/sniff"
)

// openRegular opens a file for reading and gives its size; a folder, a device
// or a pipe (which would block) is refused before it is opened.
func openRegular(path string) (*os.File, int64, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, 0, err
	}
	if !info.Mode().IsRegular() {
		return nil, 0, &os.PathError{Op: "open", Path: path, Err: fmt.Errorf("is a %s, expected a file", kindOf(info.Mode()))}
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	if info, err = f.Stat(); err != nil {
		f.Close()
		return nil, 0, err
	}
	return f, info.Size(), nil
}

// kindOf says in words what a path that is no file is.
func kindOf(m os.FileMode) string {
	switch {
	case m.IsDir():
		return "folder"
	case m&os.ModeSymlink != 0:
		return "link"
	case m.IsRegular():
		return "file"
	}
	return "device or pipe"
}

// notSafetensors gives, for the error of a file that could not be read as safetensors, what the file is, if it is something else.
func notSafetensors(f io.ReaderAt, err error) error {
	if !errors.Is(err, ErrDamaged) {
		return err
	}
	kind, failed := sniff.Reader(f)
	if failed != nil || kind == sniff.Safetensors || kind == sniff.Unknown {
		return err
	}
	return kind.Refuse(err, sniff.Safetensors)
}

// ReadSafetensorsFile is ReadSafetensors of a file; errors name it, and say what it is if it is none.
func ReadSafetensorsFile(path string) (tensors map[string]Tensor, metadata map[string]string, err error) {
	f, size, err := openRegular(path)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	tensors, metadata, err = ReadSafetensors(f, size)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, notSafetensors(f, err))
	}
	return tensors, metadata, nil
}

// ReadWeights reads weights from elsewhere, for import: a safetensors file, or a folder that holds one, whole or in shards. Besides what
// ReadSafetensorsFile checks, every value must be finite. Names are those of [PlainNames]; the notes say what was read otherwise than it lay there.
func ReadWeights(path string) (tensors map[string]Tensor, notes []string, err error) {
	l := &loader{dir: path, linked: true, wants: func(Part) bool { return true }}
	c, shards := new(Checkpoint), []shard(nil)
	if isDir(path) {
		shards, err = l.weightsOf(".", c)
	} else {
		l.dir = filepath.Dir(path)
		if file := filepath.Base(path); strings.HasSuffix(file, ".json") {
			shards, err = l.readShards(".", file)
		} else {
			shards = []shard{{file: file}}
		}
	}
	if err == nil {
		tensors, err = l.readFiles(".", shards, Weights, c)
	}
	return tensors, c.Notes, err
}

// WriteSafetensorsFile is WriteSafetensors into a file, by [WriteFileAtomic].
func WriteSafetensorsFile(fs FS, path string, tensors map[string]Tensor, metadata map[string]string) error {
	return WriteFileAtomic(fs, path, func(w io.Writer) error { return WriteSafetensors(w, tensors, metadata) })
}
