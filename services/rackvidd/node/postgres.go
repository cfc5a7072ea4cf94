package node

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// PostgresConfig says where a private PostgreSQL keeps its data. Bin is a
// directory of server programs; empty means PG_BIN, else PATH, else the newest
// under /usr/lib/postgresql.
type PostgresConfig struct {
	Dir string
	Bin string
	Log *slog.Logger
}

// Postgres is a PostgreSQL run as a child process. Nobody else can connect: it
// has no TCP port, and its roles' passwords are in files only we can read.
type Postgres struct {
	dir      string
	cluster  string
	socket   string
	password string
	bin      binaries
	account  account
	log      *postgresLog
	child    *child
}

// StartPostgres returns when the server accepts connections; ctx bounds the
// start alone. The first start makes the database. Whatever an earlier run left
// running on the directory is ended first, so the caller must hold its lock.
func StartPostgres(ctx context.Context, cfg PostgresConfig) (*Postgres, error) {
	p, err := newPostgres(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if err := p.prepare(ctx); err != nil {
		return nil, err
	}
	if err := p.run(); err != nil {
		return nil, err
	}
	if err := p.ready(ctx); err != nil {
		if stopErr := p.Stop(context.WithoutCancel(ctx)); stopErr != nil {
			err = fmt.Errorf("%w; then %w", err, stopErr)
		}
		return nil, fmt.Errorf("start PostgreSQL on %s: %w", p.cluster, err)
	}
	p.log.routine.Store(false)
	return p, nil
}

// DSN connects to a database as its owner.
func (p *Postgres) DSN(database string) string {
	return p.dsn(url.UserPassword(superuser, p.password), database)
}

// dsn has a space of the path as %20: to PostgreSQL a plus is a plus.
func (p *Postgres) dsn(as *url.Userinfo, database string) string {
	query := url.Values{"host": {p.socket}, "sslmode": {"disable"}}.Encode()
	u := url.URL{Scheme: "postgres", User: as, Path: "/" + database, RawQuery: strings.ReplaceAll(query, "+", "%20")}
	return u.String()
}

// CreateDatabases makes those databases that there are none of the names of.
func (p *Postgres) CreateDatabases(ctx context.Context, names ...string) error {
	return CreateDatabases(ctx, p.DSN("postgres"), names...)
}

// CreateDatabases makes, on the server of an address, those databases that there are none of the names of.
func CreateDatabases(ctx context.Context, address string, names ...string) error {
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		return fmt.Errorf("create databases: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	for _, name := range names {
		var there bool
		err = conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)`, name).Scan(&there)
		if err == nil && !there {
			_, err = conn.Exec(ctx, `CREATE DATABASE `+pgx.Identifier{name}.Sanitize())
		}
		if err != nil && !madeMeanwhile(err) {
			return fmt.Errorf("create database %s: %w", name, err)
		}
	}
	return nil
}

// Done is closed when the server has exited, asked or not.
func (p *Postgres) Done() <-chan struct{} { return p.child.done }

// Stop ends sessions and server in an orderly way within 8 seconds, or, when
// that or ctx runs out, at once: the next start then recovers. It may be called again.
func (p *Postgres) Stop(ctx context.Context) error {
	p.log.routine.Store(true)
	p.child.signal(syscall.SIGINT)
	if !p.child.exited(8*time.Second, ctx.Done()) {
		p.child.signal(syscall.SIGQUIT)
		p.child.exited(time.Second, nil)
	}
	// Also ends sessions that outlived a server which was killed.
	signalAll(serversIn(p.cluster), syscall.SIGKILL)
	if !gone(context.WithoutCancel(ctx), p.cluster, 5*time.Second) {
		return fmt.Errorf("stop PostgreSQL on %s: pid %v is still running", p.cluster, serversIn(p.cluster))
	}
	return p.removeSocketDir()
}

func newPostgres(ctx context.Context, cfg PostgresConfig) (*Postgres, error) {
	dir, err := filepath.Abs(cfg.Dir)
	if err != nil {
		return nil, fmt.Errorf("find the database directory %s: %w", cfg.Dir, err)
	}
	p := &Postgres{dir: dir, cluster: filepath.Join(dir, "cluster"), log: newPostgresLog(cfg.Log)}
	if p.account, err = accountFor(p.cluster); err != nil {
		return nil, err
	}
	made, err := madeBy(p.cluster)
	if err != nil {
		return nil, err
	}
	p.bin, err = serverPlaces(cfg.Bin).find(ctx, made)
	return p, err
}

func (p *Postgres) prepare(ctx context.Context) error {
	if err := p.openDir(); err != nil {
		return err
	}
	if err := p.account.reach(ctx, p.bin.program("postgres"), p.dir); err != nil {
		return err
	}
	if err := endLeftovers(ctx, p.cluster); err != nil {
		return err
	}
	if err := p.loadPassword(); err != nil {
		return err
	}
	if !exists(p.cluster) {
		if err := p.makeCluster(ctx); err != nil {
			return err
		}
	}
	return writeSettings(p.cluster, p.account)
}

func (p *Postgres) openDir() error {
	if err := os.MkdirAll(p.dir, dirMode()); err != nil {
		return fmt.Errorf("make the database directory %s: %w", p.dir, err)
	}
	if err := os.Chmod(p.dir, dirMode()); err != nil {
		return fmt.Errorf("open the database directory %s: %w", p.dir, err)
	}
	return nil
}

func (p *Postgres) loadPassword() error {
	path := filepath.Join(p.dir, "password")
	if exists(p.cluster) && !exists(path) {
		return fmt.Errorf("the database %s is there but its password %s is not: restore that file", p.cluster, path)
	}
	secret, err := Secret(path, 32)
	p.password = hex.EncodeToString(secret)
	return err
}

func (p *Postgres) run() error {
	socket, err := p.socketDir()
	if err != nil {
		return err
	}
	if err := dropSocketLock(socket); err != nil {
		return err
	}
	p.socket = socket
	cmd := p.account.command(context.Background(), p.cluster, p.bin.program("postgres"), serverArgs(p.cluster, socket)...)
	cmd.Stderr = p.log
	cmd.SysProcAttr = p.account.attr(syscall.SIGINT)
	if p.child, err = startChild(cmd); err != nil {
		return fmt.Errorf("start PostgreSQL on %s: %w", p.cluster, err)
	}
	return nil
}

func (p *Postgres) ready(ctx context.Context) error {
	for {
		if p.announced() {
			if err := p.connect(ctx); err == nil || refused(err) {
				return err
			}
		}
		select {
		case <-p.child.done:
			return fmt.Errorf("it ended: %w: %s", p.child.err, p.log.lastFatal())
		case <-ctx.Done():
			return fmt.Errorf("it does not answer: %w", ctx.Err())
		case <-time.After(30 * time.Millisecond):
		}
	}
}

// announced reports whether a server with our child's number says that it takes connections: each that somebody tries costs it a
// process. After a reboot, or in a container, an earlier one may have had the same number: only a connection tells them apart.
func (p *Postgres) announced() bool {
	const status = 7
	return recordedPID(p.cluster) == p.child.cmd.Process.Pid && recorded(p.cluster, status) == "ready"
}

func (p *Postgres) connect(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, p.DSN("postgres"))
	if err != nil {
		return err
	}
	return conn.Close(ctx)
}

// refused is an answer that waiting does not change; 57P03 says "starting up".
func refused(err error) bool {
	var answer *pgconn.PgError
	return errors.As(err, &answer) && answer.Code != "57P03"
}

// madeMeanwhile is what the slower of two creators is told.
func madeMeanwhile(err error) bool {
	var answer *pgconn.PgError
	return errors.As(err, &answer) && (answer.Code == "42P04" || answer.Code == "23505")
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return !errors.Is(err, fs.ErrNotExist)
}
