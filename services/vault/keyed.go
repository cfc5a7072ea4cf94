package vault

import (
	"encoding/binary"
	"hash"
)

// keyed is HMAC-SHA-256 over parts, each preceded by its length, so that no two lists of parts are the same text.
// It is used over and over by one goroutine.
type keyed struct {
	hash hash.Hash
	text []byte
	out  [32]byte
}

// sum is valid until the next call.
func (k *keyed) sum(parts ...string) []byte {
	k.text = k.text[:0]
	for _, p := range parts {
		k.text = binary.BigEndian.AppendUint64(k.text, uint64(len(p)))
		k.text = append(k.text, p...)
	}
	k.hash.Reset()
	k.hash.Write(k.text)
	return k.hash.Sum(k.out[:0])
}

func (k *keyed) sum16(parts ...string) [16]byte { return [16]byte(k.sum(parts...)) }
