package guests

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"rackvidd/events"
	"rackvidd/services/casework"
)

// mostMarks is the most marks that one append to a home changes: a message has an end.
const mostMarks = 150

// tell brings every home up to date about a session, because of a message at a position.
func (s *Service) tell(ctx context.Context, m events.Municipality, session events.ID, because events.Position) error {
	r, err := s.register(ctx, m, session)
	if err != nil || r == nil {
		return err
	}
	told, err := s.told(ctx, m, session)
	if err != nil {
		return err
	}
	homes := append(told, r.elsewhere(m)...)
	slices.Sort(homes)
	for _, home := range slices.Compact(homes) {
		if s.Serves != nil && !s.Serves(home) {
			continue
		}
		if err := s.note(ctx, m, session, home); err != nil {
			return err
		}
		if err := s.tellHome(ctx, visit{m, session, home}, because); err != nil {
			return fmt.Errorf("tell %s of session %s in %s: %w", home, session, m, err)
		}
	}
	return nil
}

// visit is one session of a provider and one home.
type visit struct {
	provider events.Municipality
	session  events.ID
	home     events.Municipality
}

var commands = uuid.MustParse("5f0c1c39-5e0a-4c0e-9d37-6f3c8f9c2a11")

// command is the same for the same cause, so that a repeat finds what it recorded.
func (v visit) command(because events.Position, part int) uuid.UUID {
	return uuid.NewSHA1(commands, fmt.Appendf(nil, "%s/%s/%d/%d", v.provider, v.session, because, part))
}

func (s *Service) tellHome(ctx context.Context, v visit, because events.Position) error {
	for part := 0; ; part++ {
		about, left := &events.Deciding{Stream: events.SessionOf(v.session)}, 1
		c := events.Command{ID: v.command(because, part), Actor: s.Actor, Time: time.Now()}
		_, err := events.Decide(ctx, s.Log, v.home, c, []*events.Deciding{about}, casework.Fresh, func() (err error) {
			// Read the provider after the home: whoever wrote what stands at home had read no more than this.
			left, err = s.decide(ctx, v, about)
			return err
		})
		if err != nil || left == 0 {
			return err
		}
	}
}

// decide records what differs at home, and returns how many changes of marks did not fit.
func (s *Service) decide(ctx context.Context, v visit, about *events.Deciding) (left int, err error) {
	r, err := s.register(ctx, v.provider, v.session)
	if err != nil || r == nil {
		return 0, err
	}
	home := about.State.(*casework.Session)
	if home.Opened && home.ProviderMunicipality != v.provider {
		s.Logger.Error("a guest's session has the id of another session at home", "provider", v.provider, "home", v.home, "session", v.session)
		return 0, nil
	}
	there, known, err := s.resolve(ctx, v, r)
	if err != nil {
		return 0, err
	}
	if !home.Opened {
		if len(there) == 0 || r.Cancelled || r.Withdrawn {
			return 0, nil
		}
		about.Record(events.SessionOpened{Session: v.session, Programme: r.Programme, Form: r.Form, HeldOn: r.HeldOn, ProviderMunicipality: v.provider})
	}
	about.Record(occasion(r, home, v)...)
	e, left := marks(home, v, there, known)
	if len(e.Attended)+len(e.Removed) > 0 {
		about.Record(e)
	}
	return left, nil
}

// resolve returns the marks that are to stand at home, and the home's tokens of all who ever attended. A child whom
// the vault can no longer tell, because its identity was erased, is in neither: what stands of it stays.
func (s *Service) resolve(ctx context.Context, v visit, r *register) (there []events.Mark, known map[events.ID]bool, err error) {
	tokens := make(map[events.ID]events.ID)
	if ever := r.everFrom(v.home); len(ever) > 0 {
		if tokens, err = s.Homes.HomeTokens(ctx, v.provider, ever, v.home); err != nil {
			return nil, nil, err
		}
	}
	known = make(map[events.ID]bool)
	for _, token := range tokens {
		known[token] = true
	}
	seen := make(map[casework.MarkKey]bool)
	for _, g := range r.from(v.home) {
		token, ok := tokens[g.Child]
		if !ok {
			continue
		}
		m := events.Mark{Child: token, Target: g.mark.Target, BirthYear: g.mark.BirthYear, Gender: g.mark.Gender}
		if key := casework.Key(m, v.home); !seen[key] {
			seen[key] = true
			there = append(there, m)
		}
	}
	return there, known, nil
}

// occasion is what was said of the session itself since the home was told.
func occasion(r *register, home *casework.Session, v visit) (list []events.Event) {
	if home.Withdrawn {
		return nil
	}
	if home.Programme != r.Programme || home.Form != r.Form || home.HeldOn != r.HeldOn {
		list = append(list, events.SessionCorrected{
			Session: v.session, Programme: r.Programme, Form: r.Form, HeldOn: r.HeldOn, Reason: events.SourceChanged, ProviderMunicipality: v.provider,
		})
	}
	switch {
	case r.Cancelled && !home.Cancelled:
		list = append(list, events.SessionCancelled{Session: v.session})
	case !r.Cancelled && home.Cancelled:
		list = append(list, events.SessionReinstated{Session: v.session, Reason: events.SourceChanged})
	}
	if r.Withdrawn {
		list = append(list, events.SessionWithdrawn{Session: v.session, Reason: events.SourceChanged})
	}
	return list
}

// marks are the changes that bring the home's register to who was there, and how many more there are than fit.
func marks(home *casework.Session, v visit, there []events.Mark, known map[events.ID]bool) (e events.SessionAttended, left int) {
	e = events.SessionAttended{Session: v.session, HomeMunicipality: v.home}
	wanted := make(map[casework.MarkKey]bool)
	for _, m := range there {
		key := casework.Key(m, v.home)
		wanted[key] = true
		if _, stands := home.Marks[key]; !stands {
			e.Attended = append(e.Attended, m)
		}
	}
	for key, m := range home.Marks {
		if !wanted[key] && known[key.Child] {
			e.Removed = append(e.Removed, events.Mark{Child: key.Child, Target: m.Target})
		}
	}
	slices.SortFunc(e.Removed, func(a, b events.Mark) int { return compareIDs(a.Child, b.Child) })
	return fit(e)
}

func fit(e events.SessionAttended) (events.SessionAttended, int) {
	removed := min(len(e.Removed), mostMarks)
	attended := min(len(e.Attended), mostMarks-removed)
	left := len(e.Removed) - removed + len(e.Attended) - attended
	e.Removed, e.Attended = e.Removed[:removed], e.Attended[:attended]
	return e, left
}
