package api_test

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	gocmp "github.com/google/go-cmp/cmp"

	"rackvidd/services/api"
	"rackvidd/services/vault"
)

// row is one of a file.
type row struct {
	id, kind, day, child, programme, form, channel string
	born                                           int
	gender                                         string
	count                                          int
	target, role, outcome, reason, home, session   string
}

const (
	columns = "record_id,type,occurred_on,child,programme,form,channel,birth_year,gender,count,target,role,outcome,reason,home_municipality,session\n"

	sessionAttended  = "session_attended"
	sessionCancelled = "session_cancelled"
	referralReceived = "referral_received"
	referralClosed   = "referral_closed"
	childEnrolled    = "child_enrolled"
	enrolmentEnded   = "enrolment_ended"
)

func (r row) String() string {
	number := func(n int) string {
		if n == 0 {
			return ""
		}
		return strconv.Itoa(n)
	}
	return strings.Join([]string{r.id, r.kind, r.day, r.child, r.programme, r.form, r.channel, number(r.born), r.gender, number(r.count), r.target, r.role, r.outcome, r.reason, r.home, r.session}, ",")
}

func (r row) ofSession() bool { return r.kind == sessionAttended || r.kind == sessionCancelled }

// livesIn is where a row says that whoever it is about lives.
func (r row) livesIn() string { return cmp.Or(r.home, here) }

// describes reports whether a row says anything of the child that it names: what ends says nothing, and an adult is none.
func (r row) describes() bool {
	return r.child != "" && r.role != adult && r.kind != referralClosed && r.kind != enrolmentEnded
}

// newRow is what a source may say in a record.
func (s *tale) newRow(source, id string) row {
	r := row{id: id, kind: sessionAttended, day: pick(s, s.days...), programme: pick(s, "sputnik", "sputnik", "smilla", byCard, byNothing), form: pick(s, forms...)}
	names := func() {
		if r.child = pick(s, s.names[source]...); r.programme == byCard && s.chance(90) {
			r.child = pick(s, s.cards...)
		}
		r = s.described(r)
	}
	kinds := []deed{
		{4, func() { r.kind = sessionCancelled }},
		{3, func() { r.count, r.role = 1+s.r.IntN(3), pick(s, "", "", adult) }},
		{3, func() {
			r.kind, r.channel, r.programme = referralReceived, pick(s, "school", "self"), s.orNone(r.programme)
			names()
		}},
		{2, func() {
			r.kind, r.outcome, r.programme = referralClosed, pick(s, "accepted", "declined"), s.orNone(r.programme)
			names()
		}},
		{3, func() { r.kind = childEnrolled; names() }},
		{3, func() { r.kind, r.reason = enrolmentEnded, pick(s, "completed", "moved"); names() }},
		{9, func() { r.target = pick(s, "", "", "", other); names() }},
		{1, func() { r.role = adult; names() }},
	}
	if r.programme == byNothing {
		kinds[1].weight = 60 // who names somebody there is refused
	}
	if s.oneOf(kinds); r.kind != sessionCancelled && s.chance(15) {
		r.home = pick(s, here, away, away)
	}
	if r.ofSession() && s.chance(15) {
		r.session = "late"
	}
	return r
}

// orNone is a programme, or as some referrals and closings have it none.
func (s *tale) orNone(programme string) string {
	if s.chance(25) {
		return ""
	}
	return programme
}

// described says something of the child that a row names. An identity number says by itself when it was born.
func (s *tale) described(r row) row {
	if r.gender = pick(s, "", "girl", "boy", "unknown"); bornBy(r.child) == 0 {
		r.born = pick(s, 0, 2002, 2003, 2004, 2010, 2016)
	}
	return r
}

// changed says something else in a record, or the same of another day or of its child, or that what it said began has ended, or the reverse.
func (s *tale) changed(source string, r row) row {
	s.oneOf([]deed{
		{3, func() { r = s.newRow(source, r.id) }},
		{2, func() { r.day = pick(s, s.days...) }},
		{2, func() {
			if r.child != "" {
				r = s.described(r)
			}
		}},
		{1, func() {
			switch r.kind {
			case childEnrolled:
				r = s.described(r)
				r.kind, r.reason = enrolmentEnded, "completed"
			case enrolmentEnded:
				r = s.described(r)
				r.kind, r.reason = childEnrolled, ""
			}
		}},
	})
	return r
}

// record is what a record said last, and where that stands.
type record struct {
	row           // of none nothing stands by this record: another one, or a hand, says what it said
	of     *child // whom it names
	in     *session
	entry  *entry
	before bool // a row of it came, and whose it was is known
}

func (r record) says() bool { return r.row != row{} }

// entry is a referral or a place as it stands.
type entry struct {
	row
	of        *child
	filed     [2]string // the programme and the form that its record names, however a hand corrected them
	corrected bool      // by hand
	until     string    // the day on which a hand ended it; "": none did
	withdrawn bool
}

const changes = 20 // percent of a source's records from one file to the next

// bringFile brings a source's file once more, grown and with other content in some of its rows, in any order.
func (s *tale) bringFile() {
	source := pick(s, "A", "B")
	rows := s.files[source]
	for n, r := range rows {
		if s.chance(changes) {
			rows[n] = s.changed(source, r)
		}
	}
	for range 1 + s.r.IntN(5) {
		rows = append(rows, s.newRow(source, fmt.Sprint("r", len(rows))))
	}
	s.files[source] = rows
	rows = slices.Clone(rows)
	s.r.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	update := s.chance(60)
	s.bring(source, rows, update)
	if again := s.bring(source, rows, update); again.Recorded != 0 {
		s.fail("the same file again recorded %d", again.Recorded)
	}
}

// verdict is what is answered to a file.
type verdict struct {
	Recorded, Duplicates int
	Rejected             []string
}

func (s *tale) bring(source string, rows []row, update bool) verdict {
	s.t.Helper()
	f := &file{tale: s, source: source, update: update, knew: maps.Clone(s.known), written: make(map[*child]int)}
	text := columns
	for n, r := range rows {
		text += r.String() + "\n"
		f.decide(n+2, r) // behind the headings
	}
	f.end()
	path := fmt.Sprintf("imports?source=%s&update=%v", source, update)
	tried := s.answered(s.post(path+"&dry_run=true", text))
	got := s.answered(s.post(path, text))
	s.tell("%s\n%s%+v", path, text, got)
	if diff := gocmp.Diff(f.want, got); diff != "" {
		s.fail("a file of %s (- as it must be, + as it was answered):\n%s", source, diff)
	}
	if diff := gocmp.Diff(tried, got); diff != "" {
		s.fail("a file of %s (- tried, + brought):\n%s", source, diff)
	}
	s.learnHandles()
	s.learnSessions()
	return got
}

func (s *tale) answered(r reply) (v verdict) {
	s.t.Helper()
	var summary api.ImportSummary
	r.is(200).into(&summary)
	v.Recorded, v.Duplicates = summary.Recorded, summary.Duplicates
	for _, one := range summary.Rejected {
		v.Rejected = append(v.Rejected, fmt.Sprintf("line %d: %s %s", one.Line, one.Column, one.Code))
	}
	return v
}

// file is one that is brought in.
type file struct {
	*tale
	source  string
	update  bool // what its records say otherwise than before are corrections
	knew    map[vault.Identity]*child
	waiting []func()
	ended   bool
	written map[*child]int // the messages by which it writes in children's cases
	want    verdict
}

func (f *file) key(r row) string { return f.source + "/" + r.id }

func (f *file) decide(line int, r row) {
	was := f.records[f.key(r)]
	who, forgotten := f.whoIs(r, was)
	if who != nil {
		r.born = cmp.Or(r.born, who.born)
	}
	switch {
	case forgotten && was.of.isErased():
		f.reject(line, "record_id erased_since")
	case forgotten: // as it would be if the child were known
		f.reject(line, "record_id changed_record")
	case was.row == r && was.of == who:
		f.want.Duplicates++
	default:
		if why := f.refusal(r, who, was); why != "" {
			f.reject(line, why)
			if !was.before && who != nil && f.unnamed(r, r.programme) == "" {
				f.records[f.key(r)] = record{of: who, before: true}
			}
		} else {
			f.take(r, who, was)
		}
	}
}

func (f *file) reject(line int, why string) {
	f.want.Rejected = append(f.want.Rejected, fmt.Sprintf("line %d: %s", line, why))
	f.rejected[why]++
}

// whoIs is the child that a row names, nil where it names none. It becomes known, even if the row is refused, unless its programme does
// not take its name (services/decisions/0038), or the row is an old one of somebody who was erased or might be (0032).
func (f *file) whoIs(r row, was record) (who *child, forgotten bool) {
	if r.child == "" {
		return nil, false
	}
	id := f.identity(f.source, r.child)
	if f.knew[id] == nil && was.before && (!f.update && was.says() || was.of.isErased()) {
		forgotten = slices.ContainsFunc(f.children, (*child).isErased)
	}
	if who = f.known[id]; who == nil {
		who = &child{Identity: id, born: bornBy(r.child), said: make(map[string]word)}
		if !forgotten && f.unnamed(r, r.programme) == "" {
			f.known[id], f.children = who, append(f.children, who)
		}
	}
	return who, forgotten
}

// unnamed is why a programme does not take the name that a row gives its child; "": it does.
func (f *file) unnamed(r row, programme string) string {
	switch {
	case r.child == "":
		return ""
	case programme == byNothing:
		return "programme_without_identities"
	case programme == byCard && !slices.Contains(f.cards, r.child):
		return "invalid_card"
	}
	return ""
}

// refusal is why a row is rejected that says something new, the column first; "": it is not.
func (f *file) refusal(r row, who *child, was record) string {
	switch {
	case who != nil && was.of.isErased(): // services/decisions/0032
		return "record_id erased_since"
	case was.says() && !f.update:
		return "record_id changed_record"
	case f.unnamed(r, r.programme) != "":
		return "child " + f.unnamed(r, r.programme)
	}
	if was.says() {
		if why := f.kept(r, who, was); why != "" {
			return why
		}
	}
	if r.ofSession() {
		return f.barred(f.session(f.source, r), r, who)
	}
	return ""
}

// kept is why what a record said before may not be taken back: by hand something was said of it.
func (f *file) kept(r row, who *child, was record) string {
	if e := was.in; e != nil {
		switch marked := e.marked[f.key(r)]; {
		case was.count > 0 && e.countedByHand(was.role): // services/decisions/0024
			return "count counted_by_hand"
		case marked != nil && e.byHand(marked): // services/decisions/0025
			return "child marked_by_hand"
		}
		return ""
	}
	e := was.entry
	if e.withdrawn || e.of.erased {
		return ""
	}
	switch same := e.of == who && e.kind == r.kind; { // services/decisions/0028
	case e.corrected:
		return "record_id corrected_by_hand"
	case e.until == "" || same && r.day <= e.until:
		return ""
	case same:
		return "occurred_on ended_by_hand"
	case e.of != who:
		return "child ended_by_hand"
	}
	return "type ended_by_hand"
}

// barred is why a session takes nothing of what a row says.
func (f *file) barred(e *session, r row, who *child) string {
	switch {
	case e.withdrawn:
		return "session session_withdrawn"
	case r.kind == sessionCancelled && e.held: // services/decisions/0025
		return "type held_by_hand"
	case r.kind == sessionCancelled:
		return ""
	case f.unnamed(r, e.programme) != "": // it was corrected to another programme
		return "session " + f.unnamed(r, e.programme)
	case who == nil && e.countedByHand(r.role): // services/decisions/0024
		return "count counted_by_hand"
	case who != nil && r.role != adult && f.overruled(e, who, r): // services/decisions/0025
		return "child marked_by_hand"
	}
	return ""
}

// take records a row. What its record said before is taken back first; a referral or a place of the same child is corrected instead.
func (f *file) take(r row, who *child, was record) {
	tookBack := false
	if was.says() {
		if e := was.entry; e != nil && e.isBeginning() && !e.withdrawn && e.of == who && e.kind == r.kind {
			f.writes(who)
			f.describe(who, r, who.said[f.key(r)])
			e.row, e.filed = r, [2]string{r.programme, r.form}
			f.note(r, record{row: r, of: who, entry: e}, true)
			return
		}
		tookBack = f.takeBack(r, who, was)
	}
	f.record(r, who, tookBack)
}

// takeBack takes back what a record said before, and reports whether any of that stood.
func (f *file) takeBack(r row, who *child, was record) bool {
	key, e := f.key(r), was.in
	same, said := who != nil && who == was.of, word{born: was.born, gender: was.gender}
	switch {
	case was.entry != nil:
		remembered, ever := was.of.said[key]                            // whatever became of what it said it with
		if said, same = remembered, same && ever; was.entry.withdrawn { // by hand
			return same && f.describe(who, r, said)
		}
		was.entry.withdrawn = true
		f.writes(was.of)
	case was.kind == sessionCancelled:
		if e.by != key {
			return false
		}
		e.cancelled, e.by = false, ""
	case was.of == nil:
		if e.heads[key].people == 0 {
			return false
		}
		delete(e.heads, key)
	default:
		at := seat{was.of, was.target, was.role, was.livesIn()}
		if e.marks[at].by != key {
			return false
		}
		delete(e.marks, at)
		if was.role == adult {
			return true
		}
		e.was[was.of] = at
	}
	if same {
		f.describe(who, r, said)
	}
	return true
}

// describe corrects what is known of a child of whom a record says otherwise than it did, and reports whether it does.
func (f *file) describe(c *child, r row, was word) bool {
	var w word
	if !r.describes() {
		return false
	}
	if r.born != was.born {
		w.born = r.born
	}
	if r.gender != cmp.Or(was.gender, "unknown") {
		w.gender = r.gender
	}
	if w == (word{}) {
		return false
	}
	before := c.said[f.key(r)]
	c.said[f.key(r)] = word{born: cmp.Or(w.born, before.born), gender: cmp.Or(w.gender, before.gender)}
	w.by = f.writes(c)
	c.words = append(c.words, w)
	return true
}

// writes is the message by which the file writes in a child's case: one for all its rows, and one for those that waited.
func (f *file) writes(c *child) int {
	if f.written[c] == 0 {
		f.messages++
		f.written[c] = f.messages
	}
	return f.written[c]
}

// record records what a row says. What another record says already stands without it; in an update the row waits for the end of the
// file, where the other one may have been taken back (services/decisions/0027).
func (f *file) record(r row, who *child, tookBack bool) {
	said := record{row: r, of: who}
	if !r.ofSession() {
		said.entry = &entry{row: r, of: who, filed: [2]string{r.programme, r.form}}
		f.entries = append(f.entries, said.entry)
		f.writes(who)
		if r.describes() {
			who.said[f.key(r)] = word{born: r.born, gender: r.gender}
			who.words = append(who.words, who.said[f.key(r)])
		}
		f.note(r, said, true)
		return
	}
	said.in = f.session(f.source, r)
	by, stands := f.says(said.in, r, who)
	switch {
	case !stands:
		said.in.take(f.key(r), r, who)
		f.note(r, said, true)
	case by != "" && f.update && !f.ended:
		f.waiting = append(f.waiting, func() { f.record(r, who, tookBack) })
	case by == "" && tookBack:
		f.note(r, said, true)
	default:
		f.note(r, record{of: who}, tookBack)
	}
}

// says reports whether a session says already what a row does, and by whom: also a hand by another of the child's records.
func (s *tale) says(e *session, r row, who *child) (by string, stands bool) {
	switch {
	case r.kind == sessionCancelled:
		return e.by, e.cancelled
	case who == nil:
		return "", false
	}
	m := e.marks[seat{who, r.target, r.role, r.livesIn()}]
	if r.role == adult {
		return m.by, m.attended
	}
	same, _ := s.saidOfKin(e, who, r)
	return m.by, m.attended || same || e.byHand(who)
}

func (e *session) take(key string, r row, who *child) {
	switch {
	case r.kind == sessionCancelled:
		e.cancelled, e.by = true, key
		delete(e.marked, key)
	case who == nil:
		e.heads[key] = heads{r.count, r.role, r.livesIn()}
		delete(e.marked, key)
	case r.role == adult:
		e.marks[seat{who, r.target, adult, r.livesIn()}] = mark{true, key}
		delete(e.marked, key)
	default:
		e.marks[seat{who, r.target, "", r.livesIn()}], e.marked[key] = mark{true, key}, who
		who.words = append(who.words, word{born: r.born, gender: r.gender})
	}
}

// note keeps what a record says, and counts its row.
func (f *file) note(r row, said record, recorded bool) {
	said.before = true
	f.records[f.key(r)] = said
	if recorded {
		f.want.Recorded++
	} else {
		f.want.Duplicates++
	}
}

// end decides the rows that waited.
func (f *file) end() {
	f.ended = true
	clear(f.written)
	for _, decide := range f.waiting {
		decide()
	}
}
