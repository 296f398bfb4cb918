package points_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/reverie-go/reverie"
	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/data/points"
)

func writeNPZ(t *testing.T, arrays ...checkpoint.NamedTensor) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.npz")
	if err := checkpoint.WriteNPZ(nil, path, arrays...); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestOpenNPZ(t *testing.T) {
	want := reverie.Batch[float64]{{1, 2, 3}, {-4, 5.5, 6}}
	for _, a := range []checkpoint.Tensor{
		checkpoint.FromF64s([]float64{1, 2, 3, -4, 5.5, 6}, 2, 3), checkpoint.FromF32s([]float32{1, 2, 3, -4, 5.5, 6}, 2, 3),
		{DType: checkpoint.F16, Shape: []int{2, 3}, Data: []byte{0, 0x3c, 0, 0x40, 0, 0x42, 0, 0xc4, 0x80, 0x45, 0, 0x46}},
	} {
		c, err := points.Open(writeNPZ(t, checkpoint.NamedTensor{Key: "arr_0", Tensor: a}), points.Options{})
		if err != nil || !reflect.DeepEqual(c.X, want) {
			t.Errorf("%v, %v", c, err)
		}
	}
	for want, a := range map[string]checkpoint.NamedTensor{
		"shape [1 1 1], expected points":     {Key: "arr_0", Tensor: checkpoint.FromF32s([]float32{1}, 1, 1, 1)},
		"0 points of 3 numbers":              {Key: "arr_0", Tensor: checkpoint.FromF64s([]float64{}, 0, 3)},
		"1 points of 5000 numbers":           {Key: "arr_0", Tensor: checkpoint.FromF64s(make([]float64, 5000), 1, 5000)},
		`"arr_0": [1,0]: NaN: expected a fi`: {Key: "arr_0", Tensor: checkpoint.FromF64s([]float64{1, 2, math.NaN(), 4}, 2, 2)},
	} {
		if _, err := points.OpenNPZ(writeNPZ(t, a)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// TestArrays checks arrays of other types and orders than float64 and C's, under whatever key, and
// files of numpy.save.
func TestArrays(t *testing.T) {
	want := reverie.Batch[float64]{{1, 200, 3}, {4, 5, 6}}
	npy := func(descr string, fortran bool, data ...byte) []byte {
		head := fmt.Sprintf("{'descr': '%s', 'fortran_order': %s, 'shape': (2, 3), }", descr, map[bool]string{false: "False", true: "True"}[fortran])
		return append(append([]byte("\x93NUMPY\x01\x00"), byte(len(head)), 0), append([]byte(head), data...)...)
	}
	for name, raw := range map[string][]byte{
		"uint8":            npy("|u1", false, 1, 200, 3, 4, 5, 6),
		"Fortran's order":  npy("|u1", true, 1, 4, 200, 5, 3, 6),
		"big endian int16": npy(">i2", false, 0, 1, 0, 200, 0, 3, 0, 4, 0, 5, 0, 6),
		"int32, Fortran's": npy("<i4", true, 1, 0, 0, 0, 4, 0, 0, 0, 200, 0, 0, 0, 5, 0, 0, 0, 3, 0, 0, 0, 6, 0, 0, 0),
	} {
		path := filepath.Join(t.TempDir(), "a.npy")
		if err := os.WriteFile(path, raw, 0o644); err != nil {
			t.Fatal(err)
		}
		if c, err := points.Open(path, points.Options{}); err != nil || !reflect.DeepEqual(c.X, want) {
			t.Errorf("%s: %v, %v", name, c, err)
		}
	}
	for _, key := range []string{"points", "arr_0"} {
		path := writeNPZ(t, checkpoint.NamedTensor{Key: key, Tensor: checkpoint.FromI64s([]int64{7, 9, -1}, 3)})
		if c, err := points.Open(path, points.Options{}); err != nil || !reflect.DeepEqual(c.X, reverie.Batch[float64]{{7}, {9}, {-1}}) {
			t.Errorf("key %s: %v, %v", key, c, err)
		}
	}
	two := writeNPZ(t, checkpoint.NamedTensor{Key: "a", Tensor: checkpoint.FromI64s([]int64{7}, 1)}, checkpoint.NamedTensor{Key: "b", Tensor: checkpoint.FromI64s([]int64{7}, 1)})
	if _, err := points.Open(two, points.Options{}); err == nil || !strings.Contains(err.Error(), `"arr_0"`) || !strings.Contains(err.Error(), `["a" "b"]`) {
		t.Errorf("of two arrays: %v", err)
	}
}

// TestLabelledNPZ: an array of numbers of classes beside the points labels them, and what cannot be
// their labels is refused.
func TestLabelledNPZ(t *testing.T) {
	x := checkpoint.NamedTensor{Key: "arr_0", Tensor: checkpoint.FromF64s([]float64{1, 2, 3, 4, 5, 7}, 3, 2)}
	labelled := func(key string, a checkpoint.Tensor) (*points.Cloud, string, error) {
		path := writeNPZ(t, x, checkpoint.NamedTensor{Key: key, Tensor: a})
		c, err := points.Open(path, points.Options{})
		return c, path, err
	}
	for _, key := range []string{"arr_1", "labels", "y"} {
		c, _, err := labelled(key, checkpoint.FromI64s([]int64{10, 2, -1}, 3))
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(c.Classes, []string{"2", "10"}) || !reflect.DeepEqual(c.Class, []int{1, 0, -1}) {
			t.Errorf("%s: classes %q %v", key, c.Classes, c.Class)
		}
		if want := fmt.Sprintf(`array %q holds the labels of the points: 2 classes, "2", "10"; 1 point without a label, of no class`, key); !reflect.DeepEqual(c.Notes, []string{want}) {
			t.Errorf("notes %q", c.Notes)
		}
	}
	if c, _, err := labelled("weights", checkpoint.FromI64s([]int64{10, 2, -1}, 3)); err != nil || c.Class != nil || c.Notes != nil {
		t.Errorf("under another name: %v, %v", c, err)
	}
	for want, a := range map[string]checkpoint.Tensor{
		"has shape [2]: expected one number for each of 3 samples": checkpoint.FromI64s([]int64{0, 1}, 2),
		"label 1 is 0.5: expected whole numbers":                   checkpoint.FromF64s([]float64{0, 0.5, 1}, 3),
		"label 2 is -2: expected whole numbers from 0":             checkpoint.FromI64s([]int64{0, 1, -2}, 3),
	} {
		if _, path, err := labelled("arr_1", a); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path+`: array "arr_1" of labels`) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// TestNamedLabelsNPZ: a file may name the classes that its labels count; an array of that name
// which holds no texts is of something else.
func TestNamedLabelsNPZ(t *testing.T) {
	open := func(labels []int64, classes checkpoint.Tensor) (*points.Cloud, error) {
		return points.Open(writeNPZ(t, checkpoint.NamedTensor{Key: "arr_0", Tensor: checkpoint.FromF64s([]float64{1, 2, 3, 4, 5, 7}, 3, 2)},
			checkpoint.NamedTensor{Key: "arr_1", Tensor: checkpoint.FromI64s(labels, 3)}, checkpoint.NamedTensor{Key: "classes", Tensor: classes}), points.Options{})
	}
	for _, c := range []struct {
		classes checkpoint.Tensor
		names   []string
		class   []int
	}{
		{checkpoint.FromTexts([]string{"up", "none", "down"}), []string{"down", "up"}, []int{0, 1, -1}},
		{checkpoint.FromI64s([]int64{5}, 1), []string{"0", "2"}, []int{1, 0, -1}},
	} {
		if got, err := open([]int64{2, 0, -1}, c.classes); err != nil || !reflect.DeepEqual(got.Classes, c.names) || !reflect.DeepEqual(got.Class, c.class) {
			t.Errorf("%v, %v; want classes %q %v", got, err, c.names, c.class)
		}
	}
	for want, names := range map[string][]string{
		`label 0 is 2, and array "classes" names 2 classes`: {"up", "down"}, `array "classes": "up" comes twice`: {"up", "down", "up"},
		`array "classes": [1]: the name of a class is empty`: {"up", "", "down"},
	} {
		if _, err := open([]int64{2, 0, -1}, checkpoint.FromTexts(names)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", names, err, want)
		}
	}
}

// TestExamine checks what is said of columns that do not vary and of points that come twice.
func TestExamine(t *testing.T) {
	open := func(text string) (*points.Cloud, error) {
		path := filepath.Join(t.TempDir(), "a.csv")
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return points.Open(path, points.Options{})
	}
	c, err := open("1.5,7\n2.5,7\n1.5,7\n-0,7\n0,7\n")
	if err != nil || len(c.Notes) != 2 || !strings.Contains(c.Notes[0], "the same in all 5 points") || !strings.HasSuffix(c.Notes[0], "column 2 is 7") ||
		!strings.Contains(c.Notes[1], "2 of 5 points are equal to one before them") {
		t.Errorf("%q, %v", c.Notes, err)
	}
	if _, err := open("1e-200,7\n2e-200,8\n"); err == nil || !strings.Contains(err.Error(), "a.csv: the numbers of column 1 differ by 1e-200 at most") {
		t.Error(err)
	}
	if c, err = open("1e-100,7\n3e-100,8\n"); err != nil || points.Standardise(c.X).Scale[0] < 0.9e-100 {
		t.Errorf("tiny numbers: %v", err)
	}
}

// picture is 4 x 2 pixels: the lower right one black, the upper left grey, the lower left
// transparent black, the rest white.
func picture() *image.NRGBA64 {
	img := image.NewNRGBA64(image.Rect(5, 7, 9, 9))
	for y := 7; y < 9; y++ {
		for x := 5; x < 9; x++ {
			img.Set(x, y, color.White)
		}
	}
	img.Set(8, 8, color.Black)
	img.Set(5, 7, color.NRGBA64{R: 0x8000, G: 0x8000, B: 0x8000, A: 0xffff}) // half of black's darkness
	img.Set(5, 8, color.NRGBA64{})
	return img
}

func TestFromImage(t *testing.T) {
	const n = 9000
	c, err := points.FromImage(picture(), stream, n)
	if err != nil {
		t.Fatal(err)
	}
	black, mean := 0, [2]float64{}
	for i, x := range c.X {
		switch {
		case x[0] >= 0.5 && x[0] < 1 && x[1] > -0.5 && x[1] <= 0: // lower right: y points upwards
			black++
			mean[0], mean[1] = mean[0]+x[0], mean[1]+x[1]
		case x[0] >= -1 && x[0] < -0.5 && x[1] > 0 && x[1] <= 0.5:
		default:
			t.Fatalf("point %d at %v is in a white pixel", i, x)
		}
	}
	if p := float64(black) / n; math.Abs(p-2./3) > 4*math.Sqrt(2./9/n) {
		t.Errorf("%v of the points are in the black pixel, want 2/3", p)
	}
	// The mean of a uniform number over a width of 1/2 has deviation 1/2/sqrt(12 n).
	for j, want := range []float64{0.75, -0.25} {
		if m := mean[j] / float64(black); math.Abs(m-want) > 4*0.5/math.Sqrt(12*float64(black)) {
			t.Errorf("mean %v in the pixel, want %v", m, want)
		}
	}
	white := image.NewNRGBA(image.Rect(0, 0, 3, 3)) // transparent
	if _, err := points.FromImage(white, stream, 1); err == nil || !strings.Contains(err.Error(), "no dark pixels") {
		t.Error(err)
	}
	if _, err := points.FromImage(picture(), stream, 0); err == nil {
		t.Error("no points")
	}
}

func TestOpenPNG(t *testing.T) {
	var b bytes.Buffer
	if err := png.Encode(&b, picture()); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "a.png")
	write := func(raw []byte) {
		if err := os.WriteFile(path, raw, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(b.Bytes())
	c, err := points.Open(path, points.Options{N: 20, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	want, _ := points.FromImage(picture(), stream, 20)
	if !reflect.DeepEqual(c.X, want.X) {
		t.Errorf("%v, want %v", c.X, want.X)
	}
	// A header that announces 60000 x 60000 pixels.
	huge := bytes.Clone(b.Bytes())
	binary.BigEndian.PutUint32(huge[16:], 60000)
	binary.BigEndian.PutUint32(huge[20:], 60000)
	binary.BigEndian.PutUint32(huge[29:], crc32.ChecksumIEEE(huge[12:29]))
	for want, raw := range map[string][]byte{
		"60000 x 60000 pixels: more than": huge,
		"a.png: damaged: it is a PNG":     b.Bytes()[:b.Len()-20],
		"a.png: foreign: it is a text":    []byte("one, two"),
	} {
		write(raw)
		if _, err := points.OpenPNG(path, stream, 5); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	var w bytes.Buffer
	if err := png.Encode(&w, image.NewNRGBA(image.Rect(0, 0, 2, 2))); err != nil {
		t.Fatal(err)
	}
	write(w.Bytes())
	if _, err := points.OpenPNG(path, stream, 5); err == nil || !strings.Contains(err.Error(), "no dark pixels to draw points from ("+path) {
		t.Error(err)
	}
}
