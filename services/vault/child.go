package vault

import (
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"rackvidd/events"
)

// child is what is kept of an identity while a call lasts: its index under every key version, newest last.
type child struct {
	indexes [][]byte
	person  bool
	born    events.Year
	token   events.ID // zero until it is known
	known   bool
}

func (c *child) index() []byte { return c.indexes[len(c.indexes)-1] }

// indexer turns identities into indexes, one distinct child at a time.
type indexer struct {
	municipality events.Municipality
	today        events.Day
	persons      []*keyed
	locals       []*keyed
	seen         map[Identity]int
	byIndex      map[string]int
	children     []child
}

func (v *Vault) newIndexer(m events.Municipality, today events.Day) *indexer {
	if today == 0 {
		today = events.DayOf(time.Now().In(events.Sweden))
	}
	x := &indexer{municipality: m, today: today, seen: map[Identity]int{}, byIndex: map[string]int{}}
	for _, k := range v.keys.versions {
		x.persons = append(x.persons, k.purpose("person"))
		x.locals = append(x.locals, k.purpose("local"))
	}
	return x
}

// add returns which of the children the identity is.
func (x *indexer) add(id Identity) (int, error) {
	if n, ok := x.seen[id]; ok {
		return n, nil
	}
	c, err := x.child(id)
	if err != nil {
		return 0, err
	}
	n, ok := x.byIndex[string(c.index())]
	if !ok {
		n = len(x.children)
		x.children = append(x.children, c)
		x.byIndex[string(c.index())] = n
	}
	x.seen[id] = n
	return n, nil
}

// child indexes an identity number alike in every municipality, so that a guest's home can be found, a card's code, which the
// municipality handed out, by municipality, and any other id by municipality and source.
func (x *indexer) child(id Identity) (child, error) {
	if number, year, ok := events.ParseIdentityNumber(id.Child, x.today); ok {
		return child{indexes: indexes(x.persons, number), person: true, born: year}, nil
	}
	if events.MistypedIdentityNumber(id.Child, x.today) {
		return child{}, ErrMistyped
	}
	if card, err := ParseCard(id.Child); err == nil {
		return child{indexes: indexes(x.locals, string(x.municipality), card)}, nil
	}
	local := localID(id.Child)
	if local == "" {
		return child{}, ErrNoIdentity
	}
	return child{indexes: indexes(x.locals, string(x.municipality), id.Source, local)}, nil
}

func indexes(under []*keyed, parts ...string) [][]byte {
	list := make([][]byte, len(under))
	for i, k := range under {
		list[i] = append([]byte(nil), k.sum(parts...)...)
	}
	return list
}

// localID leaves out what cannot be seen around an id, and writes å one way.
func localID(s string) string {
	s = strings.TrimFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.In(r, unicode.Cf, unicode.Cc) })
	return norm.NFC.String(s)
}
