//go:build torture

package main

import (
	"testing"
	"time"
)

func TestTortureFiveHundredKillsLoseAndDoubleNothing(t *testing.T) {
	kill(t, 520, uint64(time.Now().UnixNano()))
}

func TestTortureAThousandCorruptionsAreFoundAndRepaired(t *testing.T) {
	corrupt(t, 1000, uint64(time.Now().UnixNano()))
}
