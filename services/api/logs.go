package api

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"rackvidd/events"
	"rackvidd/services/access"
)

type listLogs struct {
	Logs []logName `query:"log,explode" maxItems:"300" doc:"municipalities' codes, or national; all when it is left out"`
}

// LogHeads is how far logs have come.
type LogHeads struct {
	Logs []LogHead `json:"logs" nullable:"false"`
}

// LogHead is the last that a log holds.
type LogHead struct {
	Municipality events.Municipality `json:"municipality" pattern:"^([0-9]{4}|national)$"`
	Position     events.Position     `json:"position"`
	RecordedAt   *time.Time          `json:"recorded_at,omitempty" doc:"when what is there was recorded; left out where there is nothing, or it cannot be read"`
}

func (s *server) headRoutes() {
	add(s, route{
		id: "list-logs", method: http.MethodGet, path: "/logs", permission: access.ReadProjections,
		summary: "How far each log has come, and when its last event was recorded",
	}, s.listLogs)
}

func (s *server) listLogs(ctx context.Context, _ caller, in *listLogs) (*reply[LogHeads], error) {
	heads, err := s.Log.Heads(ctx)
	if err != nil {
		return nil, err
	}
	body := LogHeads{make([]LogHead, 0, len(heads))}
	for _, m := range slices.Sorted(maps.Keys(heads)) {
		if len(in.Logs) == 0 || slices.Contains(in.Logs, logName(m)) {
			body.Logs = append(body.Logs, LogHead{Municipality: m, Position: heads[m]})
		}
	}
	var reading sync.WaitGroup
	for i := range body.Logs {
		one := &body.Logs[i]
		reading.Go(func() {
			at, err := s.recordedAt(ctx, one.Municipality, one.Position)
			if err != nil {
				s.Logger.Warn("the last event of a log cannot be read", "municipality", one.Municipality, "position", one.Position, "err", err)
			} else if !at.IsZero() {
				one.RecordedAt = &at
			}
		})
	}
	reading.Wait()
	return &reply[LogHeads]{body}, nil
}
