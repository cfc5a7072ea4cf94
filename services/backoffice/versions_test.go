package backoffice_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"

	"rackvidd/events"
	"rackvidd/services/export"
	"rackvidd/services/surveying"
)

// resubmitted is a house whose survey was submitted, opened because of a late evening, and submitted again by Bo.
func resubmitted(t testing.TB) *house {
	t.Helper()
	h := submitted(t)
	h.evening(3, events.Date(2021, 12, 20), 1, 7)
	h.done(h.Amend(h.t.Context(), h.asked, command(anna), anyVersion, "a camp was recorded late"))
	h.answers(anna, surveying.Given{Answers: []surveying.GivenAnswer{{Question: "Q6", Status: events.ChoicesAnswer, Choices: []events.Choice{"funding", "information", "cooperation"}}}, Remarks: []surveying.GivenRemark{{Question: "Q4", Comment: "the camp is in"}}})
	h.checks(anna)
	h.approves(bo)
	h.submits(bo)
	return h
}

func TestASubmittedVersionIsReadAsItWasWhateverHappensLater(t *testing.T) {
	h := submitted(t)
	before, err := h.Version(t.Context(), h.asked, 1)
	if err != nil {
		t.Fatal(err)
	}
	if q4 := answerIn(before, "Q4"); q4.Number() != 6 || q4.Basis != events.CountedBasis || q4.Computed != 6 || before.SubmittedBy != anna || before.Latest != 1 || before.State != surveying.Submitted ||
		!slices.Contains(before.Comments, surveying.RuleComment{Rule: "S04", Comment: "that is as it should be"}) {
		t.Errorf("%+v", before)
	}
	h.evening(3, events.Date(2021, 12, 20), 1, 7)
	h.done(h.Amend(t.Context(), h.asked, command(anna), anyVersion, "a camp was recorded late"))
	h.answers(anna, surveying.Given{Comments: []surveying.GivenComment{{Rule: "S04", Comment: "another"}}})
	after, err := h.Version(t.Context(), h.asked, 1)
	if err != nil {
		t.Fatal(err)
	}
	after.State = before.State
	if was, is := written(t, before), written(t, after); was != is {
		t.Errorf("it was\n%s\nand is now\n%s", was, is)
	}
}

func TestASubmittedVersionHasNoCommentsOnChecksThatFoundNothingAnyMore(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	h.answers(anna, surveying.Given{Comments: []surveying.GivenComment{{Rule: "S21", Comment: "ok"}, {Rule: "S01", Comment: "soon"}, {Rule: "S25", Comment: "none waits"}}})
	h.explains(anna)
	h.checks(anna)
	h.approves(bo)
	h.submits(anna)
	kept, err := h.Version(t.Context(), h.asked, 1)
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, c := range kept.Comments {
		said = append(said, string(c.Rule))
	}
	if q6 := answerIn(kept, "Q6"); len(q6.Choices) == 0 || !slices.Contains(said, "S04") || !slices.Contains(said, "S25") || slices.Contains(said, "S21") || slices.Contains(said, "S01") {
		t.Errorf("the measures are %v, and the comments are on %v", q6.Choices, said)
	}
}

func written(t testing.TB, sheet surveying.FiledSheet) string {
	t.Helper()
	raw, err := json.Marshal(sheet)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func answerIn(s surveying.FiledSheet, q events.Question) surveying.Answer {
	return to(surveying.Sheet{Answers: s.Answers}, q)
}

func TestAFileOfASubmittedVersionSaysWhatWasSubmittedThen(t *testing.T) {
	h := resubmitted(t)
	for version, want := range map[int]string{1: "6", 2: "7"} {
		h.asked.Version = version
		d, err := h.Document(t.Context(), h.asked)
		if err != nil {
			t.Fatal(err)
		}
		for _, write := range []func(io.Writer, export.Document) error{export.PDF, export.XLSX} {
			if err := write(io.Discard, d); err != nil {
				t.Errorf("version %d: %v", version, err)
			}
		}
		var table strings.Builder
		if err := export.CSV(&table, d); err != nil {
			t.Fatal(err)
		}
		for _, said := range []string{";Q4;" + want + ";" + want + ";" + want + ";" + want, ", version " + strconv.Itoa(version), "reach/v3", "that is as it should be"} {
			if !strings.Contains(table.String(), said) {
				t.Errorf("the file of version %d does not say %q: %s", version, said, table.String())
			}
		}
		if replaced := strings.Contains(table.String(), "Replaced by;version 2"); replaced != (version == 1) {
			t.Errorf("the file of version %d says that it was replaced: %v", version, replaced)
		}
		sheet, err := h.Version(t.Context(), h.asked, version)
		if err != nil {
			t.Fatal(err)
		}
		if record, err := h.Record(t.Context(), h.asked); err != nil || string(record) != written(t, sheet) {
			t.Errorf("the JSON of version %d is %s, %v", version, record, err)
		}
	}
	h.asked.Version = 3
	_, err := h.Document(t.Context(), h.asked)
	refused(t, err, "no_version")
}

func TestBeforeAnythingIsSubmittedThereIsNoVersion(t *testing.T) {
	h := newHouse(t)
	if list, err := h.Versions(t.Context(), h.asked); err != nil || list == nil || len(list) > 0 {
		t.Errorf("nothing was submitted: %+v, %v", list, err)
	}
}

func TestTheVersionsThatWereSubmittedAreListedWithWhoAndWhy(t *testing.T) {
	h := resubmitted(t)
	list, err := h.Versions(t.Context(), h.asked)
	if err != nil || len(list) != 2 {
		t.Fatalf("%+v, %v", list, err)
	}
	first, second := list[0], list[1]
	if first.Version != 1 || first.SubmittedBy != anna || first.Reason != "" || second.Version != 2 || second.SubmittedBy != bo || second.Reason != "a camp was recorded late" || second.Position <= first.Position || !second.SubmittedAt.Equal(january) {
		t.Errorf("%+v", list)
	}
	_, err = h.Version(t.Context(), h.asked, 3)
	refused(t, err, "no_version")
	h.asked.Year = 2017
	var unknown *surveying.UnknownFormError
	if _, err := h.Versions(t.Context(), h.asked); !errors.As(err, &unknown) {
		t.Errorf("%v", err)
	}
}

func TestWhatTwoVersionsDifferInIsExplained(t *testing.T) {
	h := resubmitted(t)
	h.Apart = func(_ context.Context, m events.Municipality, year events.Year, from, to int) ([]surveying.FigureApart, error) {
		if m != örebro || year != 2021 || from != 1 || to != 2 {
			t.Errorf("asked for versions %d and %d of %d in %s", from, to, year, m)
		}
		return []surveying.FigureApart{{Figure: "by_form[support_group].children", From: json.RawMessage("6"), To: json.RawMessage("7")}}, nil
	}
	d, err := h.Compare(t.Context(), h.asked, 1, 2)
	if err != nil {
		t.Fatal(err)
	}
	var questions []events.Question
	for _, a := range d.Answers {
		questions = append(questions, a.Question)
	}
	if !slices.Equal(questions, []events.Question{"Q4", "Q6"}) || d.Answers[0].From.Number() != 6 || d.Answers[0].To.Number() != 7 {
		t.Errorf("the answers that differ are %+v", d.Answers)
	}
	if d.Children == nil || d.Children.From != 6 || d.Children.To != 7 || !slices.Equal(d.Children.Items, []surveying.SinceItem{{Reason: "late", Children: 1}}) {
		t.Errorf("the number is explained by %+v", d.Children)
	}
	if !slices.Equal(d.Amendments, []surveying.Amendment{{Version: 2, Reason: "a camp was recorded late"}}) || !d.Signed || d.Figures[0].Question != "Q3" {
		t.Errorf("%+v", d)
	}
	_, err = h.Compare(t.Context(), h.asked, 2, 1)
	refused(t, err, "backwards")
	_, err = h.Compare(t.Context(), h.asked, 1, 3)
	refused(t, err, "no_version")
	h.Apart = nil
	if same, err := h.Compare(t.Context(), h.asked, 2, 2); err != nil || len(same.Answers)+len(same.Amendments)+len(same.Figures) > 0 || same.Children != nil || same.Signed {
		t.Errorf("a version differs from itself: %+v, %v", same, err)
	}
}

func TestAGivenNumberIsPartOfWhyTwoVersionsDiffer(t *testing.T) {
	h := submitted(t)
	h.evening(3, events.Date(2021, 12, 20), 1, 7)
	h.done(h.Amend(t.Context(), h.asked, command(anna), anyVersion, "two more came"))
	h.answers(anna, surveying.Given{Answers: []surveying.GivenAnswer{{Question: "Q4", Status: events.NumberAnswer, Basis: events.EstimatedBasis, Value: 9, Reason: "two more came to talks"}}})
	h.explains(anna)
	h.checks(anna)
	h.approves(bo)
	h.submits(anna)
	d, err := h.Compare(t.Context(), h.asked, 1, 2)
	if err != nil || d.Children == nil || !slices.Equal(d.Children.Items, []surveying.SinceItem{{Reason: "given", Children: 2}, {Reason: "late", Children: 1}}) {
		t.Errorf("6 became 9 because of %+v, %v", d.Children, err)
	}
	h.done(h.Amend(t.Context(), h.asked, command(anna), anyVersion, "they were counted twice"))
	h.answers(anna, surveying.Given{Restore: []events.Question{"Q4"}})
	h.checks(anna)
	h.approves(bo)
	h.submits(anna)
	if d, err = h.Compare(t.Context(), h.asked, 2, 3); err != nil || d.Children == nil || d.Children.To != 7 || !slices.Equal(d.Children.Items, []surveying.SinceItem{{Reason: "given", Children: -2}}) {
		t.Errorf("9 became 7 because of %+v, %v", d.Children, err)
	}
}

func TestTheYearsAreListedWithHowFarEachHasCome(t *testing.T) {
	h := resubmitted(t)
	list, err := h.List(t.Context(), örebro)
	if err != nil || list[0].Year != 2022 || list[0].Last != nil || list[0].State != surveying.InDraft || list[0].Due != nil {
		t.Fatalf("%+v, %v", list, err)
	}
	if one := list[1]; one.Year != 2021 || one.State != surveying.Submitted || one.Submitted != 2 || one.Last == nil || one.Last.What != "submitted" || one.Last.By != bo {
		t.Errorf("%+v", one)
	}
	for _, one := range list {
		if one.Year == 2017 {
			t.Error("a year that no form asks about is listed")
		}
	}
}
