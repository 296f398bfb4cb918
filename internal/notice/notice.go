// Package notice holds the licences of the modules that are compiled into the program.
package notice

import _ "embed"

//go:generate go run ./make -out THIRD_PARTY.txt

// ThirdParty is the text of every licence and notice of the modules that the program is built from,
// the Go standard library included. It is made by go generate; `go run ./make -check
// THIRD_PARTY.txt` says whether it is what the present modules say.
//
//go:embed THIRD_PARTY.txt
var ThirdParty string
