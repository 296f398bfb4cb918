// Package guide steers sampling: a guide makes a Denoiser of a Denoiser, whose x0hat is drawn to
// where the guide wants it. A guide of one's own is a function:
//
//	func Towards(sp reverie.Space[X], d reverie.Denoiser[X], share float64) reverie.Denoiser[X] {
//		draw := func(x X) X { return sp.Sum([]float64{1 - share}, x) }
//		return reverie.Map(d, draw, func(_, u X) X { return draw(u) })
//	}
//
// [reverie.Map] keeps what the denoiser knows beside x0hat; a guide that is no map of x0hat passes
// on the query, and refuses in Knows by [reverie.Want.Beyond] what it cannot keep. What only some
// guides ask of tensors is an optional interface of the Space, found by type assertion.
//
// The guides here make one x0hat of two, of a strong and a weak branch, by a [Rule]:
// [ClassifierFree] guidance away from null or a negative class, [Autoguidance] away from a weaker
// model; [PlusPlus] noises anew by the weak one; [Classified] takes the gradient of a classifier,
// and [Interval] any of them at some noise levels. They compose, the first one innermost:
// classifier-free guidance or autoguidance, by whichever rule, then a classifier, then a clamp, and
// [reverie.OfClass], which says of what class, around all. All use one convention for the scale,
// see [Convention].
//
// A name chooses a guide that is a row of [Guides] with its settings:
//
//	type Drawn struct {
//		Share float64 `flag:"share" range:"[0,1]" help:"how far x0hat is drawn"`
//	}
//
//	func (*Drawn) Row() table.Info { return table.Info{Name: "drawn", Text: "draw x0hat to 0"} }
//
//	func (g *Drawn) Guide(s guide.Setup[X], d reverie.Denoiser[X]) (reverie.Denoiser[X], error) {
//		return Towards(s.Space, d, g.Share), nil
//	}
package guide

// Convention says what the scale of guidance means, for whoever gives one.
const Convention = "gamma: x0hat = null + gamma (class - null); 0 ignores the class, 1 is the plain conditional model, above 1 sharper (Ho & Salimans' w is gamma - 1)"
