package events_test

import (
	"time"

	"github.com/google/uuid"

	"rackvidd/events"
)

var (
	child   = events.ID{0: 1, 15: 0xc1}
	other   = events.ID{0: 2, 15: 0xc2}
	session = events.ID{0: 3, 15: 0x5e}
	group   = events.ID{0: 4, 15: 0x60}
	actor   = events.ID{0: 5, 15: 0xac}

	record  = events.Record{Key: [16]byte{0: 0x4b, 15: 0xff}, MAC: [8]byte{0: 0x3a, 7: 0xfe}}
	command = uuid.MustParse("01960000-0000-7000-8000-000000000001")
	written = time.Date(2021, 3, 1, 16, 0, 0, 0, time.UTC)
	marked  = events.InstantOf(time.Date(2021, 3, 1, 15, 30, 0, 250e6, time.UTC))
)

func entry(of events.ID, n byte) events.Entry { return events.Entry{Of: of, Number: [8]byte{7: n}} }

func on(year int, month time.Month, day int) events.Day { return events.Date(year, month, day) }

type sample struct {
	stream events.Stream
	event  events.Event
}

// samples holds one event of every kind and version ever written, with nothing left out. The golden file of the same
// name reads as this value for ever; when a kind gets a new version, the old entry stays, as its upcasters make it.
var samples = map[string]sample{
	"programme.registered.v1": {events.ProgrammeOf("sputnik"), events.ProgrammeRegistered{
		Programme: "sputnik", Name: "Sputnik Öster", Forms: []events.Form{events.SupportGroup, events.Camp}, Organiser: "ngo",
		ProviderMunicipality: "1880", Target: events.MixedTarget, Identity: events.Card, District: "oster-2", ValidFrom: on(2020, 1, 1),
	}},
	"programme.amended.v1": {events.ProgrammeOf("Öppna dörren"), events.ProgrammeAmended{
		Programme: "Öppna dörren", Name: "Öppna dörren", Forms: []events.Form{events.OpenPreschool}, Organiser: "municipality",
		ProviderMunicipality: "1485", Target: events.SubstanceAbuse, Identity: events.NoIdentity, District: "C", ValidFrom: on(2020, 8, 15),
	}},

	"group.formed.v1": {events.GroupOf(group), events.GroupFormed{
		Group: group, Programme: "sputnik", Form: events.SupportGroup, Name: "Tisdagsgruppen", Places: 8, District: "oster-2",
	}},
	"group.amended.v1": {events.GroupOf(group), events.GroupAmended{
		Group: group, Programme: "sputnik", Form: events.SupportGroup, Name: "Onsdagsgruppen", Places: 9, District: "vaster-1",
	}},
	"group.closed.v1":   {events.GroupOf(group), events.GroupClosed{Group: group, ClosedOn: on(2021, 6, 8)}},
	"group.reopened.v1": {events.GroupOf(group), events.GroupReopened{Group: group}},
	"group.members_changed.v1": {events.GroupOf(group), events.GroupMembersChanged{
		Group: group, Joined: []events.ID{child}, Left: []events.ID{other},
	}},
	"group.series_planned.v1": {events.GroupOf(group), events.GroupSeriesPlanned{
		Group: group, Sessions: []events.PlannedSession{{Session: session, HeldOn: on(2021, 3, 1)}},
	}},

	"case.referral_received.v1": {events.CaseOf(child), events.ReferralReceived{
		Referral: entry(child, 1), Channel: "school", ReceivedOn: on(2021, 1, 11), Programme: "sputnik", Form: events.SupportGroup,
		BirthYear: 2011, Gender: "girl", Record: record,
	}},
	"case.referral_corrected.v1": {events.CaseOf(child), events.ReferralCorrected{
		Referral: entry(child, 1), Channel: "police", ReceivedOn: on(2021, 1, 12), Programme: "sputnik", Form: events.Counselling,
		Reason: "wrong_day", Record: record,
	}},
	"case.referral_closed.v1": {events.CaseOf(child), events.ReferralClosed{
		Closing: entry(child, 2), Referral: entry(child, 1), Programme: "sputnik", Outcome: "accepted", ClosedOn: on(2021, 1, 20), Record: record,
	}},
	"case.referral_closing_matched.v1": {events.CaseOf(child), events.ReferralClosingMatched{
		Closing: entry(child, 2), Referral: entry(child, 3), Outcome: "accepted", ClosedOn: on(2021, 1, 20),
	}},
	"case.child_enrolled.v1": {events.CaseOf(child), events.ChildEnrolled{
		Enrolment: entry(child, 4), Programme: "sputnik", Form: events.SupportGroup, EnrolledOn: on(2021, 2, 1), BirthYear: 2011,
		Gender: "girl", HomeMunicipality: "1880", Target: events.SubstanceAbuse, Record: record,
	}},
	"case.enrolment_corrected.v1": {events.CaseOf(child), events.EnrolmentCorrected{
		Enrolment: entry(child, 4), Programme: "sputnik", Form: events.Camp, EnrolledOn: on(2021, 2, 2), HomeMunicipality: "1814",
		Target: events.OtherTarget, Reason: events.SourceChanged, Record: record,
	}},
	"case.enrolment_ended.v1": {events.CaseOf(child), events.EnrolmentEnded{
		End: entry(child, 5), Enrolment: entry(child, 4), Programme: "sputnik", Form: events.SupportGroup, Reason: "completed",
		EndedOn: on(2021, 6, 1), Record: record,
	}},
	"case.enrolment_end_matched.v1": {events.CaseOf(child), events.EnrolmentEndMatched{
		End: entry(child, 5), Enrolment: entry(child, 6), Reason: "moved", EndedOn: on(2021, 6, 1),
	}},
	"case.entry_withdrawn.v1": {events.CaseOf(child), events.EntryWithdrawn{Entry: entry(child, 1), Reason: events.EnteredInError}},
	"case.child_described.v1": {events.CaseOf(child), events.ChildDescribed{
		Child: child, BirthYear: 2010, Gender: "boy", Reason: "other",
	}},
	"case.child_described.v2": {events.CaseOf(child), events.ChildDescribed{
		Child: child, BirthYear: 2010, Gender: "boy", Reason: events.SourceChanged, Record: record,
	}},
	"case.merged.v1":            {events.CaseOf(other), events.CaseMerged{Merge: entry(other, 7), Into: child}},
	"case.absorbed.v1":          {events.CaseOf(child), events.CaseAbsorbed{Merge: entry(other, 7), Child: other}},
	"case.merge_undone.v1":      {events.CaseOf(other), events.MergeUndone{Merge: entry(other, 7), Into: child, Reason: "wrong_child"}},
	"case.absorption_undone.v1": {events.CaseOf(child), events.AbsorptionUndone{Merge: entry(other, 7), Child: other}},
	"case.identity_erased.v1":   {events.CaseOf(child), events.IdentityErased{Child: child}},
	"case.identity_erased.v2":   {events.CaseOf(child), events.IdentityErased{Child: child, Decision: 7, ListedOn: on(2031, 3, 1)}},

	"session.opened.v1": {events.SessionOf(session), events.SessionOpened{
		Session: session, Programme: "sputnik", Form: events.SupportGroup, HeldOn: on(2021, 3, 1), Group: group, District: "oster-2",
		ProviderMunicipality: "1880",
	}},
	"session.corrected.v1": {events.SessionOf(session), events.SessionCorrected{
		Session: session, Programme: "sputnik", Form: events.Camp, HeldOn: on(2021, 3, 2), ProviderMunicipality: "1814",
		Reason: "wrong_programme",
	}},
	"session.attended.v1": {events.SessionOf(session), events.SessionAttended{
		Session: session, HomeMunicipality: "1880", RegisterAt: marked,
		Attended: []events.Mark{{
			Child: child, Role: events.ChildRole, Target: events.SubstanceAbuse, HomeMunicipality: "1814", BirthYear: 2011,
			Gender: "girl", At: marked, Record: record,
		}},
		Absent:  []events.Mark{{Child: other}},
		Removed: []events.Mark{{Child: group, Role: events.AdultRole}},
		Counted: []events.HeadCount{{
			Entry: entry(session, 8), Count: 7, Role: events.ChildRole, Target: events.MixedTarget, HomeMunicipality: "1880", Record: record,
		}},
	}},
	"session.cancelled.v1":  {events.SessionOf(session), events.SessionCancelled{Session: session, Record: record}},
	"session.reinstated.v1": {events.SessionOf(session), events.SessionReinstated{Session: session, Reason: events.EnteredInError}},
	"session.reinstated.v2": {events.SessionOf(session), events.SessionReinstated{Session: session, Reason: events.SourceChanged, Record: record}},
	"session.withdrawn.v1":  {events.SessionOf(session), events.SessionWithdrawn{Session: session, Reason: "duplicate"}},

	"guest.counted.v1": {events.GuestsOf(group), events.GuestsCounted{
		Report: group, ProviderMunicipality: "1814", Programme: "sputnik", Form: events.Camp, HeldOn: on(2021, 7, 5), Children: 3,
	}},
	"guest.count_withdrawn.v1": {events.GuestsOf(group), events.GuestCountWithdrawn{Report: group, Reason: events.EnteredInError}},

	"survey.answered.v1": {events.SurveyOf(2021), events.SurveyAnswered{
		Year: 2021, Answers: []events.SurveyAnswer{estimate}, Restored: []events.Question{"Q3"},
	}},
	"survey.commented.v1": {events.SurveyOf(2021), events.SurveyCommented{Year: 2021, Comments: []events.CheckComment{{Rule: "S12", Wording: words}}}},
	"survey.question_commented.v1": {events.SurveyOf(2021), events.SurveyQuestionCommented{
		Year: 2021, Comments: []events.QuestionComment{{Question: "Q4", Wording: words}},
	}},
	"survey.checked.v1": {events.SurveyOf(2021), events.SurveyChecked{
		Year: 2021, Version: 1, Form: "v3", Definition: "reach/v3", Position: 4711, Answers: []events.SurveyAnswer{estimate, chosen},
		Warnings: []events.Rule{"S12"}, Population: 33201, LastYear: events.SurveyBefore{Form: "v3", Definition: "reach/v3", Number: 41},
	}},
	"survey.approved.v1": {events.SurveyOf(2021), events.SurveyApproved{Year: 2021, Version: 1}},
	"survey.returned.v1": {events.SurveyOf(2021), events.SurveyReturned{Year: 2021, Version: 1, Wording: words}},
	"survey.submitted.v1": {events.SurveyOf(2021), events.SurveySubmitted{
		Year: 2021, Version: 1, Form: "v3", Definition: "reach/v3", Position: 4711, Program: "v1.0.0",
		Answers:  []events.SurveyAnswer{estimate, chosen},
		Released: []events.SurveyAnswer{{Question: "Q4", Status: events.SuppressedAnswer, Lower: 1, Upper: 4}},
	}},
	"survey.amended.v1": {events.SurveyOf(2021), events.SurveyAmended{Year: 2021, Version: 2, Wording: words}},
	"release.made.v1": {events.ReleasesOf(2021), events.FiguresReleased{
		Year: 2021, Purpose: events.OpenRelease, Definition: "reach/v3", Position: 4711,
		Cells:     []events.ReleasedCell{{Cell: "2021/form/camp", Lower: 1, Upper: 4}},
		Relations: []events.ReleasedRelation{{Relation: "partition", Cells: []events.CellName{"2021/children", "2021/age/0-6"}, Numbers: []events.Amount{3}}},
	}},

	"audit.replayed.v1": {events.Replays(), events.FiguresReplayed{
		From: on(2021, 1, 1), To: on(2021, 12, 31), Definition: "reach/v3", Position: 4711, Root: events.Digest{0: 0x5a, 31: 0x17}, Differences: 2, Wording: words,
	}},
	"audit.replayed.v2": {events.Replays(), events.FiguresReplayed{
		From: on(2021, 1, 1), To: on(2021, 12, 31), Definition: "reach/v3", Position: 4711, Root: events.Digest{0: 0x5a, 31: 0x17}, Differences: 2, Wording: words, Differing: words,
	}},
	"retention.decided.v1": {events.Retentions(), events.RetentionDecided{Years: 5}},
	"audit.read_model_maintained.v1": {events.ReadModels(), events.ReadModelMaintained{
		ReadModel: "reach", Act: events.KeptBeside, Generation: 3, Position: 4711, Differences: 2, Wording: words,
	}},

	"national.answer_received.v1": {events.AnswerOf("1880", 2021, "oster-2"), events.AnswerReceived{
		Year: 2021, Municipality: "1880", District: "oster-2", State: events.AnsweredState, Offers: "yes", Children: events.NumberAnswer,
		Basis: events.IntervalBasis, Value: 45, Lower: 45, Upper: 52, Organisers: []events.Organiser{"municipality", "ngo"},
		Forms: []events.Form{events.SupportGroup}, Channels: []events.Channel{"school"}, Measures: []events.Choice{"cooperation"},
		Withheld: []events.Question{"Q5"}, Form: "v3", Definition: "reach/v3", Version: 2, Origin: events.FromFile,
	}},
	"national.key_trusted.v1": {events.TrustOf("1880"), events.KeyTrusted{
		Municipality: "1880", Key: "rackvidd.example.se+1d2b8a3f+AdB3nWzD0rZl6kcXGm4zNhVxUqsf1mGO9yTn2oEJmqKd",
	}},
	"national.key_distrusted.v1": {events.TrustOf("1880"), events.KeyDistrusted{
		Municipality: "1880", Key: "rackvidd.example.se+1d2b8a3f+AdB3nWzD0rZl6kcXGm4zNhVxUqsf1mGO9yTn2oEJmqKd",
	}},
	"national.population_stated.v1": {events.PopulationOf(2021), events.PopulationStated{
		Year: 2021, Source: "SCB, folkmängd 31 december", Rows: []events.PopulationOfPlace{{Municipality: "1880", Children: 33201}},
	}},
	"national.denominator_stated.v1": {events.DenominatorOf("can-2019-affected"), events.DenominatorStated{
		Denominator: "can-2019-affected", Name: "barn som far illa", Need: 320_000, Source: "CAN, rapport om barn i familjer", From: 2019, Until: 2029,
	}},
}

var (
	words = events.Wording{ID: events.ID{0: 6, 15: 0x3d}, Digest: events.Digest{0: 0xd1, 31: 0x9e}}

	estimate = events.SurveyAnswer{
		Question: "Q4", Status: events.NumberAnswer, Basis: events.EstimatedBasis, Value: 50, Lower: 45, Upper: 52, Computed: 45, Wording: words,
	}
	chosen = events.SurveyAnswer{Question: "Q3", Status: events.ChoicesAnswer, Choices: []events.Choice{"support_group", "camp"}}
)

func (s sample) append() events.Append {
	return events.Append{
		Stream: s.stream, Expected: 41, Command: command, Actor: actor, Digest: "Zm9yLWV2ZXI", Time: written, Events: []events.Event{s.event},
	}
}
