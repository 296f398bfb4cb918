package simd

import "golang.org/x/sys/unix"

// hugePages asks the kernel for large pages, which spare the walk through the page table that
// streaming over hundreds of megabytes would take.
func hugePages(mem []byte) { _ = unix.Madvise(mem, unix.MADV_HUGEPAGE) }
