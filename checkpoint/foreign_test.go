package checkpoint

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// foreign is a model folder of the sample checkpoint as somebody else has it, and its weights'
// file.
func foreign(t *testing.T) (dir, weights string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "model")
	c := sample(1, 0)
	c.EMA = nil
	if err := SaveModel(nil, dir, c); err != nil {
		t.Fatal(err)
	}
	return dir, filepath.Join(dir, "unet", tensorsName)
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o777), os.WriteFile(path, []byte(text), 0o666)); err != nil {
		t.Fatal(err)
	}
}

func move(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}

// loads resolves and loads a path, whose weights must be the sample's.
func loads(t *testing.T, path string) *Checkpoint {
	t.Helper()
	found, err := Resolve(path)
	if err != nil {
		t.Fatal(err)
	}
	c, err := Load(found.Model)
	if err != nil {
		t.Fatal(err)
	}
	equalTensors(t, c.Weights, sample(1, 0).Weights)
	return c
}

// noted says whether a note has the words.
func noted(t *testing.T, c *Checkpoint, words string) {
	t.Helper()
	if !slices.ContainsFunc(c.Notes, func(n string) bool { return strings.Contains(n, words) }) {
		t.Errorf("notes %q, want %q among them", c.Notes, words)
	}
}

// The cache of huggingface_hub holds links from a snapshot to blobs outside of it.
func TestHuggingFaceCache(t *testing.T) {
	dir, _ := foreign(t)
	root := filepath.Join(t.TempDir(), "models--somebody--birds")
	for i, name := range slices.Sorted(maps.Keys(filesOf(t, dir))) {
		blob, link := filepath.Join(root, "blobs", fmt.Sprintf("%040d", i)), filepath.Join(root, "snapshots", "0a1b", filepath.FromSlash(name))
		write(t, blob, filesOf(t, dir)[name])
		if err := errors.Join(os.MkdirAll(filepath.Dir(link), 0o777), os.Symlink(blob, link)); err != nil {
			t.Skip(err)
		}
	}
	loads(t, root) // the only snapshot
	if err := os.CopyFS(filepath.Join(root, "snapshots", "2c3d"), os.DirFS(t.TempDir())); err != nil {
		t.Fatal(err)
	}
	if _, err := Resolve(root); !errors.Is(err, ErrNotModel) || !strings.Contains(err.Error(), "2c3d") {
		t.Errorf("two snapshots: error %v", err)
	}
	for _, name := range []string{"../../x", "9e9e", ""} {
		write(t, filepath.Join(root, "refs", "main"), name)
		if _, err := Resolve(root); !errors.Is(err, ErrNotModel) {
			t.Errorf("refs/main %q: error %v", name, err)
		}
	}
	write(t, filepath.Join(root, "refs", "main"), "0a1b\n")
	loads(t, root)
	loads(t, filepath.Join(root, "snapshots", "0a1b"))
}

// What a link of a model folder leads to is a bounded file, or refused without being waited for.
func TestModelLinks(t *testing.T) {
	for _, target := range []string{"/dev/zero", os.TempDir()} {
		dir, weights := foreign(t)
		for _, path := range []string{weights, filepath.Join(dir, indexFile)} {
			if err := errors.Join(os.Remove(path), os.Symlink(target, path)); err != nil {
				t.Skip(err)
			}
			if _, err := Load(dir); err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "expected a file") {
				t.Errorf("%s -> %s: error %v", path, target, err)
			}
		}
	}
}

func TestVariants(t *testing.T) {
	dir, weights := foreign(t)
	half := filepath.Join(dir, "unet", "diffusion_pytorch_model.fp16.safetensors")
	move(t, weights, half)
	noted(t, loads(t, dir), "diffusion_pytorch_model.fp16.safetensors")
	write(t, filepath.Join(dir, "unet", "diffusion_pytorch_model.non_ema.safetensors"), "")
	loads(t, dir) // of two, the one of a known variant
	move(t, half, filepath.Join(dir, "unet", "other.safetensors"))
	if _, err := Load(dir); err == nil || !strings.Contains(err.Error(), "several sets of weights") || !strings.Contains(err.Error(), "other.safetensors") {
		t.Errorf("two of no known variant: error %v", err)
	}
	if err := os.Remove(filepath.Join(dir, "unet", "diffusion_pytorch_model.non_ema.safetensors")); err != nil {
		t.Fatal(err)
	}
	loads(t, dir) // the only one, whatever its name
}

// shards cuts the sample's weights in two, with an index that change may spoil.
func shards(t *testing.T, change func(index map[string]string, files []map[string]Tensor)) string {
	t.Helper()
	dir, weights := foreign(t)
	if err := os.Remove(weights); err != nil {
		t.Fatal(err)
	}
	files, index := []map[string]Tensor{{}, {}}, map[string]string{}
	name := func(i int) string { return fmt.Sprintf("diffusion_pytorch_model-%05d-of-00002.safetensors", i+1) }
	for i, key := range slices.Sorted(maps.Keys(sample(1, 0).Weights)) {
		files[i%2][key], index[key] = sample(1, 0).Weights[key], name(i%2)
	}
	change(index, files)
	for i, f := range files {
		if err := WriteSafetensorsFile(nil, filepath.Join(dir, "unet", name(i)), f, nil); err != nil {
			t.Fatal(err)
		}
	}
	b, err := json.Marshal(map[string]any{"metadata": map[string]int{"total_size": 1}, "weight_map": index})
	if err != nil {
		t.Fatal(err)
	}
	write(t, weights+".index.json", string(b))
	return dir
}

func TestShards(t *testing.T) {
	dir := shards(t, func(map[string]string, []map[string]Tensor) {})
	noted(t, loads(t, dir), tensorsName+".index.json")
	first := filepath.Join(dir, "unet", "diffusion_pytorch_model-00001-of-00002.safetensors")
	tensors, notes, err := ReadWeights(filepath.Join(dir, "unet", tensorsName+".index.json"))
	if err != nil || len(notes) != 0 {
		t.Errorf("the index by itself: %v, %q", err, notes)
	}
	equalTensors(t, tensors, sample(1, 0).Weights)
	if err := os.Remove(first); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(dir); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), first) {
		t.Errorf("a shard is missing: error %v", err)
	}
	if err := os.Remove(filepath.Join(dir, "unet", tensorsName+".index.json")); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(dir); err == nil || !strings.Contains(err.Error(), ".index.json, is missing") {
		t.Errorf("the index is missing: error %v", err)
	}
	one := slices.Min(slices.Collect(maps.Keys(sample(1, 0).Weights)))
	for want, change := range map[string]func(index map[string]string, files []map[string]Tensor){
		"does not say that it is in this shard": func(index map[string]string, files []map[string]Tensor) { files[1][one] = files[0][one] },
		"is not in it, where the index says so": func(index map[string]string, files []map[string]Tensor) { index["ghost"] = index[one] },
		"beside the index":                      func(index map[string]string, files []map[string]Tensor) { index[one] = "../unet/" + index[one] },
		`"/etc/x.safetensors"`:                  func(index map[string]string, files []map[string]Tensor) { index[one] = "/etc/x.safetensors" },
		`"x.bin", expected`:                     func(index map[string]string, files []map[string]Tensor) { index[one] = "x.bin" },
		"names no tensor":                       func(index map[string]string, files []map[string]Tensor) { clear(index) },
	} {
		dir := shards(t, change)
		if _, err := Load(dir); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), dir) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

// Files without folders, with and without an index; without a scheduler the default is said.
func TestFlat(t *testing.T) {
	dir, _ := foreign(t)
	for _, name := range []string{configName, tensorsName} {
		move(t, filepath.Join(dir, "unet", name), filepath.Join(dir, name))
	}
	move(t, filepath.Join(dir, filepath.FromSlash(schedulerFile)), filepath.Join(dir, flatScheduler))
	if err := errors.Join(os.Remove(filepath.Join(dir, "unet")), os.Remove(filepath.Join(dir, schedulerDir))); err != nil {
		t.Fatal(err)
	}
	if c := loads(t, dir); c.Scheduler.NumTrainTimesteps != sample(1, 0).Scheduler.NumTrainTimesteps {
		t.Errorf("scheduler %+v", c.Scheduler)
	}
	if err := os.Remove(filepath.Join(dir, indexFile)); err != nil {
		t.Fatal(err)
	}
	loads(t, dir)
	if err := os.Remove(filepath.Join(dir, flatScheduler)); err != nil {
		t.Fatal(err)
	}
	c := loads(t, dir)
	noted(t, c, "taken for diffusers' DDPMScheduler as it is, T = 1000")
	if c.Scheduler.BetaEnd != 0.02 {
		t.Errorf("scheduler %+v", c.Scheduler)
	}
	write(t, filepath.Join(dir, configName), `{"_class_name": "BertModel"}`)
	if _, err := Load(dir); err == nil || !strings.Contains(err.Error(), `_class_name is "BertModel"`) {
		t.Errorf("another network: error %v", err)
	}
}

// Parts in their folders without model_index.json; one part of a whole is not taken for a model.
func TestPartsWithoutIndex(t *testing.T) {
	dir, _ := foreign(t)
	if _, err := Resolve(filepath.Join(dir, "unet")); !errors.Is(err, ErrNotModel) || !strings.Contains(err.Error(), "give "+dir) {
		t.Errorf("a part: error %v", err)
	}
	if err := os.Remove(filepath.Join(dir, indexFile)); err != nil {
		t.Fatal(err)
	}
	loads(t, dir)
}

// What is not safetensors is named, with what makes it so.
func TestOtherWeights(t *testing.T) {
	lfs := "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 3\n"
	for _, c := range []struct{ name, text, want string }{
		{"diffusion_pytorch_model.bin", "\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.", "save_file"},
		{"last.ckpt", "\x80\x02}q\x00.", "pickle"},
		{tensorsName, lfs, "git lfs pull"},
		{tensorsName, "<!DOCTYPE html><html></html>", "web page"},
		{tensorsName, `{"error": "not found"}`, "JSON file"},
		{"model.gguf", "GGUF\x03\x00\x00\x00", "GGUF model"},
	} {
		dir, weights := foreign(t)
		if err := os.Remove(weights); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, "unet", c.name)
		write(t, path, c.text)
		if _, err := Load(dir); err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.name, err, c.want)
		}
		if _, _, err := ReadWeights(path); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s by itself: error %v, want %q", c.name, err, c.want)
		}
	}
	dir, weights := foreign(t)
	if err := os.Rename(weights, filepath.Join(dir, "unet", "last.ckpt")); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(dir); err == nil || !strings.Contains(err.Error(), "last.ckpt: it is a safetensors file: name it "+tensorsName) {
		t.Errorf("safetensors of another name: error %v", err)
	}
	dir, _ = foreign(t)
	write(t, filepath.Join(dir, "unet", configName), lfs)
	if _, err := Load(dir); err == nil || !strings.Contains(err.Error(), "git lfs pull") {
		t.Errorf("a configuration: error %v", err)
	}
}

// The average that diffusers' EMAModel saves has keys of its own in its configuration.
func TestForeignAverage(t *testing.T) {
	dir, _ := foreign(t)
	if err := os.CopyFS(filepath.Join(dir, "unet_ema"), os.DirFS(filepath.Join(dir, "unet"))); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "unet_ema", configName)
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	write(t, path, strings.Replace(string(b), "{", `{"decay": 0.9999, "inv_gamma": 1.0, "min_decay": 0.0, "optimization_step": 15, "power": 0.75, "update_after_step": 0, "use_ema_warmup": true,`, 1))
	if c := loads(t, dir); c.EMA == nil {
		t.Error("no average")
	}
}

func TestPlainNames(t *testing.T) {
	one := FromF32s([]float32{1})
	for _, c := range []struct {
		from, to []string
		note     string
	}{
		{[]string{"a.weight", "b.key.weight"}, []string{"a.weight", "b.key.weight"}, ""},
		{[]string{"module.a.weight", "module.b"}, []string{"a.weight", "b"}, `"module." taken off`},
		{[]string{"_orig_mod.module.a", "_orig_mod.module.b"}, []string{"a", "b"}, `"_orig_mod." taken off`},
		{[]string{"down._orig_mod.a", "mid.module.b"}, []string{"down.a", "mid.b"}, `"_orig_mod." taken off`},
		{[]string{"ema_model.module.a", "ema_model.module.b"}, []string{"a", "b"}, `"ema_model." taken off`},
		{[]string{"module.model.a", "module.model.b"}, []string{"a", "b"}, `"model." taken off`},
		{[]string{"model.diffusion_model.a", "model.diffusion_model.b"}, []string{"a", "b"}, `"diffusion_model." taken off`},
		{[]string{"denoise_fn.a", "denoise_fn.b"}, []string{"a", "b"}, `"denoise_fn." taken off`},
		{[]string{"colora.a", "floral_A"}, []string{"colora.a", "floral_A"}, ""},
		{[]string{"model.a", "step"}, []string{"model.a", "step"}, ""},
		{[]string{"mid.attentions.0.query.weight", "mid.attentions.0.proj_attn.bias", "x.key.weight"},
			[]string{"mid.attentions.0.to_q.weight", "mid.attentions.0.to_out.0.bias", "x.key.weight"}, "2 of 3 tensors: old names of attention"},
	} {
		dict := map[string]Tensor{}
		for _, name := range c.from {
			dict[name] = one
		}
		got, notes, err := PlainNames(dict)
		slices.Sort(c.to)
		if err != nil || !slices.Equal(slices.Sorted(maps.Keys(got)), c.to) || !strings.Contains(strings.Join(notes, "; "), c.note) || c.note == "" && notes != nil {
			t.Errorf("%q became %q, notes %q, %v", c.from, slices.Sorted(maps.Keys(got)), notes, err)
		}
	}
	for _, name := range []string{"down.lora_A.weight", "lora_unet_down.lora_down.weight", "mid.to_q.lora.up.weight", "base.lora_B.default.weight", "lora_up"} {
		if _, _, err := PlainNames(map[string]Tensor{name: one}); err == nil || !strings.Contains(err.Error(), "LoRA") {
			t.Errorf("%s: error %v", name, err)
		}
	}
	if _, _, err := PlainNames(map[string]Tensor{"module.a": one, "a": one}); err == nil || !strings.Contains(err.Error(), `"a" and "module.a"`) {
		t.Errorf("two of a name: error %v", err)
	}
}

// Whatever tensors are called, none is lost.
func FuzzPlainNames(f *testing.F) {
	f.Add("module.a", "_orig_mod.model.b")
	f.Add("model.", "model.model.")
	f.Add("attentions.0.query.weight", "unet.unet.x")
	f.Fuzz(func(t *testing.T, a, b string) {
		dict := map[string]Tensor{a: {}, b: {}}
		if got, _, err := PlainNames(dict); err == nil && len(got) != len(dict) {
			t.Errorf("%q and %q became %v", a, b, got)
		}
	})
}
