package config_test

// The names of --best, which a configuration checks: a test within the package would import itself.
import _ "github.com/reverie-go/reverie/eval"
