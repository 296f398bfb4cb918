package main

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"image/png"
	"os"
	"path"
	"path/filepath"
	"sort"
	"strings"

	notice "github.com/reverie-go/reverie/data/emoji"
)

// emoji is an entry of emoji.json.
type emoji struct {
	Image    string `json:"image"`
	Short    string `json:"short_name"`
	Category string `json:"category"`
	Has      bool   `json:"has_img_google"`
}

// file is the picture's place below the root: CLASS/CODE-NAME.png.
func (e emoji) file() string {
	name := strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\:*?"<>|`, r) {
			return '_'
		}
		return r
	}, e.Short)
	return path.Join(e.Category, strings.TrimSuffix(e.Image, ".png")+"-"+name+".png")
}

// readList returns the base emoji, which are the entries themselves (skin tones are listed inside
// them), sorted by file.
func readList(name string) ([]emoji, error) {
	raw, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var all, list []emoji
	if err := json.Unmarshal(raw, &all); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	for _, e := range all {
		if !e.Has {
			continue
		}
		if !filepath.IsLocal(e.Image) || !filepath.IsLocal(e.Category) {
			return nil, fmt.Errorf("%s: picture %q of category %q would leave the folder", name, e.Image, e.Category)
		}
		list = append(list, e)
	}
	sort.Slice(list, func(i, j int) bool { return list[i].file() < list[j].file() })
	return list, nil
}

// writeArchive writes the shrunk pictures as a zip file without compression (PNG has its own) and
// without time stamps.
func writeArchive(name string, list []emoji, pictures string) error {
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	enc := png.Encoder{CompressionLevel: png.BestCompression}
	for _, e := range list {
		img, err := shrink(filepath.Join(pictures, e.Image))
		if err != nil {
			return err
		}
		w, err := z.CreateHeader(&zip.FileHeader{Name: e.file(), Method: zip.Store})
		if err != nil {
			return err
		}
		if err := enc.Encode(w, img); err != nil {
			return err
		}
	}
	if err := z.Close(); err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "%s: %d emoji, %d bytes\n", name, len(list), buf.Len())
	return os.WriteFile(name, buf.Bytes(), 0o644)
}

// writeFolder copies the originals into a folder that must not exist yet.
func writeFolder(dir string, list []emoji, pictures string) error {
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	for _, e := range list {
		raw, err := os.ReadFile(filepath.Join(pictures, e.Image))
		if err != nil {
			return err
		}
		to := filepath.Join(dir, filepath.FromSlash(e.file()))
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(to, raw, 0o644); err != nil {
			return err
		}
	}
	fmt.Fprintf(os.Stderr, "%s: %d emoji\n", dir, len(list))
	return os.WriteFile(filepath.Join(dir, "NOTICE"), []byte(notice.Notice), 0o644)
}
