package guests

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"rackvidd/events"
	"rackvidd/services/casework"
	"rackvidd/services/vault"
)

// mostMarks is the most marks that one append to a home changes: a message has an end.
const mostMarks = 150

// tell brings every home up to date about sessions, because of a message at a position.
func (s *Service) tell(ctx context.Context, m events.Municipality, sessions []events.ID, because events.Position) error {
	visits, err := s.visits(ctx, m, sessions)
	if err != nil || len(visits) == 0 {
		return err
	}
	if err := s.note(ctx, m, visits); err != nil {
		return err
	}
	for _, v := range visits {
		left, err := s.tellSome(ctx, v, because)
		if home, ok := errors.AsType[*homeError](err); ok && ctx.Err() == nil {
			v.sessions = left
			err = s.owe(ctx, v, because, home)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// tellSome tells a home of sessions together, or where that cannot be done of one after the other. It returns those that are left
// with an error, the one that could not be told first.
func (s *Service) tellSome(ctx context.Context, v visit, because events.Position) (left []events.ID, err error) {
	if err := s.tellHome(ctx, v, because); err == nil {
		return nil, nil
	}
	for n, session := range v.sessions {
		if err := s.tellHome(ctx, visit{v.provider, v.home, []events.ID{session}}, because); err != nil {
			return v.sessions[n:], &untoldError{v, session, err}
		}
	}
	return nil, nil
}

// untoldError is that a home could not be told of a session.
type untoldError struct {
	visit
	session events.ID
	err     error
}

func (e *untoldError) Error() string {
	return fmt.Sprintf("tell %s of session %s in %s: %v", e.home, e.session, e.provider, e.err)
}
func (e *untoldError) Unwrap() error { return e.err }

// visit is sessions of a provider that one home is told of.
type visit struct {
	provider events.Municipality
	home     events.Municipality
	sessions []events.ID
}

// visits are to the homes that have guests in the sessions, or were told that they had.
func (s *Service) visits(ctx context.Context, m events.Municipality, sessions []events.ID) (list []visit, err error) {
	registers, err := s.registers(ctx, m, sessions)
	if err != nil {
		return nil, err
	}
	told, err := s.told(ctx, m, sessions)
	if err != nil {
		return nil, err
	}
	about := make(map[events.Municipality][]events.ID)
	for _, session := range sessions {
		r := registers[session]
		if r == nil {
			continue
		}
		homes := append(told[session], r.elsewhere(m)...)
		slices.Sort(homes)
		for _, home := range slices.Compact(homes) {
			about[home] = append(about[home], session)
		}
	}
	for _, home := range slices.Sorted(maps.Keys(about)) {
		if s.Serves == nil || s.Serves(home) {
			list = append(list, visit{m, home, about[home]})
		}
	}
	return list, nil
}

var commands = uuid.MustParse("5f0c1c39-5e0a-4c0e-9d37-6f3c8f9c2a11")

// command is the first id of a cause that the home's stream does not have: a repeat that finds more to say is another one.
func (v visit) command(session events.ID, because events.Position, before []events.Recorded) uuid.UUID {
	for part := 0; ; part++ {
		id := uuid.NewSHA1(commands, fmt.Appendf(nil, "%s/%s/%d/%d", v.provider, session, because, part))
		if !slices.ContainsFunc(before, func(r events.Recorded) bool { return r.Command == id }) {
			return id
		}
	}
}

// tellHome records at home what differs there, anew where somebody else recorded first.
func (s *Service) tellHome(ctx context.Context, v visit, because events.Position) error {
	const mostConflicts = 20
	for conflicts := 0; len(v.sessions) > 0; {
		left, err := s.tellOnce(ctx, v, because)
		switch {
		case err == nil:
			v.sessions, conflicts = left, 0
		case errors.Is(err, events.ErrConflict) && conflicts < mostConflicts:
			conflicts++
		default:
			return err
		}
	}
	return nil
}

// tellOnce returns the sessions with more changes of marks than fit.
func (s *Service) tellOnce(ctx context.Context, v visit, because events.Position) (left []events.ID, err error) {
	before, err := s.Log.Streams(ctx, v.home, streamsOf(v.sessions)...)
	if err != nil {
		return nil, &homeError{v.home, err}
	}
	// Read the provider after the home: whoever wrote what stands at home had read no more than this.
	registers, err := s.registers(ctx, v.provider, v.sessions)
	if err != nil {
		return nil, err
	}
	homes, err := s.persons(ctx, v, registers, before)
	if err != nil {
		return nil, err
	}
	var decisions []events.Decision
	for _, session := range v.sessions {
		r, stream := registers[session], events.SessionOf(session)
		if r == nil {
			continue
		}
		about := &events.Deciding{Stream: stream, State: casework.NewSession()}
		about.Latest = events.Fold(about.State, before[stream])
		if s.decide(v, r, homes, about) > 0 {
			left = append(left, session)
		}
		if len(about.Events) > 0 {
			id := v.command(session, because, before[stream])
			decisions = append(decisions, events.Decision{{Stream: stream, Expected: about.Latest, Command: id, Actor: s.Actor, Time: time.Now(), Events: about.Events}})
		}
	}
	if len(decisions) > 0 {
		if _, err := s.Log.Append(ctx, v.home, decisions...); err != nil {
			return nil, &homeError{v.home, err}
		}
	}
	return left, nil
}

// decide records what differs at home, and returns how many changes of marks did not fit.
func (s *Service) decide(v visit, r *register, homes map[events.ID]vault.Person, about *events.Deciding) (left int) {
	home := about.State.(*casework.Session)
	if home.Opened && home.ProviderMunicipality != v.provider {
		s.Logger.Error("a guest's session has the id of another session at home", "provider", v.provider, "home", v.home, "session", r.id)
		return 0
	}
	there, known := resolve(r, v.home, homes)
	if !home.Opened {
		if len(there) == 0 || !r.tells() {
			return 0
		}
		about.Record(events.SessionOpened{Session: r.id, Programme: r.Programme, Form: r.Form, HeldOn: r.HeldOn, ProviderMunicipality: v.provider})
	}
	about.Record(occasion(r, home, v.provider)...)
	e, left := marks(r.id, v.home, home, there, known)
	if len(e.Attended)+len(e.Removed) > 0 {
		about.Record(e)
	}
	return left
}

// tells reports whether a home that knows nothing of a session is told of it.
func (r *register) tells() bool { return !r.Cancelled && !r.Withdrawn }

// persons are those at home of the children who are or ever were from there, and of all they were ever merged with. Nobody is made
// known there but those whom it is told of.
func (s *Service) persons(ctx context.Context, v visit, registers map[events.ID]*register, before map[events.Stream][]events.Recorded) (map[events.ID]vault.Person, error) {
	var ever []events.ID
	for _, session := range v.sessions {
		if r := registers[session]; r != nil {
			ever = append(ever, r.people.everOne(r.everFrom(v.home)...)...)
		}
	}
	if len(ever) == 0 {
		return nil, nil
	}
	slices.SortFunc(ever, compareIDs)
	homes, err := s.Homes.LookupHome(ctx, v.provider, slices.Compact(ever), v.home)
	if err != nil {
		return nil, err
	}
	var unknown []events.ID
	for _, session := range v.sessions {
		r := registers[session]
		if r != nil && (len(before[events.SessionOf(session)]) > 0 || r.tells()) {
			for _, g := range r.from(v.home) {
				if one, ok := r.people.told(g.Child, homes); ok && homes[one].Token.IsZero() {
					unknown = append(unknown, one)
				}
			}
		}
	}
	if len(unknown) == 0 {
		return homes, nil
	}
	slices.SortFunc(unknown, compareIDs)
	made, err := s.Homes.HomeTokens(ctx, v.provider, slices.Compact(unknown), v.home)
	maps.Copy(homes, made)
	return homes, err
}

// resolve returns the marks that are to stand at home, one for all that count as one child, and the home's tokens of all
// that may stand there for who ever attended. A child whom the vault can no longer tell, because its identity was erased,
// is in neither: what stands of it stays.
func resolve(r *register, home events.Municipality, homes map[events.ID]vault.Person) (there []events.Mark, known map[events.ID]bool) {
	known = make(map[events.ID]bool)
	for _, child := range r.people.everOne(r.everFrom(home)...) {
		if token := homes[child].Token; !token.IsZero() {
			known[token] = true
		}
	}
	seen := make(map[casework.MarkKey]bool)
	for _, g := range r.from(home) {
		one, ok := r.people.told(g.Child, homes)
		person := homes[one]
		if !ok || person.Token.IsZero() { // erased meanwhile
			continue
		}
		m := events.Mark{Child: person.Token, Target: g.mark.Target, BirthYear: cmp.Or(person.BirthYear, g.mark.BirthYear), Gender: g.mark.Gender}
		if key := casework.Key(m, home); !seen[key] {
			seen[key] = true
			there = append(there, m)
		}
	}
	return there, known
}

// occasion is what was said of the session itself since the home was told.
func occasion(r *register, home *casework.Session, provider events.Municipality) (list []events.Event) {
	if home.Withdrawn {
		return nil
	}
	if home.Programme != r.Programme || home.Form != r.Form || home.HeldOn != r.HeldOn {
		list = append(list, events.SessionCorrected{
			Session: r.id, Programme: r.Programme, Form: r.Form, HeldOn: r.HeldOn, Reason: events.SourceChanged, ProviderMunicipality: provider,
		})
	}
	switch {
	case r.Cancelled && !home.Cancelled:
		list = append(list, events.SessionCancelled{Session: r.id})
	case !r.Cancelled && home.Cancelled:
		list = append(list, events.SessionReinstated{Session: r.id, Reason: events.SourceChanged})
	}
	if r.Withdrawn {
		list = append(list, events.SessionWithdrawn{Session: r.id, Reason: events.SourceChanged})
	}
	return list
}

// marks are the changes that bring the home's register to who was there, and how many more there are than fit.
func marks(session events.ID, from events.Municipality, home *casework.Session, there []events.Mark, known map[events.ID]bool) (e events.SessionAttended, left int) {
	e = events.SessionAttended{Session: session, HomeMunicipality: from}
	wanted := make(map[casework.MarkKey]bool)
	for _, m := range there {
		key := casework.Key(m, from)
		wanted[key] = true
		if !home.Marks[key].Attended { // or somebody at home marked it as absent
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
