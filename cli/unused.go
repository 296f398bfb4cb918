package cli

import (
	"slices"
	"strings"

	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/net"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// refuseUnused refuses flags that were given where nothing uses them: they belong to something, and
// this is something else.
func refuseUnused(f *pflag.FlagSet, flags []string, to, not string) error {
	for _, flag := range flags {
		if f.Changed(flag) {
			return usagef("--%s belongs to %s, and %s; leave it out", flag, to, not)
		}
	}
	return nil
}

// refuseFor refuses the flags of sampling that a model has no use for.
func refuseFor(f *pflag.FlagSet, m *model.Loaded) error {
	if k := m.Kind; !k.Pictorial() {
		if err := refuseUnused(f, []string{"resolution", "dir"}, "images", m.Found.Model+" draws "+k.Noun(2)); err != nil {
			return err
		}
	}
	if !slices.ContainsFunc(m.Net.Params(), func(p *net.Param) bool { return strings.HasSuffix(p.Name, "running_mean") }) {
		return refuseUnused(f, []string{"batchnorm"}, "networks with BatchNorm", m.Found.Model+" has none")
	}
	return nil
}

// refusePoints refuses the flags of images that an autoencoder of points has no use for.
func refusePoints(cmd *cobra.Command, a *model.Autoencoder) error {
	if a.Kind().Pictorial() {
		return nil
	}
	return refuseUnused(cmd.Flags(), []string{"resolution", "max-pixels", "from", "to"}, "images", a.Found.Model+" codes "+a.Kind().Noun(2))
}
