package grad

import _ "github.com/reverie-go/reverie/engine/simd" // the backend of the graphs built here
