package node

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

func TestAChangedNumberDoesNotTakeAllMemory(t *testing.T) {
	dir := t.TempDir()
	n := startNATS(t, dir)
	makeStream(t, n, "EVENTS_0180")
	js := client(t, n.URL())
	for i := range 50 {
		appendTo(t, js, "ev.0180.case.a", fmt.Sprint("message ", i+1))
	}
	n.Stop()

	path := filepath.Join(dir, "jetstream", "$G", "streams", "EVENTS_0180", "msgs", "1.blk")
	block, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	whole := string(block)
	at, size := 0, int(binary.LittleEndian.Uint32(block))
	for range 20 {
		at += size
		size = int(binary.LittleEndian.Uint32(block[at:]) &^ (1 << 31))
	}
	if number := binary.LittleEndian.Uint64(block[at+4:]); number != 21 {
		t.Fatalf("message 21 has the number %d: blocks are laid out in another way", number)
	}
	block[at+4+3] ^= 1 << 4 // a bit more, and this machine's memory would not do
	if err := os.WriteFile(path, block, 0o600); err != nil {
		t.Fatal(err)
	}

	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	n = startNATS(t, dir)
	stream, err := client(t, n.URL()).Stream(soon(t), "EVENTS_0180")
	if err != nil {
		t.Fatal(err)
	}
	for number := uint64(1); number <= 50; number++ {
		if msg, err := stream.GetMsg(soon(t), number); err != nil || string(msg.Data) != fmt.Sprint("message ", number) {
			t.Errorf("message %d: %v, %v", number, msg, err)
		}
	}
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; took > 256<<20 {
		t.Errorf("%d MB were taken to read 50 messages", took>>20)
	}
	n.Stop()
	if now, err := os.ReadFile(path); err != nil || string(now) != whole {
		t.Errorf("the block is not what it was: %v", err)
	}
}
