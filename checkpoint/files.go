package checkpoint

import (
	"fmt"
	"io"
	"os"
)

// openRegular opens a file for reading and gives its size; a folder, a device
// or a pipe (which would block) is refused before it is opened.
func openRegular(path string) (*os.File, int64, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, 0, err
	}
	if !info.Mode().IsRegular() {
		return nil, 0, fmt.Errorf("%s: is a %s, expected a file", path, kindOf(info.Mode()))
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
	if m.IsDir() {
		return "folder"
	}
	return "device or pipe"
}

// ReadSafetensorsFile is ReadSafetensors of a file; errors name it.
func ReadSafetensorsFile(path string) (tensors map[string]Tensor, metadata map[string]string, err error) {
	f, size, err := openRegular(path)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	tensors, metadata, err = ReadSafetensors(f, size)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	return tensors, metadata, nil
}

// ReadWeights reads a safetensors file from elsewhere, for import: besides what
// ReadSafetensorsFile checks, every value must be finite.
func ReadWeights(path string) (map[string]Tensor, error) {
	tensors, _, err := ReadSafetensorsFile(path)
	if err != nil {
		return nil, err
	}
	if err := CheckFinite(tensors); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return tensors, nil
}

// WriteSafetensorsFile is WriteSafetensors into a file, by [WriteFileAtomic].
func WriteSafetensorsFile(fs FS, path string, tensors map[string]Tensor, metadata map[string]string) error {
	return WriteFileAtomic(fs, path, func(w io.Writer) error { return WriteSafetensors(w, tensors, metadata) })
}
