package events

import (
	"slices"
	"sync"

	"github.com/google/uuid"
)

// Reading a message costs encoding/json ten times what it costs to look at its bytes once. Nearly all messages are
// written by Encode, and of few kinds: those are read here. A message in any other spelling or of another kind is left
// to encoding/json, so that there is one answer to what can be read.

// scanOf returns how an event of a kind is read as Encode writes it, for the kinds that a log is full of; nil for others.
func scanOf[E Event]() func(*cursor) Event {
	var zero E
	switch any(zero).(type) {
	case SessionOpened:
		return (*cursor).sessionOpened
	case SessionCorrected:
		return (*cursor).sessionCorrected
	case SessionAttended:
		return (*cursor).sessionAttended
	case SessionCancelled:
		return (*cursor).sessionCancelled
	case ReferralReceived:
		return (*cursor).referralReceived
	case ReferralClosed:
		return (*cursor).referralClosed
	case ReferralClosingMatched:
		return (*cursor).referralClosingMatched
	case ChildEnrolled:
		return (*cursor).childEnrolled
	case EnrolmentEnded:
		return (*cursor).enrolmentEnded
	case EnrolmentEndMatched:
		return (*cursor).enrolmentEndMatched
	case GroupMembersChanged:
		return (*cursor).groupMembersChanged
	}
	return nil
}

var cursors = sync.Pool{New: func() any { return &cursor{words: make(map[string]string)} }}

// scan reads a message as parse does, if it is written as Encode writes it. Where it does not, that says nothing of the
// message.
func (c Catalog) scan(position Position, raw []byte) (Recorded, bool) {
	cur := cursors.Get().(*cursor)
	defer cursors.Put(cur)
	cur.raw, cur.at, cur.failed = raw, 0, false
	defer func() { cur.raw, cur.source, cur.context = nil, nil, nil }()
	r := Recorded{Position: position, Raw: raw, Part: 1, Parts: 1}
	if !cur.skip("[") {
		r.Events = []Event{cur.first(c, &r)}
		return r, !cur.failed && cur.at == len(raw)
	}
	found := append(cur.events[:0], cur.first(c, &r))
	for cur.skip(",") {
		found = append(found, cur.another(c))
	}
	cur.expect("]")
	r.Events, cur.events = slices.Clone(found), found
	clear(found)
	return r, !cur.failed && cur.at == len(raw)
}

// first reads the first event of a message with what is around it, which says where and when.
func (c *cursor) first(catalog Catalog, r *Recorded) Event {
	var ce cloudEvent
	c.expect(`{"specversion":"1.0","id":`)
	id := c.quoted()
	from := c.at
	source := c.isFrom()
	c.source = c.raw[from:c.at]
	kind := c.quoted()
	from = c.at
	c.inContext(&ce)
	c.context = c.raw[from:c.at]
	e := c.data(catalog, kind)
	if !c.failed {
		var err error
		ce.SpecVersion, ce.Source = "1.0", string(source)
		r.Command, err = uuid.ParseBytes(id)
		c.failed = err != nil || r.readEnvelope(ce) != nil
	}
	return e
}

// another reads one of the others: what is around it is mostly the same.
func (c *cursor) another(catalog Catalog) Event {
	c.expect(`{"specversion":"1.0","id":`)
	c.quoted()
	if !c.again(c.source) {
		c.isFrom()
	}
	kind := c.quoted()
	if !c.again(c.context) {
		c.inContext(new(cloudEvent))
	}
	return c.data(catalog, kind)
}

// isFrom goes to the type, and returns the source before it.
func (c *cursor) isFrom() []byte {
	c.expect(`,"source":`)
	source := c.quoted()
	c.expect(`,"type":`)
	return source
}

// inContext reads what is between type and data.
func (c *cursor) inContext(ce *cloudEvent) {
	c.expect(`,"time":`)
	c.instant(&ce.Time)
	c.expect(`,"actor":`)
	c.id(&ce.Actor)
	c.expect(`,"expectedversion":`)
	ce.Expected = Position(c.number())
	if c.skip(`,"digest":`) {
		ce.Digest = string(c.quoted())
	}
	if c.skip(`,"part":`) {
		ce.Part = int(c.number())
	}
	if c.skip(`,"parts":`) {
		ce.Parts = int(c.number())
	}
	c.expect(`,"data":`)
}

// data reads an event of a CloudEvents type, and what ends it.
func (c *cursor) data(catalog Catalog, kind []byte) Event {
	read := catalog.scanned(kind)
	if read == nil || c.failed {
		c.fail()
		return nil
	}
	e := read(c)
	c.expect(`}}`)
	return e
}

// scanned returns how an event of a CloudEvents type is scanned; nil where it is not, or not in that version.
func (c Catalog) scanned(typeName []byte) func(*cursor) Event {
	n := len(typeName) - 3
	if n < 0 || string(typeName[n:n+2]) != ".v" {
		return nil
	}
	k := c[string(typeName[:n])]
	if k.Version != int(typeName[n+2]-'0') {
		return nil
	}
	return k.scan
}

func (c *cursor) sessionOpened() Event {
	var e SessionOpened
	c.expect(`{"session":`)
	c.id(&e.Session)
	c.expect(`,"programme":`)
	e.Programme = ProgrammeID(c.word())
	c.expect(`,"form":`)
	e.Form = Form(c.word())
	c.expect(`,"held_on":`)
	c.day(&e.HeldOn)
	if c.skip(`,"group":`) {
		c.id(&e.Group)
	}
	if c.skip(`,"district":`) {
		e.District = District(c.word())
	}
	if c.skip(`,"provider_municipality":`) {
		e.ProviderMunicipality = Municipality(c.word())
	}
	return e
}

func (c *cursor) sessionCorrected() Event {
	var e SessionCorrected
	c.expect(`{"session":`)
	c.id(&e.Session)
	c.expect(`,"programme":`)
	e.Programme = ProgrammeID(c.word())
	c.expect(`,"form":`)
	e.Form = Form(c.word())
	c.expect(`,"held_on":`)
	c.day(&e.HeldOn)
	c.expect(`,"reason":`)
	e.Reason = Reason(c.word())
	if c.skip(`,"provider_municipality":`) {
		e.ProviderMunicipality = Municipality(c.word())
	}
	return e
}

func (c *cursor) sessionAttended() Event {
	var e SessionAttended
	c.expect(`{"session":`)
	c.id(&e.Session)
	if c.skip(`,"home_municipality":`) {
		e.HomeMunicipality = Municipality(c.word())
	}
	if c.skip(`,"register_at":`) {
		c.instant(&e.RegisterAt)
	}
	if c.skip(`,"attended":`) {
		e.Attended = list(c, &c.marks, (*cursor).mark)
	}
	if c.skip(`,"absent":`) {
		e.Absent = list(c, &c.marks, (*cursor).mark)
	}
	if c.skip(`,"removed":`) {
		e.Removed = list(c, &c.marks, (*cursor).mark)
	}
	if c.skip(`,"counted":`) {
		e.Counted = list(c, &c.counts, (*cursor).headCount)
	}
	return e
}

func (c *cursor) mark(m *Mark) {
	c.expect(`{"child":`)
	c.id(&m.Child)
	if c.skip(`,"role":`) {
		m.Role = Role(c.word())
	}
	if c.skip(`,"target":`) {
		m.Target = Target(c.word())
	}
	if c.skip(`,"home_municipality":`) {
		m.HomeMunicipality = Municipality(c.word())
	}
	if c.skip(`,"birth_year":`) {
		m.BirthYear = Year(c.number())
	}
	if c.skip(`,"gender":`) {
		m.Gender = Gender(c.word())
	}
	if c.skip(`,"at":`) {
		c.instant(&m.At)
	}
	c.from(&m.Record)
	c.expect(`}`)
}

func (c *cursor) headCount(h *HeadCount) {
	c.expect(`{"entry":`)
	c.entry(&h.Entry)
	c.expect(`,"count":`)
	h.Count = Count(c.number())
	if c.skip(`,"role":`) {
		h.Role = Role(c.word())
	}
	if c.skip(`,"target":`) {
		h.Target = Target(c.word())
	}
	if c.skip(`,"home_municipality":`) {
		h.HomeMunicipality = Municipality(c.word())
	}
	c.from(&h.Record)
	c.expect(`}`)
}

func (c *cursor) sessionCancelled() Event {
	var e SessionCancelled
	c.expect(`{"session":`)
	c.id(&e.Session)
	c.from(&e.Record)
	return e
}

func (c *cursor) referralReceived() Event {
	var e ReferralReceived
	c.expect(`{"referral":`)
	c.entry(&e.Referral)
	c.expect(`,"channel":`)
	e.Channel = Channel(c.word())
	c.expect(`,"received_on":`)
	c.day(&e.ReceivedOn)
	if c.skip(`,"programme":`) {
		e.Programme = ProgrammeID(c.word())
	}
	if c.skip(`,"form":`) {
		e.Form = Form(c.word())
	}
	if c.skip(`,"birth_year":`) {
		e.BirthYear = Year(c.number())
	}
	if c.skip(`,"gender":`) {
		e.Gender = Gender(c.word())
	}
	c.from(&e.Record)
	return e
}

func (c *cursor) referralClosed() Event {
	var e ReferralClosed
	c.expect(`{"closing":`)
	c.entry(&e.Closing)
	if c.skip(`,"referral":`) {
		c.entry(&e.Referral)
	}
	if c.skip(`,"programme":`) {
		e.Programme = ProgrammeID(c.word())
	}
	c.expect(`,"outcome":`)
	e.Outcome = Outcome(c.word())
	c.expect(`,"closed_on":`)
	c.day(&e.ClosedOn)
	c.from(&e.Record)
	return e
}

func (c *cursor) referralClosingMatched() Event {
	var e ReferralClosingMatched
	c.expect(`{"closing":`)
	c.entry(&e.Closing)
	if c.skip(`,"referral":`) {
		c.entry(&e.Referral)
	}
	c.expect(`,"outcome":`)
	e.Outcome = Outcome(c.word())
	c.expect(`,"closed_on":`)
	c.day(&e.ClosedOn)
	return e
}

func (c *cursor) childEnrolled() Event {
	var e ChildEnrolled
	c.expect(`{"enrolment":`)
	c.entry(&e.Enrolment)
	c.expect(`,"programme":`)
	e.Programme = ProgrammeID(c.word())
	c.expect(`,"form":`)
	e.Form = Form(c.word())
	c.expect(`,"enrolled_on":`)
	c.day(&e.EnrolledOn)
	if c.skip(`,"birth_year":`) {
		e.BirthYear = Year(c.number())
	}
	if c.skip(`,"gender":`) {
		e.Gender = Gender(c.word())
	}
	if c.skip(`,"home_municipality":`) {
		e.HomeMunicipality = Municipality(c.word())
	}
	if c.skip(`,"target":`) {
		e.Target = Target(c.word())
	}
	c.from(&e.Record)
	return e
}

func (c *cursor) enrolmentEnded() Event {
	var e EnrolmentEnded
	c.expect(`{"end":`)
	c.entry(&e.End)
	if c.skip(`,"enrolment":`) {
		c.entry(&e.Enrolment)
	}
	c.expect(`,"programme":`)
	e.Programme = ProgrammeID(c.word())
	c.expect(`,"form":`)
	e.Form = Form(c.word())
	c.expect(`,"reason":`)
	e.Reason = EndReason(c.word())
	c.expect(`,"ended_on":`)
	c.day(&e.EndedOn)
	c.from(&e.Record)
	return e
}

func (c *cursor) enrolmentEndMatched() Event {
	var e EnrolmentEndMatched
	c.expect(`{"end":`)
	c.entry(&e.End)
	if c.skip(`,"enrolment":`) {
		c.entry(&e.Enrolment)
	}
	c.expect(`,"reason":`)
	e.Reason = EndReason(c.word())
	c.expect(`,"ended_on":`)
	c.day(&e.EndedOn)
	return e
}

func (c *cursor) groupMembersChanged() Event {
	var e GroupMembersChanged
	c.expect(`{"group":`)
	c.id(&e.Group)
	if c.skip(`,"joined":`) {
		e.Joined = list(c, &c.ids, (*cursor).id)
	}
	if c.skip(`,"left":`) {
		e.Left = list(c, &c.ids, (*cursor).id)
	}
	return e
}

// from reads where an imported fact came from.
func (c *cursor) from(r *Record) {
	if c.skip(`,"record":`) {
		c.record(r)
	}
}
