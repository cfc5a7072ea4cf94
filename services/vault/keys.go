package vault

import (
	"bytes"
	"cmp"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Keys are the versions of the index key. Identities are indexed under the newest; a child indexed under an older
// one moves when it is next seen, so no version may be left out. What must never change (record keys, session and
// command ids) is keyed with the oldest.
type Keys struct{ versions []key }

type key struct {
	version int
	secret  [32]byte
}

// NewKeys returns one random key.
func NewKeys() Keys {
	k := key{version: 1}
	rand.Read(k.secret[:])
	return Keys{[]key{k}}
}

// ParseKeys reads a key a line: its version, a space, and 64 hexadecimal digits. Commas may stand for line ends.
func ParseKeys(s string) (Keys, error) {
	var keys Keys
	for line := range strings.FieldsFuncSeq(s, func(r rune) bool { return r == '\n' || r == '\r' || r == ',' }) {
		k, err := parseKey(line)
		if err != nil {
			return Keys{}, err
		}
		keys.versions = append(keys.versions, k)
	}
	slices.SortFunc(keys.versions, func(a, b key) int { return cmp.Compare(a.version, b.version) })
	for i, k := range keys.versions {
		if i > 0 && k.version == keys.versions[i-1].version {
			return Keys{}, fmt.Errorf("index key version %d is there twice", k.version)
		}
	}
	if len(keys.versions) == 0 {
		return Keys{}, errors.New("there is no index key")
	}
	return keys, nil
}

func parseKey(line string) (k key, err error) {
	version, secret, _ := strings.Cut(strings.TrimSpace(line), " ")
	k.version, err = strconv.Atoi(version)
	raw, hexErr := hex.DecodeString(strings.TrimSpace(secret))
	if err != nil || hexErr != nil || k.version < 1 || len(raw) != len(k.secret) {
		return key{}, errors.New("an index key is a line of a version, a space and 64 hexadecimal digits")
	}
	copy(k.secret[:], raw)
	return k, nil
}

// LoadKeys reads the key file, and makes it when there is none.
func LoadKeys(path string) (Keys, error) {
	keys, err := readKeys(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return keys, err
	}
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), writeOnce(path, NewKeys().text())); err != nil {
		return Keys{}, fmt.Errorf("make the index key file: %w", err)
	}
	return readKeys(path)
}

func readKeys(path string) (Keys, error) {
	info, err := os.Stat(path)
	if err != nil {
		return Keys{}, fmt.Errorf("find the index key file: %w", err)
	}
	if info.Mode().Perm()&0o027 != 0 {
		return Keys{}, fmt.Errorf("the index key file %s can be read by others: chmod 600 it", path)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return Keys{}, fmt.Errorf("read the index key file: %w", err)
	}
	keys, err := ParseKeys(string(raw))
	if err != nil {
		return Keys{}, fmt.Errorf("read the index key file %s: %w", path, err)
	}
	return keys, nil
}

// AddKey adds a newer version to the key file, to be used from the next start; a vault that runs has its keys in memory
// and is not disturbed. The file is replaced as a whole, so that a crash leaves the older one or the newer one, and of
// two callers the second waits. It makes no file (fs.ErrNotExist): where there is none, no vault keeps its keys.
func AddKey(path string) (version int, err error) {
	unlock, err := lockDir(filepath.Dir(path))
	if err != nil {
		return 0, fmt.Errorf("lock the index key file: %w", err)
	}
	defer unlock()
	keys, err := readKeys(path)
	if err != nil {
		return 0, err
	}
	next := NewKeys().versions[0]
	next.version = keys.current().version + 1
	keys.versions = append(keys.versions, next)
	if err := replace(path, keys.text()); err != nil {
		return 0, fmt.Errorf("write the index key file: %w", err)
	}
	return next.version, nil
}

func (k Keys) text() []byte {
	var b bytes.Buffer
	for _, v := range k.versions {
		fmt.Fprintf(&b, "%d %x\n", v.version, v.secret)
	}
	return b.Bytes()
}

func (k Keys) current() key { return k.versions[len(k.versions)-1] }

func (k Keys) older() []key { return k.versions[:len(k.versions)-1] }

func (k Keys) oldest() key { return k.versions[0] }

// purpose returns a hash keyed for one purpose alone.
func (k key) purpose(name string) *keyed {
	h := hmac.New(sha256.New, k.secret[:])
	h.Write([]byte("rackvidd vault: " + name))
	return &keyed{hash: hmac.New(sha256.New, h.Sum(nil))}
}

// fingerprint tells one key from another and nothing else.
func (k key) fingerprint() []byte { return bytes.Clone(k.purpose("fingerprint").sum()[:8]) }
