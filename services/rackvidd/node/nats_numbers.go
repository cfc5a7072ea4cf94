package node

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/minio/highwayhash"
)

// How a server lays a message down in a block's file: its length, its number and the time, the length of its subject, the
// subject, headers, the message, and a checksum of all but the lengths (msgBlock.writeMsgRecordLocked of nats-server 2.15).
const (
	lengthOfHeader   = 22
	lengthOfChecksum = 8
	withHeaders      = 1 << 31          // of the length
	deletes, deleted = 1 << 62, 1 << 63 // of the number
)

// furthest is how far a number may be from the one before it. A server passes over so many in no time.
const furthest = 1 << 20

// mendNumbers reads the blocks of every stream before a server does, which looks at no checksum before it trusts a number: it takes
// memory for each between two messages, so that one changed bit may take all that the machine has, at every start; and it
// cuts a block off where a number is not what it expects. A number that is proven to have been the next is written as
// that. So is one that nothing proves and that is too far: what the message says is then for whoever reads it to find damaged.
func (n *NATS) mendNumbers(ctx context.Context) error {
	const streams = "jetstream/*/streams/*"
	found, err := fs.Glob(os.DirFS(n.dir), streams)
	for _, stream := range found {
		if err == nil {
			err = n.mendStream(ctx, stream)
		}
	}
	return err
}

func (n *NATS) mendStream(ctx context.Context, stream string) error {
	blocks, err := fs.Glob(os.DirFS(n.dir), path.Join(stream, "msgs/*.blk"))
	if err != nil {
		return err
	}
	number := func(block string) int {
		at, _ := strconv.Atoi(strings.TrimSuffix(path.Base(block), ".blk")) // another file is none that the server reads
		return at
	}
	slices.SortFunc(blocks, func(a, b string) int { return number(a) - number(b) })
	last := uint64(0)
	for _, block := range blocks {
		if err := ctx.Err(); err != nil {
			return err
		}
		file := filepath.Join(n.dir, filepath.FromSlash(block))
		raw, err := os.ReadFile(file)
		if err != nil {
			n.log.log.Warn("a block of the log cannot be read", "file", file, "error", err) // nor by the server, which says what is lost
			continue
		}
		b := numbered{raw: raw, key: sha256.Sum256(fmt.Appendf(nil, "%s-%d", path.Base(stream), number(block))), last: last}
		if last = b.run(); len(b.mended) == 0 {
			continue
		}
		n.log.log.Warn("numbers of messages were changed in the log's files: they are written as they follow", "file", file, "numbers", len(b.mended), "first", b.mended[0].number)
		if err := b.write(file); err != nil {
			return fmt.Errorf("mend the numbers in %s: %w", file, err)
		}
	}
	return nil
}

// numbered is a block whose numbers are looked at.
type numbered struct {
	raw    []byte
	key    [32]byte // of its checksums
	last   uint64   // the number before; 0: not known
	mended []mended
}

type mended struct {
	at     int64 // in the file
	number uint64
}

// run returns the last number.
func (b *numbered) run() uint64 {
	for at := 0; at+lengthOfHeader <= len(b.raw); {
		length := binary.LittleEndian.Uint32(b.raw[at:])
		subject := int(binary.LittleEndian.Uint16(b.raw[at+20:]))
		headers := length&withHeaders != 0
		if length &^= withHeaders; int(length) > len(b.raw)-at || subject > int(length)-lengthOfHeader-lengthOfChecksum {
			break // the server reads no further either
		}
		b.look(at, record{b.raw[at : at+int(length)], subject, headers})
		at += int(length)
	}
	return b.last
}

func (b *numbered) look(at int, r record) {
	number, next := r.number(), b.last+1
	switch {
	case number == next:
	case r.proves(next, b.key), b.last > 0 && at > 0 && number&(deletes|deleted) == 0 && number > b.last+furthest && !r.proves(number, b.key):
		b.mended = append(b.mended, mended{int64(at) + 4, next})
	case number&deletes != 0 || !r.proves(number, b.key): // no message, or no number to go by
		return
	default:
		next = number &^ deleted
	}
	b.last = next
}

func (b *numbered) write(path string) error {
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	for _, one := range b.mended {
		if _, err = file.WriteAt(binary.LittleEndian.AppendUint64(nil, one.number), one.at); err != nil {
			break
		}
	}
	return errors.Join(err, file.Sync(), file.Close())
}

// record is a message as it is laid down.
type record struct {
	raw     []byte
	subject int // its length
	headers bool
}

func (r record) number() uint64 { return binary.LittleEndian.Uint64(r.raw[4:]) }

// proves reports whether the checksum is that of the record with a number.
func (r record) proves(number uint64, key [32]byte) bool {
	sum, err := highwayhash.New64(key[:])
	if err != nil {
		return false
	}
	body, checksum := r.raw[lengthOfHeader:len(r.raw)-lengthOfChecksum], r.raw[len(r.raw)-lengthOfChecksum:]
	said := body[r.subject:]
	if r.headers {
		if len(said) < 4 {
			return false
		}
		said = said[4:] // their length
	}
	sum.Write(binary.LittleEndian.AppendUint64(nil, number))
	sum.Write(r.raw[12:20])
	sum.Write(body[:r.subject])
	sum.Write(said)
	return string(sum.Sum(nil)) == string(checksum)
}
