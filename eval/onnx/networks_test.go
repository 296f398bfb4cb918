package onnx

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/eval"
	"github.com/reverie-go/reverie/kind"
)

// networksVar names the folder that bench/features/networks.py wrote.
const networksVar = "REVERIE_ONNX_NETWORKS"

// What exporters make of well-known networks is read, and gives others' features: to 1e-4 of the
// largest, and of how far the features of two images are apart where that is less; in half
// precision, which is computed in float32 here, to 2e-2.
func TestNetworks(t *testing.T) {
	folder := os.Getenv(networksVar)
	if folder == "" {
		t.Skip("made by bench/features.sh")
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.onnx"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no networks in %s: %v", folder, err)
	}
	e := open(t)
	for _, path := range files {
		name := strings.TrimSuffix(filepath.Base(path), ".onnx")
		t.Run(name, func(t *testing.T) {
			x, want := networkCase(t, strings.TrimSuffix(path, ".onnx")+".npz")
			m, err := Open(e, path)
			if err != nil {
				t.Fatal(err)
			}
			defer m.Close()
			got, err := m.Rows(context.Background(), x)
			if err != nil {
				t.Fatal(err)
			}
			if got.N != x.N || len(got.X) != len(want) {
				t.Fatalf("%d rows of %d, want %d numbers", got.N, got.D, len(want))
			}
			worst, size, apart := 0.0, 0.0, 0.0
			for i, w := range want {
				worst, size = max(worst, math.Abs(got.X[i]-float64(w))), max(size, math.Abs(float64(w)))
				apart = max(apart, math.Abs(float64(w-want[i%got.D])))
			}
			limit := 1e-4
			if strings.HasSuffix(name, "-half") {
				limit = 2e-2
			}
			if t.Logf("differs by %.1e of the largest, %.1e of what is between two images", worst/size, worst/apart); !(worst <= limit*min(size, apart)) {
				t.Errorf("too much")
			}
		})
	}
}

// networkCase reads two images and their features.
func networkCase(t *testing.T, path string) (m eval.Images, features []float32) {
	z, err := checkpoint.OpenNPZ(path)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	x, err := z.Array("x", checkpoint.F32, 4)
	if err != nil {
		t.Fatal(err)
	}
	y, err := z.Array("y", checkpoint.F32, 2)
	if err != nil {
		t.Fatal(err)
	}
	return eval.Images{N: x.Shape[0], Kind: kind.OfImages(x.Shape[1], x.Shape[2], x.Shape[3]).Real(), Pix: values(t, x)}, values(t, y)
}
