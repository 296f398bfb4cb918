package data

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/internal/memory"
	"github.com/reverie-go/reverie/internal/regular"
	"github.com/reverie-go/reverie/internal/sniff"
)

// ArrayPrefix marks a source that is an array of images in an npz file, where the name alone would
// make it points.
const ArrayPrefix = "images:"

// arrays are the images of one array as a file system, each a PNG file that is made when it is
// opened: so they are decoded, split and resized as all images are.
type arrays struct {
	format     string // of the file: npz or idx
	n, h, w, c int
	at         func(i, y, x, k int) uint16 // the value at a place, in 0..65535
	deep       bool                        // of more than 8 bits
	classes    []string                    // of the images, "" of one without; nil: none
	labelled   string                      // what holds the labels
	remark     string
}

// plainPNG writes PNG files without compressing them, with buffers that are used again.
var plainPNG = &png.Encoder{CompressionLevel: png.NoCompression, BufferPool: new(pngBuffers)}

// pngBuffers are buffers of a png.Encoder.
type pngBuffers struct{ sync.Pool }

// Get implements png.EncoderBufferPool.
func (p *pngBuffers) Get() *png.EncoderBuffer {
	b, _ := p.Pool.Get().(*png.EncoderBuffer)
	return b
}

// Put implements png.EncoderBufferPool.
func (p *pngBuffers) Put(b *png.EncoderBuffer) { p.Pool.Put(b) }

// Open makes the PNG file of an image from its number.
func (a *arrays) Open(name string) (fs.File, error) {
	i, err := strconv.Atoi(name)
	if err != nil || i < 0 || i >= a.n {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	var b bytes.Buffer
	if err := plainPNG.Encode(&b, a.image(i)); err != nil {
		return nil, err
	}
	return arrayFile{bytes.NewReader(b.Bytes())}, nil
}

// Stat says of every image that it is a regular file, without making it.
func (a *arrays) Stat(string) (fs.FileInfo, error) { return arrayFile{}, nil }

// image is an image with as many bits as the array has.
func (a *arrays) image(i int) image.Image {
	box := image.Rect(0, 0, a.w, a.h)
	var grey *image.Gray16
	var colour *image.NRGBA64
	if a.c == 1 {
		grey = image.NewGray16(box)
	} else {
		colour = image.NewNRGBA64(box)
	}
	for y := range a.h {
		for x := range a.w {
			if grey != nil {
				grey.SetGray16(x, y, color.Gray16{Y: a.at(i, y, x, 0)})
				continue
			}
			p := color.NRGBA64{a.at(i, y, x, 0), a.at(i, y, x, 1), a.at(i, y, x, 2), 65535}
			if a.c == 4 {
				p.A = a.at(i, y, x, 3)
			}
			colour.SetNRGBA64(x, y, p)
		}
	}
	switch {
	case a.deep && grey != nil:
		return grey
	case a.deep:
		return colour
	case grey != nil:
		g := image.NewGray(box)
		for k := range g.Pix {
			g.Pix[k] = grey.Pix[2*k] // v * 257 has v in both bytes
		}
		return g
	}
	c := image.NewNRGBA(box)
	for k := range c.Pix {
		c.Pix[k] = colour.Pix[2*k]
	}
	return c
}

// arrayFile is an image in memory as a file.
type arrayFile struct{ *bytes.Reader }

// The methods of fs.File and fs.FileInfo.
func (f arrayFile) Stat() (fs.FileInfo, error) { return f, nil }
func (f arrayFile) Close() error               { return nil }
func (f arrayFile) Name() string               { return "image" }
func (f arrayFile) Mode() fs.FileMode          { return 0o444 }
func (f arrayFile) ModTime() time.Time         { return time.Time{} }
func (f arrayFile) IsDir() bool                { return false }
func (f arrayFile) Sys() any                   { return nil }

// Size returns the size of the file, 0 where it is not made yet.
func (f arrayFile) Size() int64 {
	if f.Reader == nil {
		return 0
	}
	return f.Reader.Size()
}

// perListed is about how many bytes the listing of an image takes.
const perListed = 256

// addArray lists the images of an array, whose labels are their classes.
func (l *listing) addArray(root string, a *arrays) error {
	if err := memory.Check(fmt.Sprintf("listing %d images", a.n), memory.Product(a.n, perListed), "part the array into several files"); err != nil {
		return err
	}
	if l.labels == LabelsPrefix {
		return errors.New("--labels prefix: the images of an array have no names; leave it out")
	}
	first := len(l.files)
	for i := range a.n {
		class := ""
		if a.classes != nil && l.labels != LabelsNone {
			class = l.named(a.classes[i])
		}
		l.files = append(l.files, file{fsys: a, name: strconv.Itoa(i), path: fmt.Sprintf("%s:%d", root, i), class: class})
	}
	l.tally.from(a.labelled, l.files[first:])
	if a.remark != "" {
		l.left.arrays = append(l.left.arrays, fmt.Sprintf("%s: %s", filepath.Base(root), a.remark))
	}
	return nil
}

// listFile lists the images of a file of arrays.
func (l *listing) listFile(path string) error {
	var a *arrays
	var err error
	if strings.EqualFold(filepath.Ext(path), ".npz") {
		a, err = openImagesNPZ(path)
	} else {
		a, err = openIDX(path)
	}
	if err != nil {
		return fmt.Errorf("data: %s: %w", path, err)
	}
	if err := l.addArray(path, a); err != nil {
		return fmt.Errorf("data: %s: %w", path, err)
	}
	return nil
}

// isArrays says whether a file is one of arrays: by its name, or as IDX by what it is.
func isArrays(path string) bool {
	if st, err := os.Stat(path); err != nil || !st.Mode().IsRegular() {
		return false
	}
	if name := filepath.Base(path); strings.EqualFold(filepath.Ext(name), ".npz") || isIDX(name) || strings.Contains(name, "idx1-ubyte") {
		return true
	}
	kind, err := sniff.File(path)
	return err == nil && kind == sniff.IDX
}

// isIDX says whether a name is one of MNIST's images.
func isIDX(name string) bool {
	return strings.Contains(name, "images") && strings.Contains(name, "idx3-ubyte")
}

// idxFiles are the files of MNIST's images directly in a folder, and how much else there is beside
// their labels.
func idxFiles(dir string) (files []string, others int) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, 0 // the walk says why
	}
	for _, e := range entries {
		switch name := e.Name(); {
		case isIDX(name) && e.Type().IsRegular():
			files = append(files, filepath.Join(dir, name))
		case !hidden(name) && !strings.Contains(name, "idx1-ubyte"):
			others++
		}
	}
	return files, others
}

// TrainingArray is the file of the training images of a folder that holds MNIST's, those of the
// test among them; ok is false of every other folder.
func TrainingArray(dir string) (file string, ok bool) {
	files, _ := idxFiles(dir)
	for _, part := range []string{"train-", "t10k-"} {
		at := slices.IndexFunc(files, func(f string) bool { return strings.HasPrefix(filepath.Base(f), part) })
		if at < 0 {
			return "", false
		}
		if file == "" {
			file = files[at]
		}
	}
	return file, true
}

// notRead notes the files of MNIST's images beside one that is read alone.
func (l *listing) notRead(path string) {
	files, _ := idxFiles(filepath.Dir(path))
	for _, f := range files {
		if filepath.Base(f) != filepath.Base(path) {
			l.left.arrays = append(l.left.arrays, fmt.Sprintf("%s is read, and not %s beside it; give that by its own name", clean(filepath.Base(path)), clean(filepath.Base(f))))
		}
	}
}

// openIDX opens images of bytes in the IDX format, with the labels in the file beside it that is
// called so.
func openIDX(path string) (*arrays, error) {
	size, pix, err := readIDX(path, 3)
	if err != nil {
		return nil, err
	}
	n, h, w := size[0], size[1], size[2]
	a := &arrays{format: "idx", n: n, h: h, w: w, c: 1, at: func(i, y, x, _ int) uint16 { return uint16(pix[(i*h+y)*w+x]) * 257 }}
	if !isIDX(filepath.Base(path)) {
		a.remark = "without labels, which are looked for beside files that are called as MNIST's are"
		return a, nil
	}
	beside := filepath.Join(filepath.Dir(path), strings.NewReplacer("images", "labels", "idx3", "idx1").Replace(filepath.Base(path)))
	if _, err := os.Stat(beside); err != nil {
		a.remark = "without labels: there is no " + filepath.Base(beside) + " beside it"
		return a, nil
	}
	size, labels, err := readIDX(beside, 1)
	if err != nil {
		return nil, fmt.Errorf("its labels, %s: %w", beside, err)
	}
	if size[0] != n {
		return nil, fmt.Errorf("%d images, and %s has %d labels", n, beside, size[0])
	}
	for _, v := range labels {
		a.classes = append(a.classes, strconv.Itoa(int(v)))
	}
	a.labelled = filepath.Base(beside)
	return a, nil
}

// readIDX reads an array of bytes with so many axes: two zero bytes, the type 8, the number of
// axes, then their sizes in 4 bytes each, the first byte the highest. It may be compressed by gzip.
func readIDX(path string, axes int) (size []int, data []byte, err error) {
	f, st, err := regular.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	var r io.Reader = f
	magic := make([]byte, 2)
	if _, err := f.ReadAt(magic, 0); err == nil && magic[0] == 0x1f && magic[1] == 0x8b {
		if r, err = gzip.NewReader(f); err != nil {
			return nil, nil, fmt.Errorf("damaged gzip: %w", err)
		}
	}
	head := make([]byte, 4+4*axes)
	if _, err := io.ReadFull(r, head); err != nil || head[0] != 0 || head[1] != 0 || head[2] != 8 || head[3] != byte(axes) {
		return nil, nil, fmt.Errorf("not an IDX file of bytes with %d axes, as MNIST's are; give a folder of images, or an .npz file", axes)
	}
	total := int64(1)
	for k := range axes {
		d := int64(binary.BigEndian.Uint32(head[4+4*k:]))
		if d < 1 || k > 0 && d > checkpoint.MaxSide || total*d > checkpoint.Budget(st.Size()) {
			return nil, nil, fmt.Errorf("its header says that an axis has %d and the array %d bytes or more: more than is read", d, total*d)
		}
		total *= d
		size = append(size, int(d))
	}
	data, err = io.ReadAll(io.LimitReader(r, total+1)) // which grows with what is there, not with what the header says
	if err != nil {
		return nil, nil, fmt.Errorf("damaged: its header says %d bytes, of which %d can be read (%w); copy or download it again", total, len(data), err)
	}
	if int64(len(data)) != total {
		err = fmt.Errorf("damaged: its header says %d bytes, and it has %s", total, map[bool]string{true: "more", false: fmt.Sprint(len(data))}[int64(len(data)) > total])
	}
	return size, data, err
}

// imageKeys are the usual names of arrays of images, the first that is there.
var imageKeys = []string{"images", "x", "x_train", "train_images", "arr_0"}

// IsImages says whether an npz file holds images, not points: under one of the usual names, or
// alone, an array of three axes or more, or one that cannot be read, whose reason [Open] gives.
func IsImages(path string) bool {
	_, t, err := findImages(path)
	return len(t.Shape) >= 3 || errors.Is(err, checkpoint.ErrArray) && len(t.Shape) == 0
}

// findImages reads the array of images of an npz file, and the labels if there are any.
func findImages(path string) (labels *ArrayLabels, t checkpoint.Tensor, err error) {
	z, err := checkpoint.OpenNPZ(path)
	if err != nil {
		return nil, t, err
	}
	defer z.Close()
	keys, name := z.Keys(), ""
	if k := slices.IndexFunc(imageKeys, func(k string) bool { return slices.Contains(keys, k) }); k >= 0 {
		name = imageKeys[k]
	} else if len(keys) == 1 {
		name = keys[0]
	} else {
		return nil, t, fmt.Errorf("no array of images: it holds %q, and one of %q is read, or the only one", keys, imageKeys)
	}
	if t, err = z.Read(name); err != nil || len(keys) == 1 {
		return nil, t, err
	}
	if len(t.Shape) == 0 {
		return nil, t, fmt.Errorf("array %q has no axes: expected images", name)
	}
	labels, err = ReadLabels(z, t.Shape[0])
	return labels, t, err
}

// openImagesNPZ opens images [N,H,W], [N,H,W,C] or [N,C,H,W] of an npz file.
func openImagesNPZ(path string) (*arrays, error) {
	labels, t, err := findImages(path)
	if err != nil {
		return nil, err
	}
	isColour := func(c int) bool { return c == 1 || c == 3 || c == 4 }
	s, a := t.Shape, &arrays{format: "npz"}
	if labels != nil {
		a.labelled = fmt.Sprintf("array %q", labels.Key)
		for _, k := range labels.Class {
			a.classes = append(a.classes, labels.Name(k))
		}
	}
	var index func(i, y, x, k int) int
	switch {
	case len(s) == 3:
		a.n, a.h, a.w, a.c = s[0], s[1], s[2], 1
	case len(s) == 4 && isColour(s[3]):
		a.n, a.h, a.w, a.c = s[0], s[1], s[2], s[3]
	case len(s) == 4 && isColour(s[1]):
		a.n, a.c, a.h, a.w = s[0], s[1], s[2], s[3]
		a.remark = fmt.Sprintf("shape %v read as [N,C,H,W]", s)
		index = func(i, y, x, k int) int { return ((i*a.c+k)*a.h+y)*a.w + x }
	default:
		return nil, fmt.Errorf("shape %v: expected images [N,H,W], [N,H,W,C] or [N,C,H,W] with C 1, 3 or 4", s)
	}
	if index == nil {
		index = func(i, y, x, k int) int { return ((i*a.h+y)*a.w+x)*a.c + k }
	}
	if min(a.n, a.h, a.w) < 1 || max(a.h, a.w) > checkpoint.MaxSide {
		return nil, fmt.Errorf("shape %v: sides must be from 1 to %d", s, checkpoint.MaxSide)
	}
	return a, a.values(t, index)
}

// values takes the values of an array in the range that they lie in.
func (a *arrays) values(t checkpoint.Tensor, index func(i, y, x, k int) int) error {
	if t.DType == checkpoint.U8 {
		a.at = func(i, y, x, k int) uint16 { return uint16(t.Data[index(i, y, x, k)]) * 257 }
		return nil
	}
	v, err := t.F64s()
	if err != nil {
		return err
	}
	lo, hi, whole := v[0], v[0], true
	for i, f := range v {
		if math.IsNaN(f) || math.IsInf(f, 0) {
			return fmt.Errorf("value %d is %v: expected finite numbers", i, f)
		}
		lo, hi, whole = min(lo, f), max(hi, f), whole && f == float64(int64(f))
	}
	shift, scale, as := 0., 0., ""
	switch real := t.DType == checkpoint.F64 || t.DType == checkpoint.F32 || t.DType == checkpoint.F16; {
	case t.DType == checkpoint.Bool || real && lo >= 0 && hi <= 1:
		scale, as = 65535, "[0,1]"
	case real && lo >= -1 && hi <= 1:
		shift, scale, as = 1, 65535/2., "[-1,1]"
	case lo >= 0 && hi <= 255 && t.DType != checkpoint.U16:
		scale, as = 257, "[0,255]"
	case lo >= 0 && hi <= 65535 && !real:
		scale, as = 1, "[0,65535]"
	default:
		return fmt.Errorf("values from %v to %v: expected 0 to 1, -1 to 1, 0 to 255, or whole ones from 0 to 65535", lo, hi)
	}
	a.deep = as != "[0,255]" && t.DType != checkpoint.Bool || !whole
	a.remark = strings.TrimPrefix(a.remark+fmt.Sprintf("; values from %v to %v taken as %s", lo, hi, as), "; ")
	a.at = func(i, y, x, k int) uint16 { return uint16((v[index(i, y, x, k)]+shift)*scale + .5) }
	return nil
}
