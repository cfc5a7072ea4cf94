package surveying

import (
	"fmt"
	"slices"

	"rackvidd/events"
)

// some finds something when there is any of it.
func some(n func(Examined) int, sv, en string) func(Examined) Text {
	return func(e Examined) Text {
		if n := n(e); n > 0 {
			return say(sv, en, n)
		}
		return Text{}
	}
}

// forms finds something when a list names any.
func forms(list func(Examined) []events.Form, sv, en string) func(Examined) Text {
	return func(e Examined) Text {
		codes := list(e)
		if len(codes) == 0 {
			return Text{}
		}
		return Text{fmt.Sprintf(sv, joined(wordsOf(codes, Swedish))), fmt.Sprintf(en, joined(wordsOf(codes, English)))}
	}
}

// programmes finds something when a list names any.
func programmes(list func(Examined) []events.ProgrammeID, sv, en string) func(Examined) Text {
	return func(e Examined) Text {
		var names []string
		for _, id := range list(e) {
			names = append(names, e.Figures.ProgrammeName(id))
		}
		if len(names) == 0 {
			return Text{}
		}
		return say(sv, en, joined(names))
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

// rules are all checks. A number is never used for another one; a new one takes the next. What is counted stands last in
// its clause, so that one and several read alike.
var rules = []rule{
	{"S01", Error, say("Antalet är högst summan över stödformerna", "The number is at most the sum over the forms"), say("Antalet är större än summan över stödformerna", "The number is greater than the sum over the forms"), overSum},
	{"S02", Error, say("Antalet är minst den största stödformens", "The number is at least that of the largest form"), say("Antalet är mindre än den största stödformens", "The number is less than that of the largest form"), underLargestForm},
	{"S03", Error, say("Antalet är minst den största verksamhetens", "The number is at least that of the largest programme"), say("Antalet är mindre än den största verksamhetens", "The number is less than that of the largest programme"), underLargestProgramme},
	{"S04", Warning, say("De som kommit har en plats", "Those who came have a place"), say("Barn har kommit utan att ha en plats", "Children came who never had a place"), some(func(e Examined) int { return e.Unplaced },
		"Barn som har kommit utan att någonsin ha haft en plats i den verksamheten och formen: %d. Räckvidden räknar dem; skriv in dem om de har en plats.",
		"Children who came and never had a place in that programme and form: %d. Reach counts them; enrol them if they have a place.")},
	{"S05", Warning, say("Ingen har kommit efter avslut", "Nobody came after the end"), say("Barn har kommit efter att platsen avslutats", "Children came after their place had ended"), some(func(e Examined) int { return e.Left },
		"Barn som har kommit efter att deras plats avslutades: %d. Kontrollera slutdagen, eller om det är rätt barn.",
		"Children who came after their place had ended: %d. Check the day it ended, or whether it is the right child.")},
	{"S06", Warning, say("Ingen har kommit före inskrivning", "Nobody came before the enrolment"), say("Barn har kommit innan platsen började", "Children came before their place began"), some(func(e Examined) int { return e.NotYet },
		"Barn som har kommit innan deras plats började: %d. Kontrollera startdagen.",
		"Children who came before their place began: %d. Check the day it began.")},
	{"S07", Warning, say("Alla träffar har en närvarolista", "Every session has a register"), say("Närvarolistor saknas", "Registers are missing"), some(func(e Examined) int { return e.Missing },
		"Träffar vars dag har varit och som saknar närvarolista: %d. Fyll i dem eller ställ in dem; annars kan barn saknas i antalet.",
		"Sessions whose day is past and that have no register: %d. Fill them in or cancel them; otherwise children may be missing from the number.")},
	{"S08", Notice, say("Äldre ungdomar är inte med", "Older youths are left out"), say("Ungdomar är för gamla för att räknas", "Youths are too old to count"), some(func(e Examined) int { return e.TooOld },
		"Ungdomar som är för gamla för frågan, och därför inte är med i antalet: %d.",
		"Youths who are too old for the question, and so are not in the number: %d.")},
	{"S09", Warning, say("Födelseåren är möjliga", "Birth years are possible"), say("Barn är enligt födelseåret födda efter året", "Children were by their birth year born after the year"), some(func(e Examined) int { return e.NotBorn },
		"Barn som enligt sitt födelseår föddes först efter året: %d. De är med i antalet; rätta födelseåret.",
		"Children who by their birth year were born after the year: %d. They are in the number; correct the birth year.")},
	{"S10", Warning, say("Antalet liknar förra årets", "The number is like last year's"), say("Antalet är ett helt annat än förra året", "The number is far from last year's"), unlikeLastYear},
	{"S11", Warning, say("Alla barn är identifierade", "Every child is identified"), say("Barn har kommit som ingen identifierade", "Children came whom nobody identified"), unidentified},
	{"S12", Warning, say("Sena registreringar är inne", "Late records are in"), say("Sena registreringar är att vänta", "Late records are to be expected"), lateExpected},
	{"S13", Error, say("Året är slut", "The year has ended"), say("Året är inte slut", "The year is still going on"), when(func(e Examined) bool { return !e.Ended },
		"Året är inte slut. Kontrollera enkäten när det är det.", "The year has not ended. Check the survey when it has.")},
	{"S14", Warning, say("Stödformer som erbjuds når någon", "Forms that are offered reach somebody"), say("Stödformer som erbjuds har inte nått någon", "Forms that are offered reached nobody"), forms(func(e Examined) []events.Form { return e.NotReached },
		"Stödformer som erbjuds men inte har nått något barn: %s. Saknas närvaro?", "Forms that are offered and reached no child: %s. Is a register missing?")},
	{"S15", Warning, say("Stödformer som når någon erbjuds", "Forms that reach somebody are offered"), say("Stödformer som ingen erbjuder har nått barn", "Forms that nobody offers reached children"), forms(func(e Examined) []events.Form { return e.NotOffered },
		"Stödformer som har nått barn men inte erbjuds av någon verksamhet: %s. Lägg till dem i verksamheten.", "Forms that reached children and that no programme offers: %s. Add them to the programme.")},
	{"S16", Error, say("Den som nått barn erbjuder stöd", "Whoever reached children offers support"), say("Svaret är att inget stöd erbjuds, men barn har nåtts", "The answer is no support, and children were reached"), noButReached},
	{"S17", Error, say("Den som inte erbjuder stöd namnger inget", "Whoever offers nothing names nothing"), say("Svaret är att inget stöd erbjuds, men stöd är angivet", "The answer is no support, and support is named"), noButNamed},
	{"S18", Warning, say("Den som erbjuder stöd har en huvudman", "Whoever offers support has an organiser"), say("Huvudman saknas", "No organiser is named"), noOrganiser},
	{"S19", Error, say("Valen ryms i frågan", "The choices fit the question"), say("Valen ryms inte i frågan", "The choices do not fit the question"), choicesUnfit},
	{"S20", Warning, say("Valda stödformer har nått någon", "Chosen forms reached somebody"), say("Valda stödformer har inte nått någon", "Chosen forms reached nobody"), chosenNotReached},
	{"S21", Warning, say("Åtgärderna är besvarade", "The measures are answered"), say("Åtgärderna är inte besvarade", "The measures are not answered"), measuresOpen},
	{"S22", Notice, say("Det angivna antalet liknar det räknade", "The number given is like the one counted"), say("Det angivna antalet är ett annat än det räknade", "The number given is another than the one counted"), unlikeCounted},
	{"S23", Warning, say("Kontaktvägarna är kända", "Channels are known"), say("Kontaktvägen är okänd för många barn", "The channel is unknown for many children"), unknownChannels},
	{"S24", Notice, say("Kontaktvägarna täcker barnen", "Channels cover the children"), say("Barn har nåtts utan remiss eller anvisning", "Children were reached whom nobody referred"), some(func(e Examined) int { return e.WithoutReferral },
		"Nådda barn utan remiss eller anvisning: %d. Svaret om kontaktvägar säger inget om dem.", "Reached children whom nobody referred: %d. The answer about channels says nothing of them.")},
	{"S25", Notice, say("Remisserna är avslutade", "Referrals are closed"), say("Remisser väntar på svar", "Referrals wait for an answer"), some(func(e Examined) int { return e.OpenReferrals },
		"Remisser från året som ännu väntar på svar: %d.", "Referrals of the year that still wait for an answer: %d.")},
	{"S26", Warning, say("De som har en plats har kommit", "Those with a place came"), say("Barn med en plats har aldrig kommit", "Children with a place never came"), some(func(e Examined) int { return e.NeverCame },
		"Barn som hade en plats under året men aldrig kom: %d. Inskriven är inte nådd; saknas närvaro?", "Children who had a place during the year and never came: %d. Enrolled is not reached; is a register missing?")},
	{"S27", Warning, say("Ingen träff är registrerad två gånger", "No session is recorded twice"), say("Träffar kan vara registrerade två gånger", "Sessions may be recorded twice"), some(func(e Examined) int { return e.Twice },
		"Träffar som har samma verksamhet, form och dag som en annan: %d. Kontrollera att de inte är samma träff.", "Sessions with the programme, form and day of another: %d. Check that they are not the same session.")},
	{"S28", Warning, say("Träffarna är rimligt stora", "Sessions are of a plausible size"), say("Träffar är orimligt stora", "Sessions are implausibly large"), some(func(e Examined) int { return e.Crowded },
		"Träffar med fler än 60 deltagare: %d. Kontrollera antalen.", "Sessions with more than 60 people: %d. Check the numbers.")},
	{"S29", Warning, say("Barnen har rimligt många träffar", "Children have plausibly many sessions"), say("Barn har orimligt många träffar", "Children have implausibly many sessions"), tooOften},
	{"S30", Notice, say("Gäster räknas av hemkommunen", "Guests are counted by their home"), say("Barn har kommit till en annan kommun än sin egen", "Children came to another municipality than their own"), guests},
	{"S31", Notice, say("Bara barn som kommit på grund av missbruk räknas", "Only children who came because of substance abuse count"), say("Barn har kommit av andra skäl än missbruk", "Children came for other reasons than substance abuse"), some(func(e Examined) int { return e.OtherReason },
		"Barn som har kommit av andra skäl, och därför inte är med i antalet: %d.", "Children who came for other reasons, and so are not in the number: %d.")},
	{"S32", Warning, say("Födelseåren är entydiga", "Birth years agree"), say("Barn har två olika födelseår", "Children have two birth years"), some(func(e Examined) int { return e.Disputed },
		"Barn med två olika födelseår: %d. Rätta det som är fel.", "Children with two different birth years: %d. Correct the wrong one.")},
	{"S33", Notice, say("Sammanslagna barn", "Merged children"), say("Barn har slagits samman, eller tagits isär igen", "Children were merged, or taken apart again"), merges},
	{"S34", Error, say("Antalet ryms i kommunens barn", "The number fits the municipality's children"), say("Antalet är större än kommunens barn", "The number is greater than the municipality's children"), overPopulation},
	{"S35", Notice, say("Raderade identiteter", "Erased identities"), say("Identiteter är raderade", "Identities have been erased"), some(func(e Examined) int { return e.Erased },
		"Barn vars identitet är raderad: %d. Den som kommer tillbaka därefter räknas som ett nytt barn.", "Children whose identity was erased: %d. One who comes back after that counts as a new child.")},
	{"S36", Warning, say("Varje verksamhet har haft träffar", "Every programme held sessions"), say("Verksamheter har inte haft några träffar", "Programmes held no session"), programmes(func(e Examined) []events.ProgrammeID { return e.WithoutSession },
		"Verksamheter utan träffar under året: %s. Saknas de?", "Programmes that held no session in the year: %s. Are they missing?")},
	{"S37", Warning, say("Födelseåren är kända", "Birth years are known"), say("Födelseåret är okänt för många barn", "The birth year is unknown for many children"), unknownAges},
	{"S38", Notice, say("Frågan är densamma som förra året", "The question is last year's"), say("Frågan är en annan än förra året", "The question is another than last year's"), anotherQuestion},
	{"S39", Error, say("Den som erbjuder stöd svarar hur många", "Whoever offers support says how many"), say("Antalet saknas", "The number is missing"), noNumber},
	{"S40", Warning, say("Verksamheterna hade börjat", "Programmes had begun"), say("Träffar hölls innan verksamheten började", "Sessions were held before the programme began"), some(func(e Examined) int { return e.Early },
		"Träffar som hölls innan deras verksamhet skulle börja: %d. Kontrollera dagen, eller när verksamheten började.", "Sessions held before their programme was to begin: %d. Check the day, or when the programme began.")},
	{"S41", Notice, say("Platser används", "Places are used"), say("Platser används inte", "Places are not used"), some(func(e Examined) int { return e.Idle },
		"Platser som har varit öppna hela året utan att barnet kommit: %d. Ska de avslutas?", "Places that were open all year without the child coming: %d. Should they be ended?")},
	{"S42", Notice, say("Tomma närvarolistor", "Empty registers"), say("Närvarolistor är tomma", "Registers are empty"), some(func(e Examined) int { return e.Empty },
		"Träffar vars närvarolista säger att ingen kom: %d.", "Sessions whose register says that nobody came: %d.")},
	{"S43", Notice, say("Verksamheter utan identiteter", "Programmes without identities"), say("Verksamheter dokumenterar inga identiteter", "Programmes document no identities"), programmes(func(e Examined) []events.ProgrammeID { return e.WithoutIdentity },
		"Verksamheter som inte dokumenterar identiteter: %s. Antalet kan bli ett intervall.", "Programmes that document no identities: %s. The number may become an interval.")},
	{"S44", Warning, say("Om stöd erbjuds är besvarat", "Whether support is offered is answered"), say("Om stöd erbjuds är inte besvarat", "Whether support is offered is not answered"), offersOpen},
	{"S45", Warning, say("Den som nått barn svarar hur", "Whoever reached children says how"), say("Hur barnen nåddes är inte besvarat", "How children were reached is not answered"), nothingChosen},
	{"S46", Warning, say("Det angivna antalet utgår från det som räknas nu", "The number given was given of what is counted now"), say("Det räknade har ändrats sedan antalet angavs", "What is counted has changed since the number was given"), countedOtherwise},
}

// given reports whether somebody gave the number, and on what basis.
func (e Examined) given(b ...events.AnswerBasis) bool {
	return slices.Contains(b, e.about(Children).Basis)
}

func overSum(e Examined) Text {
	n, ok := e.number()
	if limit := e.Figures.SumOverForms + e.Figures.Unidentified; ok && n > limit && !e.given(events.EstimatedBasis, events.EnteredBasis) {
		return say("Antalet %[1]d är större än summan över stödformerna, %[2]d. Saknas barn i registreringarna, läs in dem eller ange antalet som uppskattat.",
			"The number %[1]d is greater than the sum over the forms, %[2]d. If children are missing from the records, bring them in, or give the number as estimated.", n, limit)
	}
	return Text{}
}

func underLargestForm(e Examined) Text {
	n, ok := e.number()
	if largest := most(e.Figures.Forms); ok && n < largest.Children {
		return say("Antalet %[1]d är mindre än de %[2]d barn som nåddes i en av formerna (%[3]s). Rätta det som är fel.", "The number %[1]d is less than the %[2]d children reached in one of the forms (%[4]s). Correct what is wrong.",
			n, largest.Children, Word(string(largest.Code), Swedish), Word(string(largest.Code), English))
	}
	return Text{}
}

func underLargestProgramme(e Examined) Text {
	n, ok := e.number()
	if largest := most(e.Figures.ByProgramme); ok && n < largest.Children {
		return say("Antalet %[1]d är mindre än de %[2]d barn som nåddes av %[3]s. Rätta det som är fel.", "The number %[1]d is less than the %[2]d children reached by %[3]s. Correct what is wrong.", n, largest.Children, e.Figures.ProgrammeName(largest.Code))
	}
	return Text{}
}

// noise is how many children a number may change by whatever it was: of two, one is half.
const noise = 2

// unlikeLastYear compares what can be compared: S38 speaks of another question.
func unlikeLastYear(e Examined) Text {
	n, ok := e.number()
	before := e.LastYear
	if !ok || !before.Known || before.Definition != e.Figures.Definition || abs(n-before.Number) <= noise || 2*abs(n-before.Number) <= before.Number {
		return Text{}
	}
	return say("Antalet är %[1]d, förra året %[2]d: mer än hälften upp eller ned. Förklara skillnaden.",
		"The number is %[1]d, last year %[2]d: more than half up or down. Explain the difference.", n, before.Number)
}

func unidentified(e Examined) Text {
	f := e.Figures
	switch {
	case f.Unidentified == 0:
		return Text{}
	case f.Lower == f.Upper:
		return say("Deltaganden av barn som ingen identifierade: %[1]d. Alla gällde en och samma träff, så antalet är %[2]d.",
			"Attendances of children nobody identified: %[1]d. All were of the same session, so the number is %[2]d.", f.Unidentified, f.Lower)
	}
	return say("Deltaganden av barn som ingen identifierade: %[1]d. Antalet är mellan %[2]d och %[3]d.",
		"Attendances of children nobody identified: %[1]d. The number is between %[2]d and %[3]d.", f.Unidentified, f.Lower, f.Upper)
}

// soon is how many days after the year's end records are still expected where no year before tells.
const soon = 31

func lateExpected(e Examined) Text {
	switch {
	case !e.Ended:
		return Text{}
	case e.ExpectedLate > 0:
		return say("Deltaganden som förra året registrerades senare än så här långt efter årets slut: %d. Vänta, eller fråga verksamheterna.",
			"Attendances that last year were recorded later than this after the year's end: %d. Wait, or ask the programmes.", e.ExpectedLate)
	case e.DaysSince < soon:
		return say("Dagar sedan årets slut: %d. Är alla närvarolistor från december inne?",
			"Days since the year's end: %d. Are all registers of December in?", e.DaysSince)
	}
	return Text{}
}

func noButReached(e Examined) Text {
	if n, _ := e.number(); e.about(Offers).Status == events.NoAnswer && max(n, e.Figures.Number()) > 0 {
		return say("Svaret är att inget stöd erbjuds, men antalet nådda barn är %d.", "The answer is that no support is offered, and the number of children reached is %d.", max(n, e.Figures.Number()))
	}
	return Text{}
}

func noButNamed(e Examined) Text {
	if e.about(Offers).Status != events.NoAnswer {
		return Text{}
	}
	for _, s := range []Subject{Organisers, Forms} {
		if a := e.about(s); len(a.Choices) > 0 {
			return say("Svaret är att inget stöd erbjuds, men %s är besvarad. Ändra det ena, eller lämna %[1]s obesvarad.", "The answer is that no support is offered, and %s is answered. Change one of them, or leave %[1]s unanswered.", a.Question)
		}
	}
	return Text{}
}

func noOrganiser(e Examined) Text {
	a := e.about(Organisers)
	if e.about(Offers).Status != events.YesAnswer || len(a.Choices) > 0 || a.Status != events.ChoicesAnswer && a.Status != events.NotAnswered {
		return Text{}
	}
	return say("Stöd erbjuds men ingen huvudman är angiven i %s.", "Support is offered and no organiser is named in %s.", a.Question)
}

// choicesUnfit finds choices that a form no longer takes: they were given on another version of it.
func choicesUnfit(e Examined) (t Text) {
	for _, q := range e.Form.Questions {
		a := e.about(q.Asks)
		if q.Most > 0 && len(a.Choices) > q.Most {
			t = t.and(say("%[1]s tar högst %[2]d val.", "%[1]s takes at most %[2]d choices.", q.ID, q.Most))
		}
		for _, c := range a.Choices {
			if !slices.ContainsFunc(q.Options, func(o Option) bool { return o.Code == c }) {
				t = t.and(say("%[1]s har inte alternativet %[2]s.", "%[1]s has no option %[2]s.", q.ID, c))
			}
		}
	}
	return t
}

func chosenNotReached(e Examined) Text {
	q, ok := e.Form.About(Forms)
	if !ok {
		return Text{}
	}
	var sv, en []string
	for _, c := range e.about(Forms).Choices {
		if !slices.ContainsFunc(e.Figures.Forms, func(f Count[events.Form]) bool {
			o, covered := q.Option(events.Choice(f.Code))
			return covered && o.Code == c && f.Children > 0
		}) {
			sv, en = append(sv, q.Label(c, Swedish)), append(en, q.Label(c, English))
		}
	}
	if len(sv) == 0 {
		return Text{}
	}
	return say("Valda stödformer som inte har nått något barn: %[1]s.", "Chosen forms that reached no child: %[2]s.", joined(sv), joined(en))
}

func measuresOpen(e Examined) Text {
	q, ok := e.Form.About(Measures)
	wanted := min(max(q.Most, 1), len(q.Options))
	if a := e.about(Measures); !ok || a.Status == events.ChoicesAnswer && len(a.Choices) >= wanted {
		return Text{}
	}
	return say("%[1]s är inte besvarad fullt ut. Antal åtgärder att välja: %[2]d.", "%[1]s is not answered in full. Measures to choose: %[2]d.", q.ID, wanted)
}

// unlikeCounted compares a number that somebody gave with what was counted, or the interval it lies in. It wants no
// comment: the number has its reason.
func unlikeCounted(e Examined) Text {
	n, ok := e.number()
	least := e.Figures.Number()
	nearest := min(max(n, least), max(least, e.Figures.Upper))
	if !ok || !e.given(events.EstimatedBasis, events.OverriddenBasis, events.EnteredBasis) || 10*abs(n-nearest) <= nearest {
		return Text{}
	}
	return say("Det angivna antalet %[1]d skiljer sig mer än en tiondel från det räknade, %[2]d.", "The number given, %[1]d, differs by more than a tenth from the one counted, %[2]d.", n, nearest)
}

// countedOtherwise wants a number that somebody gave looked at again where its reason was about another count.
func countedOtherwise(e Examined) Text {
	then, now := e.about(Children).CountedThen, e.Figures.Number()
	if then == nil || *then == now {
		return Text{}
	}
	return say("När antalet angavs räknades %[1]d, nu räknas %[2]d. Låt svaret följa loggen, eller ange antalet igen.",
		"When the number was given %[1]d were counted, now %[2]d are. Let the answer follow the log, or give the number again.", *then, now)
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
	return say("Nådda barn vars kontaktväg är okänd: %[1]d av %[2]d som remitterats.", "Reached children whose channel is unknown: %[1]d of %[2]d who were referred.", unknown, all)
}

func guests(e Examined) (t Text) {
	if e.Guests > 0 {
		t = say("Barn från andra kommuner som har kommit, och som deras hemkommun räknar: %d.", "Children of other municipalities who came, and whom their home counts: %d.", e.Guests)
	}
	if e.FromElsewhere > 0 {
		t = t.and(say("Kommunens barns deltaganden i andra kommuner, som är med: %d.", "Own children's attendances in other municipalities, which are included: %d.", e.FromElsewhere))
	}
	return t
}

func tooOften(e Examined) (t Text) {
	if e.Often > 0 {
		t = say("Barn med fler än 150 träffar under året: %d.", "Children with more than 150 sessions in the year: %d.", e.Often)
	}
	if e.OneDay > 0 {
		t = t.and(say("Barn med fler än 3 träffar på en dag: %d.", "Children with more than 3 sessions in a day: %d.", e.OneDay))
	}
	if t != (Text{}) {
		t = t.and(say("Är flera barn registrerade som ett?", "Are several children recorded as one?"))
	}
	return t
}

func merges(e Examined) (t Text) {
	if e.Merged > 0 {
		t = say("Sammanslagningar av barn som har kommit: %d.", "Merges of children who came: %d.", e.Merged)
	}
	if e.Unmerged > 0 {
		t = t.and(say("Sammanslagningar som har ångrats: %d.", "Merges that were undone: %d.", e.Unmerged))
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
		return say("Barn vars födelseår är okänt: %[1]d av %[2]d. De räknas, men någon kan vara för gammal.", "Children whose birth year is unknown: %[1]d of %[2]d. They count, and some may be too old.", f.UnknownAge, f.Children)
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

func offersOpen(e Examined) Text {
	if a := e.about(Offers); a.Status == events.UnknownAnswer || a.Status == events.NotAnswered {
		return say("%s är inte besvarad: erbjuds stöd eller inte?", "%s is not answered: is support offered or not?", a.Question)
	}
	return Text{}
}

// nothingChosen finds questions of how children were reached that nothing in the log, and nobody, has answered.
func nothingChosen(e Examined) Text {
	var open []events.Question
	for _, s := range []Subject{Forms, Channels} {
		if a := e.about(s); a.Status == events.ChoicesAnswer && len(a.Choices) == 0 {
			open = append(open, a.Question)
		}
	}
	if n, _ := e.number(); n == 0 || len(open) == 0 {
		return Text{}
	}
	return say("Barn har nåtts, men dessa frågor har inget svar: %s. Svara, eller svara att det inte är känt.", "Children were reached, and these questions have no answer: %s. Answer, or answer that it is not known.", joined(wordsOf(open, English)))
}
