package config

import "testing"

// A run that learns in rounds ends after them, unless it is told when; its solver walks as they do.
func TestRoundsStop(t *testing.T) {
	bridge := []string{"data", "points:moons", "from", "points:8gaussians", "process", "bridge", "bridge", "imf", "rounds", "3", "round-steps", "70"}
	for _, c := range []struct {
		more  []string
		steps int
	}{{nil, 210}, {[]string{"steps", "50"}, 50}, {[]string{"time", "5m"}, 0}} {
		r, g, err := given(t, append(bridge, c.more...)...)
		if err == nil {
			err = first(r.Validate(), r.Unused(g.Has))
		}
		if err != nil {
			t.Fatal(err)
		}
		if r.Steps != c.steps || (r.Time == 0) != (c.steps > 0) || r.Coupling != "none" || name(r.Solver) != "euler-maruyama" || !r.WithEnds().Unpaired {
			t.Errorf("%v: %d steps, time %v, coupling %s, solver %s", c.more, r.Steps, r.Time, r.Coupling, name(r.Solver))
		}
		back := roundTrip(t, r)
		if name(back.Bridge) != "imf" || back.Steps != c.steps {
			t.Errorf("comes back as %s of %d steps", name(back.Bridge), back.Steps)
		}
	}
}
