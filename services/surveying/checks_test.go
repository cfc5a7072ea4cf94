package surveying_test

import (
	"slices"
	"strings"
	"testing"

	"rackvidd/events"
	"rackvidd/services/surveying"
)

// sound is a survey that no check has anything to say about.
func sound(t testing.TB, id events.FormID) surveying.Examined {
	t.Helper()
	e := surveying.Examined{
		Form: form(t, id),
		Figures: surveying.Figures{
			Municipality: "1880", Year: 2021, Position: 123, Children: 45, Lower: 45, Upper: 45, SumOverForms: 61, Attendances: 400,
			Programmes:  []surveying.Programme{{ID: "sputnik", Organiser: "municipality", Forms: []events.Form{"counselling", "camp", "support_group"}, ValidFrom: events.Date(2010, 1, 1)}},
			Forms:       []surveying.Count[events.Form]{{"counselling", 31}, {"support_group", 30}},
			ByProgramme: []surveying.Count[events.ProgrammeID]{{"sputnik", 45}},
			Channels:    []surveying.Count[events.Channel]{{"school", 40}, {"unknown", 5}},
		},
		Circumstances: surveying.Circumstances{Ended: true, DaysSince: 40, Population: 30_000, LastYear: surveying.LastYear{Known: true, Number: 40}},
	}
	e.Figures.Definition = e.Form.Definition
	e.LastYear.Definition, e.LastYear.Form = e.Form.Definition, id
	e.Answers = surveying.Draft(e.Form, e.Figures, surveying.English)
	choose(&e, "Q6", "cooperation", "information", "funding")
	return e
}

// again answers anew what follows from the figures.
func again(e *surveying.Examined) {
	q6 := e.Answers[slices.IndexFunc(e.Answers, func(a surveying.Answer) bool { return a.Question == "Q6" })]
	e.Answers = surveying.Draft(e.Form, e.Figures, surveying.English)
	set(e, q6)
}

func set(e *surveying.Examined, a surveying.Answer) {
	e.Answers[slices.IndexFunc(e.Answers, func(one surveying.Answer) bool { return one.Question == a.Question })] = a
}

func choose(e *surveying.Examined, q events.Question, list ...events.Choice) {
	set(e, surveying.Answer{Question: q, Status: events.ChoicesAnswer, Choices: list})
}

func status(e *surveying.Examined, q events.Question, s events.AnswerStatus) {
	set(e, surveying.Answer{Question: q, Status: s})
}

// say gives the number.
func say(e *surveying.Examined, n int, basis events.AnswerBasis) {
	a := surveying.Answer{Question: "Q4", Status: events.NumberAnswer, Basis: basis, Value: &n, Reason: "counted by hand"}
	if n == 0 {
		a.Status = events.ZeroAnswer
	}
	set(e, a)
}

// circumstance changes what the log shows beside the figures.
func circumstance(change func(*surveying.Circumstances, int)) (some, none func(*surveying.Examined)) {
	return func(e *surveying.Examined) { change(&e.Circumstances, 1) }, func(e *surveying.Examined) { change(&e.Circumstances, 0) }
}

// since has the number given when another count followed from the log.
func since(e *surveying.Examined, counted int) {
	i := slices.IndexFunc(e.Answers, func(a surveying.Answer) bool { return a.Question == "Q4" })
	e.Answers[i].CountedThen = &counted
}

type ruleCase struct {
	rule   events.Rule
	name   string
	speaks func(*surveying.Examined)
	silent func(*surveying.Examined) // the smallest change
}

func circumstances() (list []ruleCase) {
	add := func(rule events.Rule, name string, change func(*surveying.Circumstances, int)) {
		some, none := circumstance(change)
		list = append(list, ruleCase{rule, name, some, none})
	}
	type c = surveying.Circumstances
	add("S04", "a child came without ever having a place", func(c *c, n int) { c.Unplaced = n })
	add("S05", "a child came after its place had ended", func(c *c, n int) { c.Left = n })
	add("S06", "a child came before its place began", func(c *c, n int) { c.NotYet = n })
	add("S07", "a session has no register", func(c *c, n int) { c.Missing = n })
	add("S08", "a youth is too old", func(c *c, n int) { c.TooOld = n })
	add("S09", "a child was not born", func(c *c, n int) { c.NotBorn = n })
	add("S12", "an attendance was recorded later last year", func(c *c, n int) { c.ExpectedLate = n })
	add("S13", "the year goes on", func(c *c, n int) { c.Ended = n == 0 })
	add("S14", "a form reached nobody", func(c *c, n int) { c.NotReached = slices.Repeat([]events.Form{"camp"}, n) })
	add("S15", "a form is offered by nobody", func(c *c, n int) { c.NotOffered = slices.Repeat([]events.Form{"camp"}, n) })
	add("S24", "a child was never referred", func(c *c, n int) { c.WithoutReferral = n })
	add("S25", "a referral waits", func(c *c, n int) { c.OpenReferrals = n })
	add("S26", "a child with a place never came", func(c *c, n int) { c.NeverCame = n })
	add("S27", "a session looks like another", func(c *c, n int) { c.Twice = n })
	add("S28", "a session is very large", func(c *c, n int) { c.Crowded = n })
	add("S29", "a child came very often", func(c *c, n int) { c.Often = n })
	add("S29", "a child came very often in a day", func(c *c, n int) { c.OneDay = n })
	add("S30", "a guest came", func(c *c, n int) { c.Guests = n })
	add("S30", "a child was a guest elsewhere", func(c *c, n int) { c.FromElsewhere = n })
	add("S31", "a child came for another reason", func(c *c, n int) { c.OtherReason = n })
	add("S32", "a child has two birth years", func(c *c, n int) { c.Disputed = n })
	add("S33", "two children were one", func(c *c, n int) { c.Merged = n })
	add("S33", "two children were not one", func(c *c, n int) { c.Unmerged = n })
	add("S35", "an identity was erased", func(c *c, n int) { c.Erased = n })
	add("S36", "a programme held nothing", func(c *c, n int) { c.WithoutSession = slices.Repeat([]events.ProgrammeID{"sputnik"}, n) })
	add("S40", "a session was too early", func(c *c, n int) { c.Early = n })
	add("S41", "a place was never used", func(c *c, n int) { c.Idle = n })
	add("S42", "nobody came", func(c *c, n int) { c.Empty = n })
	add("S43", "a programme keeps no identities", func(c *c, n int) { c.WithoutIdentity = slices.Repeat([]events.ProgrammeID{"sputnik"}, n) })
	return list
}

// about is a case about what the survey says and the figures.
func about(rule events.Rule, name string, speaks, silent func(*surveying.Examined)) ruleCase {
	return ruleCase{rule, name, speaks, silent}
}

func numbers() []ruleCase {
	type e = surveying.Examined
	return []ruleCase{
		about("S01", "more children than the forms together", func(e *e) { say(e, 62, events.OverriddenBasis) }, func(e *e) { say(e, 61, events.OverriddenBasis) }),
		about("S01", "an estimate may be of more than was recorded", func(e *e) { say(e, 62, events.OverriddenBasis) }, func(e *e) { say(e, 62, events.EstimatedBasis) }),
		about("S01", "and so may what nothing is recorded of", func(e *e) { say(e, 62, events.OverriddenBasis) }, func(e *e) { say(e, 62, events.EnteredBasis) }),
		about("S01", "those nobody identified may be others", func(e *e) { say(e, 64, events.OverriddenBasis); e.Figures.Unidentified = 2 }, func(e *e) { say(e, 64, events.OverriddenBasis); e.Figures.Unidentified = 3 }),
		about("S02", "fewer children than the largest form", func(e *e) { say(e, 30, events.OverriddenBasis) }, func(e *e) { say(e, 31, events.OverriddenBasis) }),
		about("S03", "fewer children than the largest programme", func(e *e) { say(e, 44, events.OverriddenBasis) }, func(e *e) { say(e, 45, events.OverriddenBasis) }),
		about("S10", "more than half up", func(e *e) { e.LastYear.Number = 29 }, func(e *e) { e.LastYear.Number = 30 }),
		about("S10", "more than half down", func(e *e) { e.LastYear.Number = 91 }, func(e *e) { e.LastYear.Number = 90 }),
		about("S10", "two children more is no change", func(e *e) { e.LastYear.Number = 1; say(e, 4, events.OverriddenBasis) }, func(e *e) { e.LastYear.Number = 1; say(e, 3, events.OverriddenBasis) }),
		about("S10", "another definition is not compared", func(e *e) { e.LastYear.Number = 10 }, func(e *e) { e.LastYear.Number, e.LastYear.Definition = 10, "groups/v1" }),
		about("S10", "nor what is not known", func(e *e) { e.LastYear.Number = 10 }, func(e *e) { e.LastYear.Number, e.LastYear.Known = 10, false }),
		about("S11", "somebody was not identified", func(e *e) { e.Figures.Unidentified, e.Figures.Upper = 1, 46 }, func(e *e) { e.Figures.Unidentified = 0 }),
		about("S12", "December ended yesterday", func(e *e) { e.DaysSince = 30 }, func(e *e) { e.DaysSince = 31 }),
		about("S12", "before the year's end nothing is late", func(e *e) { e.ExpectedLate = 1 }, func(e *e) { e.ExpectedLate, e.Ended = 1, false }),
		about("S22", "the number given is more than a tenth above", func(e *e) { say(e, 50, events.OverriddenBasis) }, func(e *e) { say(e, 49, events.OverriddenBasis) }),
		about("S22", "and below", func(e *e) { say(e, 40, events.EstimatedBasis) }, func(e *e) { say(e, 41, events.EstimatedBasis) }),
		about("S22", "a number within the interval is like it", func(e *e) { say(e, 50, events.EstimatedBasis); e.Figures.Upper = 45 }, func(e *e) { say(e, 50, events.EstimatedBasis); e.Figures.Upper = 52 }),
		about("S46", "a child more is counted since the number was given", func(e *e) { say(e, 46, events.OverriddenBasis); since(e, 44) }, func(e *e) { say(e, 46, events.OverriddenBasis); since(e, 45) }),
		about("S46", "nothing was counted then", func(e *e) { say(e, 46, events.EnteredBasis); since(e, 0) }, func(e *e) { say(e, 45, events.CountedBasis) }),
		about("S22", "exactly a tenth is like it", func(e *e) {
			e.Figures.Children, e.Figures.Lower, e.Figures.Upper = 50, 50, 50
			say(e, 56, events.OverriddenBasis)
		}, func(e *e) {
			e.Figures.Children, e.Figures.Lower, e.Figures.Upper = 50, 50, 50
			say(e, 55, events.OverriddenBasis)
		}),
		about("S34", "more children than there are", func(e *e) { e.Population = 44 }, func(e *e) { e.Population = 45 }),
		about("S34", "a population nobody knows is no limit", func(e *e) { e.Population = 1 }, func(e *e) { e.Population = 0 }),
		about("S37", "more than a tenth of unknown age", func(e *e) { e.Figures.UnknownAge = 5 }, func(e *e) { e.Figures.UnknownAge = 4 }),
		about("S38", "last year's form was another", func(e *e) { e.LastYear.Form = "v9" }, func(e *e) { e.LastYear.Form = e.Form.ID }),
		about("S38", "last year's definition was another", func(e *e) { e.LastYear.Definition = "enrolled/v1" }, func(e *e) { e.LastYear.Definition = e.Form.Definition }),
		about("S39", "support is offered to nobody knows how many", func(e *e) { status(e, "Q4", events.UnknownAnswer) }, func(e *e) {
			set(e, surveying.Answer{Question: "Q4", Status: events.UnknownAnswer, Reason: "the registers burnt"})
		}),
		about("S39", "zero is a number", func(e *e) { status(e, "Q4", events.NotAnswered) }, func(e *e) { say(e, 0, events.OverriddenBasis) }),
		about("S39", "who offers nothing need not say", func(e *e) { status(e, "Q4", events.UnknownAnswer) }, func(e *e) { status(e, "Q4", events.UnknownAnswer); status(e, "Q1", events.NoAnswer) }),
	}
}

func answersGiven() []ruleCase {
	type e = surveying.Examined
	return []ruleCase{
		about("S16", "no support, and children were reached", func(e *e) { status(e, "Q1", events.NoAnswer) }, func(e *e) { status(e, "Q1", events.YesAnswer) }),
		about("S16", "no support, and nobody was reached", func(e *e) { status(e, "Q1", events.NoAnswer) }, func(e *e) { nobody(e); status(e, "Q1", events.NoAnswer) }),
		about("S17", "no support, and an organiser", func(e *e) { status(e, "Q1", events.NoAnswer) }, func(e *e) { status(e, "Q1", events.NoAnswer); status(e, "Q2", events.NotAnswered); choose(e, "Q3") }),
		about("S18", "support that nobody runs", func(e *e) { choose(e, "Q2") }, func(e *e) { choose(e, "Q2", "ngo") }),
		about("S18", "and that nobody answered", func(e *e) { status(e, "Q2", events.NotAnswered) }, func(e *e) { status(e, "Q2", events.UnknownAnswer) }),
		about("S19", "four measures", func(e *e) { choose(e, "Q6", "cooperation", "information", "funding", "other_activity") }, func(e *e) { choose(e, "Q6", "cooperation", "information", "funding") }),
		about("S19", "a measure that is no option", func(e *e) { choose(e, "Q6", "cooperation", "information", "time") }, func(e *e) { choose(e, "Q6", "cooperation", "information", "funding") }),
		about("S20", "a form that reached nobody", func(e *e) { choose(e, "Q3", "counselling", "camp") }, func(e *e) { choose(e, "Q3", "counselling") }),
		about("S21", "two measures", func(e *e) { choose(e, "Q6", "cooperation", "information") }, func(e *e) { choose(e, "Q6", "cooperation", "information", "funding") }),
		about("S21", "no answer about measures", func(e *e) { status(e, "Q6", events.NotAnswered) }, func(e *e) { choose(e, "Q6", "cooperation", "information", "funding") }),
		about("S23", "more than a fifth by unknown channels", func(e *e) { e.Figures.Channels = []surveying.Count[events.Channel]{{"school", 39}, {"unknown", 10}} }, func(e *e) { e.Figures.Channels = []surveying.Count[events.Channel]{{"school", 40}, {"unknown", 10}} }),
		about("S44", "nobody knows whether support is offered", func(e *e) { status(e, "Q1", events.UnknownAnswer) }, func(e *e) { status(e, "Q1", events.YesAnswer) }),
		about("S44", "nobody says", func(e *e) { status(e, "Q1", events.NotAnswered) }, func(e *e) { status(e, "Q1", events.NoAnswer) }),
		about("S45", "children came by no channel", func(e *e) { choose(e, "Q5") }, func(e *e) { choose(e, "Q5", "school") }),
		about("S45", "children came by a channel that is not known", func(e *e) { choose(e, "Q5") }, func(e *e) { status(e, "Q5", events.UnknownAnswer) }),
		about("S45", "children were reached in no form", func(e *e) { choose(e, "Q3") }, func(e *e) { choose(e, "Q3", "counselling") }),
		about("S45", "nobody came by no channel", func(e *e) { choose(e, "Q5") }, func(e *e) { nobody(e); choose(e, "Q5") }),
	}
}

// nobody takes every child away.
func nobody(e *surveying.Examined) {
	e.Figures.Children, e.Figures.Lower, e.Figures.Upper, e.Figures.SumOverForms = 0, 0, 0, 0
	e.Figures.Forms, e.Figures.ByProgramme, e.Figures.Channels = nil, nil, nil
	again(e)
}

func spoke(e surveying.Examined, rule events.Rule) (surveying.Finding, bool) {
	all := surveying.Examine(e)
	i := slices.IndexFunc(all, func(f surveying.Finding) bool { return f.Rule == rule })
	if i < 0 {
		return surveying.Finding{}, false
	}
	return all[i], true
}

func TestEachCheckSpeaksAndIsSilent(t *testing.T) {
	tested := make(map[events.Rule]bool)
	for _, c := range slices.Concat(circumstances(), numbers(), answersGiven()) {
		tested[c.rule] = true
		t.Run(string(c.rule)+" "+c.name, func(t *testing.T) {
			e := sound(t, "v3")
			c.speaks(&e)
			f, found := spoke(e, c.rule)
			if !found || f.Text.SV == "" || f.Text.EN == "" || f.Text.SV == f.Text.EN {
				t.Errorf("it does not speak in both languages: %+v", f.Text)
			}
			for _, text := range []string{f.Text.SV, f.Text.EN} {
				if strings.Contains(text, "%!") || strings.Contains(text, "_") || !strings.HasSuffix(text, ".") && !strings.HasSuffix(text, "?") {
					t.Errorf("this is no sentence: %s", text)
				}
			}
			e = sound(t, "v3")
			c.silent(&e)
			if f, found := spoke(e, c.rule); found {
				t.Errorf("it speaks after the smallest change: %s", f)
			}
		})
	}
	for _, r := range form(t, "v3").Rules(surveying.English) {
		if !tested[r.Number] {
			t.Errorf("%s has no test", r.Number)
		}
	}
}

func TestASoundSurveyHasNoFindings(t *testing.T) {
	for _, id := range everyForm {
		if all := surveying.Examine(sound(t, id)); len(all) > 0 {
			t.Errorf("%s: %v", id, all)
		}
	}
}

// numbered are the rules as they stand for ever. Add the new; change none.
var numbered = []string{
	"S01 The number is at most the sum over the forms", "S02 The number is at least that of the largest form", "S03 The number is at least that of the largest programme",
	"S04 Those who came have a place", "S05 Nobody came after the end", "S06 Nobody came before the enrolment", "S07 Every session has a register",
	"S08 Older youths are left out", "S09 Birth years are possible", "S10 The number is like last year's", "S11 Every child is identified",
	"S12 Late records are in", "S13 The year has ended", "S14 Forms that are offered reach somebody", "S15 Forms that reach somebody are offered",
	"S16 Whoever reached children offers support", "S17 Whoever offers nothing names nothing", "S18 Whoever offers support has an organiser",
	"S19 The choices fit the question", "S20 Chosen forms reached somebody", "S21 The measures are answered", "S22 The number given is like the one counted",
	"S23 Channels are known", "S24 Channels cover the children", "S25 Referrals are closed", "S26 Those with a place came", "S27 No session is recorded twice",
	"S28 Sessions are of a plausible size", "S29 Children have plausibly many sessions", "S30 Guests are counted by their home",
	"S31 Only children who came because of substance abuse count", "S32 Birth years agree", "S33 Merged children", "S34 The number fits the municipality's children",
	"S35 Erased identities", "S36 Every programme held sessions", "S37 Birth years are known", "S38 The question is last year's", "S39 Whoever offers support says how many",
	"S40 Programmes had begun", "S41 Places are used", "S42 Empty registers", "S43 Programmes without identities", "S44 Whether support is offered is answered",
	"S45 Whoever reached children says how", "S46 The number given was given of what is counted now",
}

func TestARulesNumberIsNeverUsedForAnother(t *testing.T) {
	var got []string
	sv := form(t, "v3").Rules(surveying.Swedish)
	for i, r := range form(t, "v3").Rules(surveying.English) {
		got = append(got, string(r.Number)+" "+r.About)
		if sv[i].About == "" || sv[i].About == r.About {
			t.Errorf("%s is not called something in Swedish: %q", r.Number, sv[i].About)
		}
	}
	if !slices.Equal(got, numbered) {
		t.Errorf("the rules are %q, want %q", got, numbered)
	}
}

func TestAHeadingSaysWhatWasFoundAndNotHowItShouldBe(t *testing.T) {
	seen := make(map[string]events.Rule)
	for _, l := range []surveying.Language{surveying.Swedish, surveying.English} {
		for _, r := range form(t, "v3").Rules(l) {
			heading := surveying.Heading(r.Number, l)
			if heading == "" || heading == r.About || heading == string(r.Number) || strings.HasSuffix(heading, ".") || len([]rune(heading)) > 60 {
				t.Errorf("%s is headed %q where it wants %q", r.Number, heading, r.About)
			}
			if other, twice := seen[heading]; twice {
				t.Errorf("%s and %s are both headed %q", other, r.Number, heading)
			}
			seen[heading] = r.Number
		}
	}
	if got := surveying.Heading("S99", surveying.English); got != "S99" {
		t.Errorf("a check that is not there is headed %q", got)
	}
}

// TestWhatBlocksAndWhatWantsAComment lists what cannot be true, and what somebody has to explain; all else is good to know.
func TestWhatBlocksAndWhatWantsAComment(t *testing.T) {
	bySeverity := make(map[surveying.Severity][]events.Rule)
	for _, r := range form(t, "v3").Rules(surveying.English) {
		bySeverity[r.Severity] = append(bySeverity[r.Severity], r.Number)
	}
	for severity, want := range map[surveying.Severity]string{
		surveying.Error:   "S01 S02 S03 S13 S16 S17 S19 S34 S39",
		surveying.Warning: "S04 S05 S06 S07 S09 S10 S11 S12 S14 S15 S18 S20 S21 S23 S26 S27 S28 S29 S32 S36 S37 S40 S44 S45 S46",
		surveying.Notice:  "S08 S22 S24 S25 S30 S31 S33 S35 S38 S41 S42 S43",
	} {
		if got := written(bySeverity[severity]); got != want {
			t.Errorf("%s: %s, want %s", severity, got, want)
		}
	}
}

func TestAFormSaysHowGraveACheckIs(t *testing.T) {
	v5 := strings.NewReplacer("id: v4", "id: v5", "as: v3", "as: v4", "2024", "2026", "S04: notice", "S07: \"off\"").Replace(v4)
	forms, err := surveying.LoadForms(definitions, surveying.BuiltIn(), folder("v4.yaml", v4, "v5.yaml", v5))
	if err != nil {
		t.Fatal(err)
	}
	grave := func(id events.FormID, rule events.Rule) surveying.Severity {
		f, _ := forms.Named(id)
		rules := f.Rules(surveying.English)
		return rules[slices.IndexFunc(rules, func(r surveying.Rule) bool { return r.Number == rule })].Severity
	}
	for _, c := range []struct {
		name string
		form events.FormID
		rule events.Rule
		want surveying.Severity
	}{
		{"as the rule itself says, where no form says otherwise", "v3", "S04", surveying.Warning},
		{"as the form says", "v4", "S04", surveying.Notice},
		{"as the form before says, from year to year", "v5", "S04", surveying.Notice},
		{"and not at all", "v5", "S07", surveying.Off},
		{"which the form before does not know of", "v4", "S07", surveying.Warning},
		{"a form that asks what is offered takes what reached nobody", "v2", "S20", surveying.Notice},
		{"one that asks what is common does not", "v3", "S20", surveying.Warning},
	} {
		if got := grave(c.form, c.rule); got != c.want {
			t.Errorf("%s: %s in %s is %s, want %s", c.name, c.rule, c.form, got, c.want)
		}
	}

	e := sound(t, "v3")
	e.Unplaced, e.Missing = 1, 1
	for id, want := range map[events.FormID]string{"v3": "S04 warning, S07 warning", "v4": "S04 notice, S07 warning", "v5": "S04 notice"} {
		var got []string
		e.Form, _ = forms.Named(id)
		for _, f := range surveying.Examine(e) {
			if f.Rule == "S04" || f.Rule == "S07" {
				got = append(got, string(f.Rule)+" "+string(f.Severity))
			}
		}
		if strings.Join(got, ", ") != want {
			t.Errorf("on %s: %v, want %s", id, got, want)
		}
	}
}

func TestAFormWithoutAQuestionIsNotChecked(t *testing.T) {
	e := sound(t, "v1")
	again(&e)
	if _, found := spoke(e, "S20"); found {
		t.Error("v1 does not ask for forms, and S20 speaks of them")
	}
	if _, found := spoke(e, "S45"); found {
		t.Error("v1 does not ask for forms, and S45 misses them")
	}
}

func TestWhatIsFoundIsSaidWithItsNumbers(t *testing.T) {
	for _, c := range []struct {
		rule   events.Rule
		change func(*surveying.Examined)
		sv, en string
	}{
		{"S07", func(e *surveying.Examined) { e.Missing = 1 }, "Träffar vars dag har varit och som saknar närvarolista: 1.", "Sessions whose day is past and that have no register: 1."},
		{"S10", func(e *surveying.Examined) { e.LastYear.Number = 10 }, "Antalet är 45, förra året 10", "The number is 45, last year 10"},
		{"S11", func(e *surveying.Examined) { e.Figures.Unidentified, e.Figures.Upper = 7, 52 }, "Antalet är mellan 45 och 52.", "The number is between 45 and 52."},
		{"S11", func(e *surveying.Examined) {
			nobody(e)
			e.Figures.Unidentified, e.Figures.Lower, e.Figures.Upper = 7, 7, 7
		}, "så antalet är 7.", "so the number is 7."},
		{"S02", func(e *surveying.Examined) { say(e, 30, events.OverriddenBasis) }, "(stödsamtal)", "(counselling)"},
		{"S14", func(e *surveying.Examined) { e.NotReached = []events.Form{"camp", "school_health"} }, "läger, elevhälsan.", "camp, school health."},
		{"S17", func(e *surveying.Examined) { status(e, "Q1", events.NoAnswer) }, "men Q2 är besvarad", "and Q2 is answered"},
		{"S20", func(e *surveying.Examined) { choose(e, "Q3", "camp") }, ": Läger.", ": Camp."},
		{"S29", func(e *surveying.Examined) { e.Often, e.OneDay = 1, 2 }, "under året: 1. Barn med fler än 3 träffar på en dag: 2.", "in the year: 1. Children with more than 3 sessions in a day: 2."},
		{"S45", func(e *surveying.Examined) { choose(e, "Q3"); choose(e, "Q5") }, "Q3, Q5", "Q3, Q5"},
	} {
		e := sound(t, "v3")
		c.change(&e)
		f, _ := spoke(e, c.rule)
		if !strings.Contains(f.Text.SV, c.sv) || !strings.Contains(f.Text.EN, c.en) {
			t.Errorf("%s says %q and %q", c.rule, f.Text.SV, f.Text.EN)
		}
	}
}

func TestChecksCallProgrammesByTheirNames(t *testing.T) {
	e := sound(t, "v3")
	e.Figures.Programmes[0].Name = "Sputnik i Örebro"
	e.WithoutSession, e.WithoutIdentity = []events.ProgrammeID{"sputnik"}, []events.ProgrammeID{"sputnik"}
	say(&e, 44, events.OverriddenBasis)
	for _, rule := range []events.Rule{"S03", "S36", "S43"} {
		if f, _ := spoke(e, rule); !strings.Contains(f.Text.SV, "Sputnik i Örebro") || !strings.Contains(f.Text.EN, "Sputnik i Örebro") {
			t.Errorf("%s says %v", rule, f.Text)
		}
	}
}
