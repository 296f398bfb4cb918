package grad

import (
	"fmt"
	"reflect"

	"github.com/gomlx/gomlx/pkg/core/graph"
)

// fields is a view of the settings that a node keeps in GoMLX's unexported Node.inputs. Reading
// integers and lengths of unexported fields by reflection needs no unsafe. TestFieldNames pins the
// names. A node that cannot be read panics with its name: the rule that was there before would be
// silently wrong.
type fields struct {
	node *graph.Node
	path string
	v    reflect.Value
}

// settings returns the view of node's settings.
func settings(node *graph.Node) fields {
	v := reflect.ValueOf(node).Elem().FieldByName("inputs")
	for v.IsValid() && (v.Kind() == reflect.Interface || v.Kind() == reflect.Pointer) {
		v = v.Elem()
	}
	f := fields{node: node, path: "inputs", v: v}
	f.want(reflect.Struct)
	return f
}

// field returns the named field of a struct.
func (f fields) field(name string) fields {
	f.want(reflect.Struct)
	sub := fields{node: f.node, path: f.path + "." + name, v: f.v.FieldByName(name)}
	if !sub.v.IsValid() {
		sub.fail("is not there")
	}
	return sub
}

// len returns the length of a slice or array.
func (f fields) len() int {
	f.want(reflect.Slice, reflect.Array)
	return f.v.Len()
}

// at returns element i of a slice or array.
func (f fields) at(i int) fields {
	f.want(reflect.Slice, reflect.Array)
	return fields{node: f.node, path: fmt.Sprintf("%s[%d]", f.path, i), v: f.v.Index(i)}
}

// value returns an integer.
func (f fields) value() int {
	f.want(reflect.Int)
	return int(f.v.Int())
}

// int returns the named field, an integer.
func (f fields) int(name string) int { return f.field(name).value() }

// ints returns the named field, a slice or array of integers.
func (f fields) ints(name string) []int {
	list := f.field(name)
	out := make([]int, list.len())
	for i := range out {
		out[i] = list.at(i).value()
	}
	return out
}

// want panics unless the value is of one of the kinds.
func (f fields) want(kinds ...reflect.Kind) {
	for _, k := range kinds {
		if f.v.Kind() == k {
			return
		}
	}
	f.fail(fmt.Sprintf("is a %s, not a %s", f.v.Kind(), kinds[0]))
}

func (f fields) fail(why string) {
	panic(fmt.Sprintf("grad: cannot read the settings of node %s: Node.%s %s; "+
		"these rules are for GoMLX v0.26.0", f.node.Type(), f.path, why))
}
