package main

import (
	"context"
	"fmt"
	"image"
	"math/rand/v2"
	"os"
	"path/filepath"

	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/data/picture"
)

const (
	normal = "0" // Fashion-MNIST's class of T-shirts
	cloth  = 16  // the darkest level that is not background
)

// garments are T-shirts of Fashion-MNIST, with patches of its other garments as lesions, within the
// garment: those of the training files for training and validation, those of the test files for the
// test.
func (m maker) garments(ctx context.Context) (*set, error) {
	train, others, err := m.shirts(ctx, "train")
	if err != nil {
		return nil, err
	}
	test, unseen, err := m.shirts(ctx, "t10k")
	if err != nil {
		return nil, err
	}
	held := len(train) / 12
	return &set{
		name: "garments", seed: m.seed,
		valid: train[:held], train: train[held:], test: test, ground: garment,
		learning: generator{plain, another(others)},
		testing:  generator{blob, another(unseen)},
	}, nil
}

// shirts reads the T-shirts and the other garments of one of Fashion-MNIST's parts.
func (m maker) shirts(ctx context.Context, part string) (shirts, others []*image.Gray, err error) {
	path := filepath.Join(m.fashion, part+"-images-idx3-ubyte")
	if _, err := os.Stat(path); err != nil {
		path += ".gz"
	}
	s, err := data.Open(ctx, []string{path}, data.Options{Height: 28, Channels: 1})
	if err != nil {
		return nil, nil, err
	}
	defer s.Close()
	classes := s.Classes()
	for b, err := range s.All(ctx, 256) {
		if err != nil {
			return nil, nil, err
		}
		for i, class := range b.Class {
			img := grey(b.Image(i), b.H, b.W)
			switch {
			case class < 0: // of no known class
			case classes[class] == normal:
				shirts = append(shirts, img)
			default:
				others = append(others, img)
			}
		}
	}
	if len(shirts) < 24 || len(others) == 0 {
		return nil, nil, fmt.Errorf("%s: %d images of class %s and %d of others: is it Fashion-MNIST, with its labels beside it?", path, len(shirts), normal, len(others))
	}
	return shirts, others, nil
}

// grey is a picture of values in [-1,1].
func grey(x []float32, h, w int) *image.Gray {
	img := image.NewGray(image.Rect(0, 0, w, h))
	picture.Bytes(img.Pix, x)
	return img
}

// garment is where an image is not background.
func garment(img *image.Gray) (at []image.Point) {
	for i, v := range img.Pix {
		if v >= cloth {
			at = append(at, image.Pt(i%img.Rect.Dx(), i/img.Rect.Dx()))
		}
	}
	return at
}

// another takes one of the images, shifted so that a place of its garment comes to lie where the
// patch is taken.
func another(images []*image.Gray) donor {
	return func(r *rand.Rand, at image.Point) *image.Gray {
		img := images[r.IntN(len(images))]
		places := garment(img)
		if len(places) == 0 {
			return img
		}
		moved, by := image.NewGray(img.Rect), places[r.IntN(len(places))].Sub(at)
		for i := range moved.Pix {
			moved.Pix[i] = img.GrayAt(i%img.Rect.Dx()+by.X, i/img.Rect.Dx()+by.Y).Y // black beyond the border
		}
		return moved
	}
}
