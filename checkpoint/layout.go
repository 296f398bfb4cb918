package checkpoint

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/reverie-go/reverie/internal/jsonfile"
)

// The files of a model folder, by their paths with forward slashes.
const (
	indexFile        = "model_index.json"
	schedulerDir     = "scheduler"
	schedulerFile    = "scheduler/scheduler_config.json"
	weightsDir       = "unet"
	emaDir           = "unet_ema"
	vaeDir           = "vae"
	vaeEMADir        = "vae_ema"
	classifierDir    = "classifier"
	classifierEMADir = "classifier_ema"
	configName       = "config.json"
	tensorsName      = "diffusion_pytorch_model.safetensors"
	trainerFile      = "trainer.json"
	momentsFile      = "trainer.safetensors"
)

// stepName is the counter of steps in trainer.safetensors.
const stepName = "step"

// modelIndex is model_index.json: for each part the library and the class.
type modelIndex struct {
	ClassName        string    `json:"_class_name"`
	DiffusersVersion string    `json:"_diffusers_version"`
	Scheduler        [2]string `json:"scheduler"`
	UNet             [2]string `json:"unet"`
}

// vaeIndex is model_index.json of an autoencoder alone, latentIndex that of a network in an
// autoencoder's latent space, and classifierIndex that of a classifier.
type (
	vaeIndex struct {
		ClassName        string    `json:"_class_name"`
		DiffusersVersion string    `json:"_diffusers_version"`
		VAE              [2]string `json:"vae"`
	}
	latentIndex struct {
		modelIndex
		VAE [2]string `json:"vae"`
	}
	classifierIndex struct {
		ClassName        string     `json:"_class_name"`
		DiffusersVersion string     `json:"_diffusers_version"`
		Scheduler        *[2]string `json:"scheduler,omitempty"`
		Classifier       [2]string  `json:"classifier"`
	}
)

// encodeIndex gives model_index.json.
func encodeIndex(c *Checkpoint) ([]byte, error) {
	class, err := classOf(c.Arch)
	if err != nil {
		return nil, err
	}
	scheduler := [2]string{"diffusers", "DDPMScheduler"}
	switch role := RoleOf(c.Arch); {
	case role != Denoiser && c.VAE != nil:
		return nil, fmt.Errorf("architecture %q has no autoencoder of its own", c.Arch)
	case role == Autoencoder:
		return encodeJSON(vaeIndex{ClassName: "DiffusionPipeline", DiffusersVersion: diffusersVersion, VAE: class})
	case role == Classifier:
		x := classifierIndex{ClassName: "DiffusionPipeline", DiffusersVersion: diffusersVersion, Classifier: class}
		if c.HasScheduler() {
			x.Scheduler = &scheduler
		}
		return encodeJSON(x)
	}
	x := modelIndex{ClassName: "DDPMPipeline", DiffusersVersion: diffusersVersion, Scheduler: scheduler, UNet: class}
	if c.VAE == nil {
		return encodeJSON(x)
	}
	x.ClassName = "DiffusionPipeline"
	vae, err := classOf(c.VAE.Arch)
	if err == nil && !IsAutoencoder(c.VAE.Arch) {
		err = fmt.Errorf("architecture %q is no autoencoder", c.VAE.Arch)
	}
	if err != nil {
		return nil, err
	}
	return encodeJSON(latentIndex{modelIndex: x, VAE: vae})
}

// An index is what model_index.json says: the network's architecture, that of the autoencoder
// beside it, or "", and whether there is a scheduler.
type index struct {
	arch, vae string
	scheduler bool
}

// parseIndex reads model_index.json. A pipeline with other parts than a network, a scheduler and an
// autoencoder is refused; settings of others' pipelines and parts that are null are passed over.
func parseIndex(b []byte) (x index, err error) {
	fields := map[string]json.RawMessage{}
	if err := jsonfile.Strict(b, &fields); err != nil {
		return x, err
	}
	parts := map[string][]string{}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		var class []string
		if known := slices.Contains([]string{"vae", "unet", "classifier", "scheduler"}, name); !known && (strings.HasPrefix(name, "_") || !isPart(fields[name], &class)) {
			continue
		} else if !known {
			return x, fmt.Errorf("part %q, a %s of %s, is not supported: expected unet, scheduler and vae alone", name, class[1], class[0])
		}
		if err := json.Unmarshal(fields[name], &class); err != nil || class != nil && len(class) != 2 {
			return x, fmt.Errorf(`%s: expected ["library", "class"]`, name)
		}
		if class != nil && class[0] != "" {
			parts[name] = class
		}
	}
	return indexOf(parts)
}

// isPart says whether a value of model_index.json names a part that is there.
func isPart(value json.RawMessage, class *[]string) bool {
	return json.Unmarshal(value, class) == nil && len(*class) == 2 && (*class)[0] != ""
}

// indexOf checks the parts of a pipeline.
func indexOf(parts map[string][]string) (x index, err error) {
	x.scheduler = parts["scheduler"] != nil
	if class := parts["classifier"]; class != nil {
		return classifierOf(parts, x.scheduler)
	}
	if class := parts["vae"]; class != nil {
		if x.vae, err = partOf("vae", class); err != nil {
			return x, err
		}
		if !IsAutoencoder(x.vae) {
			return x, fmt.Errorf("vae is of class %q, expected %s", class[1], expected(func(c Class) bool { return c.Role == Autoencoder }))
		}
		if parts["unet"] == nil && parts["scheduler"] == nil {
			return index{arch: x.vae}, nil
		}
	}
	if parts["scheduler"] == nil {
		return x, errors.New(`scheduler: expected ["library", "class"]`)
	}
	if x.arch, err = partOf("unet", parts["unet"]); err != nil {
		return x, err
	}
	if RoleOf(x.arch) != Denoiser {
		what := map[Role]string{Autoencoder: "an autoencoder", Classifier: "a classifier"}[RoleOf(x.arch)]
		return x, fmt.Errorf("unet is of class %q, %s", parts["unet"][1], what)
	}
	return x, nil
}

// classifierOf is the index of a classifier, which has no other network beside it.
func classifierOf(parts map[string][]string, scheduler bool) (x index, err error) {
	if x.arch, err = partOf("classifier", parts["classifier"]); err != nil {
		return x, err
	}
	switch {
	case RoleOf(x.arch) != Classifier:
		return x, fmt.Errorf("classifier is of class %q, expected %s", parts["classifier"][1], expected(func(c Class) bool { return c.Role == Classifier }))
	case parts["unet"] != nil || parts["vae"] != nil:
		return x, errors.New("a classifier beside a unet or a vae is not supported: expected it alone")
	}
	x.scheduler = scheduler
	return x, nil
}

// partOf is the architecture of a part of model_index.json.
func partOf(name string, class []string) (arch string, err error) {
	if len(class) != 2 {
		return "", fmt.Errorf(`%s: expected ["library", "class"]`, name)
	}
	return archOf(name, [2]string(class))
}

// encodeConfig gives unet/config.json: the architecture's own configuration with the class, keys
// sorted.
func encodeConfig(arch string, config json.RawMessage) ([]byte, error) {
	class, err := classOf(arch)
	if err != nil {
		return nil, err
	}
	fields := map[string]json.RawMessage{}
	if len(config) > 0 {
		if err := jsonfile.Strict(config, &fields); err != nil {
			return nil, fmt.Errorf("architecture's configuration: %w", err)
		}
		if fields == nil {
			return nil, errors.New("architecture's configuration is null, expected an object")
		}
	}
	fields["_class_name"] = quote(class[1])
	fields["_diffusers_version"] = quote(diffusersVersion)
	return encodeJSON(fields)
}

// parseConfig reads unet/config.json: the object without the keys that start with an underscore,
// compact, keys sorted.
func parseConfig(b []byte, class string) (json.RawMessage, error) {
	fields := map[string]json.RawMessage{}
	if err := jsonfile.Lenient(b, &fields); err != nil {
		return nil, err
	}
	if fields == nil {
		return nil, errors.New("found null, expected an object")
	}
	if c, ok := fields["_class_name"]; ok && string(c) != string(quote(class)) {
		return nil, fmt.Errorf("_class_name is %s, %s names the class %q", c, indexFile, class)
	}
	for key := range fields {
		if strings.HasPrefix(key, "_") {
			delete(fields, key)
		}
	}
	return json.Marshal(fields)
}
