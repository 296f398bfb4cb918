package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

// The exit codes: what a script may rely on.
const (
	exitFailure = 1 // from what files hold, or from what happened
	exitUsage   = 2 // wrong from the command line alone
)

// usageError marks an error that the command line alone shows.
type usageError struct{ error }

// usage marks err as a usage error; nil stays nil.
func usage(err error) error {
	if err == nil {
		return nil
	}
	return usageError{err}
}

// usagef is usage of fmt.Errorf.
func usagef(format string, args ...any) error { return usage(fmt.Errorf(format, args...)) }

// run executes the command line and returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return 0
	}
	fmt.Fprintln(stderr, "reverie:", err)
	if errors.As(err, new(usageError)) {
		fmt.Fprintf(stderr, "See '%s --help'.\n", cmd.CommandPath())
		return exitUsage
	}
	return exitFailure
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "reverie",
		Short: "Train diffusion models and sample from them",
		Long: `reverie trains a diffusion model on a folder of images and dreams new ones.

It needs nothing but this program: no Python, no compiler, no download.`,
		Example: `  reverie train                      learn emoji faces in eight minutes, without any data of yours
  reverie train ~/photos             learn a folder of images
  reverie sample runs/emoji-1 -n 64  new pictures from what was learnt`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          noSuchCommand,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usage(err) })
	root.AddCommand(newTrain(), newSample(), newNoise(), newData(), newInfo(), newImport(), newPredict(), newVersion())
	return root
}

// noSuchCommand refuses arguments of the root command, with the nearest command.
func noSuchCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		return usagef("unknown command %q; did you mean %q?", args[0], near[0])
	}
	return usagef("unknown command %q", args[0])
}

// exactly wants n arguments, named by what.
func exactly(n int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != n {
			return usagef("%s takes %s, and %d arguments were given", cmd.Name(), what, len(args))
		}
		return nil
	}
}
