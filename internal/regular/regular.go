// Package regular opens files for reading that somebody names, or has put where one is looked for.
package regular

import (
	"fmt"
	"os"
)

// Open opens a regular file and says what it is; a link is followed. A folder, a device or a pipe,
// which may wait or give bytes for ever, is refused before it is opened, and once more when it is:
// it may have changed places with the file.
func Open(path string) (*os.File, os.FileInfo, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, nil, refuse(path, info.Mode())
	}
	f, err := os.OpenFile(path, os.O_RDONLY|nonblock, 0)
	if err != nil {
		return nil, nil, err
	}
	if info, err = f.Stat(); err == nil && !info.Mode().IsRegular() {
		err = refuse(path, info.Mode())
	}
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return f, info, nil
}

func refuse(path string, m os.FileMode) error {
	return &os.PathError{Op: "open", Path: path, Err: fmt.Errorf("is a %s, expected a file", Kind(m))}
}

// Kind says in words what a path is.
func Kind(m os.FileMode) string {
	switch {
	case m.IsDir():
		return "folder"
	case m&os.ModeSymlink != 0:
		return "link"
	case m.IsRegular():
		return "file"
	}
	return "device or pipe"
}
