package checkpoint

import (
	"bytes"
	"encoding/json"
)

// maxJSON bounds the JSON files of a model folder.
const maxJSON = 4 << 20

// encodeJSON gives a value's JSON as diffusers lays it out: two spaces, a final new line, '<' and
// '&' as they are.
func encodeJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
