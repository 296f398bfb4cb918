//go:build xla

package grad

import _ "github.com/gomlx/gomlx/backends/xla" // REVERIE_BACKEND may then name it
