package formulation

import (
	"errors"
	"fmt"
)

// validateUnpaired reports what a network of two heads is not to be had of.
func (s Spec) validateUnpaired() error {
	p, err := s.Process.Process()
	if err != nil {
		return err
	}
	_, ok := p.(Entropic)
	switch {
	case !ok:
		return fmt.Errorf("process %s is no reference of a Schroedinger bridge: expected bridge, i2sb, sb-ve or sb-vp", nameOf(s.Process))
	case !is(s.Prediction, "x0"):
		return fmt.Errorf("prediction %s: the heads of a bridge predict its ends, expected x0", nameOf(s.Prediction))
	case s.Learned():
		return errors.New("the network's second half of outputs is the far end, and cannot be a learned variance too")
	case s.Energy:
		return errors.New("the gradient of an energy is one end, and cannot be two")
	}
	return nil
}
