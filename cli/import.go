package cli

import (
	"fmt"

	"github.com/dustin/go-humanize"
	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/net"
	"github.com/reverie-go/reverie/table"
	"github.com/spf13/cobra"
)

// importOptions are the flags of import.
type importOptions struct {
	processFlags
	arch, weights, out string
	resolution         data.Size
}

func newImport() *cobra.Command {
	o := &importOptions{resolution: data.Size{H: 128, W: 128}}
	cmd := &cobra.Command{
		Use:   "import --arch simpleunet --weights W.safetensors --out MODEL",
		Short: "Make a model of weights that PyTorch trained",
		Long: `Make a model folder of a state dict that PyTorch saved as safetensors, such as the
lecture's own trained weights. Widths and image channels are read from the
shapes. In Python:

  from safetensors.torch import save_file
  save_file(model.state_dict(), "W.safetensors")`,
		Example: `  reverie import --arch simpleunet --weights W.safetensors --out models/lecture
  reverie sample models/lecture`,
		Args: exactly(0, "no arguments, only flags"),
		RunE: func(cmd *cobra.Command, _ []string) error { return importFunc(cmd, o) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&o.arch, "arch", model.Importable()[0], oneOf("architecture", model.Importable()))
	f.StringVar(&o.weights, "weights", "", "the safetensors file")
	f.StringVar(&o.out, "out", "", "write the model folder here; it must not exist")
	f.Var(&o.resolution, "resolution", "size of the images it was trained on: 64, or HEIGHTxWIDTH")
	o.processFlags.add(cmd)
	return cmd
}

func importFunc(cmd *cobra.Command, o *importOptions) error {
	if err := table.OneOf("arch", o.arch, model.Importable()); err != nil {
		return usage(err)
	}
	if err := missing(output{"weights", o.weights}, output{"out", o.out}); err != nil {
		return err
	}
	if _, err := o.process(cmd); err != nil {
		return err
	}
	if err := checkpoint.CheckForeign(o.out); err != nil {
		return fmt.Errorf("--out %s: %w", o.out, err)
	}
	dict, notes, err := checkpoint.ReadWeights(o.weights)
	if err != nil {
		return inputError("weights", o.weights, err)
	}
	for _, n := range notes {
		fmt.Fprintln(cmd.ErrOrStderr(), n)
	}
	n, err := model.Infer(o.arch, dict)
	if err != nil {
		return fmt.Errorf("%s: %w", o.weights, err)
	}
	c, err := model.Import(n, dict, o.resolution.H, o.resolution.W, o.spec())
	if err != nil {
		return err
	}
	if err := checkpoint.SaveModel(nil, o.out, c); err != nil {
		return err
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "%s, %s parameters\n%s\n", n.Arch(), humanize.Comma(int64(net.Trainable(n))), command("sample", o.out))
	fmt.Fprintln(cmd.OutOrStdout(), o.out)
	return nil
}
