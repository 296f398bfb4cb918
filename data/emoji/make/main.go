// Command make makes the embedded emoji, and folders of them in full size, from the npm package
// emoji-datasource-google: the 64x64 pictures of Google's Noto Color Emoji, and emoji.json, which
// names their categories.
//
//	go run ./data/emoji/make -embed data/emoji/emoji32.zip    the archive in the binary
//	go run ./data/emoji/make -out emoji64                     an image folder of the 64x64 originals
//
// It asks npm for the package, unless -package names the unpacked one. The output depends on the
// package and Go's version alone.
package main

import (
	"errors"
	"flag"
	"fmt"
	"image"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"

	"golang.org/x/image/draw"
)

const (
	module  = "emoji-datasource-google"
	version = "16.0.0"
	small   = 32 // side of the embedded pictures
)

func main() {
	embed := flag.String("embed", "", "write the archive of 32x32 emoji to this `file`")
	out := flag.String("out", "", "write the 64x64 originals to this new `folder`, one folder per class")
	dir := flag.String("package", "", "the unpacked `folder` of "+module+"; empty: npm fetches "+version)
	flag.Parse()
	if err := run(*embed, *out, *dir); err != nil {
		fmt.Fprintln(os.Stderr, "make:", err)
		os.Exit(1)
	}
}

func run(embed, out, dir string) error {
	if embed == "" && out == "" {
		return errors.New("nothing to do: give -embed FILE or -out DIR")
	}
	if dir == "" {
		tmp, err := os.MkdirTemp("", "emoji")
		if err != nil {
			return err
		}
		defer os.RemoveAll(tmp)
		if dir, err = fetch(tmp); err != nil {
			return err
		}
	}
	list, err := readList(filepath.Join(dir, "emoji.json"))
	if err != nil {
		return err
	}
	pictures := filepath.Join(dir, "img", "google", "64")
	if embed != "" {
		if err := writeArchive(embed, list, pictures); err != nil {
			return err
		}
	}
	if out != "" {
		return writeFolder(out, list, pictures)
	}
	return nil
}

// fetch installs the package below tmp and returns its folder.
func fetch(tmp string) (string, error) {
	cmd := exec.Command("npm", "install", "--prefix", tmp, "--no-audit", "--no-fund", "--ignore-scripts", module+"@"+version)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("npm install %s@%s: %w", module, version, err)
	}
	return filepath.Join(tmp, "node_modules", module), nil
}

// shrink averages a picture down to small x small, colours weighted by their alpha.
func shrink(file string) (*image.NRGBA, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	src, err := png.Decode(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	mid := image.NewRGBA64(image.Rect(0, 0, small, small))
	draw.CatmullRom.Scale(mid, mid.Rect, src, src.Bounds(), draw.Src, nil)
	dst := image.NewNRGBA(mid.Rect)
	draw.Draw(dst, dst.Rect, mid, image.Point{}, draw.Src)
	return dst, nil
}
