package node

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Writable reports whether the log's disk takes messages: from the first that it did not take on it is false, until there
// is room again and the server was started anew.
func (n *NATS) Writable() bool { return !n.log.full.Load() }

// cannotWrite reports whether the server says that the disk did not take a message. It says so nowhere else: the message
// is not answered.
func cannotWrite(text string) bool {
	return strings.Contains(text, "failed to store a msg") || strings.Contains(text, "Critical write error")
}

// watch starts the server anew once there is room again: where a write has failed it refuses every other, for as long as
// it runs.
func (n *NATS) watch(ctx context.Context) {
	defer close(n.watched)
	for {
		select {
		case <-n.log.unwritten:
		case <-ctx.Done():
			return
		}
		n.log.full.Store(true) // it may have said so while it was started anew
		n.log.log.Error("the log's disk takes no more: nothing is recorded until there is room")
		for n.log.full.Load() {
			select {
			case <-time.After(time.Second):
			case <-ctx.Done():
				return
			}
			if err := hasRoom(n.dir); err != nil {
				continue
			}
			if err := n.again(ctx); err != nil {
				n.log.log.Error("the log does not start", "error", err)
				continue
			}
			n.log.full.Store(false)
			n.log.log.Info("the log's disk has room again")
		}
	}
}

// again stops the server and starts it where its clients know it.
func (n *NATS) again(ctx context.Context) error {
	n.halt()
	select {
	case <-n.log.unwritten: // what it said up to here
	default:
	}
	return n.begin(ctx)
}

// hasRoom tries to write as much as a few appends need.
func hasRoom(dir string) error {
	path := filepath.Join(dir, "room")
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	_, err = file.Write(make([]byte, 1<<20))
	return errors.Join(err, file.Sync(), file.Close(), os.Remove(path))
}
