// Package projectiontest tries projections on a real PostgreSQL that it starts for the test program alone.
package projectiontest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Postgres is a server that lives as long as the test program, on a socket in a directory of its own.
type Postgres struct {
	dir  string
	bin  string
	as   *syscall.Credential
	cmd  *exec.Cmd
	done chan struct{}

	databases sync.Mutex
	made      int
	lent      map[*pgxpool.Pool]*database
	empty     []*database // those that were given back
}

// Start makes a server's directory and starts it. Durability is off.
func Start(ctx context.Context) (*Postgres, error) {
	bin, err := findServer()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "pg-")
	if err != nil {
		return nil, err
	}
	p := &Postgres{dir: dir, bin: bin, as: ordinaryUser(), lent: make(map[*pgxpool.Pool]*database)}
	if err := p.begin(ctx); err != nil {
		os.RemoveAll(dir)
		return nil, err
	}
	return p, nil
}

func (p *Postgres) begin(ctx context.Context) error {
	if err := p.initdb(ctx); err != nil {
		return err
	}
	return p.Restart(ctx)
}

func (p *Postgres) initdb(ctx context.Context) error {
	if p.as != nil {
		if err := os.Chown(p.dir, int(p.as.Uid), int(p.as.Gid)); err != nil {
			return err
		}
	}
	cmd := exec.CommandContext(ctx, filepath.Join(p.bin, "initdb"), "-D", p.data(), "-U", "test", "-A", "trust", "-N", "-E", "UTF8", "--locale=C")
	cmd.Dir, cmd.Env, cmd.SysProcAttr = p.dir, []string{"LC_ALL=C"}, &syscall.SysProcAttr{Credential: p.as}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, out)
	}
	return nil
}

func (p *Postgres) data() string { return filepath.Join(p.dir, "data") }

// Restart starts the server, after Stop or Kill, and waits until it answers.
func (p *Postgres) Restart(ctx context.Context) error {
	p.cmd = exec.Command(filepath.Join(p.bin, "postgres"), "-D", p.data(), "-k", p.dir, "-c", "listen_addresses=", "-c", "fsync=off",
		"-c", "full_page_writes=off", "-c", "max_connections=200", "-c", "shared_buffers=64MB", "-c", "max_wal_size=4GB", "-c", "log_min_messages=fatal", "-c", "timezone=UTC")
	p.cmd.Dir, p.cmd.Env = p.dir, []string{"LC_ALL=C", "TZ=UTC"}
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Credential: p.as, Setpgid: true, Pdeathsig: syscall.SIGQUIT}
	p.done = make(chan struct{})
	started := make(chan error)
	go func() {
		runtime.LockOSThread() // the kernel watches over the thread that forked
		defer runtime.UnlockOSThread()
		err := p.cmd.Start()
		started <- err
		if err == nil {
			p.cmd.Wait()
		}
		close(p.done)
	}()
	if err := <-started; err != nil {
		return err
	}
	return p.ready(ctx)
}

func (p *Postgres) ready(ctx context.Context) (err error) {
	for range 400 {
		if err = p.in(ctx, "postgres", "SELECT 1"); err == nil {
			return nil
		}
		select {
		case <-time.After(25 * time.Millisecond):
		case <-p.done:
			return fmt.Errorf("the database server ended: %w", err)
		}
	}
	return err
}

// URL is the address of a database.
func (p *Postgres) URL(database string) string {
	return fmt.Sprintf("host=%s user=test dbname=%s", p.dir, database)
}

func (p *Postgres) in(ctx context.Context, database, sql string) error {
	conn, err := pgx.Connect(ctx, p.URL(database))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, sql)
	return err
}

// Halt ends the server at once; what was not written is recovered at the next start.
func (p *Postgres) Halt() {
	p.cmd.Process.Signal(syscall.SIGQUIT)
	<-p.done
}

// Close ends the server and removes its directory.
func (p *Postgres) Close() error {
	p.Halt()
	return os.RemoveAll(p.dir)
}
