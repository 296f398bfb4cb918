package checkpoint

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// wrappers are the names that PyTorch's wrappers put before or between those of a network's parts:
// DataParallel's and torch.compile's. No network of ours has a part of that name.
var wrappers = []string{"module.", "_orig_mod."}

// holders are the names under which training programs keep a network; they are taken off where all
// tensors have one.
var holders = []string{"model.", "ema_model.", "diffusion_model.", "denoise_fn.", "net.", "unet.", "vae."}

// lora are tensors of a low-rank change to a network, which is none itself.
var lora = regexp.MustCompile(`(^|[._])lora([._]|_?[AB]\b|_down|_up)`)

// oldAttention are names of diffusers' attention before version 0.15.
var oldAttention = regexp.MustCompile(`(^|\.)attentions\.\d+\.(query|key|value|proj_attn)\.(weight|bias)$`)

var newAttention = strings.NewReplacer(".query.", ".to_q.", ".key.", ".to_k.", ".value.", ".to_v.", ".proj_attn.", ".to_out.0.")

// PlainNames gives tensors the names that the network's parts have in today's diffusers and
// PyTorch: without the prefixes of DataParallel (module.), torch.compile (_orig_mod.) and of the
// programs that trained them, and with the present names of attention. The notes say what was
// renamed. Two tensors of one name, and those of a LoRA, are an error.
func PlainNames(tensors map[string]Tensor) (plain map[string]Tensor, notes []string, err error) {
	r := renaming{}
	for name := range tensors {
		if lora.MatchString(name) {
			return nil, nil, fmt.Errorf("tensor %q is part of a LoRA, a change to another network and no network itself: merge it into its network first (diffusers: fuse_lora, save_pretrained)", name)
		}
		r[name] = name
	}
	for again := true; again; {
		var all []string
		for _, w := range wrappers {
			all = append(all, r.rename(fmt.Sprintf("%q taken off their names", w), func(name string) string { return withoutPart(name, w) })...)
		}
		if p := r.holder(); p != "" {
			all = append(all, r.rename(fmt.Sprintf("%q taken off their names", p), func(name string) string { return strings.TrimPrefix(name, p) })...)
		}
		notes, again = append(notes, all...), len(all) > 0
	}
	notes = append(notes, r.rename("old names of attention (query, key, value, proj_attn) read as to_q, to_k, to_v, to_out.0", func(name string) string {
		if oldAttention.MatchString(name) {
			return newAttention.Replace(name)
		}
		return name
	})...)
	plain, from := make(map[string]Tensor, len(tensors)), map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(tensors)) {
		to := r[name]
		if other, ok := from[to]; ok {
			return nil, nil, fmt.Errorf("tensors %q and %q are both %q once prefixes are off: keep one", other, name, to)
		}
		from[to], plain[to] = name, tensors[name]
	}
	return plain, notes, nil
}

// A renaming has the new name of each tensor by its old one.
type renaming map[string]string

// rename gives every tensor the name that f makes of its new one, and a note if that is another for
// any. No name becomes empty.
func (r renaming) rename(what string, f func(name string) string) (note []string) {
	n := 0
	for old, name := range r {
		if to := f(name); to != name && to != "" {
			r[old] = to
			n++
		}
	}
	if n == 0 {
		return nil
	}
	return []string{fmt.Sprintf("%d of %d tensors: %s", n, len(r), what)}
}

// withoutPart takes a wrapper off the beginning of a name and of each of its parts.
func withoutPart(name, wrapper string) string {
	return strings.TrimPrefix(strings.ReplaceAll("."+name, "."+wrapper, "."), ".")
}

// holder is the holder that all new names begin with, "" if there is none.
func (r renaming) holder() string {
	for _, p := range holders {
		all := len(r) > 0
		for _, name := range r {
			all = all && strings.HasPrefix(name, p) && len(name) > len(p)
		}
		if all {
			return p
		}
	}
	return ""
}

// narrow says which tensors are not float32 but are read as it.
func narrow(tensors map[string]Tensor) string {
	n := map[string]int{}
	for _, t := range tensors {
		if t.DType == F16 || t.DType == BF16 || t.DType == F64 {
			n[t.DType]++
		}
	}
	var words []string
	for _, dtype := range slices.Sorted(maps.Keys(n)) {
		words = append(words, fmt.Sprintf("%d of %d tensors are %s, read as float32", n[dtype], len(tensors), dtype))
	}
	return strings.Join(words, "; ")
}
