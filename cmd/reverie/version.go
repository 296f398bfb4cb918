package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/reverie-go/reverie/data"
	"github.com/spf13/cobra"
)

func newVersion() *cobra.Command {
	var notice bool
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print the version, the platform and the compute backend",
		Long: `Print the version, the platform and the compute backend; with --notice the
origin and licence of the emoji inside the program.`,
		Example: `  reverie version
  reverie version --notice`,
		Args: exactly(0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if notice {
				_, err := fmt.Fprintln(cmd.OutOrStdout(), strings.TrimSpace(data.EmbeddedNotice()))
				return err
			}
			e, err := openEngine("")
			if err != nil {
				return err
			}
			defer e.Close()
			fmt.Fprintf(cmd.OutOrStdout(), "reverie %s %s/%s %s\n%s\n", version(), runtime.GOOS, runtime.GOARCH, runtime.Version(), e.Description())
			return nil
		},
	}
	cmd.Flags().BoolVar(&notice, "notice", false, "print the origin and licence of the embedded emoji instead")
	return cmd
}

// version is the module's version where the build knows it, or the commit.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "(unknown)"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && info.Main.Version == "(devel)" {
			return s.Value[:min(12, len(s.Value))]
		}
	}
	return info.Main.Version
}
