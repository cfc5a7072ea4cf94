//go:build torture

package main

import (
	"testing"
	"time"
)

func TestTortureAHundredKillsLoseAndDoubleNothing(t *testing.T) {
	kill(t, 120, uint64(time.Now().UnixNano()))
}
