package web

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"rackvidd/events"
	"rackvidd/services/access"
)

func (s *site) privacyPages() {
	s.page("GET /municipalities/{code}/privacy", access.DiscloseChildren, func(v *visit) error { return v.showPrivacy(v.newForm("source", "default")) })
	s.page("POST /municipalities/{code}/privacy", access.DiscloseChildren, (*visit).findChild)
	s.page("GET /municipalities/{code}/children/{child}/disclosure", access.DiscloseChildren, func(v *visit) error { return v.showStored(v.newForm()) })
	s.page("GET /municipalities/{code}/children/{child}/disclosure/file", access.DiscloseChildren, (*visit).disclosureFile)
	s.page("POST /municipalities/{code}/children/{child}/protection", access.ProtectChildren, (*visit).protectChild)
	s.page("GET /municipalities/{code}/children/{child}/erase", access.EraseChildren, func(v *visit) error { return v.showErase(v.newForm()) })
	s.page("POST /municipalities/{code}/children/{child}/erase", access.EraseChildren, (*visit).eraseChild)
	s.page("GET /municipalities/{code}/erasures", access.EraseChildren, (*visit).erasures)
	s.page("GET /municipalities/{code}/erasures/{child}", access.EraseChildren, (*visit).erasureReceipt)
}

// stored is everything that is kept about one child, as the API discloses it.
type stored struct {
	Child events.ID `json:"child"`
	Vault struct {
		Number    bool        `json:"identity_number"`
		BirthYear events.Year `json:"birth_year"`
		Protected bool        `json:"protected"`
		Flagged   bool        `json:"flagged"`
		Created   time.Time   `json:"created"`
		Listed    time.Time   `json:"listed"` // zero: it is not
		Label     string      `json:"label"`
		Reads     []struct {
			At  time.Time `json:"at"`
			Why string    `json:"why"`
		} `json:"reads"`
	} `json:"vault"`
	Case struct {
		history
		Absorbed []struct {
			Child events.ID `json:"child"`
		} `json:"absorbed"`
	} `json:"case"`
	Groups []struct {
		Group     events.ID   `json:"group"`
		Name      string      `json:"name"`
		Programme string      `json:"programme"` // by its id, as in the timeline
		Form      events.Form `json:"form"`
		Joined    time.Time   `json:"joined"`
		Left      *time.Time  `json:"left"`
	} `json:"groups"`
	Log   []json.RawMessage `json:"log"`
	Marks []marking         `json:"marks"`
}

// marking is what was recorded of the child in a register.
type marking struct {
	How      string      `json:"how"` // attended, absent, removed
	Mark     events.Mark `json:"mark"`
	Recorded time.Time   `json:"recorded_at"`
	Occasion struct {
		HeldOn      events.Day          `json:"held_on"`
		Programme   string              `json:"programme"` // by its id, as in the timeline
		Form        events.Form         `json:"form"`
		Group       *events.ID          `json:"group"`
		Provider    events.Municipality `json:"provider_municipality"`
		CancelledAt *time.Time          `json:"cancelled_at"`
		WithdrawnAt *time.Time          `json:"withdrawn_at"`
	} `json:"occasion"`
	Where string `json:"-"` // the programme, and the group where the child is or was in it
	Also  string `json:"-"` // what the mark says beside
}

// Others are the numbers that the child was merged with.
func (s stored) Others() (list []events.ID) {
	if s.Case.MergedInto != nil {
		list = append(list, *s.Case.MergedInto)
	}
	for _, one := range s.Case.Absorbed {
		list = append(list, one.Child)
	}
	return list
}

// told is what is stored, in the order and the words of a child's page.
type told struct {
	stored
	Years  []lifeYear
	Events []entry
	Marked part[marking] // a page of the marks
}

func (v *visit) showPrivacy(f *form) error {
	listed, err := v.toBeErased()
	if err != nil {
		return err
	}
	return v.show("privacy", sheet{Title: v.text().text("privacy.title"), Form: f, D: listed})
}

// findChild leads to what is stored under an identity, which stands in no address.
func (v *visit) findChild() error {
	f, err := v.form()
	if err != nil {
		return err
	}
	f.need("identity")
	if len(f.Errors) > 0 {
		return v.showPrivacy(f)
	}
	var found struct {
		Child events.ID `json:"child"`
	}
	body := map[string]any{"identity": f.Get("identity")}
	if source := f.Get("source"); source != "" {
		body["source"] = source
	}
	err = v.ask(call{method: http.MethodPost, path: v.in("children/find"), body: body}, &found)
	if err == nil {
		return v.to(v.Home("children", found.Child.String(), "disclosure"), 0, "")
	}
	if err := f.refused(err, nil); err != nil {
		return err
	}
	return v.showPrivacy(f)
}

// stored reads everything about the child of the page. The read is noted.
func (v *visit) stored() (one told, err error) {
	if err := v.see(&one.stored, v.in("children/"+v.At("child")+"/disclosure")); err != nil {
		return one, err
	}
	for _, raw := range one.Log {
		var e entry
		if err := json.Unmarshal(raw, &e); err != nil {
			return one, err
		}
		one.Events = append(one.Events, e)
	}
	life := life{history: one.Case.history, Names: one.Case.ids()}
	one.Years = byYear(life.timeline(v.text()))
	one.Marked = partOf(v, one.Marks, "marks")
	for i := range one.Marked.Rows {
		one.say(v.text(), &one.Marked.Rows[i])
	}
	return one, nil
}

// say puts what a mark says in words.
func (s stored) say(l *language, m *marking) {
	m.Where = m.Occasion.Programme
	if m.Occasion.Provider != "" {
		m.Where = placeName(m.Occasion.Provider) + ", " + m.Where
	}
	for _, g := range s.Groups {
		if m.Occasion.Group != nil && g.Group == *m.Occasion.Group {
			m.Where += ", " + g.Name
			break
		}
	}
	var also []string
	if m.Mark.Role == events.AdultRole {
		also = append(also, l.text("disclosure.mark_adult"))
	}
	if m.Mark.Target == events.OtherTarget {
		also = append(also, l.text("register.other"))
	}
	if m.Mark.HomeMunicipality != "" {
		also = append(also, l.text("register.from", placeName(m.Mark.HomeMunicipality)))
	}
	if m.Mark.BirthYear != 0 {
		also = append(also, l.text("disclosure.mark_born", strconv.Itoa(int(m.Mark.BirthYear))))
	}
	if m.Mark.Gender != "" {
		also = append(also, l.word(m.Mark.Gender))
	}
	m.Also = strings.Join(also, ", ")
}

// ids lets programmes be called by their ids: their names are not data protection's.
func (h history) ids() map[events.ProgrammeID]string {
	names := make(map[events.ProgrammeID]string)
	for _, r := range h.Referrals {
		names[r.Programme] = string(r.Programme)
	}
	for _, e := range h.Enrolments {
		names[e.Programme] = string(e.Programme)
	}
	for _, one := range h.Sessions {
		names[one.Programme] = string(one.Programme)
	}
	for _, one := range h.Struck {
		names[one.Programme] = string(one.Programme)
	}
	for _, one := range h.StruckRows {
		names[one.Programme] = string(one.Programme)
	}
	return names
}

func (v *visit) privacyCrumbs(more ...crumb) []crumb {
	return append([]crumb{{v.Home("privacy"), v.text().text("privacy.title")}}, more...)
}

func (v *visit) showStored(f *form) error {
	one, err := v.stored()
	l := v.text()
	if isProblem(err, http.StatusNotFound) {
		return v.showAs(http.StatusNotFound, "stored_nothing", sheet{Title: l.text("disclosure.nothing"), Crumbs: v.privacyCrumbs()})
	}
	if err != nil {
		return err
	}
	return v.show("stored", sheet{Title: l.text("disclosure.title"), Crumbs: v.privacyCrumbs(), Wide: true, Form: f, D: one})
}

// protectChild marks an identity as protected, or takes the mark away. The log tells nothing of it: only the vault may know.
func (v *visit) protectChild() error {
	f, err := v.form()
	if err != nil {
		return err
	}
	protected := f.Get("protected") == "yes"
	_, err = v.send(f, http.MethodPut, v.in("children/"+v.At("child")+"/protection"), map[string]any{"protected": protected})
	if err == nil {
		done := "unprotected"
		if protected {
			done = "protected"
		}
		return v.to(v.Home("children", v.At("child"), "disclosure"), 0, done)
	}
	if err := f.refused(err, nil); err != nil {
		return err
	}
	return v.showStored(f)
}

// disclosureFile is the copy that somebody has a right to, as the API writes it. It has a name once the API knows the child: what else
// stands in an address is no part of a header.
func (v *visit) disclosureFile() error {
	a, err := v.fetch(call{method: http.MethodGet, path: v.in("children/" + v.At("child") + "/disclosure")})
	if err != nil {
		return err
	}
	v.w.Header().Set("Content-Disposition", `attachment; filename="`+strings.ToLower(v.At("child"))+`.json"`)
	v.handOver(a)
	return nil
}

// showErase asks whether a child is to be erased. What could not be carried out may be done in the vault already, which then has
// nothing to show: it is asked whether to send it again.
func (v *visit) showErase(f *form) error {
	var known any
	if f.later == nil {
		one, err := v.stored()
		if err != nil {
			return err
		}
		known = one
	}
	l := v.text()
	return v.show("erase", sheet{
		Title: l.text("erase.title"), Form: f, D: known,
		Crumbs: v.privacyCrumbs(crumb{v.Home("children", v.At("child"), "disclosure"), l.text("disclosure.title")}),
	})
}

func (v *visit) eraseChild() error {
	f, err := v.form()
	if err != nil {
		return err
	}
	if f.Get("sure") != "yes" {
		f.wrong("sure", "erase.not_sure")
		return v.showErase(f)
	}
	var r struct {
		Merged   []events.ID     `json:"merged"`
		Position events.Position `json:"position"`
	}
	path := v.in("children/" + v.At("child"))
	if err := v.ask(call{method: http.MethodDelete, path: path, key: f.key(path)}, &r); err != nil {
		if err := f.refused(err, nil); err != nil {
			return err
		}
		return v.showErase(f)
	}
	query := url.Values{"done": {"erased"}, "at": {strconv.FormatUint(uint64(r.Position), 10)}}
	for _, other := range r.Merged {
		query.Add("merged", other.String())
	}
	return v.lead(v.Home("erasures", v.At("child")) + "?" + query.Encode())
}

type erasure struct {
	Child events.ID `json:"child"`
	At    time.Time `json:"at"`

	Merged []events.ID `json:"-"` // the numbers that were merged with it and are not erased, right after the erasure
}

func (v *visit) readErasures() ([]erasure, error) {
	var ledger struct {
		Erasures []erasure `json:"erasures"`
	}
	err := v.see(&ledger, v.in("erasures"))
	return ledger.Erasures, err
}

func (v *visit) erasures() error {
	list, err := v.readErasures()
	if err != nil {
		return err
	}
	slices.Reverse(list) // the latest is looked for
	return v.show("erasures", sheet{Title: v.text().text("erasures.title"), D: partOf(v, list, "page")})
}

// erasureReceipt is a line of the ledger: it can be opened again as long as that is kept.
func (v *visit) erasureReceipt() error {
	list, err := v.readErasures()
	if err != nil {
		return err
	}
	l := v.text()
	for _, one := range list {
		if one.Child.String() == v.At("child") {
			for _, other := range v.r.URL.Query()["merged"] {
				if id, err := events.ParseID(other); err == nil {
					one.Merged = append(one.Merged, id)
				}
			}
			return v.show("erasure", sheet{Title: l.text("erasure.title"), Crumbs: []crumb{{v.Home("erasures"), l.text("erasures.title")}}, D: one})
		}
	}
	return errNothingHere
}
