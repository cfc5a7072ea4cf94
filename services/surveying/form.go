package surveying

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"time"

	"rackvidd/events"
)

// Form is a version of the survey's form. It is a file: questions, options, what each is computed
// from, about which years. A new year's form is a new file and no code.
type Form struct {
	ID         events.FormID
	Title      Text
	From, To   events.Year // the years it asks about; To 0: until another form is known
	Definition events.DefinitionID
	AgeFrom    int
	AgeTo      int
	Due        string // the day of the year after by which answers are wanted, as in 03-31; "": none was told
	Questions  []Question
	severities map[events.Rule]Severity // where they differ from the rules' own
}

// Question is one question of a form.
type Question struct {
	ID      events.Question
	Asks    Subject
	Text    Text
	Forms   []events.Form // offers and organisers: of programmes in these forms alone; none: in any
	Most    int           // choices: how many may be chosen; 0: any number
	Points  int           // measures: what a mention counts
	Options []Option
}

// Same reports whether another form's question asks in the same words, in both languages, with the same choices.
func (q Question) Same(other Question) bool {
	alike := func(a, b Option) bool { return a.Code == b.Code && a.Text == b.Text }
	return q.Asks == other.Asks && q.Text == other.Text && q.Most == other.Most && slices.EqualFunc(q.Options, other.Options, alike)
}

// Subject is what a question asks for, and so what answers it.
type Subject string

const (
	Offers     Subject = "offers"     // whether any support is offered: from the programmes
	Organisers Subject = "organisers" // from the programmes
	Forms      Subject = "forms"      // from the children reached
	Children   Subject = "children"   // the number reached
	Channels   Subject = "channels"   // from the referrals of the children reached
	Measures   Subject = "measures"   // people's to answer
	InWords    Subject = "words"      // people's to answer
)

// Option is one answer that can be chosen, and the codes of ours that it covers.
type Option struct {
	Code   events.Choice
	Covers []events.Choice
	Text   Text
}

// DueFor is the day by which answers about a year are wanted, if one was told.
func (f Form) DueFor(year events.Year) *events.Day {
	t, err := time.Parse(monthDay, f.Due)
	if err != nil {
		return nil
	}
	return new(events.Date(int(year)+1, t.Month(), t.Day()))
}

// monthDay is how a form writes a day of whichever year.
const monthDay = "01-02"

// Words is a digest of all that a form says to people: its title, its questions and their options.
func (f Form) Words() [sha256.Size]byte {
	said := sha256.New()
	say := func(what string, t Text) { fmt.Fprintf(said, "%q %q %q\n", what, t.SV, t.EN) }
	say("title", f.Title)
	for _, q := range f.Questions {
		say(string(q.ID), q.Text)
		for _, o := range q.Options {
			say(string(q.ID)+" "+string(o.Code), o.Text)
		}
	}
	return [sha256.Size]byte(said.Sum(nil))
}

// Question returns the question with the id.
func (f Form) Question(id events.Question) (Question, bool) {
	i := slices.IndexFunc(f.Questions, func(q Question) bool { return q.ID == id })
	if i < 0 {
		return Question{}, false
	}
	return f.Questions[i], true
}

// About returns the question that asks for something.
func (f Form) About(s Subject) (Question, bool) {
	i := slices.IndexFunc(f.Questions, func(q Question) bool { return q.Asks == s })
	if i < 0 {
		return Question{}, false
	}
	return f.Questions[i], true
}

// Option returns the option that covers a code of ours.
func (q Question) Option(code events.Choice) (Option, bool) {
	i := slices.IndexFunc(q.Options, func(o Option) bool { return slices.Contains(o.Covers, code) })
	if i < 0 {
		return Option{}, false
	}
	return q.Options[i], true
}

// Label is what an option is called; the code where it has no such option.
func (q Question) Label(code events.Choice, l Language) string {
	if i := slices.IndexFunc(q.Options, func(o Option) bool { return o.Code == code }); i >= 0 {
		return q.Options[i].Text.In(l)
	}
	return string(code)
}

// Collection is every form that is known, in the order of the years they ask about.
type Collection []Form

// FirstYear is the first year of activity that was ever asked about.
func (c Collection) FirstYear() events.Year {
	if len(c) == 0 {
		return 0
	}
	return c[0].From
}

// Of returns the form that asks about a year's activity, and whether it is known. Of a year between two forms nobody
// knows what was asked; the last is used until another is known (decisions/0001).
func (c Collection) Of(year events.Year) (Form, bool) {
	for _, f := range c {
		if year >= f.From && (year <= f.To || f.To == 0) {
			return f, true
		}
	}
	return Form{}, false
}

// Named returns the form with the id.
func (c Collection) Named(id events.FormID) (Form, bool) {
	i := slices.IndexFunc(c, func(f Form) bool { return f.ID == id })
	if i < 0 {
		return Form{}, false
	}
	return c[i], true
}

// UnknownFormError says that there is no survey about a year, or that nobody knows what it asked.
type UnknownFormError struct {
	Year        events.Year
	First, Last events.Year // of the years that can be answered
}

// Asked reports whether a survey was made about the year, though nobody knows what it asked.
func (e *UnknownFormError) Asked() bool { return e.Year >= e.First && e.Year <= e.Last }

func (e *UnknownFormError) Error() string {
	if !e.Asked() {
		return fmt.Sprintf("no survey asks about %d; choose a year from %d to %d", e.Year, e.First, e.Last)
	}
	return fmt.Sprintf("what the survey asked about %d is not known, so there is nothing to answer; choose another year, or ask reach for its figures", e.Year)
}
