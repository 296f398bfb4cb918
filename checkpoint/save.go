package checkpoint

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// Save writes runDir/checkpoints/step-%06d, of c.Trainer.Step, and gives its path. It writes under
// a temporary name, syncs every file and folder, renames, and syncs again; a checkpoint of the same
// step is replaced. Stopped at any point, it leaves the newest complete checkpoint as it was; what
// is left over is removed by the next Save or [OpenRun]. On an error (see [IsDiskFull]) its own
// half is removed at once. Only the holder of the run's lock may call it.
func Save(fs FS, runDir string, c *Checkpoint) (path string, err error) {
	fs = orOS(fs)
	if c.Trainer == nil || c.Optimizer == nil {
		return "", errors.New("save checkpoint: the state of the trainer or of the optimiser is missing")
	}
	dir := checkpointsDir(runDir)
	path = filepath.Join(dir, stepDir(c.Trainer.Step))
	if err := makeDir(fs, dir); err != nil {
		return "", fmt.Errorf("save checkpoint %s: %w", path, err)
	}
	if err := cleanCheckpoints(fs, runDir); err != nil {
		return "", fmt.Errorf("save checkpoint %s: %w", path, err)
	}
	if err := writeFolder(fs, path, c); err != nil {
		return "", fmt.Errorf("save checkpoint %s: %w", path, err)
	}
	return path, nil
}

// SaveModel writes a model folder without the state of a trainer, as import does; nothing may be at
// dir yet. c.Trainer, c.Optimizer are left out.
func SaveModel(fs FS, dir string, c *Checkpoint) error {
	if fs == nil {
		Sweep(filepath.Dir(filepath.Clean(dir)))
	}
	fs = orOS(fs)
	if _, err := os.Lstat(dir); err == nil {
		return fmt.Errorf("write model %s: exists already: choose another folder or remove it", dir)
	}
	model := *c
	model.Trainer, model.Optimizer = nil, nil
	if err := makeParents(fs, filepath.Dir(filepath.Clean(dir))); err != nil {
		return fmt.Errorf("write model %s: %w", dir, err)
	}
	if err := writeFolder(fs, filepath.Clean(dir), &model); err != nil {
		return fmt.Errorf("write model %s: %w", dir, err)
	}
	return nil
}

// makeDir makes a folder that may be there already, durably.
func makeDir(fs FS, dir string) error {
	if info, err := os.Stat(dir); err == nil && info.IsDir() {
		return nil
	}
	if err := fs.Mkdir(dir); err != nil && !isDir(dir) { // another process may have been first
		return err
	}
	return fs.SyncDir(filepath.Dir(dir))
}

// makeParents makes a folder and those above it.
func makeParents(fs FS, dir string) error {
	if _, err := os.Stat(dir); err == nil || filepath.Dir(dir) == dir {
		return nil
	}
	if err := makeParents(fs, filepath.Dir(dir)); err != nil {
		return err
	}
	return makeDir(fs, dir)
}

// writeFolder writes a folder under a temporary name and puts it into its place.
func writeFolder(fs FS, path string, c *Checkpoint) error {
	tmp := Temporary(filepath.Dir(path))
	w := &folderWriter{fs: fs, dir: tmp, sums: map[string]string{}}
	if err := w.model(c); err != nil {
		_ = fs.RemoveAll(tmp) // the first error is the one to tell
		return err
	}
	if err := swapIn(fs, tmp, path); err != nil {
		_ = fs.RemoveAll(tmp)
		return err
	}
	return nil
}

// swapIn renames tmp to path. A folder that is there cannot be replaced in one operation: it is set
// aside first, under a name that [List] falls back on.
func swapIn(fs FS, tmp, path string) error {
	parent, old := filepath.Dir(path), path+oldSuffix
	_, err := os.Lstat(path)
	replaces := err == nil
	if replaces {
		if err := fs.Rename(path, old); err != nil {
			return err
		}
	}
	if err := fs.Rename(tmp, path); err != nil {
		if replaces {
			err = errors.Join(err, fs.Rename(old, path))
		}
		return err
	}
	if err := fs.SyncDir(parent); err != nil || !replaces {
		return err
	}
	return fs.RemoveAll(old)
}

// A folderWriter writes the files of a model folder and notes their SHA-256.
type folderWriter struct {
	fs   FS
	dir  string
	sums map[string]string
	buf  []byte // of the tensor being filled
}

// model writes all files; trainer.json, which lists the others, comes last.
func (w *folderWriter) model(c *Checkpoint) error {
	if err := w.fs.Mkdir(w.dir); err != nil {
		return err
	}
	if err := w.json(indexFile, func() ([]byte, error) { return encodeIndex(c) }); err != nil {
		return err
	}
	if c.HasScheduler() {
		if err := w.scheduler(c.Scheduler); err != nil {
			return err
		}
	}
	weights, ema := networkDirs(c.Arch)
	if err := w.network(weights, c.Arch, c.ArchConfig, c.Fill, group{part: Weights, tensors: c.Weights}); err != nil {
		return err
	}
	if c.EMA != nil {
		if err := w.network(ema, c.Arch, c.ArchConfig, c.Fill, group{part: EMA, tensors: c.EMA}); err != nil {
			return err
		}
	}
	if v := c.VAE; v != nil {
		if err := w.network(vaeDir, v.Arch, v.ArchConfig, c.Fill, group{part: VAE, tensors: v.Weights}); err != nil {
			return err
		}
	}
	if c.Trainer != nil {
		if err := w.trainer(c); err != nil {
			return err
		}
	}
	return w.fs.SyncDir(w.dir)
}

func (w *folderWriter) scheduler(c SchedulerConfig) error {
	if err := c.Validate(); err != nil {
		return fmt.Errorf("%s: %w", schedulerFile, err)
	}
	if err := w.fs.Mkdir(filepath.Join(w.dir, schedulerDir)); err != nil {
		return err
	}
	c.ClassName, c.DiffusersVersion = "DDPMScheduler", diffusersVersion
	if err := w.json(schedulerFile, func() ([]byte, error) { return encodeJSON(c) }); err != nil {
		return err
	}
	return w.fs.SyncDir(filepath.Join(w.dir, schedulerDir))
}

// network writes the configuration and the weights of unet/, unet_ema/ or vae/.
func (w *folderWriter) network(dir, arch string, config json.RawMessage, fill fillFunc, g group) error {
	if err := w.fs.Mkdir(filepath.Join(w.dir, dir)); err != nil {
		return err
	}
	if err := w.json(dir+"/"+configName, func() ([]byte, error) { return encodeConfig(arch, config) }); err != nil {
		return err
	}
	if err := w.tensors(dir+"/"+tensorsName, fill, g); err != nil {
		return err
	}
	return w.fs.SyncDir(filepath.Join(w.dir, dir))
}

func (w *folderWriter) trainer(c *Checkpoint) error {
	groups := []group{{tensors: map[string]Tensor{stepName: ScalarI64(c.Optimizer.Step)}}, {part: Memory, prefix: memoryPrefix, tensors: c.Memory}}
	for name, m := range c.Optimizer.Moments {
		if name == "" || strings.Contains(name, ".") || name+"." == memoryPrefix {
			return fmt.Errorf("a moment of the optimiser is called %q; expected a name without dots, and not %s", name, Memory)
		}
		groups = append(groups, group{part: Moment(name), prefix: name + ".", tensors: m})
	}
	if err := w.tensors(momentsFile, c.Fill, groups...); err != nil {
		return err
	}
	return w.json(trainerFile, func() ([]byte, error) { return c.Trainer.encode(w.sums) })
}

// file writes and syncs one file and notes its SHA-256.
func (w *folderWriter) file(name string, write func(io.Writer) error) error {
	h := sha256.New()
	err := createSynced(w.fs, filepath.Join(w.dir, filepath.FromSlash(name)), func(f io.Writer) error {
		return write(io.MultiWriter(f, h))
	})
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	w.sums[name] = hex.EncodeToString(h.Sum(nil))
	return nil
}

func (w *folderWriter) json(name string, encode func() ([]byte, error)) error {
	b, err := encode()
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return w.file(name, func(f io.Writer) error {
		_, err := io.Copy(f, bytes.NewReader(b))
		return err
	})
}

// A group is a dictionary of tensors with a prefix for their names in a file.
type group struct {
	part    Part
	prefix  string
	tensors map[string]Tensor
}

// tensors writes groups of tensors into one safetensors file.
func (w *folderWriter) tensors(name string, fill fillFunc, groups ...group) error {
	var infos []Info
	data := map[string]func() ([]byte, error){}
	for _, g := range groups {
		for key, t := range g.tensors {
			infos = append(infos, Info{Name: g.prefix + key, DType: t.DType, Shape: t.Shape})
			data[g.prefix+key] = func() ([]byte, error) { return w.data(t, fill, g.part, key) }
		}
	}
	return w.file(name, func(f io.Writer) error {
		return writeSafetensors(f, infos, map[string]string{"format": "pt"}, func(in Info) ([]byte, error) { return data[in.Name]() })
	})
}

type fillFunc = func(part Part, name string, dst []byte) error

// data gives a tensor's own data, or has the caller fill them into a buffer that the next tensor
// uses again.
func (w *folderWriter) data(t Tensor, fill fillFunc, part Part, name string) ([]byte, error) {
	n := t.Bytes()
	if t.Data != nil || n == 0 {
		return t.Data, nil
	}
	if fill == nil {
		return nil, errors.New("has no data")
	}
	if int64(cap(w.buf)) < n {
		w.buf = make([]byte, n)
	}
	b := w.buf[:n]
	return b, fill(part, name, b)
}
