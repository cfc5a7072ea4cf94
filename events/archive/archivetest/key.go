// Package archivetest makes what tests of archives need.
package archivetest

import (
	"bytes"
	"crypto/sha256"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"rackvidd/events"
)

// Key is an installation's signing key, its public half, and that as it is written: the same for the same name.
func Key(t testing.TB, of string) (note.Signer, note.Verifier, events.VerifierKey) {
	t.Helper()
	seed := sha256.Sum256([]byte(of))
	secret, public, err := note.GenerateKey(bytes.NewReader(seed[:]), of)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(secret)
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := note.NewVerifier(public)
	if err != nil {
		t.Fatal(err)
	}
	return signer, verifier, events.VerifierKey(public)
}
