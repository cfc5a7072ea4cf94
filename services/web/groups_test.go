package web

import (
	"testing"

	"rackvidd/events"
)

func TestTheNextSessionOfAGroupIsTheFirstThatIsStillToBeFilledIn(t *testing.T) {
	const today = events.Day(100)
	on := func(day events.Day, came int, cancelled bool) sessionSummary {
		s := sessionSummary{Attended: came}
		s.HeldOn, s.Cancelled = day, cancelled
		return s
	}
	for name, c := range map[string]struct {
		sessions    []sessionSummary // the latest first
		held, ahead int
		next        events.Day // 0: none
	}{
		"there is none":                          {nil, 0, 0, 0},
		"today's, when it is empty":              {[]sessionSummary{on(107, 0, false), on(100, 0, false), on(93, 4, false)}, 2, 1, 100},
		"next week's, when today's is filled":    {[]sessionSummary{on(114, 0, false), on(107, 0, false), on(100, 4, false)}, 1, 2, 107},
		"never one that was cancelled":           {[]sessionSummary{on(114, 0, false), on(107, 0, true), on(100, 0, true)}, 1, 2, 114},
		"none, when all have been":               {[]sessionSummary{on(93, 0, false), on(86, 4, false)}, 2, 0, 0},
		"another one of today, when one is done": {[]sessionSummary{on(100, 3, false), on(100, 0, false)}, 2, 0, 100},
	} {
		g := group{Held: c.sessions}
		g.divide(today)
		var next events.Day
		if g.Next != nil {
			next = g.Next.HeldOn
		}
		if len(g.Held) != c.held || len(g.Ahead) != c.ahead || next != c.next || g.Today != (next == today) {
			t.Errorf("%s: %d held, %d ahead, next on %d, today's %t", name, len(g.Held), len(g.Ahead), next, g.Today)
		}
	}
}

func TestAProblemThatNamesNothingIsItsOwnReason(t *testing.T) {
	whole := &problem{Type: problemType + "session_cancelled", Status: 409, Detail: "the session was cancelled"}
	if got := whole.reasons(); len(got) != 1 || got[0].Code != "session_cancelled" || got[0].Message != whole.Detail {
		t.Errorf("%+v", got)
	}
	named := &problem{Type: problemType + "invalid_request", Status: 422, Errors: []fieldProblem{{Location: "body.at", Code: "future_time"}}}
	if got := named.reasons(); len(got) != 1 || got[0].Code != "future_time" {
		t.Errorf("%+v", got)
	}
}
