package checkpoint

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// The files of a model folder, by their paths with forward slashes.
const (
	indexFile     = "model_index.json"
	schedulerDir  = "scheduler"
	schedulerFile = "scheduler/scheduler_config.json"
	weightsDir    = "unet"
	emaDir        = "unet_ema"
	configName    = "config.json"
	tensorsName   = "diffusion_pytorch_model.safetensors"
	trainerFile   = "trainer.json"
	momentsFile   = "trainer.safetensors"
)

// Prefixes of the names in trainer.safetensors, and the name of Adam's counter.
const (
	expAvgPrefix   = "exp_avg."
	expAvgSqPrefix = "exp_avg_sq."
	stepName       = "step"
)

// modelIndex is model_index.json: for each part the library and the class.
type modelIndex struct {
	ClassName        string    `json:"_class_name"`
	DiffusersVersion string    `json:"_diffusers_version"`
	Scheduler        [2]string `json:"scheduler"`
	UNet             [2]string `json:"unet"`
}

// classes gives the library and class of the architectures known by name; any
// other is reverie's, its class named as the architecture.
var classes = map[string][2]string{
	"simpleunet": {"reverie", "SimpleUnet"},
	"unet":       {"diffusers", "UNet2DModel"},
}

var archName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,63}$`)

// classOf gives an architecture's library and class.
func classOf(arch string) ([2]string, error) {
	if c, ok := classes[arch]; ok {
		return c, nil
	}
	if !archName.MatchString(arch) {
		return [2]string{}, fmt.Errorf("architecture %q: expected a name of letters, digits and underscores", arch)
	}
	return [2]string{"reverie", arch}, nil
}

// archOf is the inverse of classOf.
func archOf(class [2]string) (string, error) {
	for arch, c := range classes {
		if c == class {
			return arch, nil
		}
	}
	if class[0] != "reverie" || !archName.MatchString(class[1]) {
		return "", fmt.Errorf("unet is of class %q of library %q, expected UNet2DModel of diffusers or a class of reverie", class[1], class[0])
	}
	return class[1], nil
}

// encodeIndex gives model_index.json.
func encodeIndex(arch string) ([]byte, error) {
	class, err := classOf(arch)
	if err != nil {
		return nil, err
	}
	return encodeJSON(modelIndex{
		ClassName: "DDPMPipeline", DiffusersVersion: diffusersVersion,
		Scheduler: [2]string{"diffusers", "DDPMScheduler"}, UNet: class,
	})
}

// parseIndex reads model_index.json and gives the architecture and its class.
// A pipeline with more parts than a network and a scheduler is refused.
func parseIndex(b []byte) (arch, class string, err error) {
	var x struct {
		modelIndex
		// Decoded as slices: an array of another length would be cut silently.
		Scheduler []string `json:"scheduler"`
		UNet      []string `json:"unet"`
	}
	if err := decodeStrict(b, &x); err != nil {
		return "", "", err
	}
	if len(x.UNet) != 2 || len(x.Scheduler) != 2 {
		return "", "", errors.New(`unet and scheduler: expected ["library", "class"] for each`)
	}
	arch, err = archOf([2]string{x.UNet[0], x.UNet[1]})
	return arch, x.UNet[1], err
}

// encodeConfig gives unet/config.json: the architecture's own configuration
// with the class, keys sorted.
func encodeConfig(arch string, config json.RawMessage) ([]byte, error) {
	class, err := classOf(arch)
	if err != nil {
		return nil, err
	}
	fields := map[string]json.RawMessage{}
	if len(config) > 0 {
		if err := decodeStrict(config, &fields); err != nil {
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

// parseConfig reads unet/config.json: the object without the keys that start
// with an underscore, compact, keys sorted.
func parseConfig(b []byte, class string) (json.RawMessage, error) {
	fields := map[string]json.RawMessage{}
	if err := decodeStrict(b, &fields); err != nil {
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
