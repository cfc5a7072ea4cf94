package access

import (
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

// hashing lets few passwords be hashed at once: each takes 19 MiB.
type hashing chan struct{}

// hash returns the PHC string of a password.
func (h hashing) hash(password string) string {
	salt := make([]byte, argonSalt)
	rand.Read(salt)
	encode := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonThreads, encode(salt), encode(h.key(password, salt, argonTime, argonMemory, argonThreads, argonKey)))
}

// matches reports whether a PHC string is a password's.
func (h hashing) matches(stored, password string) bool {
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
	return err == nil && len(key) > 0 && subtle.ConstantTimeCompare(key, h.key(password, salt, uint32(time), uint32(memory), threads, uint32(len(key)))) == 1
}

// key hashes a password as it is meant: however a keyboard composes å, ä and ö.
func (h hashing) key(password string, salt []byte, time, memory uint32, threads uint8, length uint32) []byte {
	h <- struct{}{}
	defer func() { <-h }()
	return argon2.IDKey([]byte(norm.NFKC.String(password)), salt, time, memory, threads, length)
}

func checkPassword(password string) error {
	if n := utf8.RuneCountInString(password); n < LeastPassword || n > MostPassword || !utf8.ValidString(password) {
		return &InvalidError{"password", fmt.Sprintf("must have %d to %d characters", LeastPassword, MostPassword)}
	}
	return nil
}
