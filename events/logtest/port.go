package logtest

import (
	"fmt"
	"math/rand/v2"
	"net"
	"testing"
)

// Port is a free port that a server can have again after it was away: it is not among those that the kernel gives to whoever asks for
// any, so that nobody is given it meanwhile.
func Port(t testing.TB) int {
	t.Helper()
	for range 100 {
		port := 15_000 + rand.IntN(15_000) // Linux gives 32768 and more
		l, err := net.Listen("tcp", fmt.Sprint("127.0.0.1:", port))
		if err != nil {
			continue
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		return port
	}
	t.Fatal("no free port was found from 15000 to 30000")
	return 0
}
