package national

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"rackvidd/events"
	"rackvidd/services/casework"
)

// signedHeader begins a signed answer: the format and its version.
const signedHeader = "rackvidd answer v1\n"

// signedAnswer is an answer as it is signed: without how it came, which whoever receives it knows.
type signedAnswer struct {
	events.AnswerReceived
	Origin *struct{} `json:"origin,omitempty"`
}

// SignAnswer writes an answer as a file for an installation elsewhere: a signed note (C2SP signed-note) of a header and
// one line of JSON.
func SignAnswer(key note.Signer, a events.AnswerReceived) ([]byte, error) {
	raw, err := note.Sign(&note.Note{Text: signedHeader + written(signedAnswer{AnswerReceived: sorted(a)}) + "\n"}, key)
	if err != nil {
		return nil, fmt.Errorf("sign the answer of %s about %d: %w", a.Municipality, a.Year, err)
	}
	return raw, nil
}

// ReadAnswer reads what SignAnswer wrote, and believes it where one of the keys signed it that are trusted for the
// municipality it is of. Errors are *casework.Refusal.
func ReadAnswer(raw []byte, trusted func(events.Municipality) []note.Verifier) (events.AnswerReceived, error) {
	raw = bytes.ReplaceAll(bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf")), []byte("\r\n"), []byte("\n"))
	a, err := unsigned(raw)
	if err != nil {
		return events.AnswerReceived{}, err
	}
	opened, err := note.Open(raw, note.VerifierList(trusted(a.Municipality)...))
	var unknown *note.UnverifiedNoteError
	var forged *note.InvalidSignatureError
	switch {
	case errors.As(err, &unknown):
		return events.AnswerReceived{}, &casework.Refusal{
			Why: casework.Conflict, Code: "unknown_key", Field: "signature",
			Message: fmt.Sprintf("is by a key that is not trusted for %s; ask the municipality for its key and trust it first (rackvidd report trust)", a.Municipality),
		}
	case errors.As(err, &forged):
		return events.AnswerReceived{}, refuse("signature", "forged", "does not belong to this text: the file was changed after it was signed; ask the municipality for it again")
	case err != nil, !slices.ContainsFunc(opened.Sigs, canonical):
		return events.AnswerReceived{}, refuse("file", "not_an_answer", "is no signed answer; ask the municipality for the file again")
	}
	return a, nil
}

// canonical reports whether a signature is spelled the one way it is written: base64 can hold bits that mean nothing.
func canonical(s note.Signature) bool {
	_, err := base64.StdEncoding.Strict().DecodeString(s.Base64)
	return err == nil
}

// unsigned is the answer of a signed file, which nobody has to believe yet.
func unsigned(raw []byte) (events.AnswerReceived, error) {
	broken := refuse("file", "not_an_answer", "is no signed answer; ask the municipality for the file again")
	text, _, signed := strings.Cut(string(raw), "\n\n")
	line, header := strings.CutPrefix(text, signedHeader)
	if !signed || !header {
		return events.AnswerReceived{}, broken
	}
	var a signedAnswer
	d := json.NewDecoder(strings.NewReader(line))
	d.DisallowUnknownFields()
	if d.Decode(&a) != nil || written(a) != line { // one spelling of one answer
		return events.AnswerReceived{}, broken
	}
	if _, err := events.ParseMunicipality(string(a.Municipality)); err != nil {
		return events.AnswerReceived{}, broken
	}
	a.AnswerReceived.Origin = events.FromFile
	return a.AnswerReceived, nil
}

// readSigned reads a signed file by the keys that are trusted now.
func (s *Service) readSigned(ctx context.Context, raw []byte) (a events.AnswerReceived, err error) {
	var failed error
	a, err = ReadAnswer(raw, func(m events.Municipality) (list []note.Verifier) {
		list, failed = s.trusted(ctx, m)
		return list
	})
	if failed != nil {
		return a, failed
	}
	return a, err
}

// trusted are the keys that are trusted for a municipality, from the log itself: one that was just trusted counts.
func (s *Service) trusted(ctx context.Context, m events.Municipality) (list []note.Verifier, err error) {
	stream := events.TrustOf(m)
	found, err := s.Log.Streams(ctx, events.National, stream)
	if err != nil {
		return nil, err
	}
	keys := make(trust)
	for _, r := range found[stream] {
		keys.after(r.Events...)
	}
	for key := range keys {
		v, err := note.NewVerifier(string(key))
		if err != nil {
			return nil, fmt.Errorf("read a key that is trusted for %s: %w", m, err)
		}
		list = append(list, v)
	}
	return list, nil
}

// trust is the keys that sign a municipality's answers.
type trust map[events.VerifierKey]bool

func (t trust) after(past ...events.Event) trust {
	for _, e := range past {
		switch e := e.(type) {
		case events.KeyTrusted:
			t[e.Key] = true
		case events.KeyDistrusted:
			delete(t, e.Key)
		}
	}
	return t
}

// Trust lets a key sign a municipality's answers from now on, beside those that were trusted before.
func (s *Service) Trust(ctx context.Context, c events.Command, m events.Municipality, key events.VerifierKey) (events.Position, error) {
	if _, err := events.ParseVerifierKey(string(key)); err != nil {
		return 0, refuse("key", "invalid", "%v", err)
	}
	if _, err := note.NewVerifier(string(key)); err != nil {
		return 0, refuse("key", "invalid", "is not whole; copy the line that rackvidd report key prints there")
	}
	return s.decideTrust(ctx, c, m, key, func(trusted bool) (events.Event, error) {
		if trusted {
			return nil, nil
		}
		return events.KeyTrusted{Municipality: m, Key: key}, nil
	})
}

// Distrust lets a key sign nothing more. What it signed stays as it was received.
func (s *Service) Distrust(ctx context.Context, c events.Command, m events.Municipality, key events.VerifierKey) (events.Position, error) {
	return s.decideTrust(ctx, c, m, key, func(trusted bool) (events.Event, error) {
		if !trusted {
			return nil, refuse("key", "unknown_key", "is not trusted for this municipality; copy the line that was trusted")
		}
		return events.KeyDistrusted{Municipality: m, Key: key}, nil
	})
}

func (s *Service) decideTrust(ctx context.Context, c events.Command, m events.Municipality, key events.VerifierKey, decide func(trusted bool) (events.Event, error)) (events.Position, error) {
	p := proposal{stream: events.TrustOf(m), content: string(key), decide: func(past []events.Event) ([]events.Event, error) {
		e, err := decide(make(trust).after(past...)[key])
		if e == nil {
			return nil, err
		}
		return []events.Event{e}, err
	}}
	outcomes, at, err := s.record(ctx, c, false, []proposal{p})
	if err == nil {
		err = outcomes[0].refused
	}
	if err != nil {
		return 0, err
	}
	return at, s.shown(ctx, at)
}
