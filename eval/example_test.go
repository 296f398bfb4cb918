package eval_test

import (
	"context"
	"log"
	"os"

	"github.com/reverie-go/reverie/engine"
	"github.com/reverie-go/reverie/eval"
	"github.com/reverie-go/reverie/model"
)

// A run is judged by the images that it held out, as `reverie eval runs/emoji-1` does.
func ExampleCompareModel() {
	ctx := context.Background()
	e, err := engine.Open("")
	check(err)
	defer e.Close()
	m, err := model.Load(e, "runs/emoji-1", false)
	check(err)
	defer m.Close()
	metrics, err := eval.Choose("swd", "nearest")
	check(err)
	c, err := eval.CompareModel(ctx, m, nil, eval.Options{Metrics: metrics, Sampling: model.Options{N: 256, Steps: 25}})
	check(err)
	defer c.Close()
	report, err := c.Run(ctx)
	check(err)
	check(report.WriteText(os.Stdout, c.Name))
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
