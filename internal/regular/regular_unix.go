//go:build unix

package regular

import "syscall"

// nonblock makes opening a pipe return.
const nonblock = syscall.O_NONBLOCK
