// Command pairs makes pairs of images to restore: the emoji inside the program, on white, and what
// is left of them, in two folders of the same names, by their classes. bench/pairs.sh trains on
// them.
//
//	go run ./bench/pairs -task small OUT   a quarter of the side, made large again by bicubic splines
//	go run ./bench/pairs -task jpeg OUT    a JPEG file of quality 10
//
// What restores them is trained by `reverie train OUT/x --pairs OUT/y`.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/image/draw"

	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/data/picture"
)

// size is that of the images, smaller the factor by which task small makes them so, and quality
// that of task jpeg.
const (
	size    = 32
	smaller = 4
	quality = 10
)

// tasks are what may happen to an image.
var tasks = map[string]func(image.Image) (image.Image, error){"small": small, "jpeg": compressed}

func main() {
	task := flag.String("task", "small", "what happens to the images: small, jpeg")
	flag.Parse()
	if flag.NArg() != 1 || tasks[*task] == nil {
		fmt.Fprintln(os.Stderr, "usage: pairs -task small|jpeg OUT")
		os.Exit(2)
	}
	if err := run(context.Background(), tasks[*task], flag.Arg(0)); err != nil {
		fmt.Fprintln(os.Stderr, "pairs:", err)
		os.Exit(1)
	}
}

// run writes the pairs of all emoji.
func run(ctx context.Context, task func(image.Image) (image.Image, error), out string) error {
	set, err := data.Embedded(ctx, data.Options{Height: size, Channels: 3, Classes: slices.DeleteFunc(data.EmojiCategories(), func(c string) bool { return c == "Component" })})
	if err != nil {
		return err
	}
	defer set.Close()
	classes := set.Classes()
	for _, dir := range []string{"x", "y"} {
		for _, class := range classes {
			if err := os.MkdirAll(filepath.Join(out, dir, class), 0o777); err != nil {
				return err
			}
		}
	}
	n := 0
	for b, err := range set.All(ctx, 64) {
		if err != nil {
			return err
		}
		for i, img := range picture.Each(b.X, b.Kind) {
			y, err := task(img)
			if err != nil {
				return err
			}
			name := filepath.Join(classes[b.Class[i]], filepath.Base(set.Info(b.Index[i]).Path))
			if err := errors.Join(write(filepath.Join(out, "x", name), img), write(filepath.Join(out, "y", name), y)); err != nil {
				return err
			}
			n++
		}
	}
	fmt.Printf("%d pairs in %s\n", n, out)
	return nil
}

// write writes a new file, of 8 bits.
func write(path string, img image.Image) error {
	plain := image.NewRGBA(img.Bounds())
	draw.Draw(plain, plain.Rect, img, plain.Rect.Min, draw.Src)
	if _, err := os.Stat(path); err == nil {
		return fmt.Errorf("%s is there already: name a new folder", path)
	}
	return checkpoint.WriteFileAtomic(nil, path, func(w io.Writer) error { return picture.Encode(w, plain) })
}

// small is an image made smaller, by the mean of squares, and as large again.
func small(img image.Image) (image.Image, error) {
	b := img.Bounds()
	less := image.NewRGBA(image.Rect(0, 0, b.Dx()/smaller, b.Dy()/smaller))
	for y := range less.Rect.Dy() {
		for x := range less.Rect.Dx() {
			var sum [4]int
			for k := range smaller * smaller {
				r, g, b, a := img.At(b.Min.X+smaller*x+k%smaller, b.Min.Y+smaller*y+k/smaller).RGBA()
				for c, v := range []uint32{r, g, b, a} {
					sum[c] += int(v)
				}
			}
			for c, v := range sum {
				less.Pix[less.PixOffset(x, y)+c] = uint8((v/(smaller*smaller) + 128) / 257)
			}
		}
	}
	back := image.NewRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	draw.CatmullRom.Scale(back, back.Rect, less, less.Rect, draw.Src, nil)
	return back, nil
}

// compressed is what a JPEG file leaves of an image.
func compressed(img image.Image) (image.Image, error) {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: quality}); err != nil {
		return nil, err
	}
	return jpeg.Decode(&b)
}
