//go:build xla

package engine

import "github.com/gomlx/gomlx/backends/xla" // needs cgo, and a PJRT plugin at run time

// A plugin is named by its path: without one, GoMLX would download it.
func init() { xla.EnableAutoInstall(false) }
