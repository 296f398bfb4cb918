//go:build !windows

package checkpoint

import "syscall"

// diskFull lists the errors of a disk without room.
var diskFull = []syscall.Errno{syscall.ENOSPC, syscall.EDQUOT}

// nonblock makes opening a pipe return, where one has taken a file's place.
const nonblock = syscall.O_NONBLOCK

// noFollow makes opening a link fail.
const noFollow = syscall.O_NOFOLLOW
