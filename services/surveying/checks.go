package surveying

import (
	"fmt"
	"slices"

	"rackvidd/events"
)

// Severity says what a finding demands.
type Severity string

const (
	Error   Severity = "error"   // has to be put right
	Warning Severity = "warning" // has to be commented on
	Notice  Severity = "notice"  // is good to know
	Off     Severity = "off"     // this form does not ask for it
)

// Finding is a check that has something to say.
type Finding struct {
	Rule     events.Rule
	Severity Severity
	Text     Text
}

// Check is a finding with its comment, named as in the HTTP contract.
type Check struct {
	Rule     events.Rule `json:"rule"`
	Severity Severity    `json:"severity"`
	Heading  string      `json:"heading" doc:"what was found, in a few words"`
	Message  string      `json:"message"`
	Comment  *string     `json:"comment" doc:"null: nobody commented"`
	Gone     Gone        `json:"gone,omitempty" doc:"what became of the comment, where it is not there as it was written"`
	Sessions int         `json:"sessions,omitempty" doc:"how many sessions can be read that it is about"`
	Entries  bool        `json:"entries,omitempty" doc:"the places or referrals that it is about can be read"`
}

// Said is the comment; "": there is none, or it is gone.
func (c Check) Said() string {
	if c.Comment == nil {
		return ""
	}
	return *c.Comment
}

// Examined is what checks look at.
type Examined struct {
	Form    Form
	Figures Figures
	Answers []Answer // what the survey says, people's answers included
	Circumstances
}

func (e Examined) about(s Subject) Answer {
	q, _ := e.Form.About(s)
	if i := slices.IndexFunc(e.Answers, func(a Answer) bool { return a.Question == q.ID }); i >= 0 {
		return e.Answers[i]
	}
	return Answer{Question: q.ID, Status: events.NotAsked}
}

// number is the answer to how many, and whether it is one.
func (e Examined) number() (int, bool) {
	a := e.about(Children)
	return a.Number(), a.Value != nil
}

// rule is one check: its number for ever, how grave it is by itself, and what it finds; an empty text is nothing.
type rule struct {
	number   events.Rule
	severity Severity
	about    Text // what it looks for: how it should be
	heading  Text // what it has found
	find     func(Examined) Text
}

// elsewhere are the checks that are about another question than how many.
var elsewhere = map[events.Rule]Subject{
	"S14": Forms, "S15": Forms, "S16": Offers, "S17": Offers, "S18": Organisers, "S19": Forms, "S20": Forms, "S21": Measures,
	"S23": Channels, "S24": Channels, "S25": Channels, "S36": Organisers, "S40": Organisers, "S44": Offers, "S45": Forms,
}

// About is the subject that a check is most about.
func About(r events.Rule) Subject {
	if s, ok := elsewhere[r]; ok {
		return s
	}
	return Children
}

func ruleExists(r events.Rule) bool {
	return slices.ContainsFunc(rules, func(one rule) bool { return one.number == r })
}

// Examine runs every check that the form asks for, in the order of their numbers.
func Examine(e Examined) (list []Finding) {
	for _, r := range rules {
		severity := r.severity
		if s, ok := e.Form.severities[r.number]; ok {
			severity = s
		}
		if severity == Off {
			continue
		}
		if found := r.find(e); found != (Text{}) {
			list = append(list, Finding{r.number, severity, found})
		}
	}
	return list
}

// Heading says in a few words what a check has found.
func Heading(number events.Rule, l Language) string {
	i := slices.IndexFunc(rules, func(r rule) bool { return r.number == number })
	if i < 0 {
		return string(number)
	}
	return rules[i].heading.In(l)
}

// Rule describes a check.
type Rule struct {
	Number   events.Rule `json:"rule"`
	Severity Severity    `json:"severity"`
	About    string      `json:"about"`
}

// Rules lists the checks of a form.
func (f Form) Rules(l Language) (list []Rule) {
	for _, r := range rules {
		severity := r.severity
		if s, ok := f.severities[r.number]; ok {
			severity = s
		}
		list = append(list, Rule{r.number, severity, r.about.In(l)})
	}
	return list
}

// String shows a finding to those who test.
func (f Finding) String() string { return fmt.Sprintf("%s %s: %s", f.Rule, f.Severity, f.Text.EN) }
