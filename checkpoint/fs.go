package checkpoint

import "io"

// An FS changes files. Everything that this package writes goes through one, so that a test can
// stop it after any single operation; reading goes straight to the operating system. Paths are the
// operating system's.
type FS interface {
	// Mkdir makes one folder; it fails where something has the name.
	Mkdir(path string) error
	// Create makes a file for writing; it fails where something has the name.
	Create(path string) (File, error)
	// Rename moves a file or folder within a file system, atomically. It replaces a file, but not a
	// folder.
	Rename(from, to string) error
	// RemoveAll removes a file, or a folder with what it holds; nothing there is no error. It may
	// be stopped half-way.
	RemoveAll(path string) error
	// SyncDir makes the entries of a folder durable.
	SyncDir(path string) error
}

// A File is a new file being written.
type File interface {
	io.WriteCloser
	// Sync makes what was written durable.
	Sync() error
}
