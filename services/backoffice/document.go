package backoffice

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"rackvidd/events"
	"rackvidd/services/casework"
	"rackvidd/services/export"
	"rackvidd/services/surveying"
)

// Document is the survey as it is signed and filed: the answers in the order of the form, what the checks found, and the
// municipality's own statistics beside them. Where a submitted version is asked for it is that one.
func (s *Service) Document(ctx context.Context, a surveying.Asked) (export.Document, error) {
	if a.Version > 0 {
		return s.filedDocument(ctx, a)
	}
	o, st, err := s.whole(ctx, a)
	if err != nil {
		return export.Document{}, err
	}
	since, err := s.sinceSubmitted(ctx, o)
	if err != nil {
		return export.Document{}, err
	}
	w := newWriting(o)
	sections := []export.Section{w.answerSection(since), w.howCounted()}
	if len(o.findings) > 0 {
		sections = append(sections, w.checkSection())
	}
	return w.document(append(sections, w.statistics(st)...)), nil
}

func (w writing) document(sections []export.Section) export.Document {
	return export.Document{
		Title: w.form.Title.In(w.Language), Subtitle: w.name() + ", " + strconv.Itoa(int(w.Year)), Language: string(w.Language), Created: w.created(),
		About: w.about(), Sections: sections, Signature: w.signature(),
		Footer: w.say("Uppgifterna är pseudonymiserade. Räckvidd, händelse ", "The data are pseudonymised. Räckvidd, position ") + strconv.FormatUint(w.evidence.Position, 10),
	}
}

// Record is the survey and the statistics beside it as JSON; of a submitted version, the version.
func (s *Service) Record(ctx context.Context, a surveying.Asked) (json.RawMessage, error) {
	if a.Version > 0 {
		sheet, err := s.Version(ctx, a, a.Version)
		if err != nil {
			return nil, err
		}
		return json.Marshal(sheet)
	}
	o, st, err := s.whole(ctx, a)
	if err != nil {
		return nil, err
	}
	record := struct {
		Survey     surveying.Sheet `json:"survey"`
		Statistics Statistics      `json:"statistics"`
	}{o.sheet(), st}
	if record.Survey.SinceSubmission, err = s.sinceSubmitted(ctx, o); err != nil {
		return nil, err
	}
	if record.Survey.SinceCheck, err = s.sinceChecked(ctx, o); err != nil {
		return nil, err
	}
	return json.Marshal(record)
}

// Chart is one of the document's charts: forms, overlap, channels, ages, reach or coverage. ok is false where there is
// nothing to draw. It reads what it draws, and nothing else.
func (s *Service) Chart(ctx context.Context, a surveying.Asked, name string) (chart export.Chart, ok bool, err error) {
	o, err := s.open(ctx, a)
	if err != nil {
		return chart, false, err
	}
	st := Statistics{Figures: o.evidence.Figures}
	if st.Position > 0 && (name == "reach" || name == "coverage") {
		if st.Years, err = s.years(ctx, o); err != nil {
			return chart, false, err
		}
		st.Coverage = st.Years[len(st.Years)-1].Coverage
	}
	chart, ok = newWriting(o).charts(st)[name]
	return chart, ok && drawable(chart), nil
}

// SignedAnswer is what was released of the latest submitted version, signed for the national level of another installation.
func (s *Service) SignedAnswer(ctx context.Context, a surveying.Asked) ([]byte, error) {
	surveys, _, err := s.stream(ctx, a.Municipality, a.Year)
	if err != nil {
		return nil, err
	}
	sub := surveys[a.Year].Submitted
	if sub == nil {
		return nil, casework.Refuse(casework.Conflict, "not_submitted", "", "the survey of %d has not been submitted; there is no answer to sign yet", a.Year)
	}
	form, err := s.asked(sub.Form, sub.Definition)
	if err != nil {
		return nil, err
	}
	return s.Sign(form.Received(a.Municipality, *sub))
}

func (s *Service) whole(ctx context.Context, a surveying.Asked) (*opened, Statistics, error) {
	o, err := s.open(ctx, a)
	if err != nil {
		return nil, Statistics{}, err
	}
	st, err := s.statistics(ctx, o)
	return o, st, err
}

// writing is a survey on its way into a document.
type writing struct {
	*opened
	say func(sv, en string) string
}

func newWriting(o *opened) writing {
	return writing{o, func(sv, en string) string { return surveying.Text{SV: sv, EN: en}.In(o.Language) }}
}

func (w writing) word(code string) string { return surveying.Word(code, w.Language) }

func (w writing) name() string {
	info, _ := events.MunicipalityNamed(w.Municipality)
	return cmp.Or(info.Name, string(w.Municipality))
}

// created is when the last event was recorded that the document shows: the same survey gives the same document.
func (w writing) created() time.Time {
	created := w.evidence.shown.Recorded
	for _, step := range w.survey.Steps {
		if step.At.After(created) {
			created = step.At
		}
	}
	if created.IsZero() {
		return events.Date(int(w.Year), time.January, 1).Time()
	}
	return created.UTC()
}

func (w writing) about() []export.Fact {
	facts := []export.Fact{
		{Label: w.say("Kommun", "Municipality"), Value: w.name() + " (" + string(w.Municipality) + ")"},
		{Label: w.say("Verksamhetsår", "Activity year"), Value: strconv.Itoa(int(w.Year))},
		{Label: w.say("Formulär", "Form"), Value: string(w.form.ID)},
		{Label: w.say("Läge", "State"), Value: fmt.Sprintf("%s, version %d", w.word(string(w.survey.State)), w.survey.Version)},
		{Label: w.say("Definition", "Definition"), Value: string(w.form.Definition)},
		{Label: w.say("Händelse i loggen", "Position of the log"), Value: strconv.FormatUint(w.evidence.Position, 10)},
	}
	if sub := w.survey.Submitted; sub != nil && w.survey.State == surveying.Submitted {
		facts = append(facts, export.Fact{Label: w.say("Programversion", "Program version"), Value: string(sub.Program)})
		facts = append(facts, w.stated()...)
	}
	return facts
}

// stated is what was signed, so that paper can be compared with it.
func (w writing) stated() []export.Fact {
	if w.signed == nil {
		return nil
	}
	return []export.Fact{
		{Label: w.say("Inlämnat vid händelse", "Submitted at position"), Value: strconv.FormatUint(w.signed.Position, 10)},
		{Label: w.say("Loggens kontrollsumma där", "Checksum of the log there"), Value: w.signed.Root},
		{Label: w.say("Talens kontrollsumma", "Checksum of the figures"), Value: w.signed.Figures},
	}
}

func (w writing) answerSection(since *surveying.Since) export.Section {
	t := export.Table{Caption: w.say("Svaren i formulärets ordning", "The answers in the order of the form"), Columns: []export.Column{
		{Heading: w.say("Fråga", "Question")}, {Heading: w.say("Svar", "Answer")}, {Heading: w.say("Grund", "Basis")},
	}}
	for _, a := range w.answers {
		q, asked := w.form.Question(a.Question)
		if !asked {
			continue
		}
		t.Rows = append(t.Rows, []export.Cell{
			export.Text(string(q.ID) + ". " + q.Text.In(w.Language)), export.Text(w.inWords(q, a)), export.Text(w.basis(a)),
		})
	}
	section := export.Section{Heading: w.say("Enkätens svar", "The survey's answers"), Name: w.say("Svar", "Answers"), Blocks: []export.Block{t, w.numbers()}}
	if since != nil {
		section.Blocks = append(section.Blocks, export.Paragraph{Text: since.Sentence}, w.sinceTable(since))
	}
	return section
}

// numbers are the answers that are numbers, as such.
func (w writing) numbers() export.Table {
	t := export.Table{Caption: w.say("Svaren i siffror", "The answers in figures"), Columns: []export.Column{
		{Heading: w.say("Fråga", "Question")},
		{Heading: w.say("Antal", "Number"), Kind: export.Numbers},
		{Heading: w.say("Lägst", "At least"), Kind: export.Numbers},
		{Heading: w.say("Högst", "At most"), Kind: export.Numbers},
		{Heading: w.say("Räknat", "Counted"), Kind: export.Numbers},
		{Heading: w.say("Skäl", "Reason")},
	}}
	for _, a := range w.answers {
		if q, _ := w.form.Question(a.Question); q.Asks != surveying.Children {
			continue
		}
		row := []export.Cell{export.Text(string(a.Question))}
		counted, _ := a.Computed.(int)
		for _, n := range []*int{a.Value, a.Lower, a.Upper, &counted} {
			cell := export.Nothing(w.word(string(a.Status)))
			if n != nil && (n != &counted || a.Computed != nil) {
				cell = export.Number(*n)
			}
			row = append(row, cell)
		}
		t.Rows = append(t.Rows, append(row, export.Text(a.Because().In(w.Language))))
	}
	return t
}

func (w writing) sinceTable(since *surveying.Since) export.Table {
	t := export.Table{Caption: w.say("Efter inlämningen", "Since it was submitted"), Total: true, Columns: []export.Column{
		{Heading: w.say("Skäl", "Reason")}, {Heading: w.say("Barn", "Children"), Kind: export.Numbers},
	}}
	t.Rows = append(t.Rows, []export.Cell{export.Text(w.say("inlämnat", "submitted")), export.Number(since.Submitted)})
	for _, i := range since.Items {
		t.Rows = append(t.Rows, []export.Cell{export.Text(i.Word(w.Language)), export.Number(i.Children)})
	}
	t.Rows = append(t.Rows, []export.Cell{export.Text(w.say("i dag", "today")), export.Number(since.Today)})
	return t
}

// basis says whether the log answered or somebody did; of a number, how.
func (w writing) basis(a surveying.Answer) string {
	switch {
	case a.Basis != "":
		return w.word(string(a.Basis))
	case a.Given:
		return w.say("angivet av kommunen", "given by the municipality")
	case a.Computed != nil:
		return w.word(string(events.CountedBasis))
	}
	return ""
}

// inWords is an answer as it is read, with the reason that somebody gave for it.
func (w writing) inWords(q surveying.Question, a surveying.Answer) (text string) {
	switch a.Status {
	case events.NumberAnswer, events.ZeroAnswer:
		text = w.number(a)
	case events.ChoicesAnswer:
		text = w.choices(q, a)
	case events.TextAnswer:
		text = a.Wrote().In(w.Language)
	default:
		text = w.word(string(a.Status))
	}
	if why := a.Because().In(w.Language); why != "" {
		text += ". " + why
	}
	return text
}

func (w writing) number(a surveying.Answer) string {
	text := export.FormatNumber(string(w.Language), a.Number())
	if a.Lower != nil && a.Upper != nil && *a.Lower != *a.Upper {
		text += fmt.Sprintf(" (%d–%d)", *a.Lower, *a.Upper)
	}
	if computed, ok := a.Computed.(int); ok && computed != a.Number() {
		text += w.say("; räknat: ", "; counted: ") + export.FormatNumber(string(w.Language), computed)
	}
	return text
}

func (w writing) choices(q surveying.Question, a surveying.Answer) (text string) {
	for i, c := range a.Choices {
		if i > 0 {
			text += "; "
		}
		text += q.Label(c, w.Language)
	}
	return cmp.Or(text, w.say("inget", "none"))
}

func (w writing) howCounted() export.Section {
	t := export.Table{Caption: w.say("Förklaringar", "Explanations"), Columns: []export.Column{
		{Heading: w.say("Fråga", "Question")}, {Heading: w.say("Så här är det räknat", "How it was counted")},
	}}
	for _, a := range w.answers {
		if a.Explanation != "" {
			t.Rows = append(t.Rows, []export.Cell{export.Text(string(a.Question)), export.Text(a.Explanation)})
		}
	}
	section := export.Section{Heading: w.say("Så här är det räknat", "How it was counted"), Name: w.say("Räknat", "Counted"), Blocks: []export.Block{t}}
	left := w.leftOut()
	if len(left.Rows) > 0 {
		section.Blocks = append(section.Blocks, left)
	}
	return section
}

// leftOut is who came and is not in the number, and why.
func (w writing) leftOut() export.Table {
	c := w.evidence.circum
	t := export.Table{Caption: w.say("Inte med i antalet", "Not in the number"), Columns: []export.Column{
		{Heading: w.say("Skäl", "Reason")}, {Heading: w.say("Barn", "Children"), Kind: export.Numbers},
	}}
	for _, row := range []struct {
		why string
		n   int
	}{
		{w.say("för gamla under året", "too old in the year"), c.TooOld},
		{w.say("hemkommunen är en annan", "their home is another municipality"), c.Guests},
		{w.say("kom av ett annat skäl än missbruk i familjen", "came for another reason than substance abuse in the family"), c.OtherReason},
		{w.say("hade en plats men kom aldrig", "had a place and never came"), c.NeverCame},
	} {
		if row.n > 0 {
			t.Rows = append(t.Rows, []export.Cell{export.Text(row.why), export.Number(row.n)})
		}
	}
	return t
}

func (w writing) checkSection() export.Section {
	t := export.Table{Caption: w.say("Kontroller före inlämning", "Checks before submitting"), Columns: []export.Column{
		{Heading: w.say("Regel", "Rule")}, {Heading: w.say("Slag", "Severity")}, {Heading: w.say("Vad den fann", "What it found")}, {Heading: w.say("Kommentar", "Comment")},
	}}
	for _, f := range w.findings {
		comment := export.Nothing("–")
		if said, ok := w.survey.Comments[f.Rule]; ok {
			comment = export.Text(w.texts.of(said).In(w.Language))
		}
		t.Rows = append(t.Rows, []export.Cell{export.Text(string(f.Rule)), export.Text(w.word(string(f.Severity))), export.Text(f.Text.In(w.Language)), comment})
	}
	blocks := []export.Block{t}
	if remarks := remarksOf(w.form, w.survey.Remarks, w.texts); len(remarks) > 0 {
		blocks = append(blocks, w.beside(remarks))
	}
	return export.Section{Heading: w.say("Kontroller", "Checks"), Name: w.say("Kontroller", "Checks"), Blocks: blocks}
}

func (w writing) beside(remarks []surveying.Remark) export.Table {
	t := export.Table{Caption: w.say("Kommentarer till frågorna", "Comments beside the questions"), Columns: []export.Column{{Heading: w.say("Fråga", "Question")}, {Heading: w.say("Kommentar", "Comment")}}}
	for _, r := range remarks {
		t.Rows = append(t.Rows, []export.Cell{export.Text(string(r.Question)), export.Text(surveying.Written{Text: r.Comment, Gone: r.Gone}.In(w.Language))})
	}
	return t
}

func (w writing) signature() *export.Signature {
	return &export.Signature{
		Declaration: w.say("Uppgifterna har kontrollerats och lämnas in för kommunens räkning.", "The answers have been checked and are submitted on behalf of the municipality."),
		Lines:       []string{w.say("Ort och datum", "Place and date"), w.say("Underskrift", "Signature"), w.say("Namnförtydligande", "Name in print"), w.say("Godkänd av", "Approved by")},
	}
}
