package node

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// How a server lays a message down in a block's file: its length, its number and the time, the length of its subject, the
// subject, headers, the message, and a checksum of all but the lengths (msgBlock.writeMsgRecordLocked of nats-server 2.15).
const (
	lengthOfHeader   = 22
	lengthOfChecksum = 8
	withHeaders      = 1 << 31          // of the length
	deletes, deleted = 1 << 62, 1 << 63 // of the number
)

// furthest is how far a number may be from the one before it. The log deletes nothing, so that each follows the other; a server
// passes over so many in no time.
const furthest = 1 << 20

// boundNumbers reads the blocks of every stream before a server does. The server takes memory for each number between two
// messages before it looks at any checksum: where one bit of a number has changed it takes all that the machine has, and is killed
// at every start. Such a number is written as the next. Whether the message is the one that was stored, its checksum says
// to whoever reads it.
func (n *NATS) boundNumbers() error {
	blocks, err := filepath.Glob(filepath.Join(n.dir, "jetstream", "*", "streams", "*", "msgs", "*.blk"))
	if err != nil {
		return err
	}
	for _, path := range blocks {
		block, err := os.ReadFile(path)
		if err != nil {
			n.log.log.Warn("a block of the log cannot be read", "file", path, "error", err) // nor by the server, which says what is lost
			continue
		}
		for at, number := range unboundNumbers(block) {
			n.log.log.Warn("a message's number was changed in the log's files: it is read as the next", "file", path, "at", at, "number", number)
			if err := writeNumber(path, at, number); err != nil {
				return fmt.Errorf("mend the number of message %d in %s: %w", number, path, err)
			}
		}
	}
	return nil
}

// unboundNumbers returns where in a block a number is too far from the one before it, and what would follow there.
func unboundNumbers(block []byte) map[int64]uint64 {
	var found map[int64]uint64
	last := uint64(0)
	for at := 0; at+lengthOfHeader <= len(block); {
		header := block[at : at+lengthOfHeader]
		length := binary.LittleEndian.Uint32(header)
		number, subject := binary.LittleEndian.Uint64(header[4:]), int(binary.LittleEndian.Uint16(header[20:]))
		if length&withHeaders != 0 {
			length, subject = length&^withHeaders, subject+4
		}
		if body := int(length) - lengthOfHeader; subject > body-lengthOfChecksum || int(length) > len(block)-at {
			break // the server reads no further either
		}
		if number&deletes == 0 {
			number &^= deleted
			if last > 0 && number > last+furthest {
				if found == nil {
					found = make(map[int64]uint64)
				}
				number = last + 1
				found[int64(at)+4] = number
			}
			last = max(last, number)
		}
		at += int(length)
	}
	return found
}

func writeNumber(path string, at int64, number uint64) error {
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = file.WriteAt(binary.LittleEndian.AppendUint64(nil, number), at)
	return errors.Join(err, file.Sync(), file.Close())
}
