package main

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"os"
	"path/filepath"

	"github.com/reverie-go/reverie/data/picture"
	"github.com/reverie-go/reverie/eval"
	"github.com/reverie-go/reverie/train"
)

// inputs are images for `reverie edit`.
type inputs struct {
	dir, data string
	each      int // of a class
}

// write writes the first images of each class of the data, as CLASS-NUMBER.png, and a mask whose
// right half is white, half.png.
func (in inputs) write(ctx context.Context) error {
	_, set, err := train.Configure(ctx, "small", in.data)
	if err != nil {
		return err
	}
	defer set.Close()
	m, err := eval.Read(ctx, set)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(in.dir, 0o755); err != nil {
		return err
	}
	seen := map[int]int{}
	for i, class := range m.Class {
		if class < 0 || seen[class] == in.each {
			continue
		}
		name := fmt.Sprintf("%s-%d.png", m.Classes[class].Name, seen[class])
		if err := picture.Write(filepath.Join(in.dir, name), picture.One(m.Image(i), m.Kind)); err != nil {
			return err
		}
		seen[class]++
	}
	half := image.NewGray(image.Rect(0, 0, m.W, m.H))
	draw.Draw(half, image.Rect(m.W/2, 0, m.W, m.H), image.NewUniform(color.White), image.Point{}, draw.Src)
	return picture.Write(filepath.Join(in.dir, "half.png"), half)
}
