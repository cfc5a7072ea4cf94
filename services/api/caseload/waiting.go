package caseload

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"rackvidd/events"
)

// OpenReferral is a referral that was not closed.
type OpenReferral struct {
	Referral   events.Entry
	Child      events.ID // the child it counts as
	Channel    events.Channel
	ReceivedOn events.Day
	Programme  events.ProgrammeID
	Form       events.Form
	Placed     bool // the child has a place, in that programme where one is named
}

// Place is an enrolment.
type Place struct {
	Child      events.ID
	Programme  events.ProgrammeID
	Form       events.Form
	EnrolledOn events.Day
	Running    bool
	Referred   events.Day // the latest referral to it that came no later; 0: none
}

// Work is who waits, and who has a place.
type Work struct {
	Open   []OpenReferral // the longest waiting first
	Places []Place
}

// Gather reads the work as of a day.
func Gather(ctx context.Context, tx pgx.Tx, today events.Day) (Work, error) {
	var w Work
	all, err := places(ctx, tx, today)
	if err != nil {
		return w, err
	}
	referred, err := referrals(ctx, tx)
	if err != nil {
		return w, err
	}
	w.Places = all
	of := make(map[events.ID][]*Place)
	for i := range w.Places {
		p := &w.Places[i]
		of[p.Child] = append(of[p.Child], p)
	}
	for _, r := range referred {
		for _, p := range of[r.Child] {
			p.relate(r.OpenReferral)
			r.Placed = r.Placed || p.Running && p.answers(r.OpenReferral)
		}
		if !r.closed {
			w.Open = append(w.Open, r.OpenReferral)
		}
	}
	return w, nil
}

// answers reports whether the place is what a referral asked for.
func (p Place) answers(r OpenReferral) bool {
	return p.Child == r.Child && (r.Programme == "" || r.Programme == p.Programme) && (r.Form == "" || r.Form == p.Form)
}

func (p *Place) relate(r OpenReferral) {
	if p.answers(r) && r.ReceivedOn <= p.EnrolledOn {
		p.Referred = max(p.Referred, r.ReceivedOn)
	}
}

// roots follow merges to the child that each one counts as.
const roots = `WITH RECURSIVE edge AS (
  SELECT child, into_child FROM merge WHERE until IS NULL
), chain AS (
  SELECT child, into_child FROM edge
  UNION
  SELECT c.child, e.into_child FROM chain c JOIN edge e ON e.child = c.into_child
), root AS (
  SELECT child, into_child AS root FROM chain c WHERE NOT EXISTS (SELECT FROM edge e WHERE e.child = c.into_child)
) `

func places(ctx context.Context, tx pgx.Tx, today events.Day) ([]Place, error) {
	rows, err := tx.Query(ctx, roots+`
		SELECT coalesce(r.root, n.child), n.programme, n.form, n.enrolled_on,
			NOT EXISTS (SELECT FROM ending e WHERE e.child = n.child AND e.enrolment = n.number AND e.until IS NULL AND e.ended_on < $1)
		FROM enrolment n LEFT JOIN root r ON r.child = n.child
		WHERE n.until IS NULL ORDER BY n.enrolled_on, n.child, n.number`, today.Time())
	if err != nil {
		return nil, fmt.Errorf("list places: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (p Place, err error) {
		var day time.Time
		err = row.Scan(&p.Child, &p.Programme, &p.Form, &day, &p.Running)
		p.EnrolledOn = events.DayOf(day)
		return p, err
	})
}

type referral struct {
	OpenReferral
	closed bool
}

func referrals(ctx context.Context, tx pgx.Tx) ([]referral, error) {
	rows, err := tx.Query(ctx, roots+`
		SELECT f.child, f.number, coalesce(r.root, f.child), f.channel, f.received_on, f.programme, f.form,
			EXISTS (SELECT FROM closing c WHERE c.child = f.child AND c.referral = f.number AND c.until IS NULL)
		FROM referral f LEFT JOIN root r ON r.child = f.child
		WHERE f.until IS NULL ORDER BY f.received_on, f.child, f.number`)
	if err != nil {
		return nil, fmt.Errorf("list referrals: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (f referral, err error) {
		var key entryKey
		var day time.Time
		err = row.Scan(&key.child, &key.number, &f.Child, &f.Channel, &day, &f.Programme, &f.Form, &f.closed)
		f.Referral, f.ReceivedOn = key.entry(), events.DayOf(day)
		return f, err
	})
}
