package web

import (
	"net/http"
	"time"

	"rackvidd/events"
	"rackvidd/services/access"
)

func (s *site) nationalLogPage() {
	s.page("GET /national/log", access.ReadLog, func(v *visit) error { return v.nationalLog(v.newForm()) })
	s.page("POST /national/log", access.ReadLog, (*visit).compareNational)
	s.stream("GET /national/log/progress", access.ReadLog, func(v *visit) (telling, error) {
		return v.progress(func() ([]step, error) {
			steps, _, err := v.comparing("audit")
			return steps, err
		})
	})
}

// received is something that the national log was told.
type received struct {
	Position     events.Position      `json:"position"`
	RecordedAt   time.Time            `json:"recorded_at"`
	Kind         string               `json:"kind"`
	Municipality events.Municipality  `json:"municipality"` // "": it is not the reader's
	District     events.District      `json:"district"`
	Year         events.Year          `json:"year"`
	Form         events.FormID        `json:"form"`
	Version      int                  `json:"version"`
	Origin       events.AnswerOrigin  `json:"origin"`
	Denominator  events.DenominatorID `json:"denominator"`
}

// OfPlace reports whether it is about a municipality.
func (r received) OfPlace() bool {
	return r.Kind == events.AnswerReceived{}.Kind() || r.Kind == events.KeyTrusted{}.Kind() || r.Kind == events.KeyDistrusted{}.Kind()
}

// nationalLog is what an auditor is told of the national log.
type nationalLog struct {
	audited
	Head       events.Position
	Received   []received
	Before     string // where what was told earlier is; "": there is no more
	Checkpoint string // the signed note; "": there is none, or it cannot be read here
	Going      []step
	Verify     *verification // the reader's own, that ended
}

// compareNational has the copies of the national log compared.
func (v *visit) compareNational() error {
	f, err := v.form()
	if err != nil {
		return err
	}
	if err := v.ask(call{method: http.MethodPost, path: "audit/verifications", key: f.key("verify")}, nil); err != nil {
		if err := f.refused(err, nil); err != nil {
			return err
		}
		return v.nationalLog(f)
	}
	return v.to("/national/log", 0, "")
}

func (v *visit) nationalLog(f *form) error {
	var d nationalLog
	var err error
	if d.audited, err = v.copies("audit"); err != nil {
		return err
	}
	var answer struct {
		Received []received      `json:"received"`
		Older    events.Position `json:"older"`
		Position events.Position `json:"position"`
	}
	err = v.get(&answer, "audit/received", "before", v.Query("told"))
	if isProblem(err, http.StatusUnprocessableEntity) {
		return errNothingHere
	}
	if err != nil {
		return err
	}
	if d.Head, d.Received = answer.Position, answer.Received; answer.Older > 0 {
		d.Before = v.Path() + "?told=" + position(answer.Older) + "#received"
	}
	note, err := v.fetch(call{method: http.MethodGet, path: "audit/checkpoint"})
	switch {
	case err == nil:
		d.Checkpoint = note.body.String()
	case !isProblem(err, http.StatusNotFound) && !isProblem(err, http.StatusServiceUnavailable):
		return err
	}
	if !d.Apart {
		if d.Going, d.Verify, err = v.comparing("audit"); err != nil {
			return err
		}
	}
	return v.show("national_log", sheet{Title: v.text().text("national_log.title"), Form: f, D: d, Wide: true})
}
