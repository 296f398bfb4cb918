// Command reverie trains diffusion models and samples from them.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	ctx, stop := untilSignal(2 * time.Second)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// untilSignal returns a context that ends with the first SIGINT, SIGTERM or, if
// nohup(1) does not ask otherwise, SIGHUP of a closed terminal. A signal later than grace after it ends the program at once; an earlier one is
// the same one, for timeout(1) sends it to the process and to its group.
func untilSignal(grace time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.Background())
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) {
		signal.Notify(c, syscall.SIGHUP)
	}
	go func() {
		<-c
		cancel()
		time.Sleep(grace)
		signal.Stop(c)
	}()
	return ctx, cancel
}
