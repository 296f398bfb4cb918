// Command folder trains on folders of images and draws new ones: the README's part on the library,
// whole.
//
//	go run ./examples/folder photos/
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/reverie-go/reverie/data/picture"
	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/model"
	"github.com/reverie-go/reverie/train"
)

func main() {
	ctx := context.Background()
	e, err := engine.Open("") // our own backend, all cores
	check(err)
	defer e.Close()
	c, set, err := train.Configure(ctx, "small", os.Args[1:]...) // preset small, as it suits the images
	check(err)
	defer set.Close()
	c.Steps = 300
	run, err := train.New(ctx, e, c, train.Parts{Data: set})
	check(err)
	defer run.Close()
	run.Observe(train.On(func(s train.Step) { fmt.Printf("step %d: loss %.4f\n", s.Record.Step, s.Loss) }))
	check(run.Create("", "folder")) // runs/folder-1, or the next
	check(run.Run(ctx))
	m, err := model.Load(e, run.Dir, false)
	check(err)
	defer m.Close()
	x, err := m.Sample(ctx, model.Options{N: 16, Seed: 1})
	check(err)
	check(picture.Write("samples.png", picture.Sheet(x, m.Kind, picture.Layout{})))
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
