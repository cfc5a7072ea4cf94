package api

import (
	"context"
	"maps"
	"net/http"
	"slices"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
	"rackvidd/services/access"
	"rackvidd/services/api/caseload"
)

type readCaseload struct {
	Municipal
	AtLeast
	Programme events.ProgrammeID `query:"programme"`
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

// Waiting is how long children waited from the latest referral to their place, of places given in the last year.
type Waiting struct {
	Children   int `json:"children"`
	MedianDays int `json:"median_days"`
	MostDays   int `json:"most_days"`
}

// ProgrammeLoad is how many have a place in a programme and how many wait for one.
type ProgrammeLoad struct {
	Programme events.ProgrammeID `json:"programme"`
	Enrolled  int                `json:"enrolled"`
	Queue     int                `json:"queue"`
}

// Caseload is who waits, the longest waiting first.
type Caseload struct {
	OpenReferrals []OpenReferral  `json:"open_referrals" nullable:"false"`
	Queue         []OpenReferral  `json:"queue" nullable:"false" doc:"the open referrals of children without a place"`
	Waiting       Waiting         `json:"waiting"`
	Programmes    []ProgrammeLoad `json:"programmes" nullable:"false"`
	Shown
}

func (s *server) caseloadRoutes() {
	add(s, route{id: "read-caseload", method: http.MethodGet, path: "caseload", permission: access.ReadCaseload,
		summary: "Open referrals, the queue and waiting times"}, s.readCaseload)
}

func (s *server) readCaseload(ctx context.Context, c caller, in *readCaseload) (*Answer[Caseload], error) {
	if err := c.allow(in.Programme); err != nil {
		return nil, err
	}
	var work caseload.Work
	at, err := s.work(ctx, c, in.MinPosition, func(tx pgx.Tx, _ events.Position) (err error) {
		work, err = caseload.Gather(ctx, tx, s.today())
		return err
	})
	if err != nil {
		return nil, err
	}
	mine := func(p events.ProgrammeID) bool { return c.allow(p) == nil && (in.Programme == "" || p == in.Programme) }
	work.Open = slices.DeleteFunc(work.Open, func(r caseload.OpenReferral) bool { return !mine(r.Programme) })
	work.Places = slices.DeleteFunc(work.Places, func(p caseload.Place) bool { return !mine(p.Programme) })
	body := Caseload{Waiting: s.waiting(work.Places), Programmes: loads(work), Shown: Shown{at}}
	if body.OpenReferrals, err = s.open(ctx, c, work.Open); err != nil {
		return nil, err
	}
	body.Queue = []OpenReferral{}
	for i, r := range work.Open {
		if !r.Placed {
			body.Queue = append(body.Queue, body.OpenReferrals[i])
		}
	}
	return show(at, body), nil
}

func (s *server) open(ctx context.Context, c caller, list []caseload.OpenReferral) ([]OpenReferral, error) {
	children := make([]events.ID, len(list))
	for i, r := range list {
		children[i] = r.Child
	}
	labels, err := s.labels(ctx, c, children)
	open := make([]OpenReferral, len(list))
	for i, r := range list {
		open[i] = OpenReferral{r.Referral, LabelledChild{r.Child, labels[r.Child]}, r.Channel, r.ReceivedOn, r.Programme, r.Form, int(s.today() - r.ReceivedOn)}
	}
	return open, err
}

func (s *server) waiting(places []caseload.Place) Waiting {
	var days []int
	for _, p := range places {
		if p.Referred != 0 && p.EnrolledOn > s.today()-365 {
			days = append(days, int(p.EnrolledOn-p.Referred))
		}
	}
	if len(days) == 0 {
		return Waiting{}
	}
	slices.Sort(days)
	return Waiting{len(days), days[(len(days)-1)/2], days[len(days)-1]}
}

func loads(work caseload.Work) []ProgrammeLoad {
	by := make(map[events.ProgrammeID]*ProgrammeLoad)
	at := func(p events.ProgrammeID) *ProgrammeLoad {
		if by[p] == nil {
			by[p] = &ProgrammeLoad{Programme: p}
		}
		return by[p]
	}
	counted := make(map[caseload.Place]bool)
	for _, p := range work.Places {
		one := caseload.Place{Child: p.Child, Programme: p.Programme}
		if p.Running && !counted[one] {
			counted[one] = true
			at(p.Programme).Enrolled++
		}
	}
	for _, r := range work.Open {
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
