package node

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"
)

func TestAFreshStartMakesAWorkingDatabaseAndARestartKeepsIt(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(dataDir(t), "postgres")
	first := startPostgres(t, dir)
	createDatabase(t, first, "reach")
	createDatabase(t, first, "reach")
	execute(t, first, "reach", `CREATE TABLE figure (n int)`, `INSERT INTO figure VALUES (7)`)
	for setting, want := range map[string]string{
		"fsync": "on", "synchronous_commit": "on", "data_checksums": "on", "listen_addresses": "",
		"server_encoding": "UTF8", "shared_buffers": "256MB", "max_wal_size": "128MB", "jit": "off",
		"log_error_verbosity": "terse", "log_min_error_statement": "panic", "log_parameter_max_length_on_error": "0",
	} {
		if got := ask(t, first, "reach", `SELECT current_setting('`+setting+`')`); got != want {
			t.Errorf("%s is %q, want %q", setting, got, want)
		}
	}
	if got := ask(t, first, "reach", `SELECT datcollate FROM pg_database WHERE datname = 'reach'`); got != "C" {
		t.Errorf("collation is %q, want C", got)
	}
	stopPostgres(t, first)
	second := startPostgres(t, dir)
	if got := ask(t, second, "reach", `SELECT n::text FROM figure`); got != "7" {
		t.Errorf("after a restart the table holds %q, want 7", got)
	}
}

func TestStoppingEndsEverythingEvenWithSessionsOpen(t *testing.T) {
	t.Parallel()
	p := startPostgres(t, filepath.Join(dataDir(t), "postgres"))
	conn := connect(t, p, "postgres")
	go conn.Exec(context.Background(), `SELECT pg_sleep(60)`)
	before := time.Now()
	stopPostgres(t, p)
	if took := time.Since(before); took > 30*time.Second {
		t.Errorf("stopping took %s", took)
	}
	select {
	case <-p.Done():
	default:
		t.Error("Done is not closed after Stop")
	}
	if left := serversIn(p.cluster); len(left) > 0 {
		t.Errorf("still running: %v", left)
	}
	stopPostgres(t, p)
}

func TestTheTerminalsInterruptDoesNotReachTheServer(t *testing.T) {
	t.Parallel()
	p := startPostgres(t, filepath.Join(dataDir(t), "postgres"))
	pid := recordedPID(p.cluster)
	if group, err := syscall.Getpgid(pid); err != nil || group != pid {
		t.Errorf("server %d is in process group %d, %v, want its own", pid, group, err)
	}
}

func TestDoneTellsThatTheServerHasDied(t *testing.T) {
	t.Parallel()
	p := startPostgres(t, filepath.Join(dataDir(t), "postgres"))
	if err := syscall.Kill(recordedPID(p.cluster), syscall.SIGQUIT); err != nil {
		t.Fatal(err)
	}
	select {
	case <-p.Done():
	case <-time.After(30 * time.Second):
		t.Fatal("Done stays open")
	}
}

func TestNoServerOutlivesAKilledParentAndTheNextStartWorks(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(dataDir(t), "postgres")
	cluster := filepath.Join(dir, "cluster")
	parent := startHelper(t, dir)
	if len(serversIn(cluster)) == 0 {
		t.Fatal("the helper runs no server")
	}
	kill(t, parent.Process.Pid)
	_ = parent.Wait()
	eventually(t, 30*time.Second, "the server is gone", func() bool { return len(serversIn(cluster)) == 0 })
	p := startPostgres(t, dir)
	if got := ask(t, p, "postgres", `SELECT 'here'`); got != "here" {
		t.Errorf("after the kill the database says %q", got)
	}
}

func TestAStartEndsAServerThatIsStillThere(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(dataDir(t), "postgres")
	first := startPostgres(t, dir)
	createDatabase(t, first, "reach")
	second := startPostgres(t, dir)
	select {
	case <-first.Done():
	case <-time.After(30 * time.Second):
		t.Error("two servers on one directory")
	}
	ask(t, second, "reach", `SELECT 'here'`)
}

func TestAStartEndsSessionsThatOutlivedTheirServer(t *testing.T) {
	t.Parallel()
	p := startPostgres(t, filepath.Join(dataDir(t), "postgres"))
	session := int(connect(t, p, "postgres").PgConn().PID())
	// A stopped process cannot notice that its server is gone.
	if err := syscall.Kill(session, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	kill(t, recordedPID(p.cluster))
	<-p.Done()
	if left := serversIn(p.cluster); len(left) == 0 {
		t.Fatal("nothing outlived the server: the test shows nothing")
	}
	ask(t, startPostgres(t, p.dir), "postgres", `SELECT 'here'`)
}

func TestANoteWhoseNumberNowBelongsToAnotherProcessIsNoObstacle(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(dataDir(t), "postgres")
	first := startPostgres(t, dir)
	stopPostgres(t, first)
	stranger := startStranger(t, first.account)
	note := fmt.Sprintf("%d\n%s\n0\n5432\n%s\n\n", stranger, first.cluster, first.cluster)
	for _, path := range []string{filepath.Join(first.cluster, recordFile), filepath.Join(first.socket, socketLockFile)} {
		err := os.MkdirAll(filepath.Dir(path), 0o700)
		if err == nil {
			err = os.WriteFile(path, []byte(note), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	startPostgres(t, dir)
	if err := syscall.Kill(stranger, 0); err != nil {
		t.Errorf("the other process was ended: %v", err)
	}
}

func TestADatabaseLeftUnfinishedIsClearedAway(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(dataDir(t), "postgres")
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		for len(unfinished(dir)) == 0 {
			time.Sleep(5 * time.Millisecond)
		}
		cancel()
	}()
	if p, err := StartPostgres(ctx, PostgresConfig{Dir: dir}); err == nil {
		stopPostgres(t, p)
		t.Fatal("started in spite of being called off")
	}
	if err := os.MkdirAll(filepath.Join(dir, "unfinished-1", "base"), 0o700); err != nil {
		t.Fatal(err)
	}
	startPostgres(t, dir)
	if left := unfinished(dir); len(left) > 0 {
		t.Errorf("left lying: %v", left)
	}
}

func TestTwoDatabasesStandSideBySide(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	one := startPostgres(t, filepath.Join(dir, "one"))
	two := startPostgres(t, filepath.Join(dir, "two"))
	createDatabase(t, one, "only_in_one")
	if got := ask(t, two, "postgres", `SELECT count(*)::text FROM pg_database WHERE datname = 'only_in_one'`); got != "0" {
		t.Error("the second shows the first one's database")
	}
}

func TestADatabaseThatManyMakeAtOnceIsMadeForAll(t *testing.T) {
	t.Parallel()
	p := startPostgres(t, filepath.Join(dataDir(t), "postgres"))
	var makers errgroup.Group
	for range 8 {
		makers.Go(func() error { return CreateDatabases(t.Context(), p.DSN("postgres"), "one", "other") })
	}
	if err := makers.Wait(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"one", "other"} {
		ask(t, p, name, `SELECT 'here'`)
	}
}

func TestAPathTooLongForASocketOrClosedToOthersWorks(t *testing.T) {
	t.Parallel()
	closed := filepath.Join(dataDir(t), "closed")
	if err := os.Mkdir(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	p := startPostgres(t, filepath.Join(closed, strings.Repeat("long", 20), `it's "postgres", here`))
	createDatabase(t, p, "reach")
	ask(t, p, "reach", `SELECT 'here'`)
	if info, err := os.Stat(p.socket); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the socket's directory: %v, %v", info.Mode(), err)
	}
	stopPostgres(t, p)
	if exists(p.socket) {
		t.Errorf("%s is left behind", p.socket)
	}
}

func TestADirectoryMayBeCalledWhatItLikes(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"två ord", "a+b", "a,b", "100%25", `it's "q"`} {
		p := startPostgres(t, filepath.Join(dataDir(t), name))
		createDatabase(t, p, "reach")
		ask(t, p, "reach", `SELECT 'here'`)
		stopPostgres(t, p)
	}
}

func TestNoSocketIsPutWhereNoAddressLeads(t *testing.T) {
	for dir, want := range map[string]string{"/srv/tmp": "/srv/tmp", "/srv/a b": "/srv/a b", "/srv/a,b": "/tmp", "/" + strings.Repeat("long", 20): "/tmp"} {
		t.Setenv("TMPDIR", dir)
		if got := shortTempDir(); got != want {
			t.Errorf("with TMPDIR %s sockets are in %s", dir, got)
		}
	}
}

func TestAServerThatEndedByItselfIsFoundAgainUnderALongPath(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(dataDir(t), strings.Repeat("long", 20))
	before := startPostgres(t, dir)
	createDatabase(t, before, "reach")
	before.child.signal(syscall.SIGKILL)
	<-before.Done()
	startPostgres(t, dir)
	ask(t, before, "reach", `SELECT 'here'`)
}

func TestNobodyElseGetsIn(t *testing.T) {
	t.Parallel()
	p := startPostgres(t, filepath.Join(dataDir(t), "postgres"))
	for path, want := range map[string]os.FileMode{"password": 0o600, "cluster": 0o700} {
		info, err := os.Stat(filepath.Join(p.dir, path))
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v, want %v", path, info.Mode().Perm(), err, want)
		}
	}
	wrong := strings.Replace(p.DSN("postgres"), p.password, "guess", 1)
	if conn, err := pgx.Connect(context.Background(), wrong); err == nil {
		conn.Close(context.Background())
		t.Error("a wrong password is let in")
	}
	if err := os.Remove(filepath.Join(p.dir, "password")); err != nil {
		t.Fatal(err)
	}
	stopPostgres(t, p)
	_, err := StartPostgres(context.Background(), PostgresConfig{Dir: p.dir})
	if err == nil || !strings.Contains(err.Error(), "restore that file") {
		t.Errorf("without its password: %v", err)
	}
}

func TestNoValueReachesTheLog(t *testing.T) {
	t.Parallel()
	var log lockedBuffer
	handler := slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})
	p, err := StartPostgres(context.Background(), PostgresConfig{Dir: filepath.Join(dataDir(t), "postgres"), Log: slog.New(handler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stopPostgres(t, p) })
	execute(t, p, "postgres", `CREATE TABLE child (label text PRIMARY KEY)`, `INSERT INTO child VALUES ('Kerstin')`)
	conn := connect(t, p, "postgres")
	for _, statement := range []string{
		`INSERT INTO child VALUES ('Kerstin')`,
		`SELECT 'Kerstin'::int`,
		`DO $$ BEGIN RAISE WARNING E'first\nKerstin'; RAISE LOG 'Kerstin'; END $$`,
	} {
		_, _ = conn.Exec(context.Background(), statement)
	}
	_, _ = conn.Exec(context.Background(), `SELECT $1::text::int`, "Kerstin")
	go conn.Exec(context.Background(), `SELECT pg_sleep(60), 'Kerstin'`)
	eventually(t, 30*time.Second, "the session sleeps", func() bool {
		return ask(t, p, "postgres", `SELECT count(*)::text FROM pg_stat_activity WHERE wait_event = 'PgSleep'`) == "1"
	})
	kill(t, int(conn.PgConn().PID()))
	eventually(t, 30*time.Second, "the crash is reported", func() bool { return strings.Contains(log.String(), "terminated by signal 9") })
	for _, code := range []string{"23505", "22P02"} {
		if !strings.Contains(log.String(), "code="+code) {
			t.Errorf("error %s is not reported", code)
		}
	}
	if strings.Contains(log.String(), "Kerstin") {
		t.Errorf("the log holds a value:\n%s", log.String())
	}
}

func TestAServerThatCannotStartSaysWhy(t *testing.T) {
	t.Parallel()
	p := startPostgres(t, filepath.Join(dataDir(t), "postgres"))
	stopPostgres(t, p)
	if err := os.Remove(filepath.Join(p.cluster, "global", "pg_control")); err != nil {
		t.Fatal(err)
	}
	_, err := StartPostgres(context.Background(), PostgresConfig{Dir: p.dir})
	if err == nil || !strings.Contains(err.Error(), "pg_control") || strings.Contains(err.Error(), "\n") {
		t.Errorf("the error is %v", err)
	}
}

func startPostgres(t *testing.T, dir string) *Postgres {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	p, err := StartPostgres(ctx, PostgresConfig{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stopPostgres(t, p)
		if left := serversIn(p.cluster); len(left) > 0 {
			t.Errorf("still running on %s: %v", p.cluster, left)
		}
	})
	return p
}

func stopPostgres(t *testing.T, p *Postgres) {
	t.Helper()
	if err := p.Stop(context.Background()); err != nil {
		t.Error(err)
	}
}

func createDatabase(t *testing.T, p *Postgres, name string) {
	t.Helper()
	if err := p.CreateDatabases(context.Background(), name); err != nil {
		t.Fatal(err)
	}
}

func connect(t *testing.T, p *Postgres, database string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), p.DSN(database))
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

func execute(t *testing.T, p *Postgres, database string, statements ...string) {
	t.Helper()
	conn := connect(t, p, database)
	defer conn.Close(context.Background())
	for _, statement := range statements {
		if _, err := conn.Exec(context.Background(), statement); err != nil {
			t.Fatal(err)
		}
	}
}

func ask(t *testing.T, p *Postgres, database, question string) (answer string) {
	t.Helper()
	conn := connect(t, p, database)
	defer conn.Close(context.Background())
	if err := conn.QueryRow(context.Background(), question).Scan(&answer); err != nil {
		t.Fatal(err)
	}
	return answer
}

// startStranger is a process of the server's account that has nothing to do with it.
func startStranger(t *testing.T, as account) int {
	t.Helper()
	cmd := as.command(context.Background(), "/", "sleep", "300")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return cmd.Process.Pid
}

func unfinished(dir string) []string {
	found, _ := filepath.Glob(filepath.Join(dir, "unfinished-*"))
	return found
}

func kill(t *testing.T, pid int) {
	t.Helper()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
}

type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
