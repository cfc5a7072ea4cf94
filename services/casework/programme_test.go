package casework_test

import (
	"testing"

	"rackvidd/events"
	"rackvidd/services/casework"
)

func TestAProgramme(t *testing.T) {
	sputnik := events.ProgrammeRegistered{Programme: "sputnik", Name: "Sputnik", Forms: []events.Form{events.SupportGroup}, Organiser: "ngo", Target: events.MixedTarget, Identity: events.Linked}
	renamed, extended, counting, handing := sputnik, sputnik, sputnik, sputnik
	counting.Identity, handing.Identity = events.NoIdentity, events.Card
	renamed.Name = "Sputnik Örebro"
	extended.Forms = []events.Form{events.Camp, events.SupportGroup}
	asItComes := events.ProgrammeRegistered{Programme: "ny", Name: "ny", Forms: []events.Form{events.Camp}, Organiser: "municipality", Target: events.SubstanceAbuse, Identity: events.Linked, ValidFrom: march(1)}
	earlier, both, named := asItComes, asItComes, asItComes
	earlier.ValidFrom, named.Name = march(1)-40, "Ny"
	both.ValidFrom, both.Forms = earlier.ValidFrom, []events.Form{events.Camp, events.Counselling}
	for _, c := range []struct {
		name  string
		given []events.Event
		when  func(*casework.Programme) ([]events.Event, error)
		then  []any
	}{
		{"is registered", nil, func(p *casework.Programme) ([]events.Event, error) { return p.Register(sputnik) }, []any{sputnik}},
		{"the same again changes nothing", []events.Event{sputnik}, func(p *casework.Programme) ([]events.Event, error) { return p.Register(sputnik) }, nil},
		{"another under its id is refused", []events.Event{sputnik}, func(p *casework.Programme) ([]events.Event, error) { return p.Register(renamed) }, []any{"programme_exists"}},
		{"is amended", []events.Event{sputnik}, func(p *casework.Programme) ([]events.Event, error) { return p.Amend(renamed) }, []any{events.ProgrammeAmended(renamed)}},
		{"amended to what it is, nothing changes", []events.Event{sputnik}, func(p *casework.Programme) ([]events.Event, error) { return p.Amend(sputnik) }, nil},
		{"that nobody registered is not amended", nil, func(p *casework.Programme) ([]events.Event, error) { return p.Amend(renamed) }, []any{"unknown_programme"}},
		{"an import registers it as it comes", nil, func(p *casework.Programme) ([]events.Event, error) { return p.Extend("ny", events.Camp, march(1)), nil }, []any{asItComes}},
		{"an import extends its forms", []events.Event{sputnik}, func(p *casework.Programme) ([]events.Event, error) {
			return p.Extend("sputnik", events.Camp, march(1)), nil
		}, []any{events.ProgrammeAmended(extended)}},
		{"a form it has extends nothing", []events.Event{sputnik}, func(p *casework.Programme) ([]events.Event, error) {
			return p.Extend("sputnik", events.SupportGroup, march(1)), nil
		}, nil},
		{"it began on the earliest day of its rows", []events.Event{asItComes}, func(p *casework.Programme) ([]events.Event, error) {
			return p.Extend("ny", events.Camp, earlier.ValidFrom), nil
		}, []any{events.ProgrammeAmended(earlier)}},
		{"on which it may have had another form", []events.Event{asItComes}, func(p *casework.Programme) ([]events.Event, error) {
			return p.Extend("ny", events.Counselling, earlier.ValidFrom), nil
		}, []any{events.ProgrammeAmended(both)}},
		{"and on none that is later", []events.Event{earlier}, func(p *casework.Programme) ([]events.Event, error) {
			return p.Extend("ny", events.Camp, march(1)), nil
		}, nil},
		{"where somebody said more of it, it began when they said", []events.Event{asItComes, events.ProgrammeAmended(named)}, func(p *casework.Programme) ([]events.Event, error) {
			return p.Extend("ny", events.Camp, earlier.ValidFrom), nil
		}, nil},
		{"offers what it says", []events.Event{sputnik}, func(p *casework.Programme) ([]events.Event, error) { return nil, p.Offers(events.SupportGroup) }, nil},
		{"and nothing else", []events.Event{sputnik}, func(p *casework.Programme) ([]events.Event, error) { return nil, p.Offers(events.Camp) }, []any{"form_not_offered"}},
		{"that documents no identities names nobody", []events.Event{counting}, func(p *casework.Programme) ([]events.Event, error) { return nil, p.Identify("child") }, []any{"programme_without_identities"}},
		{"whether by a card or not", []events.Event{counting}, func(p *casework.Programme) ([]events.Event, error) { return nil, p.IdentifyByCard("child", true) }, []any{"programme_without_identities"}},
		{"that documents them names children", []events.Event{sputnik}, func(p *casework.Programme) ([]events.Event, error) { return nil, p.IdentifyByCard("child", false) }, nil},
		{"that hands out cards knows nobody without one", []events.Event{handing}, func(p *casework.Programme) ([]events.Event, error) { return nil, p.IdentifyByCard("child", false) }, []any{"invalid_card"}},
		{"and whoever has one", []events.Event{handing}, func(p *casework.Programme) ([]events.Event, error) { return nil, p.IdentifyByCard("child", true) }, nil},
		{"hands out a card", []events.Event{handing}, func(p *casework.Programme) ([]events.Event, error) { return nil, p.HandOutCard() }, nil},
		{"that knows its children otherwise hands out none", []events.Event{sputnik}, func(p *casework.Programme) ([]events.Event, error) { return nil, p.HandOutCard() }, []any{"programme_without_cards"}},
		{"nor does one that nobody registered", nil, func(p *casework.Programme) ([]events.Event, error) { return nil, p.HandOutCard() }, []any{"unknown_programme"}},
		{"that nobody registered offers nothing", nil, func(p *casework.Programme) ([]events.Event, error) { return nil, p.Offers(events.Camp) }, []any{"unknown_programme"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := c.when(given(&casework.Programme{}, c.given...))
			then(t, got, err, c.then...)
		})
	}
}

func TestAGroup(t *testing.T) {
	group := events.ID{8}
	formed := events.GroupFormed{Group: group, Programme: "sputnik", Form: events.Camp, Name: "Tisdag", Places: 2}
	offers := given(&casework.Programme{}, events.ProgrammeRegistered{Programme: "sputnik", Forms: []events.Form{events.Camp}})
	joined := events.GroupMembersChanged{Group: group, Joined: []events.ID{anna, bo}}
	planned := []events.PlannedSession{{Session: evening, HeldOn: march(3)}}
	closed := events.GroupClosed{Group: group, ClosedOn: march(3)}
	for _, c := range []struct {
		name  string
		given []events.Event
		when  func(*casework.Group) ([]events.Event, error)
		then  []any
	}{
		{"is formed by a programme that offers its form", nil, func(g *casework.Group) ([]events.Event, error) { return g.Form(formed, offers) }, []any{formed}},
		{"not by one that does not", nil, func(g *casework.Group) ([]events.Event, error) {
			return g.Form(formed, &casework.Programme{Registered: true})
		}, []any{"form_not_offered"}},
		{"is formed once", []events.Event{formed}, func(g *casework.Group) ([]events.Event, error) { return g.Form(formed, offers) }, []any{"group_exists"}},
		{"has these members", []events.Event{formed}, func(g *casework.Group) ([]events.Event, error) { return g.SetMembers([]events.ID{anna, bo}, nil) }, []any{joined}},
		{"the same again changes nothing", []events.Event{formed, joined}, func(g *casework.Group) ([]events.Event, error) { return g.SetMembers([]events.ID{bo, anna}, nil) }, nil},
		{
			"one leaves, another joins",
			[]events.Event{formed, joined},
			func(g *casework.Group) ([]events.Event, error) { return g.SetMembers([]events.ID{bo, cleo}, nil) },
			[]any{events.GroupMembersChanged{Group: group, Joined: []events.ID{cleo}, Left: []events.ID{anna}}},
		},
		{"takes any number where no places are stated", []events.Event{events.GroupFormed{Group: group, Programme: "sputnik", Form: events.Camp, Name: "Tisdag"}}, func(g *casework.Group) ([]events.Event, error) {
			return g.SetMembers([]events.ID{anna, bo}, nil)
		}, []any{joined}},
		{"has no more members than places", []events.Event{formed}, func(g *casework.Group) ([]events.Event, error) { return g.SetMembers([]events.ID{anna, bo, cleo}, nil) }, []any{"group_full"}},
		{"two records of one child take one place", []events.Event{formed}, func(g *casework.Group) ([]events.Event, error) {
			return g.SetMembers([]events.ID{anna, bo, cleo}, casework.Roots{cleo: anna})
		}, []any{joined}},
		{"who is in it stays as it joined, whichever record is named", []events.Event{formed, joined}, func(g *casework.Group) ([]events.Event, error) {
			return g.SetMembers([]events.ID{cleo, bo}, casework.Roots{anna: cleo})
		}, nil},
		{"and leaves with each of its records", []events.Event{formed, joined}, func(g *casework.Group) ([]events.Event, error) { return g.SetMembers(nil, casework.Roots{anna: bo}) }, []any{events.GroupMembersChanged{Group: group, Left: []events.ID{anna, bo}}}},
		{"two records of one child leave a place free", []events.Event{formed, joined}, func(g *casework.Group) ([]events.Event, error) {
			return g.Amend("Tisdag", 1, "", casework.Roots{bo: anna})
		}, []any{events.GroupAmended{Group: group, Programme: "sputnik", Form: events.Camp, Name: "Tisdag", Places: 1}}},
		{"a child named twice takes one place", []events.Event{formed}, func(g *casework.Group) ([]events.Event, error) { return g.SetMembers([]events.ID{anna, bo, anna}, nil) }, []any{joined}},
		{"that nobody formed has no members", nil, func(g *casework.Group) ([]events.Event, error) { return g.SetMembers([]events.ID{anna}, nil) }, []any{"unknown_group"}},
		{
			"gets another name and more places",
			[]events.Event{formed, joined},
			func(g *casework.Group) ([]events.Event, error) { return g.Amend("Onsdag", 3, "oster", nil) },
			[]any{events.GroupAmended{Group: group, Programme: "sputnik", Form: events.Camp, Name: "Onsdag", Places: 3, District: "oster"}},
		},
		{"as it is already", []events.Event{formed}, func(g *casework.Group) ([]events.Event, error) { return g.Amend("Tisdag", 2, "", nil) }, nil},
		{"never fewer places than children", []events.Event{formed, joined}, func(g *casework.Group) ([]events.Event, error) { return g.Amend("Tisdag", 1, "", nil) }, []any{"group_full"}},
		{"as many as one likes where none are stated", []events.Event{formed, joined}, func(g *casework.Group) ([]events.Event, error) { return g.Amend("Tisdag", 0, "", nil) }, []any{events.GroupAmended{Group: group, Programme: "sputnik", Form: events.Camp, Name: "Tisdag"}}},
		{"that nobody formed has no name", nil, func(g *casework.Group) ([]events.Event, error) { return g.Amend("Onsdag", 3, "", nil) }, []any{"unknown_group"}},
		{"is closed", []events.Event{formed}, func(g *casework.Group) ([]events.Event, error) { return g.Close(march(3)) }, []any{closed}},
		{"is closed once", []events.Event{formed, closed}, func(g *casework.Group) ([]events.Event, error) { return g.Close(march(3)) }, nil},
		{"may be closed on another day instead", []events.Event{formed, closed}, func(g *casework.Group) ([]events.Event, error) { return g.Close(march(4)) }, []any{events.GroupClosed{Group: group, ClosedOn: march(4)}}},
		{"that nobody formed is not closed", nil, func(g *casework.Group) ([]events.Event, error) { return g.Close(march(3)) }, []any{"unknown_group"}},
		{"that is closed takes nobody in", []events.Event{formed, closed}, func(g *casework.Group) ([]events.Event, error) { return g.SetMembers([]events.ID{anna}, nil) }, []any{"group_closed"}},
		{"that is closed met until then", []events.Event{formed, closed}, func(g *casework.Group) ([]events.Event, error) { return g.Plan(planned) }, []any{events.GroupSeriesPlanned{Group: group, Sessions: planned}}},
		{"that is closed meets no more", []events.Event{formed, closed}, func(g *casework.Group) ([]events.Event, error) {
			return g.Plan([]events.PlannedSession{{Session: evening, HeldOn: march(4)}})
		}, []any{"group_closed"}},
		{"is reopened", []events.Event{formed, closed}, func(g *casework.Group) ([]events.Event, error) { return g.Reopen() }, []any{events.GroupReopened{Group: group}}},
		{"and takes children in again", []events.Event{formed, closed, events.GroupReopened{Group: group}}, func(g *casework.Group) ([]events.Event, error) { return g.SetMembers([]events.ID{anna, bo}, nil) }, []any{joined}},
		{"that is open is not reopened", []events.Event{formed}, func(g *casework.Group) ([]events.Event, error) { return g.Reopen() }, nil},
		{"meets on days", []events.Event{formed}, func(g *casework.Group) ([]events.Event, error) { return g.Plan(planned) }, []any{events.GroupSeriesPlanned{Group: group, Sessions: planned}}},
		{"on one at least", []events.Event{formed}, func(g *casework.Group) ([]events.Event, error) { return g.Plan(nil) }, []any{"no_days"}},
		{"that nobody formed meets never", nil, func(g *casework.Group) ([]events.Event, error) { return g.Plan(planned) }, []any{"unknown_group"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := c.when(given(&casework.Group{}, c.given...))
			then(t, got, err, c.then...)
		})
	}
}
