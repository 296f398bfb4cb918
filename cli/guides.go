package cli

import (
	"fmt"
	"io"
	"slices"

	"github.com/reverie-go/reverie/model"
)

// openClassifiers opens the classifiers by which the options guide, which say what classes there
// are.
func openClassifiers(m *model.Loaded, p model.Options) error {
	if _, err := m.Guiding(p); err != nil {
		return fmt.Errorf("--classifier: %w", err)
	}
	return nil
}

// sayGuides says of the guides what they are and what their scales mean, which is told with every
// use.
func sayGuides(w io.Writer, m *model.Loaded, p model.Options) error {
	said, err := m.Guiding(p)
	if err != nil {
		return err
	}
	for _, g := range p.Guides {
		if c, ok := g.(interface{ Convention() string }); ok && !slices.Contains(said, c.Convention()) {
			said = append(said, c.Convention())
		}
	}
	for _, text := range said {
		fmt.Fprintln(w, text)
	}
	return nil
}
