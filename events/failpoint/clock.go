package failpoint

import (
	"os"
	"sync"
	"time"
)

// Clock is the environment variable that sets the program's clock wrong, by so much: -3h is three hours back.
const Clock = "RACKVIDD_CLOCK"

var wrong = sync.OnceValue(func() time.Duration {
	by, _ := time.ParseDuration(os.Getenv(Clock)) // none: 0
	return by
})

// Now is what commands are recorded with: the time, unless the clock was set wrong.
func Now() time.Time { return time.Now().Add(wrong()) }
