package events

import (
	"crypto/rand"
	"encoding/base32"
	"errors"
	"fmt"
)

// text is base32 in lower case without padding: no run of digits in it can be read as an identity number.
var text = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// ID names a child (its token), a session, a group or an actor: 128 opaque bits, written as 26 characters.
type ID [16]byte

// NewID returns a random ID.
func NewID() ID {
	var id ID
	rand.Read(id[:])
	return id
}

// ParseID reads the 26 characters that String writes.
func ParseID(s string) (ID, error) {
	var id ID
	if len(s) != text.EncodedLen(len(id)) || !unpack(id[:], []byte(s), &base32Digits, 5) {
		return ID{}, errNoID
	}
	return id, nil
}

var errNoID = errors.New("an id is 26 characters of a–z and 2–7")

func (id ID) String() string { return text.EncodeToString(id[:]) }

// IsZero reports whether the ID names nothing.
func (id ID) IsZero() bool { return id == ID{} }

func (id ID) MarshalText() ([]byte, error) { return text.AppendEncode(nil, id[:]), nil }

func (id *ID) UnmarshalText(b []byte) error {
	if !decodeText(id[:], b) {
		return errNoID
	}
	return nil
}

// decodeText fills dst from b, and refuses any spelling that String would not have written.
func decodeText(dst, b []byte) bool {
	if len(b) != text.EncodedLen(len(dst)) {
		return false
	}
	var buf [32]byte
	n, err := text.Decode(buf[:], b)
	if err != nil || n != len(dst) || string(text.AppendEncode(nil, buf[:n])) != string(b) {
		return false
	}
	copy(dst, buf[:n])
	return true
}

// Entry names one line of a child's case (a referral, an enrolment, an end, a merge) or of a register (a head
// count): the child's token or the session's id and 64 opaque bits, written as both with a dash between.
type Entry struct {
	Of     ID
	Number [8]byte
}

// IsZero reports whether the entry names nothing.
func (e Entry) IsZero() bool { return e == Entry{} }

func (e Entry) String() string {
	b, _ := e.MarshalText()
	return string(b)
}

func (e Entry) MarshalText() ([]byte, error) {
	b := text.AppendEncode(make([]byte, 0, 40), e.Of[:])
	return text.AppendEncode(append(b, '-'), e.Number[:]), nil
}

func (e *Entry) UnmarshalText(b []byte) error {
	if len(b) != 40 || b[26] != '-' || !decodeText(e.Of[:], b[:26]) || !decodeText(e.Number[:], b[27:]) {
		return fmt.Errorf("an entry id is 26 and 13 characters of a–z and 2–7 with a dash between")
	}
	return nil
}
