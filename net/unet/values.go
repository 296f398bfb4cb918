package unet

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// A HeadDim is a number of channels per attention head, or [SingleHead]; 0 is the default.
type HeadDim int

// SingleHead is one head of all channels, null in JSON.
const SingleHead HeadDim = -1

// of is the number for a layer of c channels.
func (d HeadDim) of(c int) int {
	if d == SingleHead {
		return c
	}
	return int(d)
}

// MarshalJSON writes [SingleHead] as null.
func (d HeadDim) MarshalJSON() ([]byte, error) {
	if d == SingleHead {
		return []byte("null"), nil
	}
	return json.Marshal(int(d))
}

// UnmarshalJSON reads null as [SingleHead].
func (d *HeadDim) UnmarshalJSON(data []byte) error {
	if isNull(data) {
		*d = SingleHead
		return nil
	}
	var n int
	if err := json.Unmarshal(data, &n); err != nil {
		return err
	}
	if n < 1 {
		return fmt.Errorf("attention_head_dim: %d, expected 1 or more, or null", n)
	}
	*d = HeadDim(n)
	return nil
}

// A Size is [height, width], in JSON one number where they are equal and null where they are not
// known, both 0.
type Size [2]int

// MarshalJSON writes one number, a pair, or null.
func (s Size) MarshalJSON() ([]byte, error) {
	switch {
	case s == Size{}:
		return []byte("null"), nil
	case s[0] == s[1]:
		return json.Marshal(s[0])
	}
	return json.Marshal([2]int(s))
}

// UnmarshalJSON reads one number, a pair, or null.
func (s *Size) UnmarshalJSON(data []byte) error {
	if isNull(data) {
		*s = Size{}
		return nil
	}
	pair := []int{}
	if json.Unmarshal(data, &pair) == nil && len(pair) == 2 {
		*s = Size(pair)
		return nil
	}
	var n int
	if json.Unmarshal(data, &n) == nil {
		*s = Size{n, n}
		return nil
	}
	return fmt.Errorf("sample_size: %s, expected a number, [height, width] or null", data)
}

func isNull(data []byte) bool { return string(bytes.TrimSpace(data)) == "null" }

// nullable are the keys whose null means what a missing key means, and the one that reads it
// itself.
var nullable = []string{"sample_size", "time_embedding_dim", "attention_head_dim", "attn_norm_num_groups",
	"class_embed_type", "num_class_embeds", "num_train_timesteps"}
