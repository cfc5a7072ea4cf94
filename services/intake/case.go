package intake

import (
	"rackvidd/events"
	"rackvidd/services/casework"
)

func (b *batch) recordCase(it *item) outcome {
	about := b.streams[it.stream()]
	c := about.State.(*casework.Case)
	if by, stands := c.RecordOf(entryOf(it, it.token)); stands {
		return b.again(it, by)
	}
	b.put(about, caseWeight, it.caseEvents(c)...)
	return recorded
}

// barredInCase is why what the record said in a child's case may not be taken back or corrected; "": it may.
func (it *item) barredInCase(stream events.Stream, was *casework.Case) (col column, code string) {
	child, err := events.ParseID(stream.ID)
	if err != nil || was.Erased {
		return 0, ""
	}
	entry := entryOf(it, child)
	_, stands, err := it.correction(was)
	switch {
	case was.CorrectedByHand(entry):
		return recordIDColumn, CodeCorrectedByHand
	case child == it.token && stands && err != nil:
		return occurredOnColumn, CodeEndedByHand
	case child == it.token && stands || !was.EndedByHand(entry):
		return 0, ""
	case child != it.token:
		return childColumn, CodeEndedByHand
	default:
		return typeColumn, CodeEndedByHand
	}
}

func (it *item) caseEvents(c *casework.Case) (list []events.Event) {
	entry := entryOf(it, it.token)
	switch it.Type {
	case ReferralReceived:
		list, _ = c.Refer(events.ReferralReceived{
			Referral: entry, Channel: it.Channel, ReceivedOn: it.OccurredOn, Programme: it.Programme, Form: it.Form,
			BirthYear: it.BirthYear, Gender: it.Gender, Record: it.record,
		})
	case ReferralClosed:
		list = c.RecordClosing(events.ReferralClosed{
			Closing: entry, Programme: it.Programme, Outcome: it.Outcome, ClosedOn: it.OccurredOn, Record: it.record,
		})
	case ChildEnrolled:
		_, target := sparse(it)
		list, _ = c.Enrol(events.ChildEnrolled{
			Enrolment: entry, Programme: it.Programme, Form: it.Form, EnrolledOn: it.OccurredOn,
			BirthYear: it.BirthYear, Gender: it.Gender, HomeMunicipality: it.Home, Target: target, Record: it.record,
		})
	case EnrolmentEnded:
		list = c.RecordEnd(events.EnrolmentEnded{
			End: entry, Programme: it.Programme, Form: it.Form, Reason: it.Reason, EndedOn: it.OccurredOn, Record: it.record,
		})
	}
	return list
}
