package config

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"

	"github.com/reverie-go/reverie/kind"
	"github.com/reverie-go/reverie/net"
	_ "github.com/reverie-go/reverie/net/all" // the architectures that come with reverie
	"github.com/reverie-go/reverie/table"
)

// Architecture is the architecture of the run's network with its settings.
func (r *Run) Architecture() (net.Architecture, error) {
	a, err := net.Architectures.New(r.Arch)
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	var values map[string]json.RawMessage
	if err := json.Unmarshal(text, &values); err != nil {
		return nil, err
	}
	for _, f := range table.Fields(a) {
		if v, ok := values[f.Name]; ok {
			if err := f.SetJSON(v); err != nil {
				return nil, err
			}
		}
	}
	return a, nil
}

// take makes the settings of an architecture the run's, but for those given.
func (r *Run) take(a net.Architecture, given func(flag string) bool) {
	for _, f := range table.Fields(a) {
		if given(f.Name) {
			continue
		}
		value, err := f.JSON()
		if err == nil {
			err = json.Unmarshal(fmt.Appendf(nil, "{%q:%s}", f.Name, value), r)
		}
		if err != nil {
			panic(err) // of an architecture's own setting, a field of Run or of nothing
		}
	}
}

// Autoencoder says whether the run trains an autoencoder, which has no process.
func (r *Run) Autoencoder() bool {
	a, err := net.Architectures.Find(r.Arch)
	return err == nil && net.IsAutoencoder(a)
}

// seen is the kind of what the network sees, whose shape in a latent space is not known before the
// autoencoder is read.
func (r *Run) seen() kind.Kind {
	if r.VAE != "" {
		return kind.OfLatents(0, 0, 0)
	}
	return r.Kind()
}

// adaptNetwork gives an architecture its own widths in place of a preset's, which are for denoisers
// of images, and what suits it for what it sees.
func (r *Run) adaptNetwork(given func(flag string) bool) {
	usual, err := net.Architectures.New(r.Arch)
	if err != nil {
		return // which Validate says
	}
	a, err := r.Architecture()
	if err != nil {
		return
	}
	set := map[string]string{}
	if net.IsAutoencoder(a) || a.Fits(kind.OfImages(0, 0, 0)) != nil {
		if f := table.Find(table.Fields(usual), "channels"); f != nil {
			set[f.Name] = f.String()
		}
	}
	if s, ok := a.(net.Suiting); ok {
		maps.Copy(set, s.Suits(r.seen()))
	}
	for flag, value := range set {
		if f := table.Find(table.Fields(a), flag); f != nil {
			_ = f.Set(value) // what an architecture says itself, it takes
		}
	}
	r.take(a, given)
}

// FitLevels leaves out the last levels of the network, where it was not chosen, while the
// resolution cannot be halved between all, and says whether it did. Preset lecture is an experiment
// that stays as it is.
func (r *Run) FitLevels(given func(flag string) bool) bool {
	if given("channels") || r.Preset == "lecture" || r.Kind().Vector() || r.VAE != "" {
		return false
	}
	a, err := r.Architecture()
	if err != nil {
		return false
	}
	l, ok := a.(net.Leveled)
	if !ok || !l.FitLevels(r.Resolution.H, r.Resolution.W) {
		return false
	}
	r.take(a, given)
	return true
}

// validateNetwork looks at the architecture and its settings.
func (r *Run) validateNetwork() error {
	a, err := r.Architecture()
	if err != nil {
		return err
	}
	for _, f := range table.Fields(a) {
		if err := f.Check(); err != nil {
			return err
		}
	}
	if v, ok := a.(interface{ Validate() error }); ok {
		return v.Validate()
	}
	return nil
}

// validateFit says whether the network takes the data; what it makes of latents is found where the
// autoencoder is read.
func (r *Run) validateFit() error {
	a, err := net.Architectures.Find(r.Arch)
	if err != nil || r.VAE != "" {
		return err
	}
	k := r.Kind()
	if err := a.Fits(k); err != nil {
		return fmt.Errorf("--arch %s: %w; %s take %s", r.Arch, err, k.Noun(2), alternatives(append(net.Fitting(k, false), net.Fitting(k, true)...)))
	}
	return nil
}

// unusedNetwork finds a setting of another architecture.
func (r *Run) unusedNetwork(given func(flag string) bool) error {
	var chosen struct {
		Arch net.Architecture `flag:"arch" of:"arch"`
	}
	var err error
	if chosen.Arch, err = net.Architectures.New(r.Arch); err != nil {
		return err
	}
	for _, f := range table.All(&chosen) {
		if !given(f.Name) {
			continue
		}
		if err := table.Unused(&chosen, f.Name); err != nil {
			return err
		}
	}
	return nil
}

// alternatives are names to choose from: "unet, vae or vae-mlp".
func alternatives(names []string) string {
	if n := len(names) - 1; n > 0 {
		return strings.Join(names[:n], ", ") + " or " + names[n]
	}
	return strings.Join(names, "")
}
