package onnx

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/pkg/core/tensors"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/eval"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/random"
	"google.golang.org/protobuf/encoding/protowire"
)

// written is a file of the test's folder.
func written(t *testing.T, name string, text []byte) string {
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, text, 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// names is a file of n names.
func names(t *testing.T, n int) string {
	var text strings.Builder
	for i := range n {
		fmt.Fprintf(&text, "class %d\n", i)
	}
	return written(t, "labels.txt", []byte(text.String()))
}

// normals are n normal numbers in float32.
func normals(seed uint64, n int) []float32 {
	z := make([]float32, n)
	random.Stream{Seed: seed}.Normal32(z)
	return z
}

const (
	linearSide, linearClasses = 4, 3
	linearSize                = 3 * linearSide * linearSide
)

// linear is a network of two images [2,3,4,4] whose logits are products with w [48,3], with nodes
// after them; those lead from "odds" to "y".
func linear(w []float32, more ...[]byte) []byte {
	raw := make([]byte, 0, 4*len(w))
	for _, v := range w {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(v))
	}
	tensor := field(5, varint(2, 1), text(8, "w"), varint(1, linearSize), varint(1, linearClasses), field(9, raw))
	return file(append([][]byte{tensor, nodeText("Flatten", "x", "flat"), nodeText("MatMul", "w", "odds", text(1, "flat"))}, more...)...)
}

// axis is an attribute.
func axis(v int) []byte {
	return field(5, text(1, "axis"), protowire.AppendVarint(protowire.AppendTag(nil, 3, protowire.VarintType), uint64(int64(v))), varint(20, 2))
}

// opened is a classifier of a file.
func opened(t *testing.T, e *engine.Engine, path string, classes int) *Classifier {
	t.Helper()
	c, err := OpenClassifier(e, path, names(t, classes))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// A network of products, whatever it ends in, has the log-softmax of its products, and the gradient
//
//	grad log p(y|x) = R' (w_y - sum over k of p_k w_k)
//
// where R brings the image to the network's size: by hand, by resizing images of a single pixel.
// Three images go in batches of two.
func TestLinearClassifier(t *testing.T) {
	e, w := open(t), normals(1, linearSize*linearClasses)
	for what, more := range map[string][][]byte{
		"logits":            {nodeText("Identity", "odds", "y")},
		"Softmax":           {nodeText("Softmax", "odds", "y", axis(-1))},
		"Softmax passed on": {nodeText("Softmax", "odds", "p", axis(1)), nodeText("Identity", "p", "y")},
		"LogSoftmax":        {nodeText("LogSoftmax", "odds", "y", axis(1))},
		"Log of Softmax":    {nodeText("Softmax", "odds", "p", axis(1)), nodeText("Log", "p", "y")},
	} {
		c := opened(t, e, written(t, "a.onnx", linear(w, more...)), linearClasses)
		if name := c.Name(); !strings.Contains(name, "3 classes") || strings.Contains(name, "Softmax") != strings.HasPrefix(what, "Softmax") {
			t.Errorf("%s: name %q", what, name)
		}
		for _, size := range [][3]int{{4, 4, 3}, {5, 7, 3}, {3, 2, 3}, {6, 4, 1}} {
			testLinear(t, fmt.Sprintf("%s of %v", what, size), c, w, size[0], size[1], size[2])
		}
	}
}

func testLinear(t *testing.T, what string, c *Classifier, w []float32, h, wide, ch int) {
	x := eval.Images{N: 3, Kind: kind.OfImages(h, wide, ch).Real(), Pix: normals(2, 3*h*wide*ch)}
	in := engine.New(c.model.engine, x.Pix, 3, h, wide, ch)
	class := []int{2, 0, 1}
	logs, err := c.LogProbabilities(t.Context(), in)
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	g, err := c.Gradient(t.Context(), in, class)
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	gradient := tensors.MustCopyFlatData[float32](g)
	products := func(image []float32) (odds [linearClasses]float64) { // of one at the network's size, NHWC
		for i, v := range image {
			at := i%3*linearSide*linearSide + i/3 // in NCHW
			for k := range odds {
				odds[k] += float64(v) * float64(w[at*linearClasses+k])
			}
		}
		return odds
	}
	fitted := func(x eval.Images) eval.Images {
		y, err := c.model.in.fit(x)
		if err != nil {
			t.Fatal(err)
		}
		return y
	}
	own := fitted(x)
	var units eval.Images // of a single pixel each
	size := h * wide * ch
	units.N, units.Kind, units.Pix = size, x.Kind, make([]float32, size*size)
	for i := range size {
		units.Pix[i*size+i] = 1
	}
	units = fitted(units)
	for n := range 3 {
		odds := products(own.Image(n))
		total, p := 0.0, [linearClasses]float64{}
		for _, v := range odds {
			total += math.Exp(v)
		}
		for k, v := range odds {
			p[k] = math.Exp(v) / total
			if want := v - math.Log(total); !(math.Abs(logs[n][k]-want) <= 2e-5*(1+math.Abs(want))) {
				t.Errorf("%s: log p(%d) of image %d is %v, want %v", what, k, n, logs[n][k], want)
			}
		}
		for i := range size {
			of := products(units.Image(i))
			want := of[class[n]]
			for k, v := range of {
				want -= p[k] * v
			}
			if got := float64(gradient[n*size+i]); !(math.Abs(got-want) <= 3e-5*(1+math.Abs(want))) {
				t.Fatalf("%s: gradient %d of image %d is %v, want %v", what, i, n, got, want)
			}
		}
	}
}

// A network of the layers that networks have: its gradients' integral along a segment between two
// images is the difference of their log probabilities, whatever kinks lie between, of images of the
// network's own size and of others. The midpoint rule over n points errs where the slope jumps, by
// at most its variation over n, of which there is less than twice its size here.
func TestGradientByIntegral(t *testing.T) {
	e := open(t)
	c := opened(t, e, filepath.Join("testdata", "small.onnx"), 5)
	const n = 256
	for _, size := range [][2]int{{16, 20}, {11, 27}} {
		h, w := size[0], size[1]
		from, to := normals(3, h*w*3), normals(4, h*w*3)
		at := func(share float64) (x []float32) {
			for i, v := range from {
				x = append(x, float32((1-share)*math.Tanh(float64(v))+share*math.Tanh(float64(to[i]))))
			}
			return x
		}
		var points []float32
		for i := range n {
			points = append(points, at((float64(i)+0.5)/n)...)
		}
		ends := engine.New(e, slices.Concat(at(0), at(1)), 2, h, w, 3)
		logs, err := c.LogProbabilities(t.Context(), ends)
		if err != nil {
			t.Fatal(err)
		}
		first, last := at(0), at(1)
		for class := range 5 {
			g, err := c.Gradient(t.Context(), engine.New(e, points, n, h, w, 3), slices.Repeat([]int{class}, n))
			if err != nil {
				t.Fatal(err)
			}
			sum, size := 0.0, 0.0
			for one := range slices.Chunk(tensors.MustCopyFlatData[float32](g), len(first)) {
				slope := 0.0
				for i, v := range one {
					slope += float64(v) * float64(last[i]-first[i])
				}
				sum, size = sum+slope/n, size+math.Abs(slope)/n
			}
			if want := logs[1][class] - logs[0][class]; !(math.Abs(sum-want) <= 2*size/n+1e-5) || size < 0.005 {
				t.Errorf("%dx%d, class %d: the integral is %v of slopes of size %v, want %v", h, w, class, sum, size, want)
			}
		}
	}
}

// What is no classifier with gradients, and names that are not those of its classes, are refused.
func TestClassifierRefused(t *testing.T) {
	e, w := open(t), normals(1, linearSize*linearClasses)
	path := func(more ...[]byte) string { return written(t, "a.onnx", linear(w, more...)) }
	sound, three := path(nodeText("Identity", "odds", "y")), names(t, 3)
	labels := func(text string) string { return written(t, "labels.txt", []byte(text)) }
	for want, of := range map[string][2]string{
		"2 names, and the network in":      {sound, labels("a\r\nb\r\n")},
		"line 2 is empty":                  {sound, labels("a\n\nc\n")},
		`class 2: "a" comes twice`:         {sound, labels("a\nb\na\n")},
		"line 1 is empty":                  {sound, labels("")},
		"no such file":                     {sound, "nowhere.txt"},
		"it ends in Sigmoid":               {path(nodeText("Sigmoid", "odds", "y")), three},
		"it ends in Hardmax":               {path(nodeText("Hardmax", "odds", "y")), three},
		"Softmax, which is not over the":   {path(nodeText("Softmax", "odds", "y", axis(0))), three},
		"it takes bytes":                   {filepath.Join("testdata", "bytes.onnx"), names(t, 6)},
		"is of 1 numbers, and classes are": {written(t, "a.onnx", file(nodeText("ReduceMean", "x", "y", field(5, text(1, "axes"), varint(8, 1), varint(8, 2), varint(8, 3), varint(20, 7))))), three},
	} {
		c, err := OpenClassifier(e, of[0], of[1])
		if err == nil {
			c.Close()
			t.Errorf("opened, want %q", want)
		} else if !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	c := opened(t, e, sound, 3)
	x := engine.New(e, make([]float32, 2*48), 2, 4, 4, 3)
	for want, class := range map[string][]int{"1 classes for 2 images": {0}, "class 3 of image 1": {0, 3}, "class -1 of image 0": {-1, 0}} {
		if _, err := c.Gradient(t.Context(), x, class); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	if _, err := c.LogProbabilities(t.Context(), engine.New(e, make([]float32, 64), 1, 4, 4, 4)); err == nil || !strings.Contains(err.Error(), "expected images [N,H,W,3]") {
		t.Errorf("RGBA: error %v", err)
	}
}
