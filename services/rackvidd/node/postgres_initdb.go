package node

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

const superuser = "rackvidd"

// madeBy is the major version that made the cluster, 0 when there is none.
func madeBy(cluster string) (int, error) {
	text, err := os.ReadFile(filepath.Join(cluster, "PG_VERSION"))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read the database's version: %w", err)
	}
	return strconv.Atoi(strings.TrimSpace(string(text)))
}

// makeCluster makes the cluster beside its place and moves it there when it is
// complete, so that nothing half made is ever taken for a database.
func (p *Postgres) makeCluster(ctx context.Context) error {
	if err := p.clearUnfinished(ctx); err != nil {
		return err
	}
	unfinished, err := os.MkdirTemp(p.dir, "unfinished-*")
	if err != nil {
		return fmt.Errorf("make the database directory: %w", err)
	}
	defer os.RemoveAll(unfinished)
	err = p.account.own(unfinished)
	if err == nil {
		err = p.initdb(ctx, unfinished)
	}
	if err == nil {
		err = includeSettings(unfinished)
	}
	if err == nil {
		err = os.Rename(unfinished, p.cluster)
	}
	if err == nil {
		err = SyncDir(p.dir)
	}
	if err != nil {
		return fmt.Errorf("make the database %s: %w", p.cluster, err)
	}
	return nil
}

func (p *Postgres) clearUnfinished(ctx context.Context) error {
	old, _ := filepath.Glob(filepath.Join(p.dir, "unfinished-*"))
	for _, dir := range old {
		if err := endLeftovers(ctx, dir); err != nil {
			return err
		}
		if err := os.RemoveAll(dir); err != nil {
			return fmt.Errorf("remove an unfinished database: %w", err)
		}
	}
	return nil
}

func (p *Postgres) initdb(ctx context.Context, dir string) error {
	password, err := p.passwordPipe()
	if err != nil {
		return err
	}
	defer password.Close()
	cmd := p.account.command(ctx, dir, p.bin.program("initdb"), "-D", dir,
		"--username="+superuser, "--pwfile=/dev/fd/3", "--auth=scram-sha-256",
		"--encoding=UTF8", "--no-locale", "--data-checksums", "--no-instructions")
	cmd.ExtraFiles = []*os.File{password}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	var said bytes.Buffer
	cmd.Stderr = &said
	running, err := startChild(cmd)
	if err != nil {
		return fmt.Errorf("run initdb: %w", err)
	}
	<-running.done
	if err := cmp.Or(ctx.Err(), running.err); err != nil {
		return fmt.Errorf("run initdb: %w: %s", err, reason(said.String()))
	}
	return nil
}

// passwordPipe holds the password for one reader, which opens it by name and
// therefore has to own it.
func (p *Postgres) passwordPipe() (*os.File, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	_, err = io.WriteString(w, p.password+"\n")
	if p.account.drop {
		err = errors.Join(err, r.Chown(p.account.uid, p.account.gid))
	}
	if err = errors.Join(err, w.Close()); err != nil {
		r.Close()
		return nil, fmt.Errorf("hand over the password: %w", err)
	}
	return r, nil
}

// reason is the first line that says what went wrong, else the last: after it initdb tells what it removes.
func reason(said string) string {
	lines := strings.Split(strings.TrimSpace(said), "\n")
	for _, line := range lines {
		for _, level := range []string{"FATAL:", "PANIC:", "error:"} {
			if _, text, found := strings.Cut(line, level); found {
				return strings.TrimSpace(text)
			}
		}
	}
	return lines[len(lines)-1]
}
