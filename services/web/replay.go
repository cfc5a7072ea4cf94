package web

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"rackvidd/events"
	"rackvidd/projections/reach"
	"rackvidd/services/access"
	"rackvidd/services/integrity"
	"rackvidd/services/surveying"
)

// pastReplaysShown is how many past replays a page lists.
const pastReplaysShown = 20

func (s *site) replayPages() {
	s.page("GET /municipalities/{code}/replay", access.ReadLog, (*visit).replay)
	s.page("POST /municipalities/{code}/replay", access.ReadLog, (*visit).replay)
	s.stream("GET /municipalities/{code}/replay/progress", access.ReadLog, (*visit).progressOfReplays)
}

// progressOfReplays tells how far the reader's own replays and verification have come.
func (v *visit) progressOfReplays() (telling, error) {
	return v.progress(func() ([]step, error) {
		steps, _, err := v.goingOn()
		return steps, err
	})
}

// goingOn is what the reader has the program read just now, and the verification that ended last. A replay ends when
// whoever waits for it leaves, a verification does not.
func (v *visit) goingOn() (steps []step, last *verification, err error) {
	var answer struct {
		Replays []struct {
			From, To   events.Day
			Definition string
			pace
		}
	}
	if err = v.get(&answer, v.in("audit/replays")); err != nil {
		return nil, nil, err
	}
	comparing, last, err := v.comparing(v.in("audit"))
	for _, r := range answer.Replays {
		steps = append(steps, v.step(v.text().text("replay.what", v.text().day(r.From), v.text().day(r.To), r.Definition), r.pace))
	}
	return append(steps, comparing...), last, err
}

// comparing is the reader's verification of a log, by the path of what the API says of it: as it goes on, or as it ended last.
func (v *visit) comparing(path string) (steps []step, last *verification, err error) {
	var answer struct {
		Verifications []verification
	}
	err = v.get(&answer, path+"/verifications")
	for _, one := range answer.Verifications {
		switch {
		case one.State != "going":
			last = &one
		case one.Copy == "":
			steps = append(steps, v.step(v.text().text("replay.verifying"), one.pace))
		default:
			steps = append(steps, v.step(v.text().text("replay.verifying_"+one.Copy, one.Pass, one.Passes), one.pace))
		}
	}
	return steps, last, err
}

// verification is the reader's own, as it goes on or has ended.
type verification struct {
	State   string    `json:"state"`
	EndedAt time.Time `json:"ended_at"`
	Copy    string    `json:"copy"`
	Pass    int       `json:"pass"`
	Passes  int       `json:"passes"`
	Report  *verified `json:"report"`
	Problem *problem  `json:"problem"`
	pace
}

// Why says why it failed.
func (v *visit) Why(p *problem) string {
	return v.text().problem(strings.TrimPrefix(p.Type, problemType), p.Detail)
}

// replayed is what the log alone says, and what differs.
type replayed struct {
	reach.Figures
	EventsRead  int               `json:"events_read"`
	Root        string            `json:"root"`
	Equal       bool              `json:"equal"`
	First       *time.Time        `json:"first_recorded"` // of a log that had nothing by then
	Differences []differingFigure `json:"differences"`
}

// differingFigure is a figure that the log gives otherwise than it was shown.
type differingFigure struct {
	Path      string          `json:"path"`
	ReadModel json.RawMessage `json:"read_model"`
	Log       json.RawMessage `json:"log"`
}

// verified is what came of comparing every copy.
type verified struct {
	Position events.Position     `json:"position"`
	Root     string              `json:"root"`
	Whole    bool                `json:"whole"`
	Findings []integrity.Finding `json:"findings"`
	// Unchecked are what could not be compared.
	Unchecked []struct {
		Copy string `json:"copy"`
	} `json:"unchecked"`
}

// damagedCopy is what was found of one copy.
type damagedCopy struct {
	Copy     string
	Findings []integrity.Finding
}

// ByCopy are the findings, those of each copy together.
func (v verified) ByCopy() []damagedCopy { return byCopy(v.Findings) }

func byCopy(findings []integrity.Finding) (list []damagedCopy) {
	for _, name := range []string{integrity.TheStream, integrity.TheArchive, integrity.TheReadModel, integrity.TheSubmission, integrity.TheStatement, integrity.TheVault, integrity.TheRecord} {
		one := damagedCopy{Copy: name}
		for _, f := range findings {
			if f.Copy == name {
				one.Findings = append(one.Findings, f)
			}
		}
		if len(one.Findings) > 0 {
			list = append(list, one)
		}
	}
	return list
}

// pastReplay is a replay that the log tells of.
type pastReplay struct {
	Recorded    events.Position   `json:"recorded"`
	At          time.Time         `json:"at"`
	Name        string            `json:"name"`
	Reason      string            `json:"reason"`
	Gone        surveying.Gone    `json:"reason_gone"`
	From        events.Day        `json:"from"`
	To          events.Day        `json:"to"`
	Definition  string            `json:"definition"`
	Position    events.Position   `json:"position"`
	Equal       bool              `json:"equal"`
	Differences int               `json:"differences"`
	Differing   []differingFigure `json:"differing"`
	Unknown     surveying.Gone    `json:"unknown"` // what became of which differed, where that is not kept as it was
}

// replaying is the page: a form, and what came of it.
type replaying struct {
	Years, Definitions []choice
	Replay             *replayed
	Going              []step
	Verify             *verification // that ended
	Past               []pastReplay
	Older              string // where those before them are listed; "": there are none
}

// past lists what was replayed before, the latest first.
func (v *visit) past(d *replaying) error {
	var answer struct {
		Replays []pastReplay    `json:"replays"`
		Older   events.Position `json:"older"`
	}
	err := v.get(&answer, v.in("audit/replays/past"), "before", v.Query("before"), "limit", strconv.Itoa(pastReplaysShown))
	if isProblem(err, http.StatusUnprocessableEntity) {
		return errNothingHere
	}
	if d.Past = answer.Replays; answer.Older > 0 {
		d.Older = v.Home("replay") + "?before=" + strconv.FormatUint(answer.Older, 10) + "#past"
	}
	return err
}

// replay plays the log again when the form asks for it, or has its copies compared: each reads the whole log.
func (v *visit) replay() error {
	f := v.newForm("year", v.Query("year"), "definition", v.Query("definition"), "position", v.Query("position"))
	if v.r.Method == http.MethodPost {
		var err error
		if f, err = v.form(); err != nil {
			return err
		}
	}
	d := replaying{Years: v.years()}
	for _, one := range reach.Definitions {
		d.Definitions = append(d.Definitions, choice{Value: one.ID, Label: one.ID})
	}
	for name, usual := range map[string]string{"year": strconv.Itoa(int(v.today().Year()) - 1), "definition": "reach/v3"} {
		if f.Get(name) == "" {
			f.Set(name, usual)
		}
	}
	if f.whole("position"); v.r.Method == http.MethodPost && f.Get("what") == "verify" {
		query := url.Values{"year": {f.Get("year")}}
		err := v.ask(call{method: http.MethodPost, path: v.in("audit/verifications"), query: query, key: f.key("verify")}, nil)
		if err == nil {
			return v.to(v.Home("replay"), 0, "")
		}
		if err := f.refused(err, nil); err != nil {
			return err
		}
	} else if v.r.Method == http.MethodPost && len(f.Errors) == 0 && !v.Turned {
		err := v.carryOutReplay(f, &d)
		about := make(map[string]string)
		if p := (*problem)(nil); errors.As(err, &p) && p.Type == problemType+"beyond_the_log" {
			about[""] = "position"
		}
		if err := f.refused(err, about); err != nil {
			return err
		}
		if f.later == nil {
			f.renew()
		}
	}
	var err error
	if d.Going, d.Verify, err = v.goingOn(); err != nil {
		return err
	}
	if err := v.past(&d); err != nil {
		return err
	}
	return v.show("replay", sheet{Title: v.text().text("replay.title"), Form: f, D: d, Wide: true})
}

func (v *visit) carryOutReplay(f *form, d *replaying) error {
	v.unhurried()
	var made struct {
		Report replayed `json:"report"`
	}
	query := pairs([]string{"year", f.Get("year"), "definition", f.Get("definition"), "position", f.Get("position")})
	err := v.ask(call{method: http.MethodPost, path: v.in("audit/replays"), query: query, body: map[string]string{"reason": f.Get("reason")}, key: f.key("replay")}, &made)
	if err == nil {
		d.Replay = &made.Report
	}
	return err
}
