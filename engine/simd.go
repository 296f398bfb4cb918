package engine

import _ "github.com/reverie-go/reverie/engine/simd" // the default backend
