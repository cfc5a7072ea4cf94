package archive

import (
	"bytes"

	"golang.org/x/mod/sumdb/tlog"
)

// room is where a bundle is read to: its file, the messages in it, and their leaves.
type room struct {
	file     bytes.Buffer
	messages [][]byte
	leaves   []tlog.Hash
}

// largestKept is how many bytes of a file a room may have that is used again.
const largestKept = 1 << 20

// rooms are used again, one for each bundle. A log that is read from its beginning is gigabytes: each in new memory, the
// garbage collector is kept busy, and everybody who is answered beside it waits. The zero value has none: whoever has what was
// read keeps it.
type rooms struct{ spare[*room] }

func newRooms() rooms { return rooms{make(spare[*room], 2*bundlesAhead)} }

func (s rooms) enter() *room {
	if r, some := s.take(); some {
		return r
	}
	return new(room)
}

func (s rooms) leave(r *room) {
	if r.file.Cap() <= largestKept {
		s.put(r)
	}
}

// spare keeps what is to be used again, as much as there is space for: nil has none.
type spare[T any] chan T

func (s spare[T]) put(one T) {
	select {
	case s <- one:
	default:
	}
}

func (s spare[T]) take() (one T, some bool) {
	select {
	case one = <-s:
		return one, true
	default:
		return one, false
	}
}
