package guests

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"rackvidd/events"
)

// tables hold nothing that could not be read from the logs again: where the forwarder is, which sessions may have
// guests and why, which homes it has told of them, and what a home could not be told yet.
const tables = `
SELECT pg_advisory_xact_lock(7180465001);
CREATE SCHEMA IF NOT EXISTS guests;
CREATE TABLE IF NOT EXISTS guests.checkpoint (municipality text PRIMARY KEY, position bigint NOT NULL);
ALTER TABLE guests.checkpoint ADD COLUMN IF NOT EXISTS failing timestamptz, ADD COLUMN IF NOT EXISTS why text;
CREATE TABLE IF NOT EXISTS guests.session (municipality text, session uuid, PRIMARY KEY (municipality, session));
CREATE TABLE IF NOT EXISTS guests.mark (municipality text, child uuid, session uuid, PRIMARY KEY (municipality, child, session));
ALTER TABLE guests.mark ADD COLUMN IF NOT EXISTS open boolean NOT NULL DEFAULT true;
CREATE TABLE IF NOT EXISTS guests.offer (municipality text, programme text, session uuid, PRIMARY KEY (municipality, programme, session));
CREATE TABLE IF NOT EXISTS guests.told (municipality text, session uuid, home text, PRIMARY KEY (municipality, session, home));
CREATE TABLE IF NOT EXISTS guests.owed (municipality text, home text, session uuid, because bigint NOT NULL, why text NOT NULL,
	since timestamptz NOT NULL DEFAULT now(), tried timestamptz, PRIMARY KEY (municipality, home, session));`

func install(ctx context.Context, pool *pgxpool.Pool) error {
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, tables)
		return err
	})
}

func (s *Service) checkpoint(ctx context.Context, m events.Municipality) (at events.Position, err error) {
	err = s.Pool.QueryRow(ctx, `SELECT position FROM guests.checkpoint WHERE municipality = $1`, string(m)).Scan(&at)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, nil
	}
	return at, err
}

// move never moves it back.
func (s *Service) move(ctx context.Context, m events.Municipality, to events.Position) error {
	_, err := s.Pool.Exec(ctx, `INSERT INTO guests.checkpoint AS c (municipality, position) VALUES ($1, $2)
		ON CONFLICT (municipality) DO UPDATE SET position = greatest(c.position, excluded.position), failing = NULL, why = NULL`, string(m), int64(to))
	if err != nil {
		return fmt.Errorf("move the checkpoint of %s to %d: %w", m, to, err)
	}
	return nil
}

// Forget lets a log that lost its end be read from its beginning again, for other events come in the places of those that are
// lost; and it is told anew of every session that it was told of as a home.
func Forget(ctx context.Context, pool *pgxpool.Pool, m events.Municipality) error {
	var there bool
	err := pool.QueryRow(ctx, `SELECT to_regclass('guests.owed') IS NOT NULL`).Scan(&there)
	if err == nil && there {
		_, err = pool.Exec(ctx, `WITH own AS (DELETE FROM guests.checkpoint WHERE municipality = $1)
			INSERT INTO guests.owed (municipality, home, session, because, why)
			SELECT municipality, home, session, c.position, 'its log lost its end' FROM guests.told JOIN guests.checkpoint c USING (municipality)
			WHERE home = $1 ON CONFLICT DO NOTHING`, string(m))
	}
	if err != nil {
		return fmt.Errorf("forget how far guests of %s were told of: %w", m, err)
	}
	return nil
}

// remember notes which sessions may have guests, before anything is said of them to anybody.
func (s *Service) remember(ctx context.Context, m events.Municipality, n news) error {
	if len(n.guests) == 0 && len(n.held) == 0 {
		return nil
	}
	batch := &pgx.Batch{}
	batch.Queue(`INSERT INTO guests.session SELECT $1, unnest($2::uuid[]) ON CONFLICT DO NOTHING`, string(m), raw(slices.Collect(maps.Keys(n.guests))...))
	var children, at, heldAt [][16]byte
	var open []bool
	var programmes []string
	for _, one := range n.marks {
		children, at, open = append(children, one.child), append(at, one.session), append(open, one.open)
	}
	for _, h := range n.held {
		programmes, heldAt = append(programmes, string(h.programme)), append(heldAt, h.session)
	}
	batch.Queue(`INSERT INTO guests.mark AS was (municipality, child, session, open)
		SELECT $1, child, session, bool_or(open) FROM unnest($2::uuid[], $3::uuid[], $4::boolean[]) AS m(child, session, open) GROUP BY child, session ORDER BY child, session
		ON CONFLICT (municipality, child, session) DO UPDATE SET open = true WHERE excluded.open AND NOT was.open`, string(m), children, at, open)
	batch.Queue(`INSERT INTO guests.offer SELECT $1, * FROM unnest($2::text[], $3::uuid[]) ON CONFLICT DO NOTHING`, string(m), programmes, heldAt)
	if err := s.Pool.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("note where %s may have guests: %w", m, err)
	}
	return nil
}

func raw(ids ...events.ID) [][16]byte {
	list := make([][16]byte, 0, len(ids))
	for _, id := range ids {
		list = append(list, id)
	}
	return list
}

// concerned lists the sessions that may have guests and that the news may have changed something about.
func (s *Service) concerned(ctx context.Context, m events.Municipality, n news) ([]events.ID, error) {
	if len(n.sessions)+len(n.children)+len(n.merged)+len(n.programmes) == 0 {
		return nil, nil
	}
	children, err := s.withMarks(ctx, m, n.children, true)
	if err != nil {
		return nil, err
	}
	merged, err := s.withMarks(ctx, m, n.merged, false)
	if err != nil {
		return nil, err
	}
	programmes := make([]string, 0, len(n.programmes))
	for p := range n.programmes {
		programmes = append(programmes, string(p))
	}
	rows, _ := s.Pool.Query(ctx, `
		SELECT session FROM guests.session WHERE municipality = $1 AND session = ANY($2::uuid[])
		UNION SELECT session FROM guests.mark WHERE municipality = $1 AND (child = ANY($3::uuid[]) AND open OR child = ANY($5::uuid[]))
		UNION SELECT o.session FROM guests.offer o JOIN guests.session s USING (municipality, session) WHERE o.municipality = $1 AND o.programme = ANY($4::text[])
		ORDER BY 1`, string(m), raw(slices.Collect(maps.Keys(n.sessions))...), children, programmes, merged)
	return collectIDs(rows)
}

// withMarks returns children with all they were ever merged with, unless nobody was marked, or nobody without a home if only
// such marks are open to what was said of them.
func (s *Service) withMarks(ctx context.Context, m events.Municipality, children map[events.ID]bool, open bool) ([][16]byte, error) {
	if len(children) == 0 {
		return nil, nil
	}
	var any bool
	err := s.Pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM guests.mark WHERE municipality = $1 AND (open OR NOT $2))`, string(m), open).Scan(&any)
	if err != nil || !any {
		return nil, err
	}
	all, err := s.kin(ctx, m, slices.Collect(maps.Keys(children)))
	return raw(slices.Collect(maps.Keys(all))...), err
}

// note remembers, before homes are told anything, that they are.
func (s *Service) note(ctx context.Context, m events.Municipality, visits []visit) error {
	var sessions [][16]byte
	var homes []string
	for _, v := range visits {
		for _, session := range v.sessions {
			sessions, homes = append(sessions, session), append(homes, string(v.home))
		}
	}
	_, err := s.Pool.Exec(ctx, `INSERT INTO guests.told SELECT $1, * FROM unnest($2::uuid[], $3::text[]) ON CONFLICT DO NOTHING`, string(m), sessions, homes)
	return err
}

// told returns the homes that were told of each session.
func (s *Service) told(ctx context.Context, m events.Municipality, sessions []events.ID) (map[events.ID][]events.Municipality, error) {
	rows, _ := s.Pool.Query(ctx, `SELECT session, home FROM guests.told WHERE municipality = $1 AND session = ANY($2::uuid[])`, string(m), raw(sessions...))
	told := make(map[events.ID][]events.Municipality)
	var session [16]byte
	var home events.Municipality
	_, err := pgx.ForEachRow(rows, []any{&session, &home}, func() error {
		told[session] = append(told[session], home)
		return nil
	})
	return told, err
}

func collectIDs(rows pgx.Rows) (list []events.ID, err error) {
	var id [16]byte
	_, err = pgx.ForEachRow(rows, []any{&id}, func() error {
		list = append(list, id)
		return nil
	})
	return list, err
}
