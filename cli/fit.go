package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/reverie-go/reverie/train"
)

// writeChoices names choices, a line each.
func writeChoices(w io.Writer, all []train.Choice) {
	head, wide := "chosen: ", 0
	for _, c := range all {
		wide = max(wide, len(c.Flag))
	}
	for i, c := range all {
		if i > 0 {
			head = strings.Repeat(" ", len(head))
		}
		fmt.Fprintf(w, "%s %-*s   (%s)\n", head, wide, c.Flag, c.Reason)
	}
}
