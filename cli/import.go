package cli

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/dustin/go-humanize"
	"github.com/reverie-go/reverie/checkpoint"
	"github.com/reverie-go/reverie/data"
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
	f.StringVar(&o.arch, "arch", importable()[0], oneOf("architecture", importable()))
	f.StringVar(&o.weights, "weights", "", "the safetensors file")
	f.StringVar(&o.out, "out", "", "write the model folder here; it must not exist")
	f.Var(&o.resolution, "resolution", "size of the images it was trained on: 64, or HEIGHTxWIDTH")
	o.processFlags.add(cmd)
	return cmd
}

// importable are the names of the architectures whose configuration the shapes tell.
func importable() (names []string) {
	for _, a := range net.Architectures.Rows() {
		if _, ok := a.(net.Inferring); ok {
			names = append(names, a.Row().Name)
		}
	}
	return names
}

// layOut makes the network of an importable architecture whose weights dict holds: all of them, and
// no others.
func layOut(arch string, dict map[string]checkpoint.Tensor) (net.Network, error) {
	a, err := net.Architectures.Find(arch)
	if err != nil {
		return nil, err
	}
	shapes := make(map[string][]int, len(dict))
	for name, t := range dict {
		shapes[name] = t.Shape
	}
	n, inferErr := a.(net.Inferring).Infer(shapes)
	if n == nil {
		return nil, inferErr
	}
	err = net.CheckArrays(n.Params(), dict)
	if inferErr != nil && err != nil {
		return nil, fmt.Errorf("not a %s (compared with the usual one): %w", arch, err)
	}
	return n, errors.Join(inferErr, err)
}

func importFunc(cmd *cobra.Command, o *importOptions) error {
	if err := table.OneOf("arch", o.arch, importable()); err != nil {
		return usage(err)
	}
	for _, f := range []struct{ name, value string }{{"weights", o.weights}, {"out", o.out}} {
		if f.value == "" {
			return usagef("--%s is missing", f.name)
		}
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
	m, err := layOut(o.arch, dict)
	if err != nil {
		return fmt.Errorf("%s: %w", o.weights, err)
	}
	if err := m.Check(o.resolution.H, o.resolution.W); err != nil {
		return fmt.Errorf("--resolution: %w", err)
	}
	text, err := json.Marshal(m.Config())
	if err != nil {
		return err
	}
	s, err := o.spec().Scheduler()
	if err != nil {
		return err
	}
	s.Reverie.H, s.Reverie.W = o.resolution.H, o.resolution.W
	err = checkpoint.SaveModel(nil, o.out, &checkpoint.Checkpoint{Arch: m.Arch(), ArchConfig: text, Weights: dict, Scheduler: s})
	if err != nil {
		return err
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "%s, %s parameters\n%s\n", m.Arch(), humanize.Comma(int64(net.Trainable(m))), command("sample", o.out))
	fmt.Fprintln(cmd.OutOrStdout(), o.out)
	return nil
}
