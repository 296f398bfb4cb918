package images

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	humanize "github.com/dustin/go-humanize"
)

// The folders of MVTec AD's layout.
const (
	trainFolder = "train"
	testFolder  = "test"
	truthFolder = "ground_truth"
	goodFolder  = "good"
)

// sources are what paths lead to.
func (s *Set) sources(paths []string) (all []source, err error) {
	if len(paths) == 0 {
		return nil, fmt.Errorf("images: none are given: give image files or folders")
	}
	own := false // masks are wanted of a source
	for _, path := range paths {
		st, err := os.Stat(path)
		switch {
		case os.IsNotExist(err):
			return nil, fmt.Errorf("images: no such file or folder: %s: %w", path, os.ErrNotExist)
		case err != nil:
			return nil, fmt.Errorf("images: %w", err)
		case !st.IsDir():
			all, own = append(all, source{path: path, masks: s.o.Masks}), true
		case isMVTec(path):
			all = append(all, s.mvtec(path))
		default:
			if within := mvtecBelow(path); within != nil {
				return nil, fmt.Errorf("images: %s holds folders in the layout of MVTec AD, each of other things: give one of %s", path, strings.Join(within, ", "))
			}
			all, own = append(all, source{path: path, dir: true, masks: s.o.Masks}), true
		}
	}
	if s.o.Masks != "" && !own {
		return nil, fmt.Errorf("images: masks %s: %s has its own in %s; leave the other masks out", s.o.Masks, paths[0], truthFolder)
	}
	for _, from := range all {
		s.masked = s.masked || from.masks != ""
	}
	return all, nil
}

// mvtec is the source of a folder in MVTec AD's layout.
func (s *Set) mvtec(path string) source {
	told := fmt.Sprintf("%s is laid out as MVTec AD: %s is examined, with the masks in %s", path, testFolder, truthFolder)
	if isDir(filepath.Join(path, trainFolder)) {
		told += fmt.Sprintf("; %s is left for training", trainFolder)
	}
	s.Remarks = append(s.Remarks, told)
	return source{path: filepath.Join(path, testFolder), dir: true, masks: filepath.Join(path, truthFolder)}
}

// isMVTec says whether a folder is laid out as those of MVTec AD.
func isMVTec(path string) bool {
	return isDir(filepath.Join(path, testFolder)) && isDir(filepath.Join(path, truthFolder))
}

// mvtecBelow are the folders directly below one that are laid out so.
func mvtecBelow(path string) (all []string) {
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil // said where the folder is listed
	}
	for _, e := range entries {
		if below := filepath.Join(path, e.Name()); isMVTec(below) {
			all = append(all, below)
		}
	}
	return all
}

func isDir(path string) bool {
	st, err := os.Stat(path)
	return err == nil && st.IsDir()
}

// withoutMasks leaves out of a folder's images the masks among them: those in the folder of masks
// below it, and where that is the folder itself those whose names say so.
func (s *Set) withoutMasks(from source, all []candidate) (images []candidate, err error) {
	root, err := realPath(from.path)
	if err != nil {
		return nil, err
	}
	masks, err := realPath(from.masks)
	if err != nil {
		return nil, err
	}
	if !below(root, masks) {
		return all, nil
	}
	for _, c := range all {
		if isMask := below(masks, c.real) && (masks != root || strings.HasSuffix(stem(c.Name), maskSuffix)); !isMask {
			images = append(images, c)
		}
	}
	switch n := len(all) - len(images); {
	case len(images) == 0:
		return nil, fmt.Errorf("images: all images in %s are masks, of %s: expected images beside them", from.path, from.masks)
	case n > 0:
		s.Remarks = append(s.Remarks, fmt.Sprintf("%s of %s in %s are masks, and not examined", humanize.Comma(int64(n)), humanize.Comma(int64(len(all))), from.path))
	}
	return images, nil
}

// below says whether a path is that of a folder or below it.
func below(dir, path string) bool {
	rel, err := filepath.Rel(dir, path)
	return err == nil && filepath.IsLocal(rel)
}
