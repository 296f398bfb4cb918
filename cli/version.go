package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/reverie-go/reverie/data"
	"github.com/reverie-go/reverie/internal/notice"
	"github.com/spf13/cobra"
)

// ownNotice is the licence of reverie itself.
const ownNotice = "reverie: Copyright 2026 The reverie authors. Apache License, Version 2.0, whose text is below among those of the modules."

func newVersion() *cobra.Command {
	var notices bool
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print the version, the platform and the compute backend",
		Long: `Print the version, the platform and the compute backend; with --notice the
licences of all that is inside the program: its own, that of the emoji, and
those of the modules it is built from.`,
		Example: `  reverie version
  reverie version --notice`,
		Args: exactly(0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if notices {
				_, err := fmt.Fprintf(cmd.OutOrStdout(), "%s\n\n%s\n\n%s", ownNotice, strings.TrimSpace(data.EmbeddedNotice()), notice.ThirdParty)
				return err
			}
			e, err := openEngine("")
			if err != nil {
				return err
			}
			defer e.Close()
			fmt.Fprintf(cmd.OutOrStdout(), "%s %s %s/%s %s\n%s\n", ownName, version(), runtime.GOOS, runtime.GOARCH, runtime.Version(), e.Description())
			return nil
		},
	}
	cmd.Flags().BoolVar(&notices, "notice", false, "print the licences of all that is inside the program instead")
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
