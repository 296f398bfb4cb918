package images

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dustin/go-humanize/english"

	"github.com/reverie-go/reverie/data"
)

// Options say how images are read.
type Options struct {
	Masks     string // the folder of the masks of all images that are not in MVTec AD's layout; "": none
	Channels  int    // of the images, see data.Options
	MaxPixels int64  // of an image and of a mask, see data.Options
	Crop      data.Crop
}

// An Image is one that is to be examined.
type Image struct {
	Path   string   // of the file
	Name   string   // the path below the folder that it was found by, with slashes; of a file its name
	H, W   int      // its own size, upright
	Mask   string   // the file of its mask; "": none
	Normal bool     // it has no mask, for it is free of lesions: it lies in a folder good
	Lesion int      // how many pixels of the mask are lesion
	Notes  []string // what is done to it beyond decoding it, as in data.Info, and what is odd of its mask
}

// Known says whether it is known which of the pixels are lesion.
func (m Image) Known() bool { return m.Normal || m.Mask != "" }

// A Set is the images that are to be examined.
type Set struct {
	Images   []Image
	Skipped  []data.Skip // files that were left out, and why
	Unpaired []string    // masks without an image
	Remarks  []string    // what else a person should know of how the images were found, each in a line

	o      Options
	masked bool // masks were looked for
}

// A source is a file or a folder that images come of.
type source struct {
	path  string
	dir   bool
	masks string // the folder of their masks; "": none
}

// A candidate is an image file that was found.
type candidate struct {
	Image
	real string // its path without links
}

// Open finds the images of paths, files or folders, with their masks. An error names what there is
// none of, or two where one is expected, and a mask of another size than its image's. A file that
// cannot be read is Skipped, with the mask of an image.
func Open(ctx context.Context, paths []string, o Options) (*Set, error) {
	if err := (data.Options{Channels: o.Channels, MaxPixels: o.MaxPixels, Crop: o.Crop}).Validate(); err != nil {
		return nil, err
	}
	s := &Set{o: o}
	sources, err := s.sources(paths)
	if err != nil {
		return nil, err
	}
	all, err := s.find(ctx, sources)
	if err != nil {
		return nil, err
	}
	for _, c := range all {
		if err := s.look(ctx, &c.Image); err != nil {
			return nil, err
		}
	}
	if len(s.Images) == 0 {
		return nil, fmt.Errorf("images: none of %s can be read: %w", english.Plural(len(all), "image file", ""), data.SkipError(s.Skipped))
	}
	return s, nil
}

// find lists the sources, all of those that share a folder of masks together.
func (s *Set) find(ctx context.Context, sources []source) (all []candidate, err error) {
	seen := map[string]string{} // the paths of files by those without links
	for len(sources) > 0 {
		masks := sources[0].masks
		var found []candidate
		for _, from := range sources {
			if from.masks != masks {
				continue
			}
			more, err := s.list(ctx, from)
			if err != nil {
				return nil, err
			}
			found = append(found, more...)
		}
		sources = slices.DeleteFunc(sources, func(from source) bool { return from.masks == masks })
		found = slices.DeleteFunc(found, func(c candidate) bool {
			first, twice := seen[c.real]
			if twice {
				s.Skipped = append(s.Skipped, data.Skip{Path: c.Path, Err: fmt.Errorf("it is examined already, as %s", first)})
			}
			if !twice {
				seen[c.real] = c.Path
			}
			return twice
		})
		if masks != "" {
			if err := s.pair(ctx, found, masks); err != nil {
				return nil, err
			}
		}
		for i, c := range found {
			found[i].Normal = c.Mask == "" && c.good()
		}
		all = append(all, found...)
	}
	return all, nil
}

// good says whether an image lies in a folder of that name, at the top or as the one that was
// given.
func (c candidate) good() bool {
	given, err := filepath.Abs(strings.TrimSuffix(filepath.ToSlash(c.Path), c.Name))
	return strings.HasPrefix(c.Name, goodFolder+"/") || err == nil && filepath.Base(given) == goodFolder
}

// list lists the images of a source.
func (s *Set) list(ctx context.Context, from source) (all []candidate, err error) {
	if !from.dir {
		c, err := s.candidate(from.path, filepath.Base(from.path))
		return []candidate{c}, err
	}
	found, err := data.List(ctx, from.path)
	if err != nil {
		return nil, err
	}
	s.Skipped, s.Remarks = append(s.Skipped, found.Skipped...), append(s.Remarks, found.Remarks...)
	for _, f := range found.Files {
		c, err := s.candidate(f.Path, f.Name)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	if from.masks == "" {
		return all, nil
	}
	return s.withoutMasks(from, all)
}

// candidate is the image of a file.
func (s *Set) candidate(path, name string) (c candidate, err error) {
	c.Path, c.Name = path, name
	c.real, err = realPath(path)
	return c, err
}

// realPath is a path from the root, without links.
func realPath(path string) (string, error) {
	real, err := filepath.EvalSymlinks(path)
	if err == nil {
		real, err = filepath.Abs(real)
	}
	if errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("images: no such file or folder: %s: %w", path, os.ErrNotExist)
	}
	return real, err
}
