package main

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/mod/sumdb/note"

	"rackvidd/events/archive"
	"rackvidd/events/failpoint"
	"rackvidd/events/jetlog"
	"rackvidd/projections"
	"rackvidd/projections/reach"
	"rackvidd/services/access"
	"rackvidd/services/api"
	"rackvidd/services/archiver"
	"rackvidd/services/audit"
	"rackvidd/services/backoffice"
	"rackvidd/services/guests"
	"rackvidd/services/integrity"
	"rackvidd/services/national"
	"rackvidd/services/projector"
	"rackvidd/services/rackvidd/node"
	"rackvidd/services/surveying"
	"rackvidd/services/vault"
	"rackvidd/services/web"
)

// parts is everything a running program is put together from.
type parts struct {
	*serveCommand
	data string
	log  *slog.Logger
	fail context.CancelCauseFunc

	forms      surveying.Collection
	surveys    *backoffice.Service
	counts     reach.Counts
	nats       func() (*node.NATS, error) // where NATS is run here: it waits until it is there
	streamHere bool                       // NATS runs here
	stream     *jetlog.Log                // as it is, whatever was found of it
	journal    integrity.Log              // which is not used where the stream is damaged
	homes      guests.Held                // it, as guests' homes are told in it
	pool       *pgxpool.Pool              // the read models' database, as whoever makes its tables
	reading    *pgxpool.Pool              // and as whoever reads one municipality at a time
	replays    *pgxpool.Pool              // the same, by connections that give way
	key        signingKey
	keys       audit.Keys // how it came to be the one that signs
	archive    archiver.Shelf
	copies     *audit.Service
	proofs     proving
	vault      vault.Service
	vaultHere  *vault.Vault
	vaultPool  *pgxpool.Pool // of the vault here
	compared   chan struct{} // closed when the vault was compared with the logs
	closers    []func()

	connections []*connection // to NATS

	visitors   visitors
	rebuilding sync.Mutex // all read models are made anew of one municipality at a time: each takes a connection
}

func (p *parts) closing(f func()) { p.closers = append(p.closers, f) }

// close takes everything down in the reverse order.
func (p *parts) close() {
	for i := len(p.closers) - 1; i >= 0; i-- {
		p.closers[i]()
	}
}

func (p *parts) start(ctx context.Context) error {
	if err := p.notBeingRestored(); err != nil {
		return err
	}
	if err := p.readForms(); err != nil {
		return err
	}
	if err := p.shared(); err != nil {
		return err
	}
	if p.privateLog() || p.privateDatabase() {
		if err := p.lock(); err != nil {
			return err
		}
	}
	if p.privateLog() {
		p.beginNATS(ctx)
	}
	for _, start := range []func(context.Context) error{p.startDatabase, p.startLog, p.startVault, p.startArchive, p.startImports} {
		if err := start(ctx); err != nil {
			return err
		}
	}
	return nil
}

// usesLog reports whether a service that runs here reads or writes the log.
func (p *parts) usesLog() bool { return p.usesDatabase() || p.runs("archiver") }

// usesDatabase reports whether a service that runs here uses the read models' database.
func (p *parts) usesDatabase() bool { return p.runs("api") || p.runs("projector") || p.runs("guests") }

// privateLog reports whether NATS is run here.
func (p *parts) privateLog() bool { return p.NATSURL == "" && p.usesLog() }

// privateDatabase reports whether PostgreSQL is run here.
func (p *parts) privateDatabase() bool {
	return p.DatabaseURL == "" && (p.usesDatabase() || p.runs("vault") && p.VaultDatabaseURL == "")
}

// shared refuses services that share a log and a database with others, and are not told which: of their own both would be empty.
func (p *parts) shared() error {
	if p.runs("api") && p.runs("projector") {
		return nil
	}
	lacks := func(what, setting string) error {
		return &usageError{fmt.Errorf("%s would run with %s of its own, which is empty: name that of the other services with %s, or run api and projector here", strings.Join(p.Services, " and "), what, setting)}
	}
	switch {
	case p.privateLog():
		return lacks("a log", "RACKVIDD_NATS_URL")
	case p.usesDatabase() && p.DatabaseURL == "":
		return lacks("a database", "RACKVIDD_DATABASE_URL")
	}
	return nil
}

func (p *parts) lock() error {
	unlock, err := node.LockDir(p.data)
	if err != nil {
		return &usageError{err}
	}
	p.closing(unlock)
	return nil
}

// beginNATS starts NATS, unless it is begun, beside PostgreSQL: after a kill each of them reads again what it wrote.
func (p *parts) beginNATS(ctx context.Context) {
	if p.nats != nil {
		return
	}
	ctx, cancel := context.WithCancel(ctx) // of the start alone
	p.nats = sync.OnceValues(func() (*node.NATS, error) {
		return node.StartNATS(ctx, node.NATSConfig{StoreDir: p.path("nats"), Log: p.log})
	})
	go p.nats()
	p.closing(func() {
		cancel()
		if server, err := p.nats(); err == nil {
			server.Stop()
		}
	})
}

// startLog connects to NATS, run here where no other is named.
func (p *parts) startLog(ctx context.Context) error {
	if !p.usesLog() {
		return nil
	}
	cfg := jetlog.Config{Replicas: p.NATSReplicas}
	if p.privateLog() {
		p.beginNATS(ctx)
		server, err := p.nats()
		if err != nil {
			return err
		}
		p.NATSURL, p.NATSBootstrapURL, p.streamHere = server.URL(), server.BootstrapURL(), true
		cfg.Writable = server.Writable
	}
	return p.openLog(cfg)
}

// openLog opens the log on the NATS that is named.
func (p *parts) openLog(cfg jetlog.Config) (err error) {
	if cfg.Conn, err = p.connect("RACKVIDD_NATS_URL", p.NATSURL); err != nil {
		return err
	}
	if p.NATSBootstrapURL != "" {
		if cfg.Bootstrap, err = p.connect("RACKVIDD_NATS_BOOTSTRAP_URL", p.NATSBootstrapURL); err != nil {
			return err
		}
	}
	p.stream, err = jetlog.New(cfg)
	p.journal = integrity.Log{Log: p.stream, Findings: integrity.Keep(filepath.Join(p.archiveDir(), "findings"), p.log)}
	p.homes = guests.Held{Log: integrity.Log{Log: p.stream, Findings: p.journal.Findings, Vault: true}, Telling: guests.Telling(p.pool)}
	return err
}

// startDatabase opens the read models' database, in a private server where no other is named.
func (p *parts) startDatabase(ctx context.Context) error {
	here := p.privateDatabase()
	if here {
		server, err := p.startPostgres(ctx)
		if err != nil {
			return err
		}
		p.DatabaseURL = server.DSN("rackvidd")
		if p.ReadingDatabaseURL, err = server.CreateReader(ctx, projections.Reader, "rackvidd"); err != nil {
			return err
		}
		p.VaultDatabaseURL = cmp.Or(p.VaultDatabaseURL, server.DSN("rackvidd_vault"))
	}
	if p.DatabaseURL == "" {
		return nil
	}
	var err error
	if p.pool, err = p.open(ctx, setting{"RACKVIDD_DATABASE_URL", p.DatabaseURL}, "row_security", "off"); err != nil { // an error rather than a part of the rows
		return err
	}
	err = p.retry(ctx, "read models", func() error {
		if err := holdsNot(ctx, p.pool, "RACKVIDD_DATABASE_URL", "public.ledger", "the vault's"); err != nil {
			return err
		}
		return projections.Install(ctx, p.pool)
	})
	if err != nil {
		return err
	}
	if err := p.startReading(ctx); err != nil {
		return err
	}
	p.replays, err = p.givingWay(ctx, p.reading, here)
	return err
}

// startPostgres runs a private PostgreSQL, and runs it again when it ends by itself.
func (p *parts) startPostgres(ctx context.Context) (*node.Postgres, error) {
	cfg := node.PostgresConfig{Dir: p.path("postgres"), Bin: p.PGBin, Log: p.log}
	server, err := node.StartPostgres(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if err := server.CreateDatabases(ctx, "rackvidd", "rackvidd_vault"); err != nil {
		return nil, errors.Join(err, server.Stop(context.WithoutCancel(ctx)))
	}
	watched, stop := context.WithCancel(context.WithoutCancel(ctx)) // requests under way need it to the last
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		p.watchPostgres(watched, server, cfg)
	}()
	p.closing(func() { stop(); <-ended })
	return server, nil
}

// watchPostgres starts PostgreSQL anew whenever it has ended, until ctx does; then it stops it.
func (p *parts) watchPostgres(ctx context.Context, server *node.Postgres, cfg node.PostgresConfig) {
	for {
		select {
		case <-ctx.Done():
			if err := server.Stop(context.WithoutCancel(ctx)); err != nil {
				p.log.Error("PostgreSQL did not stop", "error", err)
			}
			return
		case <-server.Done():
		}
		p.log.Error("PostgreSQL has ended; starting it again")
		for pause := 100 * time.Millisecond; ctx.Err() == nil; pause = min(2*pause, 5*time.Second) {
			again, err := node.StartPostgres(ctx, cfg)
			if err == nil {
				server = again
				break
			}
			p.log.Error("PostgreSQL does not start", "error", err)
			select {
			case <-time.After(pause):
			case <-ctx.Done():
			}
		}
	}
}

// holdsNot refuses a database in which a table is that belongs into another one: who children are is kept apart from what they did.
func holdsNot(ctx context.Context, pool *pgxpool.Pool, named, table, whose string) error {
	var there bool
	err := pool.QueryRow(ctx, `SELECT to_regclass($1) IS NOT NULL`, table).Scan(&there)
	if there {
		err = &usageError{fmt.Errorf("%s names %s database (%s is in it): name its own, which deploy/postgres/databases.sql makes", named, whose, table)}
	}
	return err
}

// planning is how each session has its queries planned, whoever runs PostgreSQL: a figure's take longer to plan, or to compile, than
// to run, and disks read at any place about as quickly as at the next.
var planning = map[string]string{"plan_cache_mode": "force_generic_plan", "jit": "off", "random_page_cost": "1.1"}

// open returns a pool of connections to the database that a setting names. Settings of the session come in pairs.
func (p *parts) open(ctx context.Context, named setting, session ...string) (*pgxpool.Pool, error) {
	cfg, err := pgxpool.ParseConfig(named.value)
	if err != nil {
		return nil, &usageError{fmt.Errorf("%s cannot be read; write postgres://user:password@host/database", named.name)} // the error quotes it
	}
	cfg.MaxConns = max(cfg.MaxConns, 16)
	maps.Copy(cfg.ConnConfig.RuntimeParams, planning)
	for i := 0; i < len(session); i += 2 {
		cfg.ConnConfig.RuntimeParams[session[i]] = session[i+1]
	}
	return p.openWith(ctx, cfg)
}

func (p *parts) openWith(ctx context.Context, cfg *pgxpool.Config) (*pgxpool.Pool, error) {
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	p.closing(pool.Close)
	return pool, nil
}

// retry waits for a part that is still on its way up: services may start in any order. What was given to it that is another's stays so.
func (p *parts) retry(ctx context.Context, part string, try func() error) error {
	const patience = 2 * time.Minute
	deadline := time.Now().Add(patience)
	for {
		err := p.notBeingRestored() // others may have come before whoever waited
		if err == nil {
			err = p.whyAway(try())
		}
		if err == nil || ctx.Err() != nil || time.Now().After(deadline) {
			return err
		}
		var asked *usageError
		if errors.As(err, &asked) {
			return err
		}
		if errors.Is(err, vault.ErrWrongKeys) || errors.Is(err, vault.ErrWrongLedger) {
			return &usageError{fmt.Errorf("%w: put the copy of the vault's directory back in the place of %s and, where RACKVIDD_INDEX_KEYS gave the keys, set it as it was", err, p.vaultDir())}
		}
		p.log.Warn("not there yet, trying again", "part", part, "error", err)
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// indexKeysFile holds the index keys in the vault's directory.
const indexKeysFile = "index.keys"

// startArchive opens the archive: to write it where the archiver runs, to read it where the API does.
func (p *parts) startArchive(ctx context.Context) error {
	if !p.runs("archiver") && !p.runs("api") {
		return nil
	}
	if err := os.MkdirAll(p.data, 0o700); err != nil {
		return fmt.Errorf("make the data directory: %w", err)
	}
	if err := p.openShelf(ctx); err != nil {
		return err
	}
	if err := p.goesOn(p.keys); err != nil {
		return err
	}
	p.proofs = proving{p.statements()}
	if !p.runs("archiver") {
		return p.startAudit(ctx)
	}
	keeper, err := archive.Keep(p.archive.Dir, p.key, p.archive.Key, p.archive.Retired...)
	if errors.Is(err, archive.ErrKept) {
		return &usageError{fmt.Errorf("%w; stop it, or name another directory with RACKVIDD_ARCHIVE", err)}
	}
	if err != nil {
		return err
	}
	p.closing(func() { keeper.Close() })
	p.archive.Archiver = archiver.New(archiver.Config{Log: p.stream, Keeper: keeper, Findings: p.archive.Findings, Reached: p.reached, Logger: p.log})
	return p.startAudit(ctx)
}

// openShelf reads the key that signs, and opens the archive to be read.
func (p *parts) openShelf(ctx context.Context) (err error) {
	if p.key, err = p.signingKey(ctx); err != nil {
		return err
	}
	if p.keys, err = p.keysOf(p.key); err != nil {
		return err
	}
	p.archive = archiver.Shelf{Dir: p.archiveDir(), Findings: p.journal.Findings}
	if p.archive.Retired, err = p.keys.Retired(); err != nil {
		return err
	}
	p.archive.Key, err = note.NewVerifier(string(p.key.public))
	return err
}

func (p *parts) archiveDir() string { return cmp.Or(p.Archive, p.path("archive")) }

// run starts the services that work in the background.
func (p *parts) run(ctx context.Context, running *sync.WaitGroup) {
	start := func(name string, work func(context.Context) error) {
		if !p.runs(name) {
			return
		}
		running.Go(func() {
			if err := work(ctx); err != nil && ctx.Err() == nil {
				p.fail(fmt.Errorf("service %s: %w", name, err))
			}
		})
	}
	start("vault", func(ctx context.Context) error { return p.vaultHere.ForgetOld(ctx) })
	start("projector", projector.Service{Log: p.journal, Rebuild: p.history(), Pool: p.pool, Logger: p.log}.Run)
	start("api", p.surveys.Run) // tells the national level what could not be told when it was submitted
	start("archiver", p.archive.Archiver.Run)
	if p.runs("archiver") {
		start("archiver", p.copies.Run)
	} else {
		start("api", p.copies.Run) // the archiver elsewhere has no read models
	}
	running.Go(func() { p.compareLater(ctx) })
	running.Go(func() { p.raiseCopies(ctx) })
	start("api", p.noteErasures)
	start("api", p.retain)
	start("guests", func(ctx context.Context) error {
		select {
		case <-p.compared:
		case <-ctx.Done():
			return nil
		}
		return guests.Service{Log: p.homes, Pool: p.pool, Homes: p.vault, Logger: p.log}.Run(ctx)
	})
}

// handler is what the listening address answers: the API, or the health of the services that run here.
func (p *parts) handler(ctx context.Context) (http.Handler, error) {
	if !p.runs("api") {
		return p.health(), nil
	}
	operator, err := node.Secret(p.path("operator.token"), 32)
	if err != nil {
		return nil, err
	}
	openID, err := p.openID()
	if err != nil {
		return nil, err
	}
	var accounts *access.Service
	err = p.retry(ctx, "accounts", func() (err error) {
		accounts, err = access.New(ctx, access.Config{Pool: p.pool, AdminToken: p.AdminToken, OperatorToken: hex.EncodeToString(operator), OpenID: openID, Clock: failpoint.Now})
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := p.startSurveys(ctx, p.key); err != nil {
		return nil, err
	}
	begun, err := p.begunKeys()
	if err != nil {
		return nil, err
	}
	served := api.New(api.Deps{
		Surveys: p.surveys, Replays: p.surveys, Log: p.journal, Vault: p.vault, Access: accounts, Pool: p.pool, Reading: p.reading, Counts: &p.counts, Clock: failpoint.Now, Logger: p.log, Version: version(),
		Importer: p.importer(), Spool: p.data, Rebuild: p.rebuild, Rollback: p.rollback, Replay: p.replay, Verify: p.verify, Repair: p.repair, Repairs: p.repairs, Explain: p.explain,
		Guests: p.guests, LogFull: p.stream.Full, Disks: p.disks, History: verifications{audit.History{Pool: p.pool}}, ScrubEvery: p.ScrubEvery, Damage: p.damage, Damaged: p.archive.Findings.All, Uncompared: p.uncompared, Retention: retaining{p.retention()},
		National: receiving{p.national()}, Protect: national.Protected, ReportDocument: national.Document, SigningKey: p.key.public, Retired: p.retiredKeys(), Begun: begun, Archive: p.archive,
		Statements: p.proofs, Backup: p.backup, Backups: backups{audit.History{Pool: p.pool}},
	})
	if !p.runs("web") {
		return p.visitors.noticed(served), nil
	}
	pages := web.Config{
		API: served, Sessions: accounts, Passkeys: accounts, Forms: p.forms, Contact: p.Contact, Invented: p.Invented, Clock: failpoint.Now, Logger: p.log, Head: p.journal.Head, Stopping: ctx.Done(),
	}
	if o := accounts.OpenID(); o != nil {
		pages.OpenID = o
	}
	return p.visitors.noticed(beside(served, web.New(pages))), nil
}

// beside serves the API where its contract is, and the pages everywhere else.
func beside(served, pages http.Handler) http.Handler {
	mux := http.NewServeMux()
	for _, path := range []string{"/api/", "/healthz", "/readyz", "/metrics"} {
		mux.Handle(path, served)
	}
	mux.Handle("/api", pages)
	mux.Handle("/", pages)
	return mux
}
