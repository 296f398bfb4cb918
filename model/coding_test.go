package model_test

import (
	"errors"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/pkg/core/dtypes"

	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/internal/memory"
	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/net/vae"
)

// dense is an autoencoder of grey images of 2x2, of random weights.
func dense(t *testing.T, e *engine.Engine) *model.Autoencoder {
	t.Helper()
	a, err := vae.NewDense(vae.DenseConfig{Height: 2, Width: 2, Channels: 1, Latent: 3, Widths: []int{5}, ScalingFactor: 1, Likelihood: vae.Likelihood{Variance: vae.Fixed, Sigma: 1}})
	if err != nil {
		t.Fatal(err)
	}
	return model.NewAutoencoder(e, a, net.Initial(a, 2, dtypes.Float32))
}

// TestCoding: what is encoded batch by batch is what is encoded at once, and so is the quality; the
// picture has the first samples alone.
func TestCoding(t *testing.T) {
	e := openEngine(t)
	a := dense(t, e)
	defer a.Free()
	const n = 20
	x := make([]float32, n*4)
	for i := range x {
		x[i] = float32(math.Sin(float64(i)))
	}
	k := a.Kind()
	if err := a.CheckEncoding(k, n, 8); err != nil {
		t.Fatal(err)
	}
	c := model.NewCoding(a, k, 5)
	for part := range slices.Chunk(x, 8*4) {
		if err := c.Add(t.Context(), part); err != nil {
			t.Fatal(err)
		}
	}
	whole, err := a.EncodeImages(t.Context(), x, n, 2, 2, n)
	if err != nil {
		t.Fatal(err)
	}
	if c.Codes.N != n || !near(c.Codes.Mean, whole.Mean) || !near(c.Codes.LogVar, whole.LogVar) {
		t.Errorf("%v of %d, want %v", c.Codes.Mean, c.Codes.N, whole.Mean)
	}
	made, _, _, err := a.DecodeCodes(t.Context(), whole.Mean, n, 1, 1, n)
	if err != nil {
		t.Fatal(err)
	}
	psnr := 0.0
	for i := range n {
		square := 0.0
		for j := range 4 {
			square += math.Pow(float64(x[4*i+j])-min(max(float64(made[4*i+j]), -1), 1), 2)
		}
		psnr += 10 * math.Log10(16/square) / n
	}
	if got := c.Quality.PSNR(); !(math.Abs(got-psnr) <= 1e-4) {
		t.Errorf("PSNR %v, want %v", got, psnr)
	}
	if text := c.String(); !strings.HasPrefix(text, "20 images, latents 1x1x3, 1.3 times fewer numbers; PSNR ") {
		t.Error(text)
	}
	first := model.NewCoding(a, k, 5)
	if err := first.Add(t.Context(), x[:16*4]); err != nil {
		t.Fatal(err)
	}
	if got, want := c.Picture().Bounds(), first.Picture().Bounds(); got != want {
		t.Errorf("the picture of 20 is %v, that of 16 %v", got, want)
	}
}

func near(x, y []float32) bool {
	return slices.EqualFunc(x, y, func(a, b float32) bool { return math.Abs(float64(a-b)) <= 1e-5 })
}

// TestReadCodes: latents come back from a file as they were; others' are refused by name.
func TestReadCodes(t *testing.T) {
	e := openEngine(t)
	a := dense(t, e)
	defer a.Free()
	path := filepath.Join(t.TempDir(), "z.npz")
	want := model.Codes{N: 2, H: 1, W: 1, C: 3, Mean: []float32{1, 2, 3, 4, 5, 6}, LogVar: make([]float32, 6)}
	if err := want.Write(path); err != nil {
		t.Fatal(err)
	}
	read := func() (model.Codes, error) {
		z, err := checkpoint.OpenNPZ(path)
		if err != nil {
			t.Fatal(err)
		}
		defer z.Close()
		return a.ReadCodes(z, 1)
	}
	got, err := read()
	if err != nil || got.N != 2 || !slices.Equal(got.Mean, want.Mean) {
		t.Errorf("%+v, %v", got, err)
	}
	for text, z := range map[string]checkpoint.Tensor{
		"z has 2 channels, and the autoencoder's latents have 3": checkpoint.FromF32s(make([]float32, 2), 1, 2, 1, 1),
		"z has 2x1 positions": checkpoint.FromF32s(make([]float32, 6), 1, 3, 2, 1),
		"value is not finite": checkpoint.FromF32s([]float32{0, float32(math.NaN()), 0}, 1, 3, 1, 1),
		"z has no latents":    checkpoint.FromF32s(nil, 0, 3, 1, 1),
	} {
		if err := checkpoint.WriteNPZ(nil, path, checkpoint.NamedTensor{Key: "z", Tensor: z}); err != nil {
			t.Fatal(err)
		}
		if _, err := read(); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("%v, want %s", err, text)
		}
	}
}

// TestInterpolate: the ends of the path are the means of the images that are read, which nobody
// reads where there is no memory for what is asked.
func TestInterpolate(t *testing.T) {
	e := openEngine(t)
	a := dense(t, e)
	defer a.Free()
	ends := []float32{1, -1, 0.5, 0, -1, 1, 0, 0.25}
	o := model.Interpolation{Steps: 3, Path: "linear", Batch: 1}
	c, err := a.Interpolate(t.Context(), o, func(k kind.Kind) ([]float32, error) {
		if k.H != 2 || k.W != 2 || k.C != 1 {
			t.Errorf("asked for %v", k)
		}
		return ends, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	whole, err := a.EncodeImages(t.Context(), ends, 2, 2, 2, 2)
	if err != nil {
		t.Fatal(err)
	}
	if c.N != 3 || !near(c.Mean[:3], whole.Mean[:3]) || !near(c.Mean[6:], whole.Mean[3:]) {
		t.Errorf("%v, want the ends %v", c.Mean, whole.Mean)
	}
	unread := func(kind.Kind) ([]float32, error) {
		t.Error("read")
		return nil, nil
	}
	o.Steps = 1
	if _, err := a.Interpolate(t.Context(), o, unread); err == nil || !strings.Contains(err.Error(), "--steps 1 is outside") {
		t.Error(err)
	}
	if err := a.CheckDecoding(1<<40, 2, 2, 1, "fewer"); !errors.As(err, new(*memory.Error)) {
		t.Errorf("2^40 images: %v", err)
	}
}

// TestKindAt: samples are of the size asked for, or as in training, which a dense network is bound
// to.
func TestKindAt(t *testing.T) {
	e := openEngine(t)
	a := dense(t, e)
	defer a.Free()
	if k, err := a.KindAt(0, 0); err != nil || k.H != 2 || k.W != 2 {
		t.Errorf("%v, %v", k, err)
	}
	if _, err := a.KindAt(4, 2); err == nil || !strings.HasPrefix(err.Error(), "--resolution: ") {
		t.Error(err)
	}
	if err := a.CheckEncoding(kind.OfPoints(4), 1, 1); err == nil || err.Error() != "the data are 1x1x4, and the autoencoder takes 2x2x1" {
		t.Error(err)
	}
}
