package api

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"rackvidd/events"
	"rackvidd/projections"
	"rackvidd/services/integrity"
	"rackvidd/services/vault"
)

// Readiness says of each part whether it answers, each asked beside the others for two seconds. It is not ready while one of them does
// not; without the vault all goes on that is not about who a child is, and what is closed is named. That guests are told of, when
// the last backup was taken, and which lists of children to be erased were not kept up, is left out where nobody answers that, and the
// part is named as down. A projection that stopped or is behind is named, and the rest goes on.
type Readiness struct {
	Status      string               `json:"status" enum:"ready,degraded,not_ready"`
	Parts       map[string]PartState `json:"parts"`
	Closed      []string             `json:"closed,omitempty" doc:"the permissions whose requests are refused for now, all or most of them; of a service without an API, its name"`
	Projections []ProjectionState    `json:"projections"`
	Archives    []ArchiveState       `json:"archives"`
	Guests      []GuestsState        `json:"guests,omitempty"`
	Lists       []ListState          `json:"lists,omitempty" doc:"the lists of children to be erased that were not kept up, or never made"`
	Backup      *BackupTaken         `json:"backup,omitempty" doc:"the last that was taken; left out where none is on record"`
}

// GuestsState is a log whose guests cannot be told of to their home municipalities. It is tried again all the time.
type GuestsState struct {
	Municipality events.Municipality `json:"municipality" pattern:"^([0-9]{4}|national)$"`
	Position     events.Position     `json:"position"` // up to which they were told of
	Since        time.Time           `json:"since"`
	Why          string              `json:"why" doc:"in the program's own words"`
}

// PartState is up or down.
type PartState struct {
	Status string `json:"status" enum:"up,down"`
	Why    string `json:"why,omitempty" enum:"vault_too_old,no_answer,failed,no_room" doc:"of lists that are down, and of nats that answers and records nothing more"`
}

// ProjectionState is how far the tables of a municipality are behind its log.
type ProjectionState struct {
	Projection    string              `json:"projection"`
	Municipality  events.Municipality `json:"municipality" pattern:"^([0-9]{4}|national)$"`
	Generation    int                 `json:"generation"`
	Position      events.Position     `json:"position"`
	BehindEvents  uint64              `json:"behind_events"`
	BehindSeconds float64             `json:"behind_seconds"`
	StoppedAt     events.Position     `json:"stopped_at,omitempty"`
	StoppedCode   string              `json:"stopped_code,omitempty" enum:"cannot_fold,rows_refused,unreadable"`
	StoppedWhy    string              `json:"stopped_why,omitempty" doc:"the same, in the program's own words"`
}

// ArchiveState is how far a municipality's archive is behind its log, and what was found damaged of either.
type ArchiveState struct {
	Municipality  events.Municipality `json:"municipality" pattern:"^([0-9]{4}|national)$"`
	Position      events.Position     `json:"position"`
	BehindEvents  uint64              `json:"behind_events"`
	BehindSeconds float64             `json:"behind_seconds"`
	Damage        string              `json:"damage,omitempty" doc:"the first thing that was found; rackvidd audit verify says what else differs"`
	Found         *integrity.Finding  `json:"found,omitempty" doc:"the same, for programs, without numbers of children"`
	Damages       int                 `json:"damages,omitempty" doc:"how many things were found"`
}

func (s *server) plainRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, map[string]string{"status": "alive"})
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		state := s.readiness(r.Context())
		status := http.StatusOK
		if state.Status == "not_ready" {
			status = http.StatusServiceUnavailable
		}
		writeJSON(w, status, state)
	})
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, r *http.Request) {
		s.metrics.with(s.measured(r.Context())).ServeHTTP(w, r)
	})
}

// answerWithin is how long each part has to answer, beside the others.
const answerWithin = 2 * time.Second

var errNoAnswer = errors.New("it did not answer in time")

// asking asks a part at once; the answer is waited for when it is called for. One that hangs is left behind when its time is over.
func asking[T any](ctx context.Context, ask func(context.Context) (T, error)) func() (T, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, answerWithin, errNoAnswer)
	var value T
	answer := make(chan error, 1)
	go func() {
		defer cancel()
		told, err := ask(ctx)
		if err == nil {
			value = told
		}
		answer <- err
	}()
	return sync.OnceValues(func() (none T, err error) {
		select {
		case err = <-answer:
		case <-ctx.Done():
			select {
			case err = <-answer: // it came, and that ended its time
			default:
				return none, context.Cause(ctx)
			}
		}
		if err != nil {
			return none, err
		}
		return value, nil
	})
}

// parts are what is asked of each part.
type parts struct {
	nats     func() (logHeads, error)
	postgres func() (struct{}, error)
	vault    func() (struct{}, error)
	lists    func() ([]vault.Listing, error)
	backup   func() (*BackupTaken, error)
}

func (s *server) askParts(ctx context.Context) parts {
	silent := func(ask func(context.Context) error) func(context.Context) (struct{}, error) {
		return func(ctx context.Context) (struct{}, error) { return struct{}{}, ask(ctx) }
	}
	return parts{asking(ctx, s.Log.Heads), asking(ctx, silent(s.Pool.Ping)), asking(ctx, silent(s.askVault)), asking(ctx, s.erasureLists), asking(ctx, s.lastBackup)}
}

// logParts are what is asked about the logs when it is known how far they have come.
type logParts struct {
	projections func() ([]ProjectionState, error)
	archives    func() ([]ArchiveState, error)
	guests      func() ([]GuestsState, error)
	decided     func() (map[events.Municipality]time.Time, error)
}

func (s *server) askOfLogs(ctx context.Context, heads logHeads) logParts {
	return logParts{
		asking(ctx, func(ctx context.Context) ([]ProjectionState, error) { return s.projectionStates(ctx, heads) }),
		asking(ctx, func(ctx context.Context) ([]ArchiveState, error) { return s.archiveStates(ctx, heads) }),
		asking(ctx, func(ctx context.Context) ([]GuestsState, error) { return s.untold(ctx, heads) }),
		asking(ctx, func(ctx context.Context) (map[events.Municipality]time.Time, error) {
			return s.decidedToErase(ctx, heads)
		}),
	}
}

// answered reports whether a part does, and says so in the log where it does not.
func (s *server) answered(name string, err error) bool {
	if err != nil {
		s.Logger.Warn("a part does not answer", "part", name, "err", err)
	}
	return err == nil
}

// readiness asks every part at once, and about the logs when their server has answered.
func (s *server) readiness(ctx context.Context) Readiness {
	state := Readiness{Status: "ready", Parts: make(map[string]PartState), Projections: []ProjectionState{}, Archives: []ArchiveState{}}
	asked := s.askParts(ctx)
	var logs logParts
	heads, err := asked.nats()
	s.mustAnswer(&state, "nats", err)
	if err == nil {
		if s.LogFull != nil && s.LogFull() {
			state.Parts["nats"] = PartState{Status: "up", Why: "no_room"}
			state.degrade()
		}
		logs = s.askOfLogs(ctx, heads)
		s.addLogs(&state, logs)
	}
	_, err = asked.postgres()
	s.mustAnswer(&state, "postgres", err)
	state.Backup, err = asked.backup()
	s.shouldAnswer(&state, "backup", err)
	if _, err = asked.vault(); s.answered("vault", err) {
		state.Parts["vault"] = PartState{Status: "up"}
		all, err := askLists(asked.lists, logs.decided)
		s.addLists(&state, all, err)
	} else {
		state.Parts["vault"], state.Closed = PartState{Status: "down"}, withoutVault()
		state.degrade()
	}
	return state
}

// mustAnswer names a part without which nothing is ready.
func (s *server) mustAnswer(state *Readiness, name string, err error) {
	state.Parts[name] = PartState{Status: "up"}
	if !s.answered(name, err) {
		state.Parts[name], state.Status = PartState{Status: "down"}, "not_ready"
	}
}

// shouldAnswer names a part only where it does not answer: then what it tells is left out.
func (s *server) shouldAnswer(state *Readiness, name string, err error) {
	if !s.answered(name, err) {
		state.Parts[name] = PartState{Status: "down"}
		state.degrade()
	}
}

// degrade says that not all is as it should be, and that the rest goes on.
func (r *Readiness) degrade() {
	if r.Status == "ready" {
		r.Status = "degraded"
	}
}

// addLogs names the read models, the archives, and the logs whose guests cannot be told of.
func (s *server) addLogs(state *Readiness, asked logParts) {
	if list, err := asked.projections(); err != nil {
		s.mustAnswer(state, "projections", err)
	} else {
		state.Projections = list
	}
	list, err := asked.archives()
	if err != nil || s.Archive != nil {
		s.mustAnswer(state, "archive", err)
	}
	if err == nil {
		state.Archives = list
	}
	state.Guests, err = asked.guests()
	s.shouldAnswer(state, "guests", err)
	if len(state.Guests) > 0 || slices.ContainsFunc(state.Archives, func(a ArchiveState) bool { return a.Damage != "" }) ||
		slices.ContainsFunc(state.Projections, func(p ProjectionState) bool { return p.StoppedAt > 0 }) {
		state.degrade()
	}
}

// untold are the logs whose guests cannot be told of. What has come to the log's end has nothing left to tell.
func (s *server) untold(ctx context.Context, heads logHeads) ([]GuestsState, error) {
	if s.Guests == nil {
		return nil, nil
	}
	list, err := s.Guests(ctx)
	return slices.DeleteFunc(slices.Clone(list), func(g GuestsState) bool { return g.Position >= heads[g.Municipality] }), err
}

// logHeads are the last positions of all logs.
type logHeads = map[events.Municipality]events.Position

func (s *server) askVault(ctx context.Context) error {
	if s.Uncompared != nil {
		if err := s.Uncompared(); err != nil {
			return err
		}
	}
	_, err := s.Vault.RecordsPosition(ctx, events.National)
	return err
}

// archiveStates are those of all logs; none where no archive is served.
func (s *server) archiveStates(ctx context.Context, heads logHeads) ([]ArchiveState, error) {
	list := []ArchiveState{}
	if s.Archive == nil {
		return list, nil
	}
	logs := slices.Collect(maps.Keys(heads))
	for m := range s.mendable() { // one whose stream is lost is named too
		logs = append(logs, m)
	}
	slices.Sort(logs)
	logs = slices.Compact(logs)
	at, err := s.Archive.Positions(logs)
	if err != nil {
		return nil, err
	}
	damaged := s.mendable() // with what reading the archives noted
	checkpoints := make([]projections.Checkpoint, len(logs))
	for i, m := range logs {
		checkpoints[i] = projections.Checkpoint{Municipality: m, Position: at[m], AppliedAt: s.now()}
	}
	behind, err := projections.Lag(ctx, s.Log, heads, checkpoints, s.now())
	for _, b := range behind {
		state := ArchiveState{Municipality: b.Municipality, Position: b.Position, BehindEvents: b.Messages, BehindSeconds: b.Time.Seconds()}
		if found := damaged[b.Municipality]; len(found) > 0 {
			public := found[0].Public()
			state.Damage, state.Found, state.Damages = public.String(), &public, len(found)
		}
		list = append(list, state)
	}
	return list, err
}

// mendable is what stands of what may be whole another time. What was submitted otherwise than the log gives stands for good, and
// whoever looks after the installation can do nothing about it.
func (s *server) mendable() map[events.Municipality][]integrity.Finding {
	all := maps.Clone(s.found())
	for m, list := range all {
		all[m] = slices.DeleteFunc(slices.Clone(list), func(f integrity.Finding) bool { return !slices.Contains(integrity.Mendable(), f.Copy) })
	}
	return all
}

// found is what stands of what was found.
func (s *server) found() map[events.Municipality][]integrity.Finding {
	if s.Damaged == nil {
		return nil
	}
	return s.Damaged()
}

func (s *server) projectionStates(ctx context.Context, heads logHeads) ([]ProjectionState, error) {
	checkpoints, err := projections.Status(ctx, s.Pool)
	if err != nil {
		return nil, err
	}
	behind, err := projections.Lag(ctx, s.Log, heads, checkpoints, s.now())
	if err != nil {
		return nil, err
	}
	list := make([]ProjectionState, len(behind))
	for i, b := range behind {
		list[i] = ProjectionState{b.Projection, b.Municipality, b.Generation, b.Position, b.Messages, b.Time.Seconds(), b.StoppedAt, b.StoppedCode, b.StoppedWhy}
	}
	return list, nil
}

// measured are the gauges as they stand; those that cannot be told say nothing.
func (s *server) measured(ctx context.Context) *gauges {
	g := newGauges()
	asked := s.askParts(ctx)
	if s.Disks != nil {
		g.disks(s.Disks())
	}
	var logs logParts
	heads, err := asked.nats()
	if g.part("nats", s.answered("nats", err)) {
		logs = s.askOfLogs(ctx, heads)
		s.measureLogs(ctx, g, heads, logs)
	}
	if last, err := asked.backup(); s.answered("backup", err) && last != nil {
		g.backup.WithLabelValues().Set(float64(last.At.Unix()))
		g.backupSize.WithLabelValues().Set(float64(last.Bytes))
	}
	_, err = asked.postgres()
	g.part("postgres", s.answered("postgres", err))
	if _, err = asked.vault(); g.part("vault", s.answered("vault", err)) {
		if all, err := askLists(asked.lists, logs.decided); s.answered("lists", err) {
			g.lists(all)
		}
	}
	return g
}

func (s *server) measureLogs(ctx context.Context, g *gauges, heads logHeads, asked logParts) {
	verified := asking(ctx, func(ctx context.Context) ([]Verified, error) { return s.verifiedOf(ctx, heads) })
	for log, position := range heads {
		g.position.WithLabelValues(string(log)).Set(float64(position))
	}
	if list, err := asked.archives(); s.answered("archive", err) {
		g.archives(list)
	}
	if list, err := asked.projections(); s.answered("projections", err) {
		g.projections(list)
	}
	if list, err := asked.guests(); s.answered("guests", err) && s.Guests != nil {
		g.guests(heads, list, s.now())
	}
	if list, err := verified(); s.answered("verifications", err) {
		g.verifications(list)
	}
}

func (s *server) verifiedOf(ctx context.Context, heads logHeads) ([]Verified, error) {
	if s.History == nil {
		return nil, nil
	}
	return s.History.Latest(ctx, slices.Collect(maps.Keys(heads)))
}
