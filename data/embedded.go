package data

import (
	"archive/zip"
	"bytes"
	"context"
	_ "embed"
	"fmt"

	"github.com/reverie-go/reverie/data/emoji"
)

//go:generate go run ./emoji/make -embed emoji/emoji32.zip

// emoji32 holds the 1,911 base emoji (no skin tones) of Google's Noto Color Emoji at 32x32, RGBA, a
// folder for each of 10 classes. See emoji/NOTICE.
//
//go:embed emoji/emoji32.zip
var emoji32 []byte

// Embedded opens the emoji inside the binary as Open opens a folder with class folders; o.Classes
// chooses among "Activities", "Animals & Nature", "Component", "Flags", "Food & Drink", "Objects",
// "People & Body", "Smileys & Emotion", "Symbols" and "Travel & Places". They are 32x32.
func Embedded(ctx context.Context, o Options) (*Set, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	l, err := listEmbedded(ctx, o)
	if err != nil {
		return nil, err
	}
	s, err := open(ctx, l, o)
	if err == nil {
		s.st.builtIn = true
	}
	return s, err
}

// listEmbedded lists the embedded emoji.
func listEmbedded(ctx context.Context, o Options) (l listing, err error) {
	l.labels, l.labelColumn = o.Labels, o.LabelColumn
	z, err := zip.NewReader(bytes.NewReader(emoji32), int64(len(emoji32)))
	if err != nil {
		return l, fmt.Errorf("data: the embedded emoji: %w", err)
	}
	if err := l.walk(ctx, z, "", "embedded:emoji"); err != nil {
		return l, err
	}
	return l, l.checkLabels()
}

// EmbeddedNotice returns the origin and licence of the embedded emoji, which go with every copy of
// the binary.
func EmbeddedNotice() string { return emoji.Notice }
