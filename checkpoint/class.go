package checkpoint

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// A Class is how model folders name an architecture.
type Class struct {
	// Arch is the architecture's name.
	Arch string
	// Library and Name are those of model_index.json: diffusers and UNet2DModel.
	Library, Name string
	// Role is what its networks are for, by which their files lie.
	Role Role
}

// A Role is what the networks of an architecture are for.
type Role int

// The roles.
const (
	// Denoiser is the network of a diffusion, in unet/, whose process is in scheduler/.
	Denoiser Role = iota
	// Autoencoder makes latents of samples: alone it lies in vae/ and has no scheduler.
	Autoencoder
	// Classifier says of which class samples are: it lies in classifier/, and has a scheduler where
	// it knows the noised samples of a process.
	Classifier
)

// classes are those that [AddClass] made known, in the order in which it did.
var classes []Class

// AddClass makes known how model folders name an architecture. One of which nothing is known is the
// network of a diffusion, of library reverie, its class named as the architecture. AddClass is
// called before folders are read; it panics for an architecture or a class that is known.
func AddClass(c Class) {
	for _, k := range classes {
		if k.Arch == c.Arch || k.Library == c.Library && k.Name == c.Name {
			panic(fmt.Sprintf("checkpoint: class %s of %s for architecture %q: it is known, for %q", c.Name, c.Library, c.Arch, k.Arch))
		}
	}
	classes = append(classes, c)
}

// RoleOf is the role of an architecture.
func RoleOf(arch string) Role {
	if i := slices.IndexFunc(classes, func(c Class) bool { return c.Arch == arch }); i >= 0 {
		return classes[i].Role
	}
	return Denoiser
}

// IsAutoencoder says whether an architecture is an autoencoder.
func IsAutoencoder(arch string) bool { return RoleOf(arch) == Autoencoder }

// networkDirs are the folders of an architecture's weights and their average.
func networkDirs(arch string) (weights, ema string) {
	switch RoleOf(arch) {
	case Autoencoder:
		return vaeDir, vaeEMADir
	case Classifier:
		return classifierDir, classifierEMADir
	}
	return weightsDir, emaDir
}

var archName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,63}$`)

// classOf gives an architecture's library and class.
func classOf(arch string) ([2]string, error) {
	for _, c := range classes {
		if c.Arch == arch {
			return [2]string{c.Library, c.Name}, nil
		}
	}
	if !archName.MatchString(arch) {
		return [2]string{}, fmt.Errorf("architecture %q: expected a name of letters, digits and underscores", arch)
	}
	return [2]string{"reverie", arch}, nil
}

// archOf is the inverse of classOf.
func archOf(part string, class [2]string) (string, error) {
	for _, c := range classes {
		if c.Library == class[0] && c.Name == class[1] {
			return c.Arch, nil
		}
	}
	if class[0] != "reverie" || !archName.MatchString(class[1]) {
		known := expected(func(c Class) bool { return c.Role == Denoiser && c.Library != "reverie" })
		return "", fmt.Errorf("%s is of class %q of library %q, expected %s or a class of reverie", part, class[1], class[0], known)
	}
	return class[1], nil
}

// expected lists the classes of which is true, with their libraries.
func expected(which func(Class) bool) string {
	var names []string
	for _, c := range classes {
		if which(c) {
			names = append(names, c.Name+" of "+c.Library)
		}
	}
	return strings.Join(names, " or ")
}
