// Command reverie trains diffusion models and samples from them.
package main

import "github.com/reverie-go/reverie/cli"

func main() { cli.Main() }
