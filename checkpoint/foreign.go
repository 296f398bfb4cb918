package checkpoint

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/reverie-go/reverie/internal/jsonfile"
	"github.com/reverie-go/reverie/internal/sniff"
)

// Folders of models as others lay them out. docs/models.md says which are read.

// flatScheduler is where the scheduler lies in a folder without folders.
const flatScheduler = "scheduler_config.json"

// note keeps a sentence for those who ask what was read otherwise than it lay there.
func (l *loader) note(c *Checkpoint, format string, args ...any) {
	c.Notes = append(c.Notes, fmt.Sprintf(format, args...))
}

// readParts finds out from the configurations alone what a folder without model_index.json holds.
func (l *loader) readParts() (x index, err error) {
	for _, dir := range []string{weightsDir, vaeDir, "."} {
		file := path.Join(dir, configName)
		if !l.exists(file) || dir == "." && x.arch != "" {
			continue
		}
		arch, err := l.archIn(file)
		if err != nil {
			return x, err
		}
		switch {
		case x.arch == "":
			x.arch, l.at = arch, dir
		case IsAutoencoder(arch) && !IsAutoencoder(x.arch) && dir == vaeDir:
			x.vae = arch
		}
	}
	if x.arch == "" {
		return x, l.name(indexFile, os.ErrNotExist)
	}
	return x, nil
}

// archIn is the architecture that a configuration names itself.
func (l *loader) archIn(file string) (string, error) {
	b, err := l.bytes(file)
	if err != nil {
		return "", err
	}
	var c struct {
		Class string `json:"_class_name"`
	}
	if err := jsonfile.Lenient(b, &c); err != nil {
		return "", l.name(file, err)
	}
	for _, class := range classes {
		if class.Name == c.Class {
			return class.Arch, nil
		}
	}
	return "", l.name(file, fmt.Errorf("_class_name is %q, and there is no %s that says more: expected %s", c.Class, indexFile,
		expected(func(c Class) bool { return c.Library != "reverie" })))
}

// schedulerOf is the file of the scheduler, "" where a folder without model_index.json has none.
func (l *loader) schedulerOf() string {
	for _, file := range []string{schedulerFile, flatScheduler} {
		if l.trainer == nil && l.exists(file) {
			return file
		}
	}
	if l.trainer == nil && !l.exists(indexFile) {
		return ""
	}
	return schedulerFile
}

// averageKeys are what diffusers' EMAModel adds to the configuration of the average.
var averageKeys = []string{"decay", "inv_gamma", "min_decay", "optimization_step", "power", "update_after_step", "use_ema_warmup"}

// withoutAverage takes those off.
func withoutAverage(config json.RawMessage) (json.RawMessage, error) {
	fields := map[string]json.RawMessage{}
	if err := json.Unmarshal(config, &fields); err != nil {
		return nil, err
	}
	maps.DeleteFunc(fields, func(key string, _ json.RawMessage) bool { return slices.Contains(averageKeys, key) })
	return json.Marshal(fields)
}

// A shard is a file with the tensors that an index says are in it; nil: whatever is there.
type shard struct {
	file string
	has  map[string]bool
}

// shardName is the name of one file of several.
var shardName = regexp.MustCompile(`-\d{5}-of-\d{5}\.`)

// weightsOf finds the files with the weights of the network in a folder.
func (l *loader) weightsOf(dir string, c *Checkpoint) ([]shard, error) {
	usual := path.Join(dir, tensorsName)
	if l.trainer != nil || l.exists(usual) {
		return []shard{{file: usual}}, nil
	}
	names, err := l.namesIn(dir)
	if err != nil {
		return nil, err
	}
	var whole, parts, indices []string
	for _, name := range names {
		switch {
		case strings.Contains(name, ".safetensors.index.") && strings.HasSuffix(name, ".json"):
			indices = append(indices, name)
		case !strings.HasSuffix(name, ".safetensors"):
		case shardName.MatchString(name):
			parts = append(parts, name)
		default:
			whole = append(whole, name)
		}
	}
	pick, err := l.choose(dir, slices.Concat(indices, whole))
	switch {
	case err != nil:
		return nil, err
	case pick == "" && len(parts) > 0:
		return nil, l.name(path.Join(dir, parts[0]), fmt.Errorf("is one of several shards, and their index, %s.index.json, is missing: get it from where the model is from", tensorsName))
	case pick == "":
		return nil, l.noWeights(dir, names)
	}
	l.note(c, "the weights are those of %s", path.Join(dir, pick))
	if slices.Contains(indices, pick) {
		return l.readShards(dir, pick)
	}
	return []shard{{file: path.Join(dir, pick)}}, nil
}

// variants are the forms of one set of weights, the one to take first.
var variants = []string{"", ".fp16", ".bf16"}

// choose picks among several sets of weights that of the first variant; "": there are none.
func (l *loader) choose(dir string, names []string) (string, error) {
	if len(names) == 1 {
		return names[0], nil
	}
	for _, v := range variants {
		for _, name := range []string{tensorsName + ".index" + v + ".json", "diffusion_pytorch_model" + v + ".safetensors"} {
			if slices.Contains(names, name) {
				return name, nil
			}
		}
	}
	if len(names) > 1 {
		return "", l.name(dir, fmt.Errorf("holds several sets of weights, %q: leave the one to read, or name it %s", names, tensorsName))
	}
	return "", nil
}

// readShards reads an index: which tensor lies in which file beside it.
func (l *loader) readShards(dir, name string) ([]shard, error) {
	file := path.Join(dir, name)
	b, err := l.bytes(file)
	if err != nil {
		return nil, err
	}
	shards, err := parseShards(b)
	if err != nil {
		return nil, l.name(file, err)
	}
	for i, s := range shards {
		in := path.Join(dir, s.file)
		if shards[i].file = in; !l.exists(in) {
			return nil, l.name(in, fmt.Errorf("the shard, which %s names, is missing (%w): get it from where the model is from", name, os.ErrNotExist))
		}
	}
	return shards, nil
}

// parseShards reads the text of an index. A shard is a file beside it.
func parseShards(b []byte) (shards []shard, err error) {
	var x struct {
		Map map[string]string `json:"weight_map"`
	}
	if err := jsonfile.Lenient(b, &x); err != nil {
		return nil, err
	}
	if len(x.Map) == 0 {
		return nil, errors.New("weight_map names no tensor")
	}
	has := map[string]map[string]bool{}
	for tensor, in := range x.Map {
		if path.Base(in) != in || filepath.Base(in) != in || !strings.HasSuffix(in, ".safetensors") {
			return nil, fmt.Errorf("weight_map: tensor %q lies in %q, expected the name of a safetensors file beside the index", tensor, in)
		}
		if has[in] == nil {
			has[in] = map[string]bool{}
		}
		has[in][tensor] = true
	}
	for _, in := range slices.Sorted(maps.Keys(has)) {
		shards = append(shards, shard{file: in, has: has[in]})
	}
	return shards, nil
}

// complete reports a tensor that an index names and the shard lacks.
func (s shard) complete(found map[string]Tensor) error {
	for _, tensor := range slices.Sorted(maps.Keys(s.has)) {
		if _, ok := found[tensor]; !ok {
			return errDamaged("tensor %q is not in it, where the index says so", tensor)
		}
	}
	return nil
}

// others are the endings of files of weights that are not read.
var others = []string{".bin", ".pt", ".pth", ".ckpt", ".pkl", ".h5", ".msgpack", ".onnx", ".gguf"}

// noWeights says what lies in the place of the weights.
func (l *loader) noWeights(dir string, names []string) error {
	for _, name := range names {
		if slices.Contains(others, path.Ext(name)) {
			file := path.Join(dir, name)
			kind, err := sniff.File(l.path(file))
			if err == nil && kind == sniff.Safetensors {
				err = fmt.Errorf("it is a safetensors file: name it %s", tensorsName)
			} else if err == nil {
				err = kind.Refuse(errors.New("it is named as one of PyTorch"), sniff.Safetensors)
			}
			return l.name(file, err)
		}
	}
	return l.name(path.Join(dir, tensorsName), os.ErrNotExist)
}

// namesIn lists a folder of the model, sorted.
func (l *loader) namesIn(dir string) ([]string, error) {
	entries, err := os.ReadDir(l.path(dir))
	if err != nil {
		return nil, l.name(dir, cause(err))
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names, nil
}
