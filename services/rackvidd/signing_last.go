package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"rackvidd/events"
	"rackvidd/events/archive"
	"rackvidd/services/audit"
)

// lastSignedFile holds, in the data directory, the public half of the key that signed last: a setting can name any key.
const lastSignedFile = "signing.pub"

// goesOn refuses a key that neither signed last nor was introduced by the one that did, and remembers one that goes on. Where the
// API runs elsewhere, it remembers it there: the archiver by itself has no data directory that lasts.
func (p *parts) goesOn(keys audit.Keys) error {
	if !p.runs("api") {
		return p.signedAny()
	}
	if err := p.leadsOn(keys); err != nil {
		return err
	}
	return p.rememberSigned(keys.Current)
}

// signedAny refuses a key that signed none of the archives that are there, of which each would count as damaged.
func (p *parts) signedAny() error {
	signed, err := archive.Municipalities(p.archiveDir())
	if err != nil {
		return err
	}
	another := ""
	for _, m := range signed {
		switch by := p.signedLast(m); by {
		case p.key.Name():
			return nil
		case unknownKey:
		default:
			another = by
		}
	}
	if another == "" {
		return nil
	}
	return &usageError{fmt.Errorf("RACKVIDD_SIGNING_KEY is %s, and the archive %s is signed by %s: give that one, as the api has it, or name the archive with RACKVIDD_ARCHIVE", p.key.Name(), p.archiveDir(), another)}
}

// leadsOn refuses a key that neither signed last nor was introduced by the one that did.
func (p *parts) leadsOn(keys audit.Keys) error {
	last, err := p.signedLastHere()
	if err != nil || last == keys.Current {
		return err
	}
	introduced := slices.ContainsFunc(keys.Handovers, func(h audit.Handover) bool { return h.Retired == last })
	if last != "" && !introduced {
		from, _, _ := strings.Cut(string(last), "+")
		where := p.path(signingKeyFile)
		if p.SigningKey != "" {
			where = "RACKVIDD_SIGNING_KEY"
		}
		return &usageError{fmt.Errorf("%s is another key than %s, which signed before (%s), and nothing introduces it: give that one. Where it is lost with the archive and no backup is left, rackvidd audit key begin records that another takes its place",
			where, from, p.path(lastSignedFile))}
	}
	return nil
}

// signedLastHere is the key that signed last as far as the data directory tells; "": it does not.
func (p *parts) signedLastHere() (events.VerifierKey, error) {
	raw, err := os.ReadFile(p.path(lastSignedFile))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	key, err := events.ParseVerifierKey(strings.TrimSpace(string(raw)))
	if err != nil {
		return "", fmt.Errorf("%s cannot be read: put it back from a backup, or remove it if the key that signs is known to be the right one: %w", p.path(lastSignedFile), err)
	}
	return key, nil
}

func (p *parts) rememberSigned(key events.VerifierKey) error {
	return audit.WriteWhole(p.path(lastSignedFile), []byte(string(key)+"\n"))
}
