// Package emoji holds the notice of the emoji that package data embeds, emoji32.zip beside it. The
// command in make writes that archive.
package emoji

import _ "embed" // for the notice

// Notice is the origin and licence of the emoji; it goes with every copy.
//
//go:embed NOTICE
var Notice string
