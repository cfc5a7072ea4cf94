package api

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"time"

	"rackvidd/events"
	"rackvidd/projections"
	"rackvidd/services/integrity"
	"rackvidd/services/vault"
)

// Readiness says of each part whether it answers. It is not ready while one of them does not; without the vault all goes on
// that is not about who a child is, and what is closed is named. A projection that stopped or is behind is named, and the rest
// goes on.
type Readiness struct {
	Status      string               `json:"status" enum:"ready,degraded,not_ready"`
	Parts       map[string]PartState `json:"parts"`
	Closed      []string             `json:"closed,omitempty" doc:"the permissions whose requests are refused for now, all or most of them; of a service without an API, its name"`
	Projections []ProjectionState    `json:"projections"`
	Archives    []ArchiveState       `json:"archives"`
	Guests      []GuestsState        `json:"guests,omitempty"`
	Lists       []ListState          `json:"lists,omitempty" doc:"the lists of children to be erased that were not kept up"`
	Backup      *BackupTaken         `json:"backup,omitempty" doc:"the last that was taken; left out where none is on record"`
}

// GuestsState is a log whose guests cannot be told of to their home municipalities. It is tried again all the time.
type GuestsState struct {
	Municipality events.Municipality `json:"municipality"`
	Position     events.Position     `json:"position"` // up to which they were told of
	Since        time.Time           `json:"since"`
	Why          string              `json:"why" doc:"in the program's own words"`
}

// ListState is a municipality whose list of children to be erased was not made for 26 hours, though it is twice a day: who stands on
// it may have thirty days anew.
type ListState struct {
	Municipality events.Municipality `json:"municipality"`
	Made         time.Time           `json:"made" doc:"when it was last"`
}

// unkept is how old a list is that was not kept up.
const unkept = 26 * time.Hour

// PartState is up or down.
type PartState struct {
	Status string `json:"status" enum:"up,down"`
}

// ProjectionState is how far the tables of a municipality are behind its log.
type ProjectionState struct {
	Projection    string              `json:"projection"`
	Municipality  events.Municipality `json:"municipality"`
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
	Municipality  events.Municipality `json:"municipality"`
	Position      events.Position     `json:"position"`
	BehindEvents  uint64              `json:"behind_events"`
	BehindSeconds float64             `json:"behind_seconds"`
	Damage        string              `json:"damage,omitempty" doc:"the first thing that was found; rackvidd audit verify names all"`
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

// readiness asks every part at once, for at most two seconds.
func (s *server) readiness(ctx context.Context) Readiness {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	state := Readiness{Status: "ready", Parts: make(map[string]PartState), Projections: []ProjectionState{}, Archives: []ArchiveState{}}
	var heads logHeads
	for name, answer := range s.askParts(ctx, &heads) {
		state.Parts[name] = PartState{"up"}
		if err := <-answer; err != nil {
			s.Logger.Warn("a part does not answer", "part", name, "err", err)
			state.Parts[name] = PartState{"down"}
			if name != "vault" {
				state.Status = "not_ready"
			}
		}
	}
	if state.Parts["vault"].Status == "down" {
		state.Closed = withoutVault()
		if state.Status == "ready" {
			state.Status = "degraded"
		}
	}
	if state.Status != "not_ready" {
		s.addProjections(ctx, &state, heads)
		s.addArchives(ctx, &state, heads)
		s.addGuests(ctx, &state, heads)
		s.addLists(ctx, &state)
		state.Backup = s.lastBackup(ctx)
	}
	return state
}

// askParts asks every part at once. When nats has answered the heads are there.
func (s *server) askParts(ctx context.Context, heads *logHeads) map[string]chan error {
	askLog := func(ctx context.Context) (err error) { *heads, err = s.Log.Heads(ctx); return err }
	asked := map[string]chan error{}
	for name, ask := range map[string]func(context.Context) error{"nats": askLog, "postgres": s.Pool.Ping, "vault": s.askVault} {
		answer := make(chan error, 1)
		asked[name] = answer
		go func() { answer <- ask(ctx) }()
	}
	return asked
}

// addGuests names the logs whose guests cannot be told of.
func (s *server) addGuests(ctx context.Context, state *Readiness, heads logHeads) {
	state.Guests, _ = s.untold(ctx, heads)
	if len(state.Guests) > 0 && state.Status == "ready" {
		state.Status = "degraded"
	}
}

// addLists names the lists that were not kept up.
func (s *server) addLists(ctx context.Context, state *Readiness) {
	if state.Parts["vault"].Status == "down" {
		return
	}
	for _, l := range s.erasureLists(ctx) {
		if s.now().Sub(l.Made) > unkept {
			state.Lists = append(state.Lists, ListState{l.Municipality, l.Made})
		}
	}
	slices.SortFunc(state.Lists, func(a, b ListState) int { return a.Made.Compare(b.Made) })
	if len(state.Lists) > 0 && state.Status == "ready" {
		state.Status = "degraded"
	}
}

// erasureLists are those of all municipalities that ever decided on a retention.
func (s *server) erasureLists(ctx context.Context) []vault.Listing {
	list, err := s.Vault.Listings(ctx, "", s.now())
	if err != nil {
		s.Logger.Warn("a part does not answer", "part", "lists for erasure", "err", err)
	}
	return list
}

// untold are the logs whose guests cannot be told of. What has come to the log's end has nothing left to tell.
func (s *server) untold(ctx context.Context, heads logHeads) ([]GuestsState, error) {
	if s.Guests == nil {
		return nil, nil
	}
	list, err := s.Guests(ctx)
	if err != nil {
		s.Logger.Warn("a part does not answer", "part", "guests", "err", err)
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(list), func(g GuestsState) bool { return g.Position >= heads[g.Municipality] }), nil
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

func (s *server) addProjections(ctx context.Context, state *Readiness, heads logHeads) {
	list, err := s.projectionStates(ctx, heads)
	if err != nil {
		s.Logger.Warn("a part does not answer", "part", "projections", "err", err)
		state.Status = "not_ready"
		return
	}
	state.Projections = list
	for _, p := range list {
		if p.StoppedAt > 0 {
			state.Status = "degraded"
		}
	}
}

func (s *server) addArchives(ctx context.Context, state *Readiness, heads logHeads) {
	list, err := s.archiveStates(ctx, heads)
	if err != nil {
		s.Logger.Warn("a part does not answer", "part", "archive", "err", err)
		state.Parts["archive"] = PartState{"down"}
		state.Status = "not_ready"
		return
	}
	if s.Archive != nil {
		state.Parts["archive"] = PartState{"up"}
	}
	state.Archives = list
	for _, a := range list {
		if a.Damage != "" && state.Status == "ready" {
			state.Status = "degraded"
		}
	}
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
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	m := newGauges()
	var heads logHeads
	asked := s.askParts(ctx, &heads)
	s.measureDisks(m)
	logged := s.measurePart(m, "nats", <-asked["nats"])
	if logged {
		s.measureLogs(ctx, m, heads)
	}
	if last := s.lastBackup(ctx); last != nil {
		m.backup.WithLabelValues().Set(float64(last.At.Unix()))
		m.backupSize.WithLabelValues().Set(float64(last.Bytes))
	}
	if logged {
		s.measureVerified(ctx, m, heads)
		s.measureProjections(ctx, m, heads)
		s.measureGuests(ctx, m, heads)
	}
	s.measurePart(m, "postgres", <-asked["postgres"]) // these last: one that does not answer keeps no other waiting
	if s.measurePart(m, "vault", <-asked["vault"]) {
		s.measureLists(ctx, m)
	}
	return m
}

func (s *server) measurePart(m *gauges, name string, err error) (up bool) {
	part := m.parts.WithLabelValues(name)
	if err != nil {
		s.Logger.Warn("a part does not answer", "part", name, "err", err)
		part.Set(0)
		return false
	}
	part.Set(1)
	return true
}

func (s *server) measureDisks(m *gauges) {
	if s.Disks == nil {
		return
	}
	for _, d := range s.Disks() {
		m.free.WithLabelValues(d.Holds).Set(float64(d.Free))
		m.size.WithLabelValues(d.Holds).Set(float64(d.Size))
	}
}

func (s *server) measureLogs(ctx context.Context, m *gauges, heads logHeads) {
	for log, position := range heads {
		m.position.WithLabelValues(string(log)).Set(float64(position))
	}
	list, err := s.archiveStates(ctx, heads)
	if err != nil {
		s.Logger.Warn("a part does not answer", "part", "archive", "err", err)
		return
	}
	for _, a := range list {
		of := string(a.Municipality)
		m.unarchived.WithLabelValues(of).Set(float64(a.BehindEvents))
		m.unarchivedFor.WithLabelValues(of).Set(a.BehindSeconds)
		m.damaged.WithLabelValues(of).Set(0)
		if a.Damage != "" {
			m.damaged.WithLabelValues(of).Set(1)
		}
	}
}

func (s *server) measureVerified(ctx context.Context, m *gauges, heads logHeads) {
	if s.History == nil {
		return
	}
	list, err := s.History.Latest(ctx, slices.Collect(maps.Keys(heads)))
	if err != nil {
		s.Logger.Warn("a part does not answer", "part", "verifications", "err", err)
		return
	}
	last := make(map[events.Municipality]time.Time)
	for _, v := range list {
		if v.Ended.After(last[v.Municipality]) {
			last[v.Municipality] = v.Ended
		}
	}
	for log, at := range last {
		m.verified.WithLabelValues(string(log)).Set(float64(at.Unix()))
	}
}

func (s *server) measureProjections(ctx context.Context, m *gauges, heads logHeads) {
	list, err := s.projectionStates(ctx, heads)
	if err != nil {
		s.Logger.Warn("a part does not answer", "part", "projections", "err", err)
		return
	}
	for _, p := range list {
		of := []string{p.Projection, string(p.Municipality)}
		m.behind.WithLabelValues(of...).Set(float64(p.BehindEvents))
		m.lag.WithLabelValues(of...).Set(p.BehindSeconds)
		m.stopped.WithLabelValues(of...).Set(0)
		if p.StoppedAt > 0 {
			m.stopped.WithLabelValues(of...).Set(1)
		}
	}
}

func (s *server) measureLists(ctx context.Context, m *gauges) {
	children := 0
	for _, l := range s.erasureLists(ctx) {
		children += l.Children
		m.listedAt.WithLabelValues(string(l.Municipality)).Set(float64(l.Made.Unix()))
	}
	m.listed.WithLabelValues().Set(float64(children))
}

func (s *server) measureGuests(ctx context.Context, m *gauges, heads logHeads) {
	list, err := s.untold(ctx, heads)
	if err != nil || s.Guests == nil {
		return
	}
	for log := range heads {
		m.untold.WithLabelValues(string(log)).Set(0)
	}
	for _, g := range list {
		m.untold.WithLabelValues(string(g.Municipality)).Set(s.now().Sub(g.Since).Seconds())
	}
}
