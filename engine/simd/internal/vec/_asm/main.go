package main

func main() {
	b := noasm()
	if err := write("../dispatch_noasm.go", b); err != nil {
		panic(err)
	}
}
