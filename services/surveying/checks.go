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

// Check is a finding with its comment, as contract.md section 7 names it.
type Check struct {
	Rule     events.Rule `json:"rule"`
	Severity Severity    `json:"severity"`
	Message  string      `json:"message"`
	Comment  *string     `json:"comment"`
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
	about    Text
	find     func(Examined) Text
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

// some finds something when there is any of it.
func some(n func(Examined) int, sv, en string) func(Examined) Text {
	return func(e Examined) Text {
		if n := n(e); n > 0 {
			return say(sv, en, n)
		}
		return Text{}
	}
}

// named finds something when a list names any.
func named[C ~string](list func(Examined) []C, sv, en string) func(Examined) Text {
	return func(e Examined) Text {
		codes := list(e)
		if len(codes) == 0 {
			return Text{}
		}
		return Text{fmt.Sprintf(sv, joined(wordsOf(codes, Swedish))), fmt.Sprintf(en, joined(wordsOf(codes, English)))}
	}
}

// when finds something when it is so.
func when(so func(Examined) bool, sv, en string) func(Examined) Text {
	return func(e Examined) Text {
		if so(e) {
			return Text{sv, en}
		}
		return Text{}
	}
}

// rules are all checks. A number is never used for another one; a new one takes the next.
var rules = []rule{
	{"S01", Error, say("Antalet är högst summan över stödformerna", "The number is at most the sum over the forms"), overSum},
	{"S02", Error, say("Antalet är minst den största stödformens", "The number is at least that of the largest form"), underLargestForm},
	{"S03", Error, say("Antalet är minst den största verksamhetens", "The number is at least that of the largest programme"), underLargestProgramme},
	{"S04", Warning, say("De som kommit har en plats", "Those who came have a place"), some(func(e Examined) int { return e.Unplaced },
		"%d barn har kommit till träffar utan att vara inskrivna i verksamheten och formen den dagen. Räckvidden räknar dem; skriv in dem om de har en plats.",
		"%d children came to sessions without a place in that programme and form on that day. Reach counts them; enrol them if they have a place.")},
	{"S05", Warning, say("Ingen har kommit efter avslut", "Nobody came after the end"), some(func(e Examined) int { return e.Left },
		"%d barn har kommit efter att deras plats avslutades. Kontrollera slutdagen, eller om det är rätt barn.",
		"%d children came after their place had ended. Check the day it ended, or whether it is the right child.")},
	{"S06", Warning, say("Ingen har kommit före inskrivning", "Nobody came before the enrolment"), some(func(e Examined) int { return e.NotYet },
		"%d barn har kommit innan deras plats började. Kontrollera startdagen.",
		"%d children came before their place began. Check the day it began.")},
	{"S07", Warning, say("Alla träffar har en närvarolista", "Every session has a register"), some(func(e Examined) int { return e.Missing },
		"Närvaro saknas för %d träffar vars dag har varit. Fyll i dem eller ställ in dem; annars kan barn saknas i antalet.",
		"The register is missing for %d sessions whose day is past. Fill them in or cancel them; otherwise children may be missing from the number.")},
	{"S08", Notice, say("Äldre ungdomar är inte med", "Older youths are left out"), some(func(e Examined) int { return e.TooOld },
		"%d barn är för gamla för frågan och är inte med i antalet.",
		"%d children are too old for the question and are not in the number.")},
	{"S09", Warning, say("Födelseåren är möjliga", "Birth years are possible"), some(func(e Examined) int { return e.NotBorn },
		"%d barn har ett födelseår efter året. Rätta födelseåret.",
		"%d children have a birth year after the year. Correct the birth year.")},
	{"S10", Warning, say("Antalet liknar förra årets", "The number is like last year's"), unlikeLastYear},
	{"S11", Warning, say("Alla barn är identifierade", "Every child is identified"), unidentified},
	{"S12", Warning, say("Sena registreringar är inne", "Late records are in"), lateExpected},
	{"S13", Error, say("Året är slut", "The year has ended"), when(func(e Examined) bool { return !e.Ended },
		"Året är inte slut. Kontrollera enkäten när det är det.", "The year has not ended. Check the survey when it has.")},
	{"S14", Warning, say("Stödformer som erbjuds når någon", "Forms that are offered reach somebody"), named(func(e Examined) []events.Form { return e.NotReached },
		"Dessa stödformer erbjuds men har inte nått något barn: %s.", "These forms are offered and reached no child: %s.")},
	{"S15", Warning, say("Stödformer som når någon erbjuds", "Forms that reach somebody are offered"), named(func(e Examined) []events.Form { return e.NotOffered },
		"Dessa stödformer har nått barn men erbjuds inte av någon verksamhet: %s. Lägg till dem i verksamheten.", "These forms reached children and no programme offers them: %s. Add them to the programme.")},
	{"S16", Error, say("Den som nått barn erbjuder stöd", "Whoever reached children offers support"), noButReached},
	{"S17", Error, say("Den som inte erbjuder stöd namnger inget", "Whoever offers nothing names nothing"), noButNamed},
	{"S18", Warning, say("Den som erbjuder stöd har en huvudman", "Whoever offers support has an organiser"), when(func(e Examined) bool {
		return e.about(Offers).Status == events.YesAnswer && e.about(Organisers).Status == events.ChoicesAnswer && len(e.about(Organisers).Choices) == 0
	}, "Stöd erbjuds men ingen huvudman är angiven.", "Support is offered and no organiser is named.")},
	{"S19", Error, say("Antalet val ryms i frågan", "The choices fit the question"), tooManyChoices},
	{"S20", Warning, say("Valda stödformer har nått någon", "Chosen forms reached somebody"), chosenNotReached},
	{"S21", Warning, say("Åtgärderna är besvarade", "The measures are answered"), measuresOpen},
	{"S22", Warning, say("Det angivna antalet liknar det räknade", "The number given is like the one counted"), unlikeCounted},
	{"S23", Warning, say("Kontaktvägarna är kända", "Channels are known"), unknownChannels},
	{"S24", Notice, say("Kontaktvägarna täcker barnen", "Channels cover the children"), some(func(e Examined) int { return e.WithoutReferral },
		"%d av barnen har ingen remiss eller anvisning; svaret om kontaktvägar säger inget om dem.", "%d of the children were never referred; the answer about channels says nothing of them.")},
	{"S25", Warning, say("Remisserna är avslutade", "Referrals are closed"), some(func(e Examined) int { return e.OpenReferrals },
		"%d remisser från året väntar fortfarande på svar.", "%d referrals of the year still wait for an answer.")},
	{"S26", Warning, say("De som har en plats har kommit", "Those with a place came"), some(func(e Examined) int { return e.NeverCame },
		"%d barn hade en plats under året men kom aldrig. Inskriven är inte nådd; saknas närvaro?", "%d children had a place during the year and never came. Enrolled is not reached; is a register missing?")},
	{"S27", Warning, say("Ingen träff är registrerad två gånger", "No session is recorded twice"), some(func(e Examined) int { return e.Twice },
		"%d träffar har samma verksamhet, form och dag som en annan. Kontrollera att de inte är samma träff.", "%d sessions have the programme, form and day of another. Check that they are not the same session.")},
	{"S28", Warning, say("Träffarna är rimligt stora", "Sessions are of a plausible size"), some(func(e Examined) int { return e.Crowded },
		"%d träffar har fler än 60 deltagare. Kontrollera antalen.", "%d sessions have more than 60 people. Check the numbers.")},
	{"S29", Warning, say("Barnen har rimligt många träffar", "Children have plausibly many sessions"), some(func(e Examined) int { return e.Often + e.OneDay },
		"%d barn har orimligt många träffar under året eller en dag. Är olika barn registrerade som ett?", "%d children have implausibly many sessions in the year or in a day. Are several children recorded as one?")},
	{"S30", Notice, say("Gäster räknas av hemkommunen", "Guests are counted by their home"), guests},
	{"S31", Notice, say("Bara barn som kommit på grund av missbruk räknas", "Only children who came because of substance abuse count"), some(func(e Examined) int { return e.OtherReason },
		"%d barn har kommit av andra skäl och är inte med i antalet.", "%d children came for other reasons and are not in the number.")},
	{"S32", Warning, say("Födelseåren är entydiga", "Birth years agree"), some(func(e Examined) int { return e.Disputed },
		"%d barn har två olika födelseår. Rätta det som är fel.", "%d children have two different birth years. Correct the wrong one.")},
	{"S33", Notice, say("Sammanslagna barn", "Merged children"), some(func(e Examined) int { return e.Merged + e.Unmerged },
		"%d sammanslagningar av barn, eller upphävda sådana, påverkar antalet.", "%d merges of children, or undone ones, affect the number.")},
	{"S34", Error, say("Antalet ryms i kommunens barn", "The number fits the municipality's children"), overPopulation},
	{"S35", Notice, say("Raderade identiteter", "Erased identities"), some(func(e Examined) int { return e.Erased },
		"%d av barnen har fått sin identitet raderad. Ett barn som kommer tillbaka därefter räknas som ett nytt.", "%d of the children had their identity erased. A child who comes back after that counts as a new one.")},
	{"S36", Warning, say("Varje verksamhet har haft träffar", "Every programme held sessions"), named(func(e Examined) []events.ProgrammeID { return e.WithoutSession },
		"Dessa verksamheter har inga träffar under året: %s. Saknas de?", "These programmes held no session in the year: %s. Are they missing?")},
	{"S37", Warning, say("Födelseåren är kända", "Birth years are known"), unknownAges},
	{"S38", Notice, say("Frågan är densamma som förra året", "The question is last year's"), anotherQuestion},
	{"S39", Error, say("Den som erbjuder stöd svarar hur många", "Whoever offers support says how many"), noNumber},
	{"S40", Warning, say("Verksamheterna hade börjat", "Programmes had begun"), some(func(e Examined) int { return e.Early },
		"%d träffar hölls innan deras verksamhet skulle börja. Kontrollera dagen, eller när verksamheten började.", "%d sessions were held before their programme was to begin. Check the day, or when the programme began.")},
	{"S41", Notice, say("Platser används", "Places are used"), some(func(e Examined) int { return e.Idle },
		"%d platser har varit öppna hela året utan att barnet kommit. Ska de avslutas?", "%d places were open all year without the child coming. Should they be ended?")},
	{"S42", Notice, say("Tomma närvarolistor", "Empty registers"), some(func(e Examined) int { return e.Empty },
		"%d träffar har en närvarolista där ingen kom.", "%d sessions have a register that says that nobody came.")},
	{"S43", Notice, say("Verksamheter utan identiteter", "Programmes without identities"), named(func(e Examined) []events.ProgrammeID { return e.WithoutIdentity },
		"Dessa verksamheter dokumenterar inga identiteter: %s. Antalet blir ett intervall.", "These programmes document no identities: %s. The number becomes an interval.")},
}

// given reports whether somebody gave the number, and on what basis.
func (e Examined) given(b ...events.AnswerBasis) bool {
	return slices.Contains(b, e.about(Children).Basis)
}

func overSum(e Examined) Text {
	n, ok := e.number()
	if limit := e.Figures.SumOverForms + e.Figures.Unidentified; ok && n > limit && !e.given(events.EstimatedBasis) {
		return say("Antalet %[1]d är större än summan över stödformerna, %[2]d. Ett barn kan inte ha nåtts utan en form.",
			"The number %[1]d is greater than the sum over the forms, %[2]d. No child can be reached without a form.", n, limit)
	}
	return Text{}
}

func underLargestForm(e Examined) Text {
	n, ok := e.number()
	if largest := most(e.Figures.Forms); ok && n < largest.Children {
		return say("Antalet %[1]d är mindre än de %[2]d barn som nåddes i en av formerna (%[3]s).", "The number %[1]d is less than the %[2]d children reached in one of the forms (%[4]s).",
			n, largest.Children, Word(string(largest.Code), Swedish), Word(string(largest.Code), English))
	}
	return Text{}
}

func underLargestProgramme(e Examined) Text {
	n, ok := e.number()
	if largest := most(e.Figures.ByProgramme); ok && n < largest.Children {
		return say("Antalet %[1]d är mindre än de %[2]d barn som nåddes av %[3]s.", "The number %[1]d is less than the %[2]d children reached by %[3]s.", n, largest.Children, largest.Code)
	}
	return Text{}
}

func unlikeLastYear(e Examined) Text {
	n, ok := e.number()
	before := e.LastYear.Number
	if !ok || !e.LastYear.Known || before+n == 0 || 2*n >= before && 2*n <= 3*before {
		return Text{}
	}
	return say("Antalet är %[1]d, förra året %[2]d: mer än hälften upp eller ned. Förklara skillnaden.",
		"The number is %[1]d, last year %[2]d: more than half up or down. Explain the difference.", n, before)
}

func unidentified(e Examined) Text {
	if f := e.Figures; f.Unidentified > 0 {
		return say("%[1]d deltaganden gällde barn som ingen identifierade: antalet är mellan %[2]d och %[3]d.",
			"%[1]d attendances were of children nobody identified: the number is between %[2]d and %[3]d.", f.Unidentified, f.Lower, f.Upper)
	}
	return Text{}
}

// soon is how many days after the year's end records are still expected where no year before tells.
const soon = 31

func lateExpected(e Examined) Text {
	switch {
	case e.ExpectedLate > 0:
		return say("Förra året registrerades %d deltaganden senare än så här långt efter årets slut. Vänta, eller fråga verksamheterna.",
			"Last year %d attendances were recorded later than this after the year's end. Wait, or ask the programmes.", e.ExpectedLate)
	case e.Ended && e.DaysSince < soon:
		return say("Året slutade för %d dagar sedan. Är alla närvarolistor från december inne?",
			"The year ended %d days ago. Are all registers of December in?", e.DaysSince)
	}
	return Text{}
}

func noButReached(e Examined) Text {
	if n, _ := e.number(); e.about(Offers).Status == events.NoAnswer && max(n, e.Figures.Number()) > 0 {
		return say("Svaret är att inget stöd erbjuds, men %d barn har nåtts.", "The answer is that no support is offered, and %d children were reached.", max(n, e.Figures.Number()))
	}
	return Text{}
}

func noButNamed(e Examined) Text {
	if e.about(Offers).Status != events.NoAnswer {
		return Text{}
	}
	for _, s := range []Subject{Organisers, Forms} {
		if a := e.about(s); len(a.Choices) > 0 {
			return say("Svaret är att inget stöd erbjuds, men %s är besvarad.", "The answer is that no support is offered, and %s is answered.", a.Question)
		}
	}
	return Text{}
}

func tooManyChoices(e Examined) Text {
	for _, q := range e.Form.Questions {
		if a := e.about(q.Asks); q.Most > 0 && len(a.Choices) > q.Most {
			return say("%[1]s tar högst %[2]d val.", "%[1]s takes at most %[2]d choices.", q.ID, q.Most)
		}
	}
	return Text{}
}

func chosenNotReached(e Examined) Text {
	q, ok := e.Form.About(Forms)
	if !ok {
		return Text{}
	}
	var empty []events.Choice
	for _, c := range e.about(Forms).Choices {
		if !slices.ContainsFunc(e.Figures.Forms, func(f Count[events.Form]) bool {
			o, covered := q.option(events.Choice(f.Code))
			return covered && o.Code == c && f.Children > 0
		}) {
			empty = append(empty, c)
		}
	}
	if len(empty) == 0 {
		return Text{}
	}
	return Text{
		"Dessa valda stödformer har inte nått något barn: " + joined(wordsOf(empty, Swedish)) + ".",
		"These chosen forms reached no child: " + joined(wordsOf(empty, English)) + ".",
	}
}

func measuresOpen(e Examined) Text {
	q, ok := e.Form.About(Measures)
	if a := e.about(Measures); !ok || a.Status == events.ChoicesAnswer && len(a.Choices) >= min(max(q.Most, 1), len(q.Options)) {
		return Text{}
	}
	return say("%[1]s är inte besvarad fullt ut: välj de %[2]d viktigaste åtgärderna.", "%[1]s is not answered in full: choose the %[2]d most important measures.", q.ID, q.Most)
}

func unlikeCounted(e Examined) Text {
	n, ok := e.number()
	counted := e.Figures.Number()
	if !ok || !e.given(events.EstimatedBasis, events.OverriddenBasis, events.EnteredBasis) || 10*abs(n-counted) <= counted {
		return Text{}
	}
	return say("Det angivna antalet %[1]d skiljer sig mer än en tiondel från de räknade %[2]d.", "The number given, %[1]d, differs by more than a tenth from the %[2]d counted.", n, counted)
}

func abs(n int) int { return max(n, -n) }

func unknownChannels(e Examined) Text {
	all, unknown := 0, 0
	for _, c := range e.Figures.Channels {
		all += c.Children
		if c.Code == events.UnknownChannel {
			unknown = c.Children
		}
	}
	if 5*unknown <= all || unknown == 0 {
		return Text{}
	}
	return say("Kontaktvägen är okänd för %[1]d av %[2]d remitterade barn.", "The channel is unknown for %[1]d of %[2]d referred children.", unknown, all)
}

func guests(e Examined) (t Text) {
	if e.Guests > 0 {
		t = say("%d barn från andra kommuner har kommit; de räknas av sin hemkommun.", "%d children of other municipalities came; their home counts them.", e.Guests)
	}
	if e.FromElsewhere > 0 {
		t = t.and(say("%d deltaganden av kommunens barn i andra kommuner är med.", "%d attendances of own children in other municipalities are included.", e.FromElsewhere))
	}
	return t
}

func overPopulation(e Examined) Text {
	if n, ok := e.number(); ok && e.Population > 0 && n > e.Population {
		return say("Antalet %[1]d är större än kommunens %[2]d barn.", "The number %[1]d is greater than the municipality's %[2]d children.", n, e.Population)
	}
	return Text{}
}

func unknownAges(e Examined) Text {
	if f := e.Figures; 10*f.UnknownAge > f.Children {
		return say("Födelseåret är okänt för %[1]d av %[2]d barn; de räknas, men någon kan vara för gammal.", "The birth year of %[1]d of %[2]d children is unknown; they count, and some may be too old.", f.UnknownAge, f.Children)
	}
	return Text{}
}

func anotherQuestion(e Examined) Text {
	if before := e.LastYear; before.Known && (before.Definition != e.Figures.Definition || before.Form != e.Form.ID) {
		return say("Förra årets fråga var en annan (%[1]s, %[2]s); antalen är inte jämförbara.", "Last year's question was another one (%[1]s, %[2]s); the numbers are not comparable.", before.Form, before.Definition)
	}
	return Text{}
}

func noNumber(e Examined) Text {
	a := e.about(Children)
	if e.about(Offers).Status != events.YesAnswer || a.Value != nil || a.Reason != "" {
		return Text{}
	}
	return say("%s saknar ett antal. Ange det, eller skriv varför det inte är känt.", "%s has no number. Give it, or write why it is not known.", a.Question)
}

// String shows a finding to those who test.
func (f Finding) String() string { return fmt.Sprintf("%s %s: %s", f.Rule, f.Severity, f.Text.EN) }
