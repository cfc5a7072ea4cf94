package main

import (
	"os"
	"runtime"
	"runtime/debug"
)

// suitRuntime suits Go's runtime to what the program does: it answers while it replays, rebuilds and brings in. Whoever sets GOGC,
// GOMEMLIMIT or GOMAXPROCS decides instead.
//   - Memory is collected when there is four times what is in use, up to 1 GiB, and not twice: after each event a town's year is
//     counted anew, and looking through all that is kept took as long as counting.
//   - Two threads more than processors: where a replay keeps all of them busy, an answer that has come from the network or the database
//     waited up to 10 ms until somebody looked; now the kernel hands it over.
func suitRuntime() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(300)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(1 << 30)
	}
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + 2)
	}
}
