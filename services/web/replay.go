package web

import (
	"encoding/json"
	"net/http"
	"strconv"

	"rackvidd/events"
	"rackvidd/projections/reach"
	"rackvidd/services/access"
	"rackvidd/services/integrity"
)

func (s *site) replayPages() {
	s.page("GET /municipalities/{code}/replay", access.ReadLog, (*visit).replay)
	s.page("POST /municipalities/{code}/replay", access.ReadLog, (*visit).replay)
	s.stream("GET /municipalities/{code}/replay/progress", access.ReadLog, (*visit).progressOfReplays)
}

// progressOfReplays tells how far the reader's own replays have come. One ends when whoever waits for it leaves.
func (v *visit) progressOfReplays() (telling, error) {
	return v.progress(func() (steps []step, err error) {
		var answer struct {
			Replays []struct {
				From, To   events.Day
				Definition string
				pace
			}
		}
		err = v.get(&answer, v.in("audit/replays"))
		for _, r := range answer.Replays {
			steps = append(steps, v.step(v.text().text("replay.what", v.text().day(r.From), v.text().day(r.To), r.Definition), r.pace))
		}
		return steps, err
	})
}

// replayed is what the log alone says, and what differs.
type replayed struct {
	reach.Figures
	EventsRead  int    `json:"events_read"`
	Root        string `json:"root"`
	Equal       bool   `json:"equal"`
	Differences []struct {
		Path      string          `json:"path"`
		ReadModel json.RawMessage `json:"read_model"`
		Log       json.RawMessage `json:"log"`
	} `json:"differences"`
}

// verified is what came of comparing every copy.
type verified struct {
	Position events.Position `json:"position"`
	Root     string          `json:"root"`
	Whole    bool            `json:"whole"`
	Findings []finding       `json:"findings"`
}

type finding struct {
	Copy     string          `json:"copy"`
	File     string          `json:"file"`
	Position events.Position `json:"position"`
	Problem  string          `json:"problem"`
}

// damagedCopy is what was found of one copy.
type damagedCopy struct {
	Copy     string
	Findings []finding
}

// ByCopy are the findings, those of each copy together.
func (v verified) ByCopy() (list []damagedCopy) {
	for _, name := range []string{integrity.TheStream, integrity.TheArchive, integrity.TheReadModel, integrity.TheStatement, integrity.TheVault} {
		one := damagedCopy{Copy: name}
		for _, f := range v.Findings {
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

// replaying is the page: a form, and what came of it.
type replaying struct {
	Years, Definitions []choice
	Replay             *replayed
	Verify             *verified
}

// replay plays the log again, or compares its copies, when the form asks for it: it reads the whole log.
func (v *visit) replay() error {
	f := v.newForm()
	if v.r.Method == http.MethodPost {
		var err error
		if f, err = v.form(); err != nil {
			return err
		}
	}
	d := replaying{}
	this := int(v.today().Year())
	for year := this; year >= this-10; year-- {
		d.Years = append(d.Years, choice{Value: strconv.Itoa(year), Label: strconv.Itoa(year)})
	}
	for _, one := range reach.Definitions {
		d.Definitions = append(d.Definitions, choice{Value: one.ID, Label: one.ID})
	}
	if f.Get("year") == "" {
		f.Set("year", strconv.Itoa(this-1))
		f.Set("definition", "reach/v3")
	}
	if f.whole("position"); v.r.Method == http.MethodPost && len(f.Errors) == 0 {
		if err := f.refused(v.carryOutReplay(f, &d), nil); err != nil {
			return err
		}
	}
	return v.show("replay", sheet{Title: v.text().text("replay.title"), Form: f, D: d, Wide: true})
}

func (v *visit) carryOutReplay(f *form, d *replaying) error {
	v.unhurried()
	if f.Get("what") == "verify" {
		d.Verify = new(verified)
		return v.get(d.Verify, v.in("audit/verify"), "year", f.Get("year"))
	}
	d.Replay = new(replayed)
	err := v.get(d.Replay, v.in("audit/replay"), "year", f.Get("year"), "definition", f.Get("definition"), "position", f.Get("position"))
	if err != nil {
		d.Replay = nil
	}
	return err
}
