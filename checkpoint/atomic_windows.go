package checkpoint

import "syscall"

// diskFull lists the errors of a disk without room: ERROR_HANDLE_DISK_FULL, ERROR_DISK_FULL and
// ERROR_DISK_QUOTA_EXCEEDED.
var diskFull = []syscall.Errno{39, 112, 1295}

// nonblock and noFollow are unix's: a pipe has no name in a folder here, and links are looked for
// before a file is opened.
const nonblock, noFollow = 0, 0
