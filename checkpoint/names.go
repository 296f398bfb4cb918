package checkpoint

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// wrappers are the names that PyTorch's wrappers put before or between those of a network's parts: DataParallel's and torch.compile's. No
// network of ours has a part of that name.
var wrappers = []string{"module.", "_orig_mod."}

// holders are the names under which training programs keep a network; they are taken off where all tensors have one.
var holders = []string{"model.", "ema_model.", "unet.", "vae."}

// oldAttention are names of diffusers' attention before version 0.15.
var oldAttention = regexp.MustCompile(`(^|\.)attentions\.\d+\.(query|key|value|proj_attn)\.(weight|bias)$`)

var newAttention = strings.NewReplacer(".query.", ".to_q.", ".key.", ".to_k.", ".value.", ".to_v.", ".proj_attn.", ".to_out.0.")

// PlainNames gives tensors the names that the network's parts have in today's diffusers and PyTorch: without the prefixes of DataParallel
// (module.), torch.compile (_orig_mod.) and of the programs that trained them, and with the present names of attention. The notes say what was
// renamed. Two tensors of one name are an error.
func PlainNames(tensors map[string]Tensor) (plain map[string]Tensor, notes []string, err error) {
	names := slices.Sorted(maps.Keys(tensors))
	to := make(map[string]string, len(names))
	for _, name := range names {
		to[name] = name
	}
	rename := func(what string, f func(name string) string) {
		n := 0
		for name, old := range to {
			if renamed := f(old); renamed != old && renamed != "" {
				to[name] = renamed
				n++
			}
		}
		if n > 0 {
			notes = append(notes, fmt.Sprintf("%d of %d tensors: %s", n, len(names), what))
		}
	}
	for again := true; again; {
		again = false
		for _, w := range wrappers {
			before := len(notes)
			rename(fmt.Sprintf("%q taken off their names", w), func(name string) string { return withoutPart(name, w) })
			again = again || len(notes) > before
		}
		if p := commonHolder(to); p != "" {
			rename(fmt.Sprintf("%q taken off their names", p), func(name string) string { return strings.TrimPrefix(name, p) })
			again = true
		}
	}
	rename("old names of attention (query, key, value, proj_attn) read as to_q, to_k, to_v, to_out.0", func(name string) string {
		if oldAttention.MatchString(name) {
			return newAttention.Replace(name)
		}
		return name
	})
	plain = make(map[string]Tensor, len(names))
	from := map[string]string{}
	for _, name := range names {
		if other, ok := from[to[name]]; ok {
			return nil, nil, fmt.Errorf("tensors %q and %q are both %q once prefixes are off: keep one", other, name, to[name])
		}
		from[to[name]] = name
		plain[to[name]] = tensors[name]
	}
	return plain, notes, nil
}

// withoutPart takes a wrapper off the beginning of a name and of each of its parts.
func withoutPart(name, wrapper string) string {
	return strings.TrimPrefix(strings.ReplaceAll("."+name, "."+wrapper, "."), ".")
}

// commonHolder is the holder that all names begin with, "" if there is none.
func commonHolder(names map[string]string) string {
	for _, p := range holders {
		all := len(names) > 0
		for _, name := range names {
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
