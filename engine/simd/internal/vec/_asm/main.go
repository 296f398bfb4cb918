// Command _asm writes the assembly and the dispatch of package vec. Run it with go generate in the
// package's folder.
package main

import (
	"log"

	. "github.com/mmcloughlin/avo/build"
)

func main() {
	for path, src := range map[string][]byte{
		"../dispatch_noasm.go": noasm(),
		"../dispatch_amd64.go": dispatch(),
		"../kernels_amd64.go":  stubs(),
	} {
		if err := write(path, src); err != nil {
			log.Fatal(err)
		}
	}
	ConstraintExpr("!purego")
	arithmetic()
	transcendental()
	powers()
	comparisons()
	reductions()
	conversions()
	Generate()
}
