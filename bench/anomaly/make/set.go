package main

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"

	"github.com/reverie-go/reverie/internal/parallel"
)

// A set is a data set before its images have lesions.
type set struct {
	name               string
	seed               uint64
	train, valid, test []*image.Gray
	ground             func(*image.Gray) []image.Point // where lesions may lie
	learning, testing  generator                       // of the lesions of weak and valid, and of those of test
}

// The streams of random numbers of a set.
const (
	choosing = iota // which images it has
	weak            // the lesions of the training images
	valid
	test
)

// random are the random numbers of the i-th image of a stream; what is for all of them has -1.
func random(seed uint64, stream uint32, i int) *rand.Rand {
	return rand.New(rand.NewPCG(seed, uint64(stream)<<32|uint64(uint32(i))))
}

// write writes the set into a folder, whole or not at all; one that is there must be removed first.
func (s *set) write(dir string) error {
	if _, err := os.Stat(dir); err == nil {
		return fmt.Errorf("%s is there already: remove it, or give another folder", dir)
	}
	part := dir + ".part"
	if err := os.RemoveAll(part); err != nil {
		return err
	}
	good := filepath.Join(part, "train/good")
	if err := each(len(s.train), func(i int) error { return save(s.train[i], good, i, "") }); err != nil {
		return err
	}
	for _, p := range []half{
		{weak, s.train, s.learning, "weak/healthy", "weak/lesioned", ""},
		{valid, s.valid, s.learning, "valid/test/good", "valid/test/patch", "valid/ground_truth/patch"},
		{test, s.test, s.testing, "test/good", "test/patch", "ground_truth/patch"},
	} {
		if err := s.writeHalf(part, p); err != nil {
			return err
		}
	}
	return os.Rename(part, dir)
}

// A half is images of which half get a lesion, and the folders that they come into.
type half struct {
	stream                   uint32
	images                   []*image.Gray
	generator                generator
	healthy, lesioned, masks string // masks "": none are written
}

// writeHalf gives half of the images a lesion and writes each into its folder.
func (s *set) writeHalf(dir string, p half) error {
	sick := make([]bool, len(p.images))
	for _, i := range random(s.seed, p.stream, -1).Perm(len(sick))[:len(sick)/2] {
		sick[i] = true
	}
	return each(len(sick), func(i int) error {
		img := p.images[i]
		if !sick[i] {
			return save(img, filepath.Join(dir, p.healthy), i, "")
		}
		l, err := p.generator.draw(random(s.seed, p.stream, i), img, s.ground(img))
		if err != nil {
			return fmt.Errorf("image %d: %w", i, err)
		}
		if err := save(l.image, filepath.Join(dir, p.lesioned), i, ""); err != nil || p.masks == "" {
			return err
		}
		return save(l.mask, filepath.Join(dir, p.masks), i, "_mask")
	})
}

// each calls f for 0 to n-1 on all processors, and returns an error if one did.
func each(n int, f func(i int) error) error {
	failed := make([]error, n)
	parallel.For(n, func(i int) { failed[i] = f(i) })
	for _, err := range failed {
		if err != nil {
			return err
		}
	}
	return nil
}

// save writes the i-th image of a folder.
func save(img *image.Gray, dir string, i int, suffix string) error {
	path := filepath.Join(dir, fmt.Sprintf("%04d%s.png", i, suffix))
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	return savePNG(path, img)
}

// savePNG writes a picture.
func savePNG(path string, img image.Image) error {
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		return err
	}
	return os.WriteFile(path, b.Bytes(), 0o666)
}
