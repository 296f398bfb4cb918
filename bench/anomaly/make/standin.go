package main

import (
	"encoding/binary"
	"image"
	"math"
	"os"
	"path/filepath"
)

// writeStandIn writes files as those that both sets are made of, with invented pictures: rectangles
// of stripes as garments, a grid as wall, smooth noise as gravel and grass.
func writeStandIn(dir string) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	for stream, part := range []struct {
		name string
		n    uint32
	}{{"train", 1200}, {"t10k", 400}} {
		images, labels := idx(part.n, 28, 28), idx(part.n)
		for i := range part.n {
			labels = append(labels, uint8(i%10))
			images = append(images, striped(uint32(stream), int(i), 3+int(i)%10)...)
		}
		for name, content := range map[string][]byte{"-images-idx3-ubyte": images, "-labels-idx1-ubyte": labels} {
			if err := os.WriteFile(filepath.Join(dir, part.name+name), content, 0o666); err != nil {
				return err
			}
		}
	}
	for name, grain := range map[string]float64{"brick": 0.5, "gravel": 3, "grass": 1} {
		if err := savePNG(filepath.Join(dir, name+".png"), rough(name == "brick", grain)); err != nil {
			return err
		}
	}
	return nil
}

// idx is the head of an IDX file of bytes.
func idx(sizes ...uint32) []byte {
	head := []byte{0, 0, 8, uint8(len(sizes))}
	for _, n := range sizes {
		head = binary.BigEndian.AppendUint32(head, n)
	}
	return head
}

// striped is a rectangle of rough stripes on black.
func striped(stream uint32, i, period int) []byte {
	r, pix := random(1, stream, i), make([]byte, 28*28)
	base, swing := 120+40*r.Float64(), 60*r.Float64()
	for k := range pix {
		if y, x := k/28, k%28; y >= 3 && y < 25 && x >= 5 && x < 23 {
			pix[k] = uint8(base + swing*math.Sin(2*math.Pi*float64(x+y)/float64(period)) + 4*r.NormFloat64())
		}
	}
	return pix
}

// rough is smooth noise, with the mortar of a wall or without.
func rough(wall bool, grain float64) *image.Gray {
	r, img := random(1, 2, int(4*grain)), image.NewGray(image.Rect(0, 0, photo, photo))
	noise := make([]float64, len(img.Pix))
	for i := range noise {
		noise[i] = r.NormFloat64()
	}
	for i, v := range smooth(noise, photo, photo, grain) {
		v = 120 + 100*grain*v
		if wall && (i%photo%30 < 4 || i/photo%60 < 4) {
			v = 200
		}
		img.Pix[i] = uint8(clamp(v))
	}
	return img
}
