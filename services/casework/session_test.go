package casework_test

import (
	"testing"

	"rackvidd/events"
	"rackvidd/services/casework"
)

var opened = events.SessionOpened{Session: evening, Programme: "sputnik", Form: events.SupportGroup, HeldOn: march(3)}

func there(children ...events.ID) events.SessionAttended {
	e := events.SessionAttended{Session: evening}
	for _, child := range children {
		e.Attended = append(e.Attended, events.Mark{Child: child})
	}
	return e
}

func TestASession(t *testing.T) {
	corrected := events.SessionCorrected{Session: evening, Programme: "sputnik", Form: events.Camp, HeldOn: march(3), Reason: "other"}
	another := opened
	another.HeldOn = march(4)
	guest := opened
	guest.ProviderMunicipality = "1881"
	group, noGroup := events.ID{8}, &casework.Group{}
	closed := given(&casework.Group{}, events.GroupFormed{Group: group, Programme: "sputnik", Form: events.SupportGroup, Name: "Tisdag"}, events.GroupClosed{Group: group, ClosedOn: march(3)})
	late := events.SessionOpened{Session: evening, Programme: "sputnik", Form: events.SupportGroup, HeldOn: march(4), Group: group}
	lent := late
	lent.Programme = "lanterna"
	counted := events.SessionAttended{Session: evening, Counted: []events.HeadCount{{Entry: entry(evening, 1), Count: 2}}}
	for _, c := range []struct {
		name  string
		given []events.Event
		when  func(*casework.Session) ([]events.Event, error)
		then  []any
	}{
		{"a new one is opened", nil, func(s *casework.Session) ([]events.Event, error) { return s.Open(opened, noGroup) }, []any{opened}},
		{"the same again changes nothing", []events.Event{opened}, func(s *casework.Session) ([]events.Event, error) { return s.Open(opened, noGroup) }, nil},
		{"another under its id is refused", []events.Event{opened}, func(s *casework.Session) ([]events.Event, error) { return s.Open(another, noGroup) }, []any{"session_exists"}},

		{"what nobody opened cannot be cancelled", nil, func(s *casework.Session) ([]events.Event, error) { return s.Cancel(events.Record{}) }, []any{"unknown_session"}},
		{"an evening is cancelled", []events.Event{opened}, func(s *casework.Session) ([]events.Event, error) { return s.Cancel(events.Record{}) }, []any{events.SessionCancelled{Session: evening}}},
		{"cancelled again, nothing changes", []events.Event{opened, events.SessionCancelled{Session: evening}}, func(s *casework.Session) ([]events.Event, error) { return s.Cancel(events.Record{}) }, nil},
		{"with children in it, it is not cancelled by hand", []events.Event{opened, there(anna)}, func(s *casework.Session) ([]events.Event, error) { return s.Cancel(events.Record{}) }, []any{"register_not_empty"}},
		{"nor with children nobody identified", []events.Event{opened, counted}, func(s *casework.Session) ([]events.Event, error) { return s.Cancel(events.Record{}) }, []any{"register_not_empty"}},
		{"those who were absent do not keep it", []events.Event{opened, events.SessionAttended{Session: evening, Absent: []events.Mark{{Child: anna}}}}, func(s *casework.Session) ([]events.Event, error) { return s.Cancel(events.Record{}) }, []any{events.SessionCancelled{Session: evening}}},
		{"a record cancels it whoever is in it", []events.Event{opened, there(anna)}, func(s *casework.Session) ([]events.Event, error) { return s.Cancel(record(1)) }, []any{events.SessionCancelled{Session: evening, Record: record(1)}}},
		{"an evening after a group's last day is cancelled", []events.Event{opened}, func(s *casework.Session) ([]events.Event, error) { return s.CloseAfter(march(2)) }, []any{events.SessionCancelled{Session: evening}}},
		{"one on the last day is not", []events.Event{opened}, func(s *casework.Session) ([]events.Event, error) { return s.CloseAfter(march(3)) }, nil},
		{"nor one that was withdrawn", []events.Event{opened, events.SessionWithdrawn{Session: evening}}, func(s *casework.Session) ([]events.Event, error) { return s.CloseAfter(march(2)) }, nil},
		{"one with a register says that the group met later", []events.Event{opened, there(anna)}, func(s *casework.Session) ([]events.Event, error) { return s.CloseAfter(march(2)) }, []any{"group_met_later"}},
		{"so does one with children nobody identified", []events.Event{opened, counted}, func(s *casework.Session) ([]events.Event, error) { return s.CloseAfter(march(2)) }, []any{"group_met_later"}},
		{"one whose register was emptied does not", []events.Event{opened, there(anna), events.SessionAttended{Session: evening, Removed: []events.Mark{{Child: anna}}}}, func(s *casework.Session) ([]events.Event, error) { return s.CloseAfter(march(2)) }, []any{events.SessionCancelled{Session: evening}}},
		{"a cancelled evening is reinstated", []events.Event{opened, events.SessionCancelled{Session: evening}}, func(s *casework.Session) ([]events.Event, error) { return s.Reinstate("other", events.Record{}), nil }, []any{events.SessionReinstated{Session: evening, Reason: "other"}}},
		{"one that is held is not", []events.Event{opened}, func(s *casework.Session) ([]events.Event, error) { return s.Reinstate("other", events.Record{}), nil }, nil},

		{"a group's evening is opened until its last day", nil, func(s *casework.Session) ([]events.Event, error) { return s.Open(opened, closed) }, []any{opened}},
		{"not after it", nil, func(s *casework.Session) ([]events.Event, error) { return s.Open(late, closed) }, []any{"group_closed"}},
		{"a group's evening is not moved past its last day", []events.Event{opened}, func(s *casework.Session) ([]events.Event, error) { return s.Correct("", "", march(4), "other", closed) }, []any{"group_closed"}},
		{"but until it", []events.Event{opened}, func(s *casework.Session) ([]events.Event, error) { return s.Correct("", "", march(2), "other", closed) }, []any{events.SessionCorrected{Session: evening, Programme: "sputnik", Form: events.SupportGroup, HeldOn: march(2), Reason: "other"}}},
		{"one that stands past it already is corrected in the rest", []events.Event{late}, func(s *casework.Session) ([]events.Event, error) {
			return s.Correct("", events.Camp, 0, "other", closed)
		}, []any{events.SessionCorrected{Session: evening, Programme: "sputnik", Form: events.Camp, HeldOn: march(4), Reason: "other"}}},
		{"another programme's follows no closing", []events.Event{lent}, func(s *casework.Session) ([]events.Event, error) { return s.Correct("", "", march(5), "other", closed) }, []any{events.SessionCorrected{Session: evening, Programme: "lanterna", Form: events.SupportGroup, HeldOn: march(5), Reason: "other"}}},
		{"until it is the group's again", []events.Event{lent}, func(s *casework.Session) ([]events.Event, error) { return s.Correct("sputnik", "", 0, "other", closed) }, []any{"group_closed"}},
		{"an evening that was cancelled after a group's last day stays so", []events.Event{late, events.SessionCancelled{Session: evening}}, func(s *casework.Session) ([]events.Event, error) { return s.TakeCancellationBack("other", closed) }, []any{"group_closed"}},
		{"one until then is held after all", []events.Event{opened, events.SessionCancelled{Session: evening}}, func(s *casework.Session) ([]events.Event, error) { return s.TakeCancellationBack("other", closed) }, []any{events.SessionReinstated{Session: evening, Reason: "other"}}},
		{"a cancelled one may be moved past it, for it is not held", []events.Event{opened, events.SessionCancelled{Session: evening}}, func(s *casework.Session) ([]events.Event, error) { return s.Correct("", "", march(4), "other", closed) }, []any{events.SessionCorrected{Session: evening, Programme: "sputnik", Form: events.SupportGroup, HeldOn: march(4), Reason: "other"}}},

		{"nobody can be marked at a cancelled evening", []events.Event{opened, events.SessionCancelled{Session: evening}}, func(s *casework.Session) ([]events.Event, error) {
			return s.MarkRow(casework.Person{Child: anna}, casework.RowAttended, 5)
		}, []any{"session_cancelled"}},
		{"nor can a register be stated", []events.Event{opened, events.SessionCancelled{Session: evening}}, func(s *casework.Session) ([]events.Event, error) { return s.State(casework.Register{}, 5) }, []any{"session_cancelled"}},
		{"nor at one nobody opened", nil, func(s *casework.Session) ([]events.Event, error) {
			return s.MarkRow(casework.Person{Child: anna}, casework.RowAttended, 5)
		}, []any{"unknown_session"}},

		{"an evening was a camp", []events.Event{opened}, func(s *casework.Session) ([]events.Event, error) {
			return s.Correct("", events.Camp, 0, "other", noGroup)
		}, []any{corrected}},
		{"corrected to what it is, nothing changes", []events.Event{opened}, func(s *casework.Session) ([]events.Event, error) {
			return s.Correct("sputnik", "", march(3), "other", noGroup)
		}, nil},
		{"a correction keeps where guests were", []events.Event{guest}, func(s *casework.Session) ([]events.Event, error) {
			return s.Correct("", events.Camp, 0, "other", noGroup)
		}, []any{events.SessionCorrected{Session: evening, Programme: "sputnik", Form: events.Camp, HeldOn: march(3), Reason: "other", ProviderMunicipality: "1881"}}},
		{"a withdrawn one is not corrected", []events.Event{opened, events.SessionWithdrawn{Session: evening}}, func(s *casework.Session) ([]events.Event, error) {
			return s.Correct("", events.Camp, 0, "other", noGroup)
		}, []any{"session_withdrawn"}},

		{"an evening is withdrawn with whoever is in it", []events.Event{opened, there(anna)}, func(s *casework.Session) ([]events.Event, error) { return s.Withdraw("other") }, []any{events.SessionWithdrawn{Session: evening, Reason: "other"}}},
		{"once", []events.Event{opened, events.SessionWithdrawn{Session: evening}}, func(s *casework.Session) ([]events.Event, error) { return s.Withdraw("other") }, nil},
		{"one nobody opened is not", nil, func(s *casework.Session) ([]events.Event, error) { return s.Withdraw("other") }, []any{"unknown_session"}},
		{"nobody can be marked at a withdrawn one", []events.Event{opened, events.SessionWithdrawn{Session: evening}}, func(s *casework.Session) ([]events.Event, error) { return s.State(casework.Register{}, 5) }, []any{"session_withdrawn"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := c.when(given(casework.NewSession(), c.given...))
			then(t, got, err, c.then...)
		})
	}
}

func TestARecordOfASession(t *testing.T) {
	absent := events.SessionAttended{Session: evening, HomeMunicipality: "1880", Absent: []events.Mark{{Child: anna}}}
	mark := events.Mark{Child: anna, HomeMunicipality: "1880", Record: record(1)}
	stored := events.Mark{Child: anna, Record: record(1)}
	for _, c := range []struct {
		name  string
		given []events.Event
		then  events.SessionAttended
	}{
		{"a child is marked as there", []events.Event{opened}, events.SessionAttended{Session: evening, HomeMunicipality: "1880", Attended: []events.Mark{stored}}},
		{"a child marked as absent was there", []events.Event{opened, absent}, events.SessionAttended{
			Session: evening, HomeMunicipality: "1880", Attended: []events.Mark{stored}, Removed: []events.Mark{{Child: anna, HomeMunicipality: "1880"}},
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := given(casework.NewSession(), c.given...)
			then(t, []events.Event{s.Attend(mark)}, nil, c.then)
			s.Evolve(s.Attend(mark))
			if stands, by := s.HasMark(mark); !stands || by != record(1) || len(s.Marks) != 1 {
				t.Errorf("stands: %t by %v, %d marks", stands, by, len(s.Marks))
			}
		})
	}
	t.Run("a mark and a count are taken away again", func(t *testing.T) {
		s := given(casework.NewSession(), opened, s2(mark), events.SessionAttended{Session: evening, Counted: []events.HeadCount{{Entry: entry(evening, 1), Count: 2, Record: record(2)}}})
		given(s, s.Unmark(casework.Key(mark, ""))...)
		given(s, s.Uncount(entry(evening, 1))...)
		if len(s.Marks)+len(s.Counts) != 0 || s.Unmark(casework.Key(mark, "")) != nil || s.Uncount(entry(evening, 1)) != nil {
			t.Errorf("left: %v, %v", s.Marks, s.Counts)
		}
	})
	t.Run("changes of one register are one event, unless something is removed or the home is another", func(t *testing.T) {
		a := there(anna)
		if !casework.Join(&a, there(bo)) || len(a.Attended) != 2 {
			t.Error("not joined")
		}
		elsewhere, removes := there(cleo), there(cleo)
		elsewhere.HomeMunicipality, removes.Removed = "1881", []events.Mark{{Child: bo}}
		if casework.Join(&a, elsewhere) || casework.Join(&a, removes) || len(a.Attended) != 2 {
			t.Error("joined")
		}
	})
}

func s2(m events.Mark) events.Event {
	return events.SessionAttended{Session: evening, Attended: []events.Mark{m}}
}
