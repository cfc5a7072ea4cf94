package intake

import (
	"cmp"

	"rackvidd/events"
	"rackvidd/services/casework"
	"rackvidd/services/vault"
)

// update records a row whose record said something else before: what it said is taken back and what it says now is
// recorded, in one decision. A referral or enrolment of the same child is corrected in place.
func (b *batch) update(it *item, fact vault.Fact) outcome {
	b.updates = true
	old, err := events.ParseStream(fact.Stream)
	if err != nil {
		return b.reject(it, recordIDColumn, CodeUnknownRecord)
	}
	about := b.streams[old]
	weight := b.weight[old]
	switch state := about.State.(type) {
	case *casework.Case:
		if b.correctInPlace(it, about, state) {
			return recorded
		}
		b.retractEntry(it, about, state)
	case *casework.Session:
		b.retractFromRegister(it, about, state)
	}
	it.tookBack = it.tookBack || b.weight[old] > weight
	o := b.recordFact(it)
	if o == duplicate && it.tookBack { // somebody said so by hand before; this record says it now as well
		return recorded
	}
	return o
}

// correctInPlace corrects a referral or an enrolment that is still one of the same child. Whether it may be was asked before.
func (b *batch) correctInPlace(it *item, about *events.Deciding, c *casework.Case) bool {
	if about.Stream != it.stream() {
		return false
	}
	list, stands, err := it.correction(c)
	if !stands || err != nil {
		return false
	}
	year, gender, _ := c.SaidBy(it.record)
	b.describe(it, year, gender)
	b.put(about, caseWeight, list...)
	return true
}

// correction restates the row's referral or enrolment in the child's case; stands is false where there is none of that kind.
func (it *item) correction(c *casework.Case) (list []events.Event, stands bool, err error) {
	entry := entryOf(it, it.token)
	_, isReferral := c.Referrals[entry]
	enrolment, isEnrolment := c.Enrolments[entry]
	switch {
	case isReferral && it.Type == ReferralReceived:
		list, err = c.RestateReferral(events.ReferralCorrected{
			Referral: entry, Channel: it.Channel, ReceivedOn: it.OccurredOn, Programme: it.Programme, Form: it.Form, Reason: events.SourceChanged, Record: it.record,
		})
	case isEnrolment && it.Type == ChildEnrolled:
		e := events.EnrolmentCorrected{
			Enrolment: entry, Programme: it.Programme, Form: it.Form, EnrolledOn: it.OccurredOn, HomeMunicipality: it.Home, Reason: events.SourceChanged, Record: it.record,
		}
		if it.Target != cmp.Or(enrolment.Target, events.SubstanceAbuse) {
			e.Target = it.Target
		}
		list, err = c.CorrectEnrolment(e)
	default:
		return nil, false, nil
	}
	return list, true, err
}

func (b *batch) retractEntry(it *item, about *events.Deciding, c *casework.Case) {
	child, err := events.ParseID(about.Stream.ID)
	if err != nil {
		return
	}
	if year, gender, said := c.SaidBy(it.record); said && child == it.token {
		b.describe(it, year, gender)
	}
	if list, err := c.Withdraw(entryOf(it, child), events.SourceChanged); err == nil {
		b.put(about, caseWeight, list...)
	}
}

func (b *batch) retractFromRegister(it *item, about *events.Deciding, s *casework.Session) {
	if s.CancelledBy().Key == it.record.Key {
		b.put(about, 1, s.Reinstate(events.SourceChanged, it.record)...)
		return
	}
	for key, m := range s.Marks {
		if m.Record.Key == it.record.Key {
			b.put(about, 1, s.Unmark(key)...)
			if key.Child == it.token && key.Role != events.AdultRole {
				b.describe(it, m.BirthYear, m.Gender)
			}
			return
		}
	}
	b.put(about, 1, s.Uncount(entryOf(it, s.Session))...)
}

// describe corrects the child's birth year and gender where the record stated others before. A referral, a place and a mark of a
// child state them: no end, no cancellation and no adult.
func (b *batch) describe(it *item, year events.Year, gender events.Gender) {
	if it.Type == ReferralClosed || it.Type == EnrolmentEnded || it.Type == SessionCancelled || it.Role == events.AdultRole {
		return
	}
	e := events.ChildDescribed{Child: it.token, Reason: events.SourceChanged, Record: it.record}
	if it.BirthYear != 0 && it.BirthYear != year {
		e.BirthYear = it.BirthYear
	}
	if it.Gender != "" && it.Gender != cmp.Or(gender, events.UnknownGender) {
		e.Gender = it.Gender
	}
	if e.BirthYear != 0 || e.Gender != "" {
		b.put(b.streams[events.CaseOf(it.token)], caseWeight, e)
	}
}
