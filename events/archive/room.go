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

// rooms are what a reading of an archive takes, one for each bundle.
type rooms interface {
	enter() *room
	leave(*room)
}

// ownRooms are those of whoever keeps what was read.
type ownRooms struct{}

func (ownRooms) enter() *room { return new(room) }
func (ownRooms) leave(*room)  {}

// sharedRooms are used again. A log that is read from its beginning is gigabytes: each in new memory, the garbage collector
// is kept busy, and everybody who is answered beside it waits.
type sharedRooms struct{ empty spare[*room] }

// largestKept is how many bytes of a file a room may have that is used again.
const largestKept = 1 << 20

func (s sharedRooms) enter() *room {
	if r, some := s.empty.take(); some {
		return r
	}
	return new(room)
}

func (s sharedRooms) leave(r *room) {
	if r.file.Cap() <= largestKept {
		s.empty.put(r)
	}
}

// newRooms are as many as one reading takes.
func newRooms() rooms { return sharedRooms{make(spare[*room], 2*bundlesAhead)} }

// spare keeps what is to be used again, as much as there is space for.
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
