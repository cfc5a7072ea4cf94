package intake

import (
	"cmp"

	"rackvidd/events"
	"rackvidd/services/casework"
	"rackvidd/services/vault"
)

// weight of what a message holds, in marks.
const caseWeight = 3

// barred is why nothing can be recorded of what a row says, and in which column; "": it can. It is asked before what the record said
// before is taken back. What people counted and marked by hand stands: the record is told to them, and changes nothing.
func (b *batch) barred(it *item, fact vault.Fact, before bool) (col column, code string) {
	if before {
		if col, code := b.barredBefore(it, fact); code != "" {
			return col, code
		}
	}
	if !it.Type.isSession() {
		return 0, ""
	}
	session := b.streams[it.stream()].State.(*casework.Session)
	unheard := fact == vault.Fact{} // it may have been, by an index that was lost
	recounted, remarked := unheard && session.Recounted(entryOf(it, it.session)), unheard && it.remarked(session)
	switch counts := it.token.IsZero(); {
	case session.Withdrawn:
		return sessionColumn, CodeSessionWithdrawn
	case it.Type == SessionCancelled && session.HeldByHand():
		return typeColumn, CodeHeldByHand
	case it.Type != SessionAttended:
		return 0, ""
	case b.unnamedIn(it, session) != "":
		return sessionColumn, b.unnamedIn(it, session)
	case counts && !recounted && session.CountedAt(cmp.Or(it.Role, events.ChildRole)) > 0:
		return countColumn, CodeCountedByHand
	case !counts && !remarked && b.overruled(it, session):
		return childColumn, CodeMarkedByHand
	}
	return 0, ""
}

// unnamedIn is why the child may not be named in a session that was corrected by hand to one of another programme than the row's; "": it may.
func (b *batch) unnamedIn(it *item, session *casework.Session) (code string) {
	if !session.Opened || session.Programme == it.Programme {
		return ""
	}
	if refusal := it.mayName(b.streams[events.ProgrammeOf(session.Programme)].State.(*casework.Programme)); refusal != nil {
		return refusal.Code
	}
	return ""
}

// overruled reports whether the row says otherwise than a hand did of the child, by whichever of its records.
func (b *batch) overruled(it *item, session *casework.Session) bool {
	same, otherwise := b.byOthers(it, session)
	return otherwise || !same && session.Overruled(it.mark(), b.m)
}

// byOthers reports whether a hand said of the child, by another of its records, just what the row says, and whether it said otherwise.
func (b *batch) byOthers(it *item, session *casework.Session) (same, otherwise bool) {
	m := it.mark()
	for _, other := range session.Hands() {
		if m.Child = other; other == it.token || b.same.Of(other) != b.same.Of(it.token) || !session.MarkedByHand(m) {
			continue
		}
		same, otherwise = same || !session.Overruled(m, b.m), otherwise || session.Overruled(m, b.m)
	}
	return same, otherwise
}

// barredBefore is why what the record said before may not be taken back; "": it may.
func (b *batch) barredBefore(it *item, fact vault.Fact) (col column, code string) {
	stream, err := events.ParseStream(fact.Stream)
	if err != nil || b.streams[stream] == nil {
		return 0, ""
	}
	switch was := b.streams[stream].State.(type) {
	case *casework.Session:
		switch {
		case was.Recounted(entryOf(it, was.Session)):
			return countColumn, CodeCountedByHand
		case was.Remarked(it.record):
			return childColumn, CodeMarkedByHand
		}
	case *casework.Case:
		return it.barredInCase(stream, was)
	}
	return 0, ""
}

func (b *batch) recordSession(it *item) outcome {
	about := b.streams[it.stream()]
	session := about.State.(*casework.Session)
	if !session.Opened {
		b.sessions++
		b.put(about, 1, events.SessionOpened{Session: it.session, Programme: it.Programme, Form: it.Form, HeldOn: it.OccurredOn})
	}
	switch {
	case it.Type == SessionCancelled:
		return b.cancel(it, about, session)
	case it.token.IsZero():
		return b.headcount(it, about, session)
	default:
		return b.attend(it, about, session)
	}
}

func (b *batch) cancel(it *item, about *events.Deciding, session *casework.Session) outcome {
	if session.Cancelled {
		return b.again(it, session.CancelledBy())
	}
	b.put(about, 1, events.SessionCancelled{Session: it.session, Record: it.record})
	return recorded
}

func (b *batch) headcount(it *item, about *events.Deciding, session *casework.Session) outcome {
	entry := entryOf(it, it.session)
	if _, stands := session.Counts[entry]; stands || session.Recounted(entry) {
		return b.again(it, it.record)
	}
	c := events.HeadCount{Entry: entry, Count: it.Count, Record: it.record}
	c.Role, c.Target = sparse(it)
	b.putAttended(about, events.SessionAttended{Session: it.session, HomeMunicipality: it.Home, Counted: []events.HeadCount{c}})
	return recorded
}

func (b *batch) attend(it *item, about *events.Deciding, session *casework.Session) outcome {
	m := it.mark()
	stands, by := session.HasMark(m)
	said, _ := b.byOthers(it, session)
	switch {
	case it.remarked(session):
		return b.again(it, it.record)
	case stands || said || session.MarkedByHand(m): // to the same
		return b.again(it, by)
	}
	b.putAttended(about, session.Attend(m))
	return recorded
}

// remarked reports whether the row names the child whom its record marked here, and who was marked by hand as well.
func (it *item) remarked(session *casework.Session) bool {
	child, _ := session.MarkedBy(it.record.Key)
	return child == it.token && session.Remarked(it.record)
}

func (it *item) mark() events.Mark {
	m := events.Mark{Child: it.token, HomeMunicipality: it.Home, BirthYear: it.BirthYear, Gender: it.Gender, Record: it.record}
	m.Role, m.Target = sparse(it)
	return m
}

// sparse leaves out what is the default in an event.
func sparse(it *item) (role events.Role, target events.Target) {
	if it.Role == events.AdultRole {
		role = it.Role
	}
	if it.Target == events.OtherTarget {
		target = it.Target
	}
	return role, target
}

// putAttended lets rows of one register be one event.
func (b *batch) putAttended(about *events.Deciding, e events.SessionAttended) {
	if n := len(about.Events); n > 0 {
		if last, ok := about.Events[n-1].(events.SessionAttended); ok && casework.Join(&last, e) {
			about.Events[n-1] = last
			about.State.Evolve(e)
			b.weight[about.Stream]++
			return
		}
	}
	b.put(about, 1, e)
}

// entryOf is the entry a record makes: always the same for the same record.
func entryOf(it *item, of events.ID) events.Entry {
	e := events.Entry{Of: of}
	copy(e.Number[:], it.record.Key[:])
	return e
}
