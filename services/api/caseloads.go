package api

import (
	"context"
	"maps"
	"net/http"
	"slices"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
	"rackvidd/projections"
	"rackvidd/projections/caseload"
	"rackvidd/services/access"
)

type readCaseload struct {
	Municipal
	AtLeast
	Programme events.ProgrammeID `query:"programme"`
	Limit     int                `query:"limit" minimum:"0" doc:"at most so many referrals, those that wait longest; 0: all"`
}

// OpenReferral is a referral that was not closed.
type OpenReferral struct {
	ID events.Entry `json:"id"`
	LabelledChild
	Channel    events.Channel     `json:"channel"`
	ReceivedOn events.Day         `json:"received_on"`
	Programme  events.ProgrammeID `json:"programme,omitempty"`
	Form       events.Form        `json:"form,omitempty"`
	Days       int                `json:"days" doc:"since it was received"`
}

// Waiting is how long referrals waited for their first place in the programmes that are told of, by that programme and the year in which it began.
type Waiting struct {
	Programme   events.ProgrammeID `json:"programme"`
	Year        events.Year        `json:"year"`
	Referrals   int                `json:"referrals"`
	MedianDays  float64            `json:"median_days"`
	LongestDays int                `json:"longest_days"`
}

// ProgrammeLoad is how many have a place in a programme and how many wait for one.
type ProgrammeLoad struct {
	Programme events.ProgrammeID `json:"programme" minLength:"0" doc:"empty: of referrals that name none"`
	Enrolled  int                `json:"enrolled"`
	Queue     int                `json:"queue"`
}

// Caseload is who waits, the longest waiting first.
type Caseload struct {
	Open          int             `json:"open" doc:"how many referrals are open, listed or not"`
	OpenReferrals []OpenReferral  `json:"open_referrals" nullable:"false"`
	Queue         []OpenReferral  `json:"queue" nullable:"false" doc:"those listed of children without a place"`
	Waiting       []Waiting       `json:"waiting" nullable:"false"`
	Programmes    []ProgrammeLoad `json:"programmes" nullable:"false"`
	Shown
}

func (s *server) caseloadRoutes() {
	add(s, route{
		id: "read-caseload", method: http.MethodGet, path: "caseload", permission: access.ReadCaseload,
		summary: "Open referrals, the queue and waiting times",
	}, s.readCaseload)
}

func (s *server) readCaseload(ctx context.Context, c caller, in *readCaseload) (*DatedAnswer[Caseload], error) {
	if err := c.allow(in.Programme); err != nil {
		return nil, err
	}
	work, at, err := s.desk(ctx, c, in.MinPosition)
	if err != nil {
		return nil, err
	}
	work.keep(func(p events.ProgrammeID) bool { return c.allow(p) == nil })
	waiting := work.waiting(in.Programme) // of one programme as of all that are told of
	work.keep(func(p events.ProgrammeID) bool { return in.Programme == "" || p == in.Programme })
	body := Caseload{Open: len(work.Open), Waiting: waiting, Programmes: work.loads(), Queue: []OpenReferral{}, Shown: Shown{at.Position}}
	if in.Limit > 0 {
		work.Open = work.Open[:min(in.Limit, len(work.Open))]
	}
	if body.OpenReferrals, err = s.open(ctx, c, work.Open); err != nil {
		return nil, err
	}
	for i, r := range work.Open {
		if !r.Placed {
			body.Queue = append(body.Queue, body.OpenReferrals[i])
		}
	}
	listed := make([]LabelledChild, len(body.OpenReferrals))
	for i, r := range body.OpenReferrals {
		listed[i] = r.LabelledChild
	}
	return showModel(at.Position, at.Recorded, body), s.noteAlone(ctx, c, listed...)
}

// desk is what a caller sees of a desk.
type desk caseload.Desk

// deskKey is whose desk it is: on a day, at one position it is always the same, in the same tables.
type deskKey struct {
	m          events.Municipality
	generation int
	today      events.Day
	at         events.Position
}

// desk reads a municipality's, or remembers it.
func (s *server) desk(ctx context.Context, c caller, least events.Position) (work desk, at projections.Checkpoint, err error) {
	var all caseload.Desk
	today := s.today()
	_, err = projections.ViewRecorded(ctx, s.Log, s.Reading, caseload.Projection{}.Name(), c.municipality, least, func(tx pgx.Tx, shown projections.Checkpoint) error {
		at = shown
		all, err = s.desks.Ask(deskKey{c.municipality, shown.Generation, today, shown.Position}, func() (caseload.Desk, error) {
			return s.cases.Of(ctx, tx, shown, today, shown.Position)
		})
		return err
	})
	return desk{slices.Clone(all.Open), slices.Clone(all.Places), slices.Clone(all.Waits)}, at, err
}

// keep leaves what belongs to some programmes.
func (d *desk) keep(mine func(events.ProgrammeID) bool) {
	d.Open = slices.DeleteFunc(d.Open, func(r caseload.OpenReferral) bool { return !mine(r.Programme) })
	d.Places = slices.DeleteFunc(d.Places, func(p caseload.Place) bool { return !mine(p.Programme) })
	d.Waits = slices.DeleteFunc(d.Waits, func(w caseload.Wait) bool { return !mine(w.Programme) })
	for i := range d.Open { // that a child has a place elsewhere is told by no queue either
		if r := &d.Open[i]; r.Placed && r.Programme == "" {
			r.Placed = slices.ContainsFunc(d.Places, func(p caseload.Place) bool { return p.Child == r.Child && (r.Form == "" || r.Form == p.Form) })
		}
	}
}

func (s *server) open(ctx context.Context, c caller, list []caseload.OpenReferral) ([]OpenReferral, error) {
	children := make([]events.ID, len(list))
	for i, r := range list {
		children[i] = r.Child
	}
	labels, err := s.labels(ctx, c, children)
	open := make([]OpenReferral, len(list))
	for i, r := range list {
		open[i] = OpenReferral{r.Referral, LabelledChild{r.Child, labels[r.Child]}, r.Channel, r.ReceivedOn, r.Programme, r.Form, r.Days}
	}
	return open, err
}

// waiting are how long referrals waited that led to a place in a programme; "": in any.
func (d *desk) waiting(programme events.ProgrammeID) []Waiting {
	list := []Waiting{}
	for _, w := range caseload.Measure(d.Waits) {
		if programme == "" || w.Programme == programme {
			list = append(list, Waiting{w.Programme, w.Year, w.Referrals, w.Median, w.Longest})
		}
	}
	return list
}

func (d *desk) loads() []ProgrammeLoad {
	by := make(map[events.ProgrammeID]*ProgrammeLoad)
	at := func(p events.ProgrammeID) *ProgrammeLoad {
		if by[p] == nil {
			by[p] = &ProgrammeLoad{Programme: p}
		}
		return by[p]
	}
	type seat struct {
		child     events.ID
		programme events.ProgrammeID
	}
	counted := make(map[seat]bool)
	for _, p := range d.Places {
		if one := (seat{p.Child, p.Programme}); !counted[one] {
			counted[one] = true
			at(p.Programme).Enrolled++
		}
	}
	for _, r := range d.Open {
		if !r.Placed {
			at(r.Programme).Queue++
		}
	}
	list := []ProgrammeLoad{}
	for _, p := range slices.Sorted(maps.Keys(by)) {
		list = append(list, *by[p])
	}
	return list
}
