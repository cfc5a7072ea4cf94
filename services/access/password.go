package access

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"
)

// Passwords are 12 to 200 characters (NIST SP 800-63B: length, and no rules about kinds of character).
const (
	LeastPassword = 12
	MostPassword  = 200
)

// Argon2id as RFC 9106 and OWASP's password cheat sheet have it for a server with little memory to spare.
const (
	argonTime, argonMemory, argonThreads = 2, 19 << 10, 1
	argonSalt, argonKey                  = 16, 32
)

// hashing lets few passwords be hashed at once, for each takes 19 MiB, and few wait for it: a second or two, and not for ever.
type hashing struct{ running, places chan struct{} }

func newHashing() hashing { return hashing{make(chan struct{}, 2), make(chan struct{}, 100)} }

// turn waits for a turn to hash, which the caller gives back. ErrUnavailable: too many wait. Whoever has gone waits no longer.
func (h hashing) turn(ctx context.Context) (back func(), err error) {
	select {
	case h.places <- struct{}{}:
	default:
		return nil, fmt.Errorf("too many sign in at once: %w", ErrUnavailable)
	}
	select {
	case h.running <- struct{}{}:
		return func() { <-h.running; <-h.places }, nil
	case <-ctx.Done():
		<-h.places
		return nil, ctx.Err()
	}
}

// hashed returns the PHC string of a password.
func hashed(password string) string {
	salt := make([]byte, argonSalt)
	rand.Read(salt)
	return phc(salt, derived(password, salt, argonTime, argonMemory, argonThreads, argonKey))
}

// nobodys is the PHC string of no password, which takes as long to look at as any other.
func nobodys() string {
	salt, key := make([]byte, argonSalt), make([]byte, argonKey)
	rand.Read(salt)
	rand.Read(key)
	return phc(salt, key)
}

func phc(salt, key []byte) string {
	encode := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonThreads, encode(salt), encode(key))
}

// matches reports whether a PHC string is a password's.
func matches(stored, password string) bool {
	var version, memory, time int
	var threads uint8
	parts := strings.Split(stored, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false
	}
	if _, err := fmt.Sscanf(parts[2]+" "+parts[3], "v=%d m=%d,t=%d,p=%d", &version, &memory, &time, &threads); err != nil || version != argon2.Version {
		return false
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return false
	}
	key, err := base64.RawStdEncoding.DecodeString(parts[5])
	return err == nil && len(key) > 0 && subtle.ConstantTimeCompare(key, derived(password, salt, uint32(time), uint32(memory), threads, uint32(len(key)))) == 1
}

// derived hashes a password as it is meant: however a keyboard composes å, ä and ö.
func derived(password string, salt []byte, time, memory uint32, threads uint8, length uint32) []byte {
	return argon2.IDKey([]byte(norm.NFKC.String(password)), salt, time, memory, threads, length)
}

func checkPassword(field, password string) error {
	if n := utf8.RuneCountInString(password); n < LeastPassword || n > MostPassword || !utf8.ValidString(password) {
		return &InvalidError{field, fmt.Sprintf("must have %d to %d characters", LeastPassword, MostPassword)}
	}
	return nil
}
