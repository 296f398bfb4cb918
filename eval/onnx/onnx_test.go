package onnx

import (
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/eval"
	"github.com/reverie-go/reverie/kind"
	"google.golang.org/protobuf/encoding/protowire"
)

func open(t testing.TB) *engine.Engine {
	e, err := engine.Open("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}

// golden reads an array of testdata/golden.npz, which testdata/make.py made.
func golden(t testing.TB, key, dtype string, axes int) checkpoint.Tensor {
	z, err := checkpoint.OpenNPZ("testdata/golden.npz")
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	a, err := z.Array(key, dtype, axes)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func values(t testing.TB, a checkpoint.Tensor) []float32 {
	v, err := a.F32s()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// The images of the array x are bytes.
func byteImages(t testing.TB) eval.Images {
	a := golden(t, "x", checkpoint.U8, 4)
	m := eval.Images{N: a.Shape[0], Kind: kind.OfImages(a.Shape[1], a.Shape[2], a.Shape[3]).Real()}
	for _, b := range a.Data {
		m.Pix = append(m.Pix, float32(b)/127.5-1)
	}
	return m
}

func floatImages(t testing.TB) eval.Images {
	a := golden(t, "y", checkpoint.F32, 4)
	return eval.Images{N: a.Shape[0], Kind: kind.OfImages(a.Shape[1], a.Shape[2], a.Shape[3]).Real(), Pix: values(t, a)}
}

// Features against onnxruntime's, to 1e-4 of the largest: 4 images in batches of 3 where the file
// fixes the batch.
func TestAgainstOnnxruntime(t *testing.T) {
	e := open(t)
	for _, x := range []struct {
		file, key string
		images    eval.Images
	}{{"small", "small", floatImages(t)}, {"bytes", "bytes", byteImages(t)}} {
		m, err := Open(e, filepath.Join("testdata", x.file+".onnx"))
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		got, err := m.Rows(context.Background(), x.images)
		if err != nil {
			t.Fatal(err)
		}
		want := golden(t, x.key, checkpoint.F32, 2)
		if got.N != want.Shape[0] || got.D != want.Shape[1] {
			t.Fatalf("%s: %d rows of %d, want %v", x.file, got.N, got.D, want.Shape)
		}
		largest := 0.0
		list := values(t, want)
		for _, v := range list {
			largest = max(largest, math.Abs(float64(v)))
		}
		for i, v := range list {
			if d := math.Abs(got.X[i] - float64(v)); !(d <= 1e-4*largest) {
				t.Errorf("%s: feature %d is %v, want %v", x.file, i, got.X[i], v)
			}
		}
		if !strings.Contains(m.Name(), x.file+".onnx") || !strings.Contains(m.Name(), "sha256 ") {
			t.Errorf("name %q", m.Name())
		}
	}
}

// Resizing against Pillow's bilinear, up and down. Pillow rounds its factors to float32.
func TestResizeAgainstPillow(t *testing.T) {
	m := floatImages(t)
	for key, size := range map[string][2]int{"up": {23, 31}, "down": {7, 5}} {
		got := resize(m, size[0], size[1])
		for i, want := range values(t, golden(t, key, checkpoint.F32, 2)) {
			if d := got.Image(0)[3*i+1] - want; !(d < 2e-6 && d > -2e-6) {
				t.Fatalf("%s: value %d is %v, want %v", key, i, got.Image(0)[3*i+1], want)
			}
		}
	}
	grey := eval.Images{N: 1, Kind: kind.OfImages(1, 2, 1).Real(), Pix: []float32{0.5, -1}}
	fit, err := input{c: 3}.fit(grey)
	if err != nil || len(fit.Pix) != 6 || fit.Pix[2] != 0.5 || fit.Pix[3] != -1 {
		t.Errorf("grey as colours: %v, %v", fit.Pix, err)
	}
	if _, err := (input{c: 3}).fit(eval.Images{N: 1, Kind: kind.OfPoints(4), Pix: make([]float32, 4)}); err == nil {
		t.Error("RGBA was taken")
	}
}

// field is a length-delimited field of a message.
func field(number protowire.Number, body ...[]byte) []byte {
	var all []byte
	for _, b := range body {
		all = append(all, b...)
	}
	return protowire.AppendBytes(protowire.AppendTag(nil, number, protowire.BytesType), all)
}

func varint(number protowire.Number, v uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(nil, number, protowire.VarintType), v)
}

func text(number protowire.Number, s string) []byte { return field(number, []byte(s)) }

// A file written by hand: nodes, tensors, and an input and an output of type float32, [2,3,4,4] and
// any.
func file(graph ...[]byte) []byte {
	dim := func(n uint64) []byte { return field(1, varint(1, n)) }
	in := field(11, text(1, "x"), field(2, field(1, varint(1, 1), field(2, dim(2), dim(3), dim(4), dim(4)))))
	out := field(12, text(1, "y"), field(2, field(1, varint(1, 1), field(2))))
	return append(append(varint(1, 8), field(8, varint(2, 17))...), field(7, append(graph, text(2, "g"), in, out)...)...)
}

func nodeText(op, in, out string, more ...[]byte) []byte {
	return field(1, append(more, text(1, in), text(2, out), text(4, op))...)
}

// What a hostile or unfit file holds is an error that says what it is.
func TestRefused(t *testing.T) {
	e := open(t)
	tensor := func(bytes int, dims ...uint64) []byte {
		all := [][]byte{varint(2, 1), text(8, "w"), field(9, make([]byte, bytes))}
		for _, d := range dims {
			all = append(all, varint(1, d))
		}
		return field(5, all...)
	}
	whole64 := func(name string, values ...uint64) []byte {
		all := [][]byte{varint(2, 7), text(8, name), varint(1, uint64(len(values)))}
		for _, v := range values {
			all = append(all, varint(7, v))
		}
		return field(5, all...)
	}
	rows := func(n int) []byte { // each is a line of 65,536 numbers
		all := append(whole64("much", 1<<14, 4), nodeText("Expand", "much", "r0", text(1, "s"))...)
		for i := range n {
			all = append(all, nodeText("Neg", fmt.Sprint("r", i), fmt.Sprint("r", i+1))...)
		}
		return append(all, nodeText("Identity", fmt.Sprint("r", n), "y")...)
	}
	pools := func(n int) (all []byte) { // each has windows of a thousand pixels in each direction
		ints := func(name string, v ...uint64) []byte {
			a := [][]byte{text(1, name)}
			for _, v := range v {
				a = append(a, varint(8, v))
			}
			return field(5, a...)
		}
		all = nodeText("Relu", "x", "p0")
		for i := range n {
			all = append(all, nodeText("MaxPool", fmt.Sprint("p", i), fmt.Sprint("p", i+1), ints("kernel_shape", 1000, 1000), ints("pads", 500, 500, 499, 499))...)
		}
		return append(all, nodeText("Identity", fmt.Sprint("p", n), "y")...)
	}
	opset := func(version uint64) []byte {
		return append(file(nodeText("Relu", "x", "y")), field(8, varint(2, version))...)
	}
	many := make([]byte, 0, 3<<18)
	for range 1 << 18 {
		many = append(many, field(1)...)
	}
	whole, err := os.ReadFile("testdata/small.onnx")
	if err != nil {
		t.Fatal(err)
	}
	for what, x := range map[string]struct {
		text []byte
		want string
	}{
		"nothing":                 {nil, "empty file"},
		"another file":            {[]byte("\x89PNG\r\n\x1a\n0123456789"), "PNG picture, not an ONNX model"},
		"an archive":              {append([]byte("PK\x03\x04"), make([]byte, 99)...), "not an ONNX model"},
		"a pointer":               {[]byte("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 3\n"), "git lfs pull"},
		"a page":                  {[]byte("<!DOCTYPE html><html></html>"), "web page"},
		"cut off":                 {whole[:len(whole)/2], "damaged"},
		"no graph":                {file()[:20], ""},
		"a cycle":                 {file(nodeText("Relu", "y", "z"), nodeText("Relu", "z", "y")), "before it is made"},
		"control flow":            {file(nodeText("If", "x", "y")), "node \"y\", If of operator set 17: the operator is not one"},
		"a foreign operator":      {file(nodeText("Relu", "x", "y", text(7, "com.example"))), "com.example"},
		"another operator set":    {opset(99), "operator set 99"},
		"an old operator set":     {opset(6), "opset_version"},
		"an operator of later":    {file(nodeText("Swish", "x", "y")), "does not have"},
		"an attribute not read":   {file(nodeText("Relu", "x", "y", field(5, text(1, "slope")))), "attribute \"slope\" is not read"},
		"an input not read":       {file(nodeText("Relu", "w", "y", text(1, "x")), tensor(4, 1)), "input 1, \"w\", is not read"},
		"an output not there":     {file(nodeText("MaxPool", "x", "y", text(2, "z"), field(5, text(1, "kernel_shape"), varint(8, 2), varint(8, 2)))), "made by no node"},
		"a norm in training":      {file(nodeText("BatchNormalization", "x", "y", text(2, "mean")), field(8, varint(2, 9))), ""},
		"a graph within":          {file(nodeText("LeakyRelu", "x", "y", field(5, text(1, "alpha"), field(6)))), "type"},
		"a type of an attribute":  {file(nodeText("LeakyRelu", "x", "y", field(5, text(1, "alpha"), varint(3, 1), varint(20, 2)))), "type"},
		"large from small":        {file(nodeText("Expand", "sizes", "y", text(1, "x")), whole64("sizes", 1<<20, 1<<20, 2, 3, 4, 4)), "sizes [1048576"},
		"much to know":            {file(nodeText("Shape", "x", "s"), rows(600)), "over 33554432 numbers"},
		"large windows":           {file(pools(40)), "over 33554432 numbers"},
		"sizes from images":       {file(nodeText("Reshape", "x", "y", text(1, "x"))), "computed from the images"},
		"an index out of range":   {file(nodeText("Gather", "at", "y", text(1, "x")), whole64("at", 2)), "element 2 of an axis of 2"},
		"a short tensor":          {file(nodeText("Relu", "x", "y"), tensor(8, 1<<20, 1<<20)), "has sizes"},
		"a tensor of other bytes": {file(nodeText("Relu", "x", "y"), tensor(0, 8)), "expected 32 bytes"},
		"a negative size":         {file(nodeText("Relu", "x", "y"), tensor(8, 1<<63)), "has sizes"},
		"too many nodes":          {file(many), "at most"},
		"too many parts":          {file(many, many, many), "at most"},
		"no features":             {file(nodeText("Relu", "x", "y")), "expected [N,D]"},
		"a pool without a window": {file(nodeText("MaxPool", "x", "y")), "window has sizes []"},
		"an output not made":      {file(nodeText("Relu", "x", "z")), "made by no node"},
		"an input absent":         {file(nodeText("Conv", "x", "y")), "input 1 is missing"},
	} {
		path := filepath.Join(t.TempDir(), "a.onnx")
		if err := os.WriteFile(path, x.text, 0o666); err != nil {
			t.Fatal(err)
		}
		m, err := Open(e, path)
		if err == nil {
			m.Close()
			t.Errorf("%s: opened", what)
		} else if !strings.Contains(err.Error(), x.want) || !strings.HasPrefix(err.Error(), path) {
			t.Errorf("%s: %v", what, err)
		}
	}
	unneeded := file(nodeText("GlobalAveragePool", "x", "y"), nodeText("If", "y", "classes"))
	if m, err := parse(e, unneeded, ".", io.Discard); err != nil || m.features != 3 {
		t.Errorf("an operator that is not read, after the features: %v", err)
	}
	if _, err := Open(e, t.TempDir()); err == nil {
		t.Error("a folder was opened")
	}
	if m, err := parse(e, file(nodeText("GlobalAveragePool", "x", "y")), ".", io.Discard); err != nil || m.features != 3 {
		t.Errorf("the hand-written file itself: %v", err)
	}
}

// A flipped byte anywhere gives another network or an error, no panic.
func TestFlippedBytes(t *testing.T) {
	e := open(t)
	whole, err := os.ReadFile("testdata/small.onnx")
	if err != nil {
		t.Fatal(err)
	}
	refused := 0
	for i := range 40 {
		text := slices.Clone(whole)
		text[i*len(text)/40] ^= byte(1 + i*37)
		m, err := parse(e, text, ".", io.Discard)
		if err != nil {
			refused++
			continue
		}
		m.Close()
	}
	if refused == 0 || refused == 40 {
		t.Errorf("%d of 40 refused", refused)
	}
}

// No file makes the reader panic, nor, where it is small, the converters.
func FuzzDecode(f *testing.F) {
	e := open(f)
	for _, name := range []string{"small", "bytes"} {
		whole, err := os.ReadFile("testdata/" + name + ".onnx")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(whole)
	}
	f.Add(file(nodeText("GlobalAveragePool", "x", "y")))
	f.Add(file(nodeText("Relu", "x", "z"), nodeText("ReduceMean", "z", "y", field(5, text(1, "axes"), varint(8, 2), varint(8, 3)))))
	f.Fuzz(func(t *testing.T, text []byte) {
		if net, err := decode(text); err == nil {
			_, _ = inputOf(net)
		}
		if len(text) > 2000 {
			return
		}
		if m, err := parse(e, text, ".", io.Discard); err == nil {
			m.Close()
		} else if strings.Contains(err.Error(), "goroutine") {
			t.Error(err)
		}
	})
}
