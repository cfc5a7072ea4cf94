package backoffice_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"rackvidd/events"
	"rackvidd/services/surveying"
)

func TestASurveyIsOpenedWithItsFigures(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	s := h.open()
	if s.Form != "v3" || s.State != surveying.InDraft || s.Version != 1 || s.Position != 5 || s.ETag != 0 || s.SinceSubmission != nil || s.PreparedBy == nil || s.Steps == nil {
		t.Errorf("%+v", s)
	}
	q4 := to(s, "Q4")
	if q4.Number() != 6 || q4.Basis != events.CountedBasis || !strings.Contains(q4.Explanation, "Children who were identified: 6. Their attendances: 9.") || to(s, "Q1").Status != events.YesAnswer ||
		!slices.Equal(to(s, "Q2").Choices, []events.Choice{"municipality"}) || !slices.Equal(to(s, "Q3").Choices, []events.Choice{"support_group"}) {
		t.Errorf("the answers are %+v", s.Answers)
	}
	if got := fmt.Sprint(found(s)); got != "[S04 warning S21 warning S24 notice]" {
		t.Errorf("the checks found %s", got)
	}
}

func TestAChartOfNothingIsNone(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	for name, drawn := range map[string]bool{"forms": true, "reach": true, "coverage": false, "reached": false} { // there is no reference data
		if _, ok, err := h.Chart(t.Context(), h.asked, name); err != nil || ok != drawn {
			t.Errorf("the chart of %s: drawn %t, %v", name, ok, err)
		}
	}
}

func TestNoFormAsksAboutAYear(t *testing.T) {
	h := newHouse(t)
	for _, year := range []events.Year{2002, 2017, 2023} { // before the first, between two, yet to come
		h.asked.Year = year
		_, _, err := h.Open(t.Context(), h.asked)
		var unknown *surveying.UnknownFormError
		if !errors.As(err, &unknown) {
			t.Errorf("%d: %v", year, err)
		}
		if _, err := h.Check(t.Context(), h.asked, command(anna), anyVersion); !errors.As(err, &unknown) {
			t.Errorf("%d: checked: %v", year, err)
		}
	}
}

func TestAMunicipalityOfWhichNothingIsRecordedAnswersToo(t *testing.T) {
	h := newHouse(t)
	if s := h.open(); to(s, "Q1").Status != events.UnknownAnswer || to(s, "Q4").Status != events.UnknownAnswer || s.Position != 0 {
		t.Errorf("%+v", s.Answers)
	}
	h.answers(anna, surveying.Given{Answers: []surveying.GivenAnswer{
		{Question: "Q1", Status: events.YesAnswer},
		{Question: "Q2", Status: events.ChoicesAnswer, Choices: []events.Choice{"ngo"}},
		{Question: "Q3", Status: events.ChoicesAnswer, Choices: []events.Choice{"camp"}},
		{Question: "Q5", Status: events.UnknownAnswer},
		{Question: "Q4", Status: events.NumberAnswer, Value: 12, Reason: "from the paper lists"},
	}})
	h.explains(anna)
	if s := h.open(); to(s, "Q4").Number() != 12 || to(s, "Q4").Basis != events.EnteredBasis || to(s, "Q4").Reason != "from the paper lists" {
		t.Errorf("%+v", to(s, "Q4"))
	}
	h.checks(anna)
	h.approves(bo)
	h.submits(bo)
	if s := h.open(); s.State != surveying.Submitted || s.SinceSubmission != nil {
		t.Errorf("%s, since then: %+v", s.State, s.SinceSubmission)
	}
	if got := h.national.all(); len(got) != 1 || got[0].Value != 12 || got[0].Basis != events.EnteredBasis {
		t.Errorf("the national level received %+v", got)
	}
}

func TestAProgrammeForSomethingElseIsNoSupportThatTheSurveyAsksAbout(t *testing.T) {
	h := newHouse(t)
	h.shown(h.story.Happens(events.ProgrammeOf("grief"), events.ProgrammeRegistered{
		Programme: "grief", Name: "Grief", Forms: []events.Form{events.SupportGroup}, Organiser: "municipality",
		Target: events.OtherTarget, Identity: events.Linked, ValidFrom: events.Date(2020, 1, 1),
	}))
	if s := h.open(); to(s, "Q1").Status != events.UnknownAnswer || to(s, "Q4").Status != events.UnknownAnswer {
		t.Errorf("%+v", s.Answers)
	}
}

func TestWarningsAreCommentedOnBeforeASurveyIsChecked(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	_, err := h.Check(t.Context(), h.asked, command(anna), anyVersion)
	var unclear *surveying.NotClearError
	if !errors.As(err, &unclear) || fmt.Sprint(unclear.Uncommented) != "[S04 S21]" || len(unclear.Errors) > 0 {
		t.Fatalf("%v", err)
	}
	h.explains(anna)
	for _, c := range h.open().Checks {
		if (c.Comment != nil) != (c.Severity == surveying.Warning) || c.Comment != nil && *c.Comment != "that is as it should be" {
			t.Errorf("%s has the comment %v", c.Rule, c.Comment)
		}
	}
	if o := h.checks(anna); o.State != surveying.Checked || o.Version != 1 {
		t.Errorf("%+v", o)
	}
}

func TestABlankCommentIsNone(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	_, err := h.Answer(t.Context(), h.asked, command(anna), anyVersion, surveying.Given{Comments: []surveying.GivenComment{{Rule: "S04", Comment: " \n"}}})
	refused(t, err, "no_comment")
	_, err = h.Answer(t.Context(), h.asked, command(anna), anyVersion, surveying.Given{Answers: []surveying.GivenAnswer{{Question: "Q4", Status: events.NumberAnswer, Value: 7, Reason: " "}}})
	refused(t, err, "no_reason")
}

func TestTheWayFromDraftToSubmission(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	h.explains(anna)
	h.checks(anna)
	_, err := h.Approve(t.Context(), h.asked, command(anna), anyVersion)
	refused(t, err, "four_eyes")
	_, err = h.Submit(t.Context(), h.asked, command(anna), anyVersion)
	refused(t, err, "not_approved")
	if o := h.done(h.Return(t.Context(), h.asked, command(bo), anyVersion, "is the camp in?")); o.State != surveying.InDraft || h.open().Reason != "is the camp in?" {
		t.Errorf("%+v because of %q", o, h.open().Reason)
	}
	h.checks(anna)
	if o := h.approves(bo); o.State != surveying.Approved {
		t.Errorf("%+v", o)
	}
	if o := h.submits(anna); o.State != surveying.Submitted || o.Version != 1 {
		t.Errorf("%+v", o)
	}
	s := h.open()
	var steps []string
	for _, one := range s.Steps {
		steps = append(steps, one.What)
	}
	if got := fmt.Sprint(steps); got != "[answered commented checked returned checked approved submitted]" || !slices.Equal(s.PreparedBy, []events.ID{anna}) {
		t.Errorf("%s, prepared by %v", got, s.PreparedBy)
	}
	want := events.AnswerReceived{Year: 2021, Municipality: örebro, State: events.AnsweredState, Form: "v3", Definition: "reach/v3", Version: 1, Origin: events.FromLog, Offers: "yes", Children: events.NumberAnswer, Basis: events.CountedBasis, Value: 6, Lower: 6, Upper: 6, Organisers: []events.Organiser{"municipality"}, Forms: []events.Form{"support_group"}, Measures: []events.Choice{"cooperation", "information", "funding"}}
	if got := h.national.all(); len(got) != 1 || fmt.Sprintf("%+v", got[0]) != fmt.Sprintf("%+v", want) {
		t.Errorf("the national level received %+v", got)
	}
}

func TestWhatIsCheckedStaysWhatItWas(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	h.explains(anna)
	before := h.open().Position
	h.checks(anna)
	h.evening(3, events.Date(2021, 12, 20), 7)
	if s := h.open(); to(s, "Q4").Number() != 6 || s.Position != before {
		t.Errorf("checked at %d, it now says %d at %d", before, to(s, "Q4").Number(), s.Position)
	}
	told := func() string {
		t.Helper()
		s := h.open()
		if s.SinceSubmission != nil {
			t.Errorf("nothing was submitted, and since then it is %+v", s.SinceSubmission)
		}
		if s.SinceCheck == nil {
			return ""
		}
		return s.SinceCheck.Sentence
	}
	if got := told(); got != "checked 6, today 7: 1 late record" {
		t.Errorf("whoever is to approve it is told %q", got)
	}
	h.approves(bo)
	h.evening(4, events.Date(2021, 12, 21), 8)
	if got := told(); got != "checked 6, today 8: 2 late records" {
		t.Errorf("whoever is to submit it is told %q", got)
	}
	h.submits(anna)
	if s := h.open(); s.SinceCheck != nil || s.SinceSubmission == nil || s.SinceSubmission.Sentence != "submitted 6, today 8: 2 late records" {
		t.Errorf("submitted, it is %+v since the check, %+v since then", s.SinceCheck, s.SinceSubmission)
	}
	h.done(h.Amend(t.Context(), h.asked, command(anna), anyVersion, "two came late"))
	h.checks(anna)
	if s := h.open(); to(s, "Q4").Number() != 8 || s.Position <= before || s.SinceCheck != nil {
		t.Errorf("checked again, it says %d at %d, and %+v since", to(s, "Q4").Number(), s.Position, s.SinceCheck)
	}
}

func TestALateSessionLeavesWhatWasSubmittedAndIsExplained(t *testing.T) {
	h := submitted(t)
	if s := h.open(); s.SinceSubmission != nil {
		t.Errorf("nothing happened since: %+v", s.SinceSubmission)
	}
	h.evening(3, events.Date(2021, 12, 20), 1, 7)
	s := h.open()
	d := s.SinceSubmission
	if d == nil || d.Submitted != 6 || d.Today != 7 || !slices.Equal(d.Items, []surveying.SinceItem{{Reason: "late", Children: 1}}) || d.Sentence != "submitted 6, today 7: 1 late record" {
		t.Fatalf("since submission: %+v", d)
	}
	if q4 := to(s, "Q4"); q4.Number() != 6 || s.State != surveying.Submitted {
		t.Errorf("what was submitted is now %d, %s", q4.Number(), s.State)
	}
	h.asked.Language = surveying.Swedish
	if got := h.open().SinceSubmission.Sentence; got != "inlämnat 6, i dag 7: 1 sen registrering" {
		t.Error(got)
	}

	_, err := h.Answer(t.Context(), h.asked, command(anna), anyVersion, surveying.Given{Restore: []events.Question{"Q6"}})
	refused(t, err, "submitted")
	if o := h.done(h.Amend(t.Context(), h.asked, command(anna), anyVersion, "a camp was recorded late")); o.State != surveying.Amended || o.Version != 2 {
		t.Errorf("%+v", o)
	}
	s = h.open()
	if to(s, "Q4").Number() != 7 || s.SinceSubmission == nil || s.Reason != "a camp was recorded late" || len(to(s, "Q6").Choices) != 3 {
		t.Errorf("amended, it says %+v, since submission %+v", s.Answers, s.SinceSubmission)
	}
	h.checks(anna)
	_, err = h.Approve(t.Context(), h.asked, command(anna), anyVersion)
	refused(t, err, "four_eyes")
	h.approves(bo)
	h.submits(anna)
	if s = h.open(); s.State != surveying.Submitted || s.Version != 2 || s.SinceSubmission != nil {
		t.Errorf("%+v", s)
	}
	if got := h.national.all(); len(got) != 2 || got[1].Version != 2 || got[1].Value != 7 {
		t.Errorf("the national level received %+v", got)
	}
}

func TestTheItemsOfADifferenceSumExactly(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	h.answers(anna, surveying.Given{Answers: []surveying.GivenAnswer{{Question: "Q4", Status: events.NumberAnswer, Basis: events.EstimatedBasis, Value: 9, Upper: new(12), Reason: "three more came to talks, or six"}}})
	h.explains(anna)
	h.checks(anna)
	h.approves(bo)
	h.submits(anna)
	if d := h.open().SinceSubmission; d != nil {
		t.Errorf("an estimate is no change since: %+v", d)
	}
	h.evening(3, events.Date(2021, 12, 20), 7, 8)
	session := events.ID{0xee, 2}
	h.shown(h.story.Happens(events.SessionOf(events.ID{0xee, 3}), events.SessionWithdrawn{Session: events.ID{0xee, 3}, Reason: "other"}))
	h.evening(4, events.Date(2021, 12, 21), 7)
	h.shown(h.story.Happens(events.SessionOf(session), events.SessionWithdrawn{Session: session, Reason: "other"}))
	d := h.open().SinceSubmission
	if d == nil || d.Submitted != 9 || d.Today != 7 || d.SubmittedUpper != 12 || d.TodayUpper != 7 {
		t.Fatalf("%+v", d)
	}
	sum := 0
	for _, i := range d.Items {
		sum += i.Children
	}
	if sum != d.Today-d.Submitted || !slices.Contains(d.Items, surveying.SinceItem{Reason: "given", Children: -3}) {
		t.Errorf("the items %+v sum to %d", d.Items, sum)
	}
}

func TestChangesThatWeighEachOtherUpAreTold(t *testing.T) {
	h := submitted(t)
	h.evening(3, events.Date(2021, 12, 20), 7)
	for _, id := range []byte{1, 2} {
		h.leaves(id, 6)
	}
	d := h.open().SinceSubmission
	if d == nil || d.Sentence != "submitted 6, today 6: 1 late record, −1 correction" && d.Sentence != "submitted 6, today 6: −1 correction, 1 late record" {
		t.Errorf("%+v", d)
	}
}

func TestWordsAreKeptBesideTheLog(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	const secret, comment, reason = "Kalle behöver en ledare till", "Kalles grupp är öppen", "Kalle och Lisa är samma barn"
	h.answers(anna, surveying.Given{
		Answers:  []surveying.GivenAnswer{{Question: "Q7", Status: events.TextAnswer, Text: secret}, {Question: "Q4", Status: events.NumberAnswer, Value: 6, Reason: reason}},
		Comments: []surveying.GivenComment{{Rule: "S04", Comment: comment}},
	})
	said := func() (texts []string) { // or the code of what became of them
		s := h.open()
		seven, four := to(s, "Q7"), to(s, "Q4")
		texts = append(texts, seven.Text+string(seven.Gone), four.Reason+string(four.Gone))
		for _, c := range s.Checks {
			if c.Comment != nil {
				texts = append(texts, *c.Comment+string(c.Gone))
			}
		}
		return texts
	}
	if got := said(); !slices.Equal(got, []string{secret, reason, comment}) {
		t.Errorf("the texts are %q", got)
	}
	for _, r := range h.story.Messages() {
		if bytes.Contains(r.Raw, []byte("Kalle")) {
			t.Errorf("the log holds words: %s", r.Raw)
		}
	}
	if n := h.texts(); n != 3 {
		t.Errorf("%d texts are kept, not the three that the log names", n)
	}
	if _, err := h.Answer(t.Context(), h.asked, command(anna), anyVersion, surveying.Given{Answers: []surveying.GivenAnswer{{Question: "Q99", Status: events.TextAnswer, Text: "nobody asked"}}}); err == nil || h.texts() != 3 {
		t.Errorf("the text of an answer that was refused (%v) is kept", err)
	}
	if _, err := h.Pool.Exec(t.Context(), `UPDATE backoffice.wording SET text = 'Kalle är dum' WHERE text = $1`, secret); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Pool.Exec(t.Context(), `UPDATE backoffice.wording SET salt = '', text = '' WHERE text = $1`, comment); err != nil {
		t.Fatal(err)
	}
	if got := said(); !slices.Equal(got, []string{"text_changed", reason, "text_erased"}) {
		t.Errorf("one text changed and one erased, they are %q", got)
	}
	if _, err := h.Pool.Exec(t.Context(), `DELETE FROM backoffice.wording WHERE text = $1`, reason); err != nil {
		t.Fatal(err)
	}
	if got := said(); got[1] != "text_lost" {
		t.Errorf("one text lost, they are %q", got)
	}
	h.asked.Municipality = "1881"
	for _, r := range h.story.Messages() {
		for _, e := range r.Events {
			if said, ok := e.(events.SurveyAnswered); ok {
				d := events.Decision{{Stream: events.SurveyOf(2021), Command: uuid.New(), Actor: bo, Time: january, Events: []events.Event{said}}}
				if _, err := h.Log.Append(t.Context(), "1881", d); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if four := to(h.open(), "Q4"); four.Gone != surveying.TextLost || four.Reason != "" {
		t.Errorf("another municipality reads %+v", four)
	}
}

func TestAKeyWhoseCommandWasRefusedKeepsTheTextThatWasMeant(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	cmd := command(anna)
	wrong := surveying.Given{Answers: []surveying.GivenAnswer{{Question: "Q9", Status: events.YesAnswer}}, Comments: []surveying.GivenComment{{Rule: "S04", Comment: "first"}}}
	_, err := h.Answer(t.Context(), h.asked, cmd, anyVersion, wrong)
	refused(t, err, "unknown_question")
	h.done(h.Answer(t.Context(), h.asked, cmd, anyVersion, surveying.Given{Comments: []surveying.GivenComment{{Rule: "S04", Comment: "second"}}}))
	if c := h.open().Checks[0]; c.Rule != "S04" || c.Comment == nil || *c.Comment != "second" {
		t.Errorf("%+v", c)
	}
}

func TestACommandThatIsRepeatedIsAnsweredAsTheFirstTime(t *testing.T) {
	h := submitted(t)
	amendment := command(bo)
	first := h.done(h.Amend(t.Context(), h.asked, amendment, anyVersion, "a camp"))
	h.checks(bo)
	again, err := h.Amend(t.Context(), h.asked, amendment, anyVersion, "a camp")
	if err != nil || !again.Repeated || again.State != first.State || again.Version != first.Version || again.Position != first.Position {
		t.Errorf("%+v, the first time %+v: %v", again, first, err)
	}
}

func TestTwoWhoSubmitAtOnceMakeOneSubmissionAndOneRefusal(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	h.explains(anna)
	for version := 1; version <= 5; version++ {
		h.checks(anna)
		h.approves(bo)
		var together sync.WaitGroup
		errs, start := make([]error, 2), make(chan struct{})
		for i, who := range []events.ID{anna, bo} {
			together.Go(func() {
				<-start
				_, errs[i] = h.Submit(t.Context(), h.asked, command(who), anyVersion)
			})
		}
		close(start)
		together.Wait()
		if (errs[0] == nil) == (errs[1] == nil) {
			t.Fatalf("one submits and the other is refused: %v, %v", errs[0], errs[1])
		}
		refused(t, errors.Join(errs...), "submitted")
		submissions := 0
		for _, r := range h.story.Messages() {
			for _, e := range r.Events {
				if _, ok := e.(events.SurveySubmitted); ok {
					submissions++
				}
			}
		}
		if submissions != version || len(h.national.all()) != version {
			t.Errorf("%d submissions of %d versions, of which the national level knows %d", submissions, version, len(h.national.all()))
		}
		h.done(h.Amend(t.Context(), h.asked, command(anna), anyVersion, "once more"))
	}
}

func TestWhatTheNationalLevelWasNotToldIsMadeUpFor(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	h.explains(anna)
	h.checks(anna)
	h.approves(bo)
	h.national.setAway(true)
	if _, err := h.Submit(t.Context(), h.asked, command(anna), anyVersion); err != nil {
		t.Errorf("it is submitted all the same: %v", err)
	}
	if s := h.open(); s.State != surveying.Submitted || len(h.national.all()) > 0 {
		t.Errorf("%s, told %v", s.State, h.national.all())
	}
	running, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- h.Run(running) }()
	time.Sleep(100 * time.Millisecond)
	h.national.setAway(false)
	for deadline := time.Now().Add(time.Minute); len(h.national.all()) == 0 && time.Now().Before(deadline); {
		time.Sleep(20 * time.Millisecond)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if got := h.national.all(); len(got) != 1 || got[0].Value != 6 {
		t.Errorf("the national level received %+v", got)
	}
}

func TestLastYearIsWhatWasSubmittedOrWhatIsCounted(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	h.Today = func() events.Day { return events.Date(2023, 2, 10) }
	h.asked.Year = 2022
	h.evening(5, events.Date(2022, 3, 1), 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)
	speaks := func() string {
		for _, c := range h.open().Checks {
			if c.Rule == "S10" {
				return c.Message
			}
		}
		return ""
	}
	if got := speaks(); !strings.Contains(got, "12, last year 6") {
		t.Errorf("of what is counted: %q", got)
	}
	h.asked.Year = 2021
	h.answers(anna, surveying.Given{Answers: []surveying.GivenAnswer{{Question: "Q4", Status: events.NumberAnswer, Basis: events.EstimatedBasis, Value: 11, Reason: "the talks"}}})
	h.explains(anna)
	h.checks(anna)
	h.approves(bo)
	h.submits(anna)
	h.asked.Year = 2022
	if got := speaks(); got != "" {
		t.Errorf("of what was submitted: %q", got)
	}
}

// What the page of a survey shows of last year is what its checks speak of: never what is worked on there, nor, once the survey
// was checked, what is submitted later.
func TestASurveySaysLastYearsNumberAsTheChecksTakeIt(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	h.Today = func() events.Day { return events.Date(2023, 2, 10) }
	h.evening(5, events.Date(2022, 3, 1), 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)
	of := func(year events.Year) { h.asked.Year = year }
	says := func(when string, number, version int) {
		t.Helper()
		of(2022)
		got := h.open().LastYear
		if want := (surveying.LastYear{Known: true, Number: number, Definition: got.Definition, Form: "v3", Version: version}); got != want || got.Definition == "" {
			t.Errorf("%s it says %+v of last year, not %+v", when, got, want)
		}
	}
	estimates := func(n int) {
		t.Helper()
		h.answers(anna, surveying.Given{Answers: []surveying.GivenAnswer{{Question: "Q4", Status: events.NumberAnswer, Basis: events.EstimatedBasis, Value: n, Reason: "the talks"}}})
	}
	submit := func() {
		t.Helper()
		h.explains(anna)
		h.checks(anna)
		h.approves(bo)
		h.submits(anna)
	}
	of(2021)
	estimates(9)
	says("while nothing was submitted", 6, 0)
	of(2021)
	submit()
	says("when 9 were submitted", 9, 1)
	of(2021)
	h.done(h.Amend(t.Context(), h.asked, command(anna), anyVersion, "more came"))
	estimates(11)
	says("while it is amended", 9, 1)
	of(2021)
	h.explains(anna)
	h.checks(anna)
	says("when that was checked", 9, 1)
	h.explains(anna)
	h.checks(anna)
	of(2021)
	h.approves(bo)
	h.submits(anna)
	says("when 11 were submitted after its own check", 9, 1)
	h.done(h.Return(t.Context(), h.asked, command(bo), anyVersion, "again"))
	says("when it is worked on again", 11, 2)
}

func TestTheTextsAreAway(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	h.explains(anna)
	h.Pool.Close()
	if _, err := h.Answer(t.Context(), h.asked, command(anna), anyVersion, surveying.Given{Comments: []surveying.GivenComment{{Rule: "S04", Comment: "so"}}}); !errors.Is(err, surveying.ErrUnavailable) {
		t.Errorf("%v", err)
	}
}

func TestWhatWasCheckedReadsTheSameEverAfter(t *testing.T) {
	h := submitted(t)
	before := h.open()
	h.national.Lock()
	h.national.children = 3 // fewer than were reached: an error, had it been known
	h.national.Unlock()
	h.Forms = slices.Clone(h.Forms)
	for i := range h.Forms {
		h.Forms[i].Definition = "groups/v1" // a file was replaced
	}
	h.evening(4, events.Date(2020, 5, 5), 1, 2, 3, 4, 5, 6, 7, 8, 9) // and last year is another
	after := h.open()
	if got, want := fmt.Sprint(after.Checks), fmt.Sprint(before.Checks); len(before.Checks) == 0 || len(after.Checks) != len(before.Checks) {
		t.Errorf("the checks are now %s, they were %s", got, want)
	}
	if got, want := fmt.Sprint(to(after, "Q4").Explanation, to(after, "Q4").Definition), fmt.Sprint(to(before, "Q4").Explanation, to(before, "Q4").Definition); got != want {
		t.Errorf("the number reads %s, it read %s", got, want)
	}
	if after.SinceSubmission != nil {
		t.Errorf("nothing of the year has changed: %+v", after.SinceSubmission)
	}
}
