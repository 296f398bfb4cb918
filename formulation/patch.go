package formulation

import "fmt"

// validatePatch reports what noise on a part of an image does not go with.
func (f Formulation) validatePatch() error {
	switch {
	case f.Patch == 0:
		return nil
	case len(f.From) > 0:
		return fmt.Errorf("--patch noises a part of an image, and --from puts a second data set in the place of the noise; leave one out")
	case f.HasPairs():
		return fmt.Errorf("--patch noises a part of an image and leaves the rest to say what it is, and --pairs gives another image for that; leave one out")
	case f.LearnedSchedule():
		return fmt.Errorf("--schedule learned minimises a bound of whole images, and --patch noises a part of them; give another --schedule, or leave --patch out")
	case f.Learned():
		return fmt.Errorf("--variance learned minimises a bound of whole images, and --patch noises a part of them; give another --variance, or leave --patch out")
	case f.Way != nil && !is(f.Way, "denoise"):
		return fmt.Errorf("--patch is learned by --objective denoise, not %s; give that, or leave --patch out", nameOf(f.Way))
	}
	return nil
}
