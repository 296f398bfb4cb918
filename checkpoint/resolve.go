package checkpoint

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/reverie-go/reverie/internal/regular"
)

// Kind says what Resolve found.
type Kind int

// What a path can be.
const (
	RunFolder        Kind = iota // runs/NAME-N
	CheckpointFolder             // runs/NAME-N/checkpoints/step-000500, or a copy of it
	ModelFolder                  // a model without trainer.json, imported or from diffusers
)

// Found is what a path leads to.
type Found struct {
	Kind  Kind
	Model string // the folder to Load
	Run   string // the run folder, "" for a model or a copied checkpoint
}

// Resolve finds the model behind a run folder (its newest complete checkpoint), a checkpoint
// folder, a model folder, or a model's folder in Hugging Face's cache (the snapshot that refs/main
// names). Its errors wrap os.ErrNotExist, ErrNoCheckpoint or ErrNotModel.
func Resolve(path string) (Found, error) {
	st, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return Found{}, fmt.Errorf("%s: no such run, checkpoint or model folder: %w", path, os.ErrNotExist)
	case err != nil:
		return Found{}, err
	case !st.IsDir():
		return Found{}, fmt.Errorf("%s: %w: it is a file; give the folder that holds the model", path, ErrNotModel)
	case isFile(filepath.Join(path, indexFile)):
		return resolveModel(path), nil
	case runMark(path) != "":
		e, err := Latest(path)
		if err != nil {
			return Found{}, err
		}
		return Found{Kind: RunFolder, Model: e.Path, Run: path}, nil
	case isDir(filepath.Join(path, "snapshots")):
		snapshot, err := snapshotOf(path)
		if err != nil {
			return Found{}, err
		}
		return Resolve(snapshot)
	case hasConfig(path):
		if model, part := filepath.Dir(filepath.Clean(path)), filepath.Base(path); isFile(filepath.Join(model, indexFile)) && part != vaeDir {
			return Found{}, fmt.Errorf("%s: %w: it is a part of one; give %s", path, ErrNotModel, model)
		}
		return Found{Kind: ModelFolder, Model: path}, nil
	}
	return Found{}, fmt.Errorf("%s: %w: it has neither checkpoints, nor %s, nor the %s of a network with its weights", path, ErrNotModel, indexFile, configName)
}

// Open is Resolve and Load in one. A run whose checkpoint is pruned while it is read is resolved
// again; of one whose newest checkpoint cannot be read the error names the newest that can.
func Open(path string, opts ...LoadOption) (found Found, c *Checkpoint, err error) {
	const tries = 5
	for range tries {
		if found, err = Resolve(path); err != nil {
			return found, nil, err
		}
		if c, err = Load(found.Model, opts...); err == nil {
			return found, c, nil
		}
		if found.Kind != RunFolder || isDir(found.Model) {
			break
		}
	}
	if found.Kind == RunFolder {
		err = withOlder(found, err)
	}
	return found, nil, err
}

// withOlder adds to the error of a run's newest checkpoint which one can be read.
func withOlder(found Found, err error) error {
	step, _ := parseStep(strings.TrimSuffix(filepath.Base(found.Model), oldSuffix))
	older, ok := Older(found.Run, Entry{Step: step, Path: found.Model})
	if !ok {
		return err
	}
	return fmt.Errorf("%w; the checkpoint of step %d is whole: give %s", err, older.Step, older.Path)
}

// hasConfig says whether a folder without model_index.json holds a network, by itself or in folders
// of its parts.
func hasConfig(path string) bool {
	for _, dir := range []string{weightsDir, vaeDir, "."} {
		if isFile(filepath.Join(path, dir, configName)) {
			return true
		}
	}
	return false
}

// snapshotOf finds the snapshot in a model's folder of Hugging Face's cache, models--OWNER--NAME:
// the one that refs/main names, or the only one.
func snapshotOf(path string) (string, error) {
	dir := filepath.Join(path, "snapshots")
	b, err := readSmall(filepath.Join(path, "refs", "main"))
	name := strings.TrimSpace(string(b))
	if err == nil && filepath.IsLocal(name) && filepath.Base(name) == name && isDir(filepath.Join(dir, name)) {
		return filepath.Join(dir, name), nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", err
	}
	var names []string
	for _, e := range entries {
		if isDir(filepath.Join(dir, e.Name())) {
			names = append(names, e.Name())
		}
	}
	if len(names) != 1 {
		return "", fmt.Errorf("%s: %w: refs/main names no snapshot of it, and %s has %d, %.200q: give one of those folders", path, ErrNotModel, dir, len(names), names)
	}
	return filepath.Join(dir, names[0]), nil
}

// readSmall reads a regular file of at most a kilobyte.
func readSmall(path string) ([]byte, error) {
	f, _, err := regular.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, 1<<10))
}

func resolveModel(path string) Found {
	if !isFile(filepath.Join(path, trainerFile)) {
		return Found{Kind: ModelFolder, Model: path}
	}
	f := Found{Kind: CheckpointFolder, Model: path}
	if abs, err := filepath.Abs(path); err == nil {
		parent := filepath.Dir(abs)
		if run := filepath.Dir(parent); filepath.Base(parent) == "checkpoints" && runMark(run) != "" {
			f.Run = run
		}
	}
	return f
}
