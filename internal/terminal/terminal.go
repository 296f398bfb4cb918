// Package terminal breaks lines for a terminal of 80 columns.
package terminal

import "strings"

// Width is the number of columns that help and reports fit.
const Width = 80

// Fold breaks a line where it is longer than Width, and begins what follows below that column.
func Fold(line string, column int) string {
	var out []string
	for len([]rune(line)) > Width {
		at := strings.LastIndex(string([]rune(line)[:Width+1]), " ")
		if at <= column {
			break
		}
		out = append(out, line[:at])
		line = strings.Repeat(" ", column) + line[at+1:]
	}
	return strings.Join(append(out, line), "\n")
}
