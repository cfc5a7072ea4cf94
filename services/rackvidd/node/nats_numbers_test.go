package node

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// written is a server that was stopped after it took messages, and where it laid them down.
func written(t *testing.T, dir string, messages int, text func(number int) string) (n *NATS, stream string) {
	t.Helper()
	n = startNATS(t, dir)
	makeStream(t, n, "EVENTS_0180")
	js := client(t, n.URL())
	for i := range messages {
		appendTo(t, js, "ev.0180.case.a", text(i+1))
	}
	n.Stop()
	return n, filepath.Join(dir, "jetstream", "$G", "streams", "EVENTS_0180", "msgs")
}

func said(number int) string { return fmt.Sprint("message ", number) }

// mends demands that a block that was one thing is another afterwards.
func mends(t *testing.T, n *NATS, path string, was, want []byte, says string) {
	t.Helper()
	if err := os.WriteFile(path, was, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := n.mendNumbers(t.Context()); err != nil {
		t.Fatal(err)
	}
	if now, err := os.ReadFile(path); err != nil || string(now) != string(want) {
		t.Errorf("%s: the block is not as it should be: %v", says, err)
	}
}

// laidDown is where the messages of a stream's first block begin, and the block.
func laidDown(t *testing.T, path string) (at []int, block []byte) {
	t.Helper()
	block, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for next := 0; next < len(block); next += int(binary.LittleEndian.Uint32(block[next:]) &^ (1 << 31)) {
		at = append(at, next)
		if number := binary.LittleEndian.Uint64(block[next+4:]); number != uint64(len(at)) {
			t.Fatalf("message %d has the number %d: blocks are laid out in another way", len(at), number)
		}
	}
	return at, block
}

func TestAChangedNumberIsMendedAndTakesNoMemory(t *testing.T) {
	dir := t.TempDir()
	_, stream := written(t, dir, 50, said)
	path := filepath.Join(stream, "1.blk")
	at, whole := laidDown(t, path)
	for says, bit := range map[string]struct{ message, bit int }{
		"a bit of the upper half":       {21, 28}, // one more, and this machine's memory would not do
		"a bit of the lower half":       {21, 1},
		"a bit that lowers it":          {21, 2},
		"of the first message":          {1, 30},
		"of the last":                   {50, 30},
		"the bit that marks a deletion": {21, 62},
		"the bit that marks a deleted":  {21, 63},
	} {
		for _, index := range []bool{true, false} { // whether the server finds what it noted when it was stopped
			changed := append([]byte{}, whole...)
			changed[at[bit.message-1]+4+bit.bit/8] ^= 1 << (bit.bit % 8)
			if err := os.WriteFile(path, changed, 0o600); err != nil {
				t.Fatal(err)
			}
			if !index {
				if err := os.Remove(filepath.Join(stream, "index.db")); err != nil {
					t.Fatal(err)
				}
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			n := startNATS(t, dir)
			read, err := client(t, n.URL()).Stream(soon(t), "EVENTS_0180")
			if err != nil {
				t.Fatal(err)
			}
			for number := uint64(1); number <= 50; number++ {
				if msg, err := read.GetMsg(soon(t), number); err != nil || string(msg.Data) != said(int(number)) {
					t.Errorf("%s: message %d: %v, %v", says, number, msg, err)
				}
			}
			runtime.ReadMemStats(&after)
			if took := after.TotalAlloc - before.TotalAlloc; took > 256<<20 {
				t.Errorf("%s: %d MB were taken to read 50 messages", says, took>>20)
			}
			n.Stop()
			if now, err := os.ReadFile(path); err != nil || string(now) != string(whole) {
				t.Errorf("%s: the block is not what it was: %v", says, err)
			}
		}
	}
}

func TestTheFirstNumberOfABlockFollowsTheBlockBefore(t *testing.T) {
	n, stream := written(t, t.TempDir(), 18, func(int) string { return strings.Repeat("x", 1<<20) }) // a block takes eight
	path := filepath.Join(stream, "3.blk")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, bit := range []int{0, 3, 40} {
		changed := append([]byte{}, whole...)
		changed[4+bit/8] ^= 1 << (bit % 8)
		mends(t, n, path, changed, whole, fmt.Sprint("bit ", bit))
	}
}

func TestANumberThatNothingProvesIsBoundedAndNoOtherIsTouched(t *testing.T) {
	n, stream := written(t, t.TempDir(), 5, said)
	path := filepath.Join(stream, "1.blk")
	at, whole := laidDown(t, path)
	set := func(block []byte, message int, number uint64) {
		binary.LittleEndian.PutUint64(block[at[message-1]+4:], number)
	}
	for says, change := range map[string]func(was, want []byte){
		"a message that is another, and far":      func(was, want []byte) { was[at[2]-9] ^= 1; want[at[2]-9] ^= 1; set(was, 2, 1<<40) },
		"a message that is another, and near":     func(was, want []byte) { was[at[2]-9] ^= 1; want[at[2]-9] ^= 1; set(was, 2, 7); set(want, 2, 7) },
		"the first message is another, and far":   func(was, want []byte) { was[at[1]-9] ^= 1; want[at[1]-9] ^= 1; set(was, 1, 1<<40); set(want, 1, 1<<40) },
		"the first message is another, and lower": func(was, want []byte) { was[at[1]-9] ^= 1; want[at[1]-9] ^= 1; set(was, 1, 0); set(want, 1, 0) },
	} {
		was, want := append([]byte{}, whole...), append([]byte{}, whole...)
		change(was, want)
		mends(t, n, path, was, want, says)
	}
}
