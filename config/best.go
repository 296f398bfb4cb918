package config

import "fmt"

// Bests are the metrics by which the best checkpoint is kept: the validation
// loss, or the distance of samples to the held-out images (package eval).
var Bests = []string{"val", "swd", "mmd", "w2"}

// validateBest looks at --best with what it needs.
func (r *Run) validateBest() error {
	if r.Best == "" {
		return nil
	}
	if err := OneOf("best", r.Best, Bests); err != nil {
		return err
	}
	switch {
	case r.Val == 0:
		return fmt.Errorf("--best %s compares with held-out images, and --val 0 holds out none; give a --val, such as 0.1", r.Best)
	case r.Best != "val" && r.Autoencoder():
		return fmt.Errorf("--best %s judges samples, and --arch %s is an autoencoder; give --best val", r.Best, r.Arch)
	case r.Best == "w2" && !r.Kind().Vector():
		return fmt.Errorf("--best w2 is for points; give swd, mmd or val")
	case r.Best == "swd" && r.Kind().Pictorial() && min(r.Resolution.H, r.Resolution.W) < 7:
		return fmt.Errorf("--best swd compares patches of 7x7 pixels, and --resolution is %v; give mmd or val", r.Resolution)
	}
	return nil
}
