package onnx

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"github.com/dustin/go-humanize"
)

// loadOutside reads the numbers that lie in files beside the network: within its folder, and all
// together within the size that is read. They are written to a hash.
func (net *network) loadOutside(folder string, hash io.Writer) error {
	var root *os.Root
	left := int64(maxFile)
	for _, t := range net.tensors() {
		if t.outside == nil {
			continue
		}
		if root == nil {
			var err error
			if root, err = os.OpenRoot(folder); err != nil {
				return err
			}
			defer root.Close() // once: it is opened once
		}
		if err := t.loadOutside(root, &left); err != nil {
			return fmt.Errorf("tensor %.80q, whose numbers are beside the file: %w", t.name, err)
		}
		hash.Write(t.raw)
	}
	return nil
}

// tensors are those of the file, and those of nodes.
func (net *network) tensors() []*tensor {
	all := append([]*tensor{}, net.initializers...)
	for _, n := range net.nodes {
		for _, a := range n.attributes {
			if a.t != nil {
				all = append(all, a.t)
			}
		}
	}
	return all
}

// loadOutside reads a tensor's numbers.
func (t *tensor) loadOutside(root *os.Root, left *int64) error {
	_, n, err := t.sizes()
	if err != nil {
		return err
	}
	want := int64(n) * int64(max(t.elem.bytes(), 1))
	offset, err := t.outsideNumber("offset", 0)
	if err != nil {
		return err
	}
	length, err := t.outsideNumber("length", want)
	if err != nil {
		return err
	}
	if t.raw != nil || t.ints != nil || length != want {
		return fmt.Errorf("has %d bytes, expected %d for sizes %v of %s", length, want, t.dims, t.elem)
	}
	if *left -= want; *left < 0 {
		return fmt.Errorf("there are more than the %s that are read", humanize.IBytes(maxFile))
	}
	name := t.outside["location"]
	if !filepath.IsLocal(name) {
		return fmt.Errorf("%.80q is not a path inside the network's folder", name)
	}
	t.raw, err = part(root, name, offset, want)
	return err
}

// outsideNumber is a number that the file says of the place.
func (t *tensor) outsideNumber(key string, otherwise int64) (int64, error) {
	text, have := t.outside[key]
	if !have {
		return otherwise, nil
	}
	v, err := strconv.ParseInt(text, 10, 64)
	if err != nil || v < 0 {
		return 0, fmt.Errorf("has the %s %.40q", key, text)
	}
	return v, nil
}

// part reads bytes of a regular file.
func part(root *os.Root, name string, offset, n int64) ([]byte, error) {
	st, err := root.Stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%.80q is not there: it belongs into the network's folder", name)
	}
	if err != nil {
		return nil, err
	}
	if !st.Mode().IsRegular() || offset > st.Size() || n > st.Size()-offset {
		return nil, fmt.Errorf("%.80q is no file of %d bytes", name, offset+n)
	}
	f, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	out := make([]byte, n)
	if _, err := f.ReadAt(out, offset); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%.80q: %w", name, err)
	}
	return out, nil
}
