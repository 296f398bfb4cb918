package checkpoint

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/reverie-go/reverie/internal/regular"
	"github.com/reverie-go/reverie/internal/sniff"
)

// notSafetensors gives, for the error of a file that could not be read as safetensors, what the
// file is, if it is something else.
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

// ReadSafetensorsFile is ReadSafetensors of a file; errors name it, and say what it is if it is
// none.
func ReadSafetensorsFile(path string) (tensors map[string]Tensor, metadata map[string]string, err error) {
	f, info, err := regular.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	tensors, metadata, err = ReadSafetensors(f, info.Size())
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, notSafetensors(f, err))
	}
	return tensors, metadata, nil
}

// ReadWeights reads weights from elsewhere, for import: a safetensors file, or a folder that holds
// one, whole or in shards. Besides what ReadSafetensorsFile checks, every value must be finite.
// Names are those of [PlainNames]; the notes say what was read otherwise than it lay there.
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
