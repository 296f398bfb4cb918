// Command make makes the two data sets of the anomaly benchmark, in MVTec AD's layout, of pictures
// that are there: T-shirts of Fashion-MNIST with patches of other garments as lesions, and crops of
// a brick wall with patches of gravel and grass. bench/anomaly.sh runs it.
//
//	go run ./bench/anomaly/make -fashion FASHION -textures TEXTURES OUT
//
// Of each set, garments and bricks, OUT holds then
//
//	train/good/                       images without lesions
//	weak/healthy/, weak/lesioned/     the same images, half of them with a lesion
//	valid/                            others, half of them with a lesion, laid out as what follows
//	test/good/, test/patch/           the test images, half of them with a lesion
//	ground_truth/patch/               the masks of those
//
// The lesions of weak and valid come from one generator, those of test from another: of other
// sources and other shapes, so that what has learned the first does not know the second.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	var m maker
	standIn := flag.String("stand-in", "", "write small stand-ins for both sources into this folder, to see that all runs, and do nothing else")
	flag.StringVar(&m.fashion, "fashion", "", "the folder with the four files of Fashion-MNIST, which bench/fashion.sh fetches")
	flag.StringVar(&m.textures, "textures", "", "the folder with brick.png, gravel.png and grass.png of scikit-image")
	flag.IntVar(&m.crops, "crops", 4000, "training crops of the brick wall; a tenth as many are for the test, a twentieth for validation")
	flag.Uint64Var(&m.seed, "seed", 1, "seed of all that is random")
	flag.Parse()
	var err error
	switch {
	case *standIn != "" && flag.NArg() == 0:
		err = writeStandIn(*standIn)
	case *standIn == "" && flag.NArg() == 1 && m.fashion != "" && m.textures != "":
		err = m.make(context.Background(), flag.Arg(0))
	default:
		fmt.Fprintln(os.Stderr, "usage: make -fashion DIR -textures DIR [flags] OUT\n       make -stand-in DIR")
		os.Exit(2)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "make:", err)
		os.Exit(1)
	}
}

// A maker makes both sets.
type maker struct {
	fashion, textures string
	crops             int
	seed              uint64
}

// make writes them into a folder.
func (m maker) make(ctx context.Context, out string) error {
	for _, read := range []func(context.Context) (*set, error){m.garments, m.bricks} {
		s, err := read(ctx)
		if err != nil {
			return err
		}
		if err := s.write(filepath.Join(out, s.name)); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		fmt.Printf("%s: %d training images, %d of validation, %d of the test\n", s.name, len(s.train), len(s.valid), len(s.test))
	}
	return nil
}
