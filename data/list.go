package data

import (
	"context"
	"fmt"
	"path/filepath"
)

// A Listed is an image file that List found.
type Listed struct {
	Path string // the folder as it was given, joined with Name
	Name string // the path below the folder, with slashes
}

// A Listing is what lies in a folder and the folders below it.
type Listing struct {
	Files   []Listed // the image files, in the order of their paths
	Skipped []Skip   // what could not be listed
	Remarks []string // what else was left out, and what was reached by links, each in a line
}

// List lists the image files of a folder and of the folders below as [Open] does, without reading
// them, and closes the folder again. An error says that there is no such folder, or no image file
// in it.
func List(ctx context.Context, dir string) (found Listing, err error) {
	root, real, err := openRoot(dir)
	if err != nil {
		return found, err
	}
	defer root.Close()
	l := listing{labels: LabelsNone}
	if err := l.walk(ctx, root.FS(), real, dir); err != nil {
		return found, err
	}
	for _, f := range l.files {
		name, err := filepath.Rel(dir, f.path)
		if err != nil {
			return found, fmt.Errorf("data: list folder %s: %w", dir, err)
		}
		found.Files = append(found.Files, Listed{f.path, filepath.ToSlash(name)})
	}
	found.Skipped, found.Remarks = l.skips, l.left.remarks()
	return found, nil
}
