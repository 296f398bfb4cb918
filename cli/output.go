package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/engine"
	"github.com/spf13/cobra"
)

// An output is a file that a command is to read or write, with the flag that names it.
type output struct{ flag, path string }

// pictureNames are endings of pictures that are no PNG, which is what we write.
var pictureNames = []string{".jpg", ".jpeg", ".gif", ".webp", ".bmp", ".tif", ".tiff"}

// checkNames finds what the command line alone shows of its outputs: two of one name, a picture
// that is named for another format. An empty one is not asked for.
func checkNames(outs ...output) error {
	seen := map[string]string{}
	for _, o := range outs {
		if o.path == "" || o.path == toStdout {
			continue
		}
		if o.flag == "gif" {
			if !strings.EqualFold(filepath.Ext(o.path), ".gif") {
				return usagef("--gif %s: the animation is a GIF; end the name with .gif", o.path)
			}
		} else if ext := strings.ToLower(filepath.Ext(o.path)); slices.Contains(pictureNames, ext) {
			return usagef("--%s %s: pictures are written as PNG; end the name with .png", o.flag, o.path)
		}
		clean := filepath.Clean(o.path)
		if other, ok := seen[clean]; ok {
			return usagef("--%s and --%s both name %s; give each its own", other, o.flag, o.path)
		}
		seen[clean] = o.flag
	}
	return nil
}

// checkFiles finds outputs that cannot be written, see checkNames and checkWritable.
func checkFiles(files ...output) error {
	if err := checkNames(files...); err != nil {
		return err
	}
	return checkWritable(files...)
}

// begin checks the files of a command and opens the engine that it works on.
func begin(backend string, files ...output) (*engine.Engine, error) {
	if err := checkNames(files...); err != nil {
		return nil, err
	}
	e, err := openEngine(backend)
	if err != nil {
		return nil, err
	}
	if err := checkWritable(files...); err != nil {
		e.Close()
		return nil, err
	}
	return e, nil
}

// checkWritable finds, before any work is done for them, outputs that cannot be written: a missing
// folder, one without permission, a path that is no file, a file of a run or a model. --in is read.
func checkWritable(outs ...output) error {
	for _, o := range outs {
		if o.path == "" || o.flag == "in" || o.flag == "out" && o.path == toStdout {
			continue
		}
		if err := writable(o.path); err != nil {
			return fmt.Errorf("--%s %s: %w", o.flag, o.path, err)
		}
	}
	return nil
}

func writable(path string) error {
	if st, err := os.Stat(path); err == nil && !st.Mode().IsRegular() {
		return errors.New("it is a folder or a device; give the name of a file")
	}
	if err := checkpoint.CheckForeign(path); err != nil {
		return err
	}
	dir := filepath.Dir(path)
	f, err := os.OpenFile(checkpoint.Temporary(dir), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no folder %s; make it first", dir)
	}
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// missing refuses the first of the flags that need a value and have none.
func missing(flags ...output) error {
	for _, f := range flags {
		if f.path == "" {
			return usagef("--%s is missing", f.flag)
		}
	}
	return nil
}

// wrote names a file of the command on stdout, unless err says that it could not be written.
func wrote(cmd *cobra.Command, path string, err error) error {
	if err == nil {
		fmt.Fprintln(cmd.OutOrStdout(), path)
	}
	return err
}

// writeArray writes an npz file of one array and names it; "" stands for none.
func writeArray(cmd *cobra.Command, path, key string, t checkpoint.Tensor) error {
	if path == "" {
		return nil
	}
	return wrote(cmd, path, checkpoint.WriteNPZ(nil, path, checkpoint.NamedTensor{Key: key, Tensor: t}))
}

// readNPZ reads the npz file that --in names.
func readNPZ[T any](path string, read func(z *checkpoint.NPZ) (T, error)) (t T, err error) {
	z, err := checkpoint.OpenNPZ(path)
	if err != nil {
		return t, inputError("in", path, err)
	}
	defer z.Close()
	return read(z)
}

// inputError names the flag whose file could not be read.
func inputError(flag, path string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("--%s %s: no such file", flag, path)
	}
	return fmt.Errorf("--%s: %w", flag, err)
}
