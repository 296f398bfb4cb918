package data

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"path/filepath"
	"strings"
	"testing"

	"github.com/reverie-go/reverie/checkpoint"
)

// idx writes an array of bytes in the IDX format.
func idx(t *testing.T, data []byte, zip bool, size ...uint32) []byte {
	t.Helper()
	b := []byte{0, 0, 8, byte(len(size))}
	for _, d := range size {
		b = binary.BigEndian.AppendUint32(b, d)
	}
	b = append(b, data...)
	if !zip {
		return b
	}
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return z.Bytes()
}

// ramp are the bytes 0, 1, 2 and so on.
func ramp(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i)
	}
	return b
}

// levelsOfImage are the values of image i in 0..255.
func levelsOfImage(t *testing.T, s *Set, i int) (all []int) {
	t.Helper()
	b, err := s.Load(t.Context(), i)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range b.X {
		all = append(all, int((v+1)*127.5+.5))
	}
	return all
}

// TestIDX: a file and a folder of MNIST's layout, plain and compressed, are images with their
// labels as classes.
func TestIDX(t *testing.T) {
	for name, zip := range map[string]bool{"train-images-idx3-ubyte": false, "train-images-idx3-ubyte.gz": true} {
		dir := t.TempDir()
		write(t, dir, name, idx(t, ramp(24), zip, 2, 3, 4))
		write(t, dir, strings.NewReplacer("images", "labels", "idx3", "idx1").Replace(name), idx(t, []byte{7, 2}, zip, 2))
		for _, root := range []string{dir, filepath.Join(dir, name)} {
			s := mustOpen(t, Options{Height: 3, Width: 4, Channels: 1}, root)
			if s.Len() != 2 || strings.Join(s.Classes(), " ") != "2 7" || s.Info(0).Class != 1 {
				t.Fatalf("%s: %v, classes %q", root, s, s.Classes())
			}
			for k, v := range levelsOfImage(t, s, 1) {
				if v != 12+k {
					t.Fatalf("%s: value %d of image 1 is %d", root, k, v)
				}
			}
		}
	}
}

// TestIDXHostile: headers that claim more than there is or than is read, and files that are none,
// are errors that take no memory.
func TestIDXHostile(t *testing.T) {
	var bomb bytes.Buffer
	w := gzip.NewWriter(&bomb)
	_, _ = w.Write([]byte{0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 2})
	_, _ = w.Write(make([]byte, 1<<24))
	_ = w.Close()
	for want, raw := range map[string][]byte{
		"more than is read":   idx(t, nil, false, 1<<31, 4000, 4000),
		"it has 3":            idx(t, ramp(3), false, 1, 2, 2),
		"it has more":         bomb.Bytes(),
		"not an IDX file":     []byte("text"),
		"an axis has 0":       idx(t, nil, false, 0, 2, 2),
		"an axis has 4097":    idx(t, nil, false, 1, 4097, 1),
		"of bytes with 3 axe": idx(t, ramp(4), false, 2, 2),
	} {
		dir := t.TempDir()
		write(t, dir, "a-images-idx3-ubyte", raw)
		_, err := Open(t.Context(), []string{dir}, small)
		wantError(t, err, "a-images-idx3-ubyte", want)
	}
	dir := t.TempDir()
	write(t, dir, "a-images-idx3-ubyte", idx(t, ramp(4), false, 1, 2, 2))
	write(t, dir, "a-labels-idx1-ubyte", idx(t, ramp(2), false, 2))
	_, err := Open(t.Context(), []string{dir}, small)
	wantError(t, err, "1 images", "2 labels")
}

// TestImagesNPZ: both orders of axes, the usual names, integers and floats in the ranges that
// people use give the same images.
func TestImagesNPZ(t *testing.T) {
	const n, h, w, c = 2, 4, 5, 3
	nhwc, nchw := ramp(n*h*w*c), make([]byte, n*h*w*c)
	f01, f11, wide := make([]float32, len(nhwc)), make([]float64, len(nhwc)), make([]int64, len(nhwc))
	for i := range n {
		for p := range h * w {
			for k := range c {
				nchw[(i*c+k)*h*w+p] = nhwc[(i*h*w+p)*c+k]
			}
		}
	}
	nhwc[0], nchw[0] = 255, 255 // so that the range shows
	for i, v := range nhwc {
		f01[i], f11[i], wide[i] = float32(v)/255, float64(v)/127.5-1, int64(v)
	}
	shape := []int{n, h, w, c}
	for key, a := range map[string]checkpoint.Tensor{
		"arr_0": checkpoint.FromU8s(nhwc, shape...), "x": checkpoint.FromU8s(nchw, n, c, h, w), "images": checkpoint.FromF32s(f01, shape...),
		"x_train": checkpoint.FromF64s(f11, shape...), "x ": checkpoint.FromI64s(wide, shape...),
	} {
		path := filepath.Join(t.TempDir(), "a.npz")
		label := checkpoint.NamedTensor{Key: "y", Tensor: checkpoint.FromI64s([]int64{3, 11})}
		if err := checkpoint.WriteNPZ(nil, path, checkpoint.NamedTensor{Key: strings.TrimSpace(key), Tensor: a}, label); err != nil {
			t.Fatal(err)
		}
		s := mustOpen(t, Options{Height: h, Width: w}, ArrayPrefix+path)
		if s.Len() != n || strings.Join(s.Classes(), " ") != "3 11" || !IsImages(path) {
			t.Fatalf("%s: %v, classes %q", key, s, s.Classes())
		}
		for i := range n {
			for k, v := range levelsOfImage(t, s, i) {
				if v != int(nhwc[i*h*w*c+k]) {
					t.Fatalf("%s: value %d of image %d is %d, want %d", key, k, i, v, nhwc[i*h*w*c+k])
				}
			}
		}
	}
}

func TestImagesNPZRefused(t *testing.T) {
	for want, a := range map[string]checkpoint.Tensor{
		"values from -2 to 300":           checkpoint.FromF32s([]float32{-2, 300, 0, 1}, 1, 2, 2),
		"shape [1 2 2 2]":                 checkpoint.FromU8s(ramp(8), 1, 2, 2, 2),
		"shape [4]: expected images":      checkpoint.FromU8s(ramp(4), 4),
		"array \"y\" of labels has shape": checkpoint.FromU8s(ramp(8), 2, 2, 2),
	} {
		path := filepath.Join(t.TempDir(), "a.npz")
		label := checkpoint.NamedTensor{Key: "y"}
		if strings.Contains(want, "labels") {
			label.Tensor = checkpoint.FromI64s(make([]int64, 3))
		} else {
			label.Tensor = checkpoint.FromI64s(make([]int64, a.Shape[0]))
		}
		if err := checkpoint.WriteNPZ(nil, path, checkpoint.NamedTensor{Key: "x", Tensor: a}, label); err != nil {
			t.Fatal(err)
		}
		_, err := Open(t.Context(), []string{path}, small)
		wantError(t, err, path, want)
	}
}

// TestImagesOfNoClass: the label -1 is that of an image without a class; the format of an array's
// images is the file's.
func TestImagesOfNoClass(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.npz")
	err := checkpoint.WriteNPZ(nil, path, checkpoint.NamedTensor{Key: "arr_0", Tensor: checkpoint.FromU8s(ramp(12), 3, 2, 2, 1)},
		checkpoint.NamedTensor{Key: "arr_1", Tensor: checkpoint.FromI64s([]int64{4, -1, 4}, 3)})
	if err != nil {
		t.Fatal(err)
	}
	s := mustOpen(t, Options{Height: 2, Width: 2}, ArrayPrefix+path)
	none := 0
	for i := range s.Len() {
		if s.Info(i).Class < 0 {
			none++
		}
	}
	if s.Len() != 3 || none != 1 || strings.Join(s.Classes(), " ") != "4" || !strings.Contains(s.Labels(), `array "arr_1"`) {
		t.Errorf("%v, %d of no class, classes %q, %s", s, none, s.Classes(), s.Labels())
	}
	dir := t.TempDir()
	write(t, dir, "digits.bin", idx(t, ramp(24), false, 2, 3, 4))
	for format, path := range map[string]string{"npz": ArrayPrefix + path, "idx": filepath.Join(dir, "digits.bin")} {
		r, err := Examine(t.Context(), []string{path}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Formats) != 1 || r.Formats[0].Name != format {
			t.Errorf("%s: formats %v", path, r.Formats)
		}
	}
}

// TestIDXByContent: an IDX file is one whatever its name; what lies beside those of a folder is
// said to be left out; a cut one is damaged.
func TestIDXByContent(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "digits.bin", idx(t, ramp(24), false, 2, 3, 4))
	if s := mustOpen(t, Options{Height: 3, Width: 4, Channels: 1}, filepath.Join(dir, "digits.bin")); s.Len() != 2 {
		t.Errorf("%v", s)
	}
	_, err := Open(t.Context(), []string{dir}, small)
	wantError(t, err, "1 .bin (IDX file: give the file itself)")

	write(t, dir, "a-images-idx3-ubyte", idx(t, ramp(24), false, 2, 3, 4))
	write(t, dir, "a-labels-idx1-ubyte", idx(t, ramp(2), false, 2))
	if got := strings.Join(mustOpen(t, small, dir).Remarks(), "; "); !strings.Contains(got, dir+" holds IDX files, and of it those alone are read: 1 other file or folder is left out") {
		t.Errorf("remarks %q", got)
	}
	_, err = Open(t.Context(), []string{filepath.Join(dir, "a-labels-idx1-ubyte")}, small)
	wantError(t, err, "a-labels-idx1-ubyte", "not an IDX file of bytes with 3 axes")

	cut := idx(t, ramp(240), true, 20, 3, 4)
	write(t, dir, "b-images-idx3-ubyte.gz", cut[:len(cut)-20])
	_, err = Open(t.Context(), []string{filepath.Join(dir, "b-images-idx3-ubyte.gz")}, small)
	wantError(t, err, "b-images-idx3-ubyte.gz", "damaged: its header says 240 bytes", "copy or download it again")
}

// TestImagesNames: an array alone is taken whatever its name, MedMNIST's names are known, and what
// cannot be read is not taken for points.
func TestImagesNames(t *testing.T) {
	x := checkpoint.FromU8s(ramp(2*3*4), 2, 3, 4)
	huge := checkpoint.FromU8s(nil, 0, 1, 1<<13, 1)
	for key, c := range map[string]struct {
		a  checkpoint.Tensor
		is bool
	}{
		"pictures": {x, true}, "train_images": {x, true}, "images": {huge, true}, "arr_0": {checkpoint.FromF32s(make([]float32, 4), 2, 2), false},
	} {
		path := filepath.Join(t.TempDir(), "a.npz")
		if err := checkpoint.WriteNPZ(nil, path, checkpoint.NamedTensor{Key: key, Tensor: c.a}); err != nil {
			t.Fatal(err)
		}
		if IsImages(path) != c.is {
			t.Errorf("%s: images %v", key, !c.is)
		}
	}
}

// TestImagesScalar: an array without axes is no array of images, with labels beside it or without.
func TestImagesScalar(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.npz")
	for _, more := range [][]checkpoint.NamedTensor{nil, {{Key: "arr_1", Tensor: checkpoint.FromI64s([]int64{3}, 1)}}} {
		all := append([]checkpoint.NamedTensor{{Key: "arr_0", Tensor: checkpoint.FromU8s([]byte{1})}}, more...)
		if err := checkpoint.WriteNPZ(nil, path, all...); err != nil {
			t.Fatal(err)
		}
		_, err := Open(t.Context(), []string{ArrayPrefix + path}, small)
		wantError(t, err, path, "expected images")
	}
}
