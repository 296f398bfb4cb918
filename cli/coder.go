package cli

import (
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/data/picture"
	"github.com/reverie-go/reverie/model"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// coderFlags are the flags of what encodes and decodes.
type coderFlags struct {
	Raw        bool `flag:"raw" help:"the last weights, not their average"`
	resolution data.Size
	maxPixels  int
	batch      int
	backend    string
}

// add adds the flags of the command's options, which o is a part of; sizeOf and batchOf are what
// help calls the images of --resolution, and what is taken at once.
func (o *coderFlags) add(f *pflag.FlagSet, options any, sizeOf, batchOf string) {
	f.SortFlags = false
	fieldsVar(f, options)
	f.Var(&o.resolution, "resolution", sizeOf+": 64, or HEIGHTxWIDTH (default: the run's)")
	maxPixelsVar(f, &o.maxPixels)
	numberVar(f, &o.batch, "batch", batches, 32, batchOf+" at once")
	f.StringVar(&o.backend, "backend", "", backendHelp)
}

// with runs f with the autoencoder of a path, once it is known that the files can be written.
func (o *coderFlags) with(cmd *cobra.Command, path string, f func(cmd *cobra.Command, a *model.Autoencoder) error, files ...output) error {
	e, err := begin(o.backend, files...)
	if err != nil {
		return err
	}
	defer e.Close()
	a, err := model.LoadAutoencoder(e, path, o.Raw)
	if err != nil {
		return err
	}
	defer a.Free()
	if err := refusePoints(cmd, a); err != nil {
		return err
	}
	return f(cmd, a)
}

// madeBy are the chunks of a picture that say which program and which model made it.
func madeBy(path string) []picture.Text {
	return []picture.Text{{Key: "Software", Value: "reverie " + version()}, {Key: "model", Value: path}}
}
