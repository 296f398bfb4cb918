//go:build !windows

package checkpoint

import "syscall"

// diskFull lists the errors of a disk without room.
var diskFull = []syscall.Errno{syscall.ENOSPC, syscall.EDQUOT}
