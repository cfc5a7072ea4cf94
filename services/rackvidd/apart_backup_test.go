package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"rackvidd/events/failpoint"
	"rackvidd/events/jetlog/jetlogtest"
	"rackvidd/projections/reach"
	"rackvidd/services/backup"
	"rackvidd/services/guests"
)

// apart is an installation whose services run each in a process of its own, as containers do, on a NATS and a PostgreSQL of its own.
type apart struct {
	*outage
	data, archive, vault string // volumes
	settings             []string
	running              []*server
}

func newApart(t *testing.T) *apart {
	t.Helper()
	a := &apart{outage: newPlaces(t), data: dataDir(t), archive: dataDir(t), vault: dataDir(t)}
	if err := a.postgres.CreateDatabases(t.Context(), "rackvidd_vault"); err != nil {
		t.Fatal(err)
	}
	a.settings = []string{
		"RACKVIDD_NATS_URL=" + a.nats.ClientURL(), "RACKVIDD_NATS_BOOTSTRAP_URL=" + a.nats.ClientURL(),
		"RACKVIDD_DATABASE_URL=" + a.postgres.DSN("rackvidd"), "RACKVIDD_VAULT_DATABASE_URL=" + a.postgres.DSN("rackvidd_vault"),
		"RACKVIDD_VAULT_CREDENTIAL=" + strings.Repeat("c", 40), "RACKVIDD_SIGNING_KEY=" + strings.Repeat("1f", 32), "RACKVIDD_ARCHIVE=" + a.archive,
	}
	return a
}

// onServers lets three servers keep the log.
func (a *apart) onServers(servers *jetlogtest.Servers) {
	a.settings = append(a.settings, "RACKVIDD_NATS_URL="+servers.URL("app"), "RACKVIDD_NATS_BOOTSTRAP_URL="+servers.URL("bootstrap"), "RACKVIDD_NATS_REPLICAS=3")
}

// start starts every service, and waits for them.
func (a *apart) start(t *testing.T) {
	t.Helper()
	one := func(data string, settings []string, flags ...string) *server {
		s, err := launchWith(append(a.settings, settings...), data, flags...)
		if err != nil {
			t.Fatal(err)
		}
		s.endsWith(t)
		s.awaitReady(t)
		a.running = append(a.running, s)
		return s
	}
	vault := []string{"RACKVIDD_VAULT_URL=" + one(a.vault, nil, "vault", "--vault-listen", "127.0.0.1:0").address}
	one(dataDir(t), nil, "archiver")
	a.server = one(a.data, vault, "api", "web")
	one(dataDir(t), vault, "projector")
	one(dataDir(t), vault, "guests")
}

func (a *apart) stopAll(t *testing.T) {
	t.Helper()
	for _, s := range a.running {
		s.stop(t)
	}
	a.running = nil
}

// operates runs a command as whoever is given everything.
func (a *apart) operates(settings []string, args ...string) (output string, code int) {
	ctx, stop := context.WithTimeout(a.t.Context(), 5*time.Minute)
	defer stop()
	cmd := a.command(ctx, settings, args...)
	raw, _ := cmd.CombinedOutput()
	return string(raw), cmd.ProcessState.ExitCode()
}

func (a *apart) command(ctx context.Context, settings []string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = append(append(append(cleanEnvironment(), "RACKVIDD_APART=true", "RACKVIDD_DATA="+a.data, "RACKVIDD_VAULT_DIR="+filepath.Join(a.vault, "vault")), a.settings...), settings...)
	return cmd
}

// inVault does something in the vault's database.
func (a *apart) inVault(t *testing.T, do func(*pgx.Conn) error) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), a.postgres.DSN("rackvidd_vault"))
	if err == nil {
		err = errors.Join(do(conn), conn.Close(t.Context()))
	}
	if err != nil {
		t.Fatal(err)
	}
}

// listed is how many children are listed for erasure.
func (a *apart) listed(t *testing.T) (children int) {
	t.Helper()
	a.inVault(t, func(conn *pgx.Conn) error {
		return conn.QueryRow(t.Context(), `SELECT count(*) FROM child WHERE listed IS NOT NULL`).Scan(&children)
	})
	return children
}

// oneGuest is a child of another municipality.
const oneGuest = "record_id,type,occurred_on,child,programme,form,birth_year,home_municipality\n" +
	"g1,session_attended,2021-03-01,20110103-9806,sputnik,counselling,2011,1882\n" // birth numbers from 980 on are nobody's

// TestServicesThatRunApartAreBackedUpWhileTheyRun restores them on other servers and volumes, of which three keep the log, with what was
// erased since erased.
func TestServicesThatRunApartAreBackedUpWhileTheyRun(t *testing.T) {
	t.Parallel()
	a := newApart(t)
	a.start(t)
	if _, err := a.bring(t.Context(), "1880", "a", smallFile); err != nil {
		t.Fatal(err)
	}
	if _, err := a.bring(t.Context(), "1880", "guests", oneGuest); err != nil {
		t.Fatal(err)
	}
	var stays, goes childEntered
	a.asks(t, "POST", "municipalities/1880/children", map[string]string{"identity": "b90", "label": "Alva"}, &stays)
	a.asks(t, "POST", "municipalities/1880/children", map[string]string{"identity": "b91", "label": "Bo"}, &goes)
	for _, child := range []string{stays.Child, goes.Child} {
		a.asks(t, "POST", "municipalities/1880/referrals", map[string]string{"child": child, "channel": "school", "received_on": "2021-03-01"}, nil)
	}
	a.must(t, "survey", "answer", "-m", "1880", "--year", "2021", "Q7=Vi behöver fler ledare")
	a.reaches(t, "1882", 1)
	before, atHome := a.figures(t, "1880", "year=2021"), a.figures(t, "1882", "year=2021")

	importing, stop := make(chan error), make(chan struct{})
	go func() { // a file that grows, again and again, so that a backup meets it
		for n := 1; ; n++ {
			_, err := a.bring(t.Context(), "1485", "b", manyRows(300*n))
			select {
			case <-stop:
				importing <- err
				return
			case <-time.After(100 * time.Millisecond):
			}
		}
	}()
	file, keys := filepath.Join(t.TempDir(), "all.backup"), filepath.Join(t.TempDir(), "vault")
	a.inVault(t, func(conn *pgx.Conn) error {
		_, err := conn.Exec(t.Context(), `UPDATE child SET listed = now()`)
		return err
	})
	for _, args := range [][]string{{"backup", file}, {"vault", "copy", keys}} {
		if out, code := a.operates(nil, args...); code != done {
			t.Fatalf("%s: exit %d: %s", args, code, out)
		}
	}
	close(stop)
	if err := <-importing; err != nil {
		t.Fatal(err)
	}
	if size, last := sizeOf(t, file), a.readiness(t).Backup; last == nil || last.Bytes != size {
		t.Errorf("after a backup of %d bytes /readyz tells of %+v", size, last)
	}
	if listed := a.listed(t); listed == 0 {
		t.Error("nobody was listed for erasure when it was backed up")
	}
	older := vaultWith(t, keys, "", "")
	a.must(t, "erase", "--municipality", "1880", "--child", goes.Child)
	if out, code := a.operates([]string{"RACKVIDD_VAULT_DIR=" + older}, "backup", filepath.Join(t.TempDir(), "none")); code != failed || !strings.Contains(out, "erasure ledger") {
		t.Errorf("with an older copy of the vault's directory: exit %d, %s", code, out)
	}
	if out, code := a.operates(nil, "vault", "copy", keys); code != done || !strings.Contains(out, "with 1 erasures") {
		t.Errorf("the keys once more: exit %d: %s", code, out)
	}
	a.stopAll(t)

	to, servers := newApart(t), startServers(t)
	to.onServers(servers)
	to.data, to.settings = filepath.Join(to.data, "not there yet"), append(to.settings, "RACKVIDD_FORMS="+filepath.Join(dataDir(t), "not", "there", "yet"))
	if err := os.Mkdir(filepath.Join(to.vault, "vault"), 0o755); err != nil { // as a mount point is
		t.Fatal(err)
	}
	t.Run("what cannot be restored is refused, and leaves everything empty", func(t *testing.T) { to.refuses(t, file, keys) })
	out, code := to.operates(nil, "restore", file, "--vault", keys)
	if code != done || !strings.Contains(out, "when the services are started") {
		t.Fatalf("exit %d: %s", code, out)
	}
	if listed := to.listed(t); listed != 0 {
		t.Errorf("%d children are listed for erasure since the backup", listed)
	}
	if out, code := to.operates(nil, "restore", file, "--vault", keys); code != wrongUsage || !strings.Contains(out, "is not empty") || !strings.Contains(out, "nothing was touched") {
		t.Errorf("over what is there: exit %d, %s", code, out)
	}
	servers.AwaitCopies("EVENTS_1880", 3)
	to.start(t)
	to.reaches(t, "1880", before.Children) // read models are made anew meanwhile
	to.reaches(t, "1882", 1)
	for m, was := range map[string]reach.Figures{"1880": before, "1882": atHome} {
		if is := to.figures(t, m, "year=2021"); is.Children != was.Children || is.SumOverForms != was.SumOverForms {
			t.Errorf("the figures of %s are %+v, and were %+v", m, is, was)
		}
	}
	if out := to.must(t, "audit", "verify"); !strings.Contains(out, "1880  whole to position") || !strings.Contains(out, "1882  whole to position") {
		t.Errorf("the copies: %s", out)
	}
	if out := to.must(t, "survey", "show", "-m", "1880", "--year", "2021"); !strings.Contains(out, "Vi behöver fler ledare") {
		t.Errorf("what was written is gone:\n%s", out)
	}
	if out := to.must(t, "disclose", "-m", "1880", "--child", stays.Child); !strings.Contains(out, "Alva") {
		t.Errorf("the label of a child that was not erased: %s", out)
	}
	if _, stderr, code := to.rackvidd("disclose", "-m", "1880", "--child", goes.Child); code != failed || !strings.Contains(stderr, "no such child") {
		t.Errorf("a child that was erased after the backup: exit %d, %s", code, stderr)
	}
	if again, err := to.bring(t.Context(), "1880", "a", smallFile); err != nil || again.Recorded != 0 {
		t.Errorf("what was imported is recorded again: %+v, %v", again, err)
	}
	if _, err := to.bring(t.Context(), "1485", "b", manyRows(3000)); err != nil {
		t.Errorf("the import that was under way goes on: %v", err)
	}
	to.reaches(t, "1485", 300)
}

// TestNoHomeIsToldWhileABackupHoldsThemInAnotherProcess holds what a backup holds.
func TestNoHomeIsToldWhileABackupHoldsThemInAnotherProcess(t *testing.T) {
	t.Parallel()
	a := newApart(t)
	a.start(t)
	pool, err := pgxpool.New(t.Context(), a.postgres.DSN("rackvidd"))
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	release, err := guests.Telling(pool).Shut(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.bring(t.Context(), "1880", "guests", oneGuest); err != nil {
		t.Fatal(err)
	}
	waits := func(mode string) (yes bool) {
		const query = `SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND mode = $1 AND NOT granted)`
		if err := pool.QueryRow(t.Context(), query, mode).Scan(&yes); err != nil {
			t.Fatal(err)
		}
		return yes
	}
	for ; !waits("ShareLock"); time.Sleep(10 * time.Millisecond) {
		if f := a.maybe(t, "1882"); f.Children > 0 {
			t.Fatalf("the home was told: %+v", f)
		}
	}
	t.Run("a backup that waits for it is stopped, and leaves nothing", func(t *testing.T) {
		dir := t.TempDir()
		var said bytes.Buffer
		backing := a.command(t.Context(), nil, "backup", filepath.Join(dir, "all.backup"))
		backing.Stderr = &said
		if err := backing.Start(); err != nil {
			t.Fatal(err)
		}
		for !waits("ExclusiveLock") {
			time.Sleep(10 * time.Millisecond)
		}
		if err := backing.Process.Signal(os.Interrupt); err != nil {
			t.Error(err)
		}
		_ = backing.Wait()
		left, err := os.ReadDir(dir)
		if code := backing.ProcessState.ExitCode(); code != interrupted || !strings.Contains(said.String(), "stopped here; nothing was written to ") || len(left) > 0 || err != nil {
			t.Errorf("exit %d, %s; left are %v, %v", code, &said, left, err)
		}
	})
	if f := a.maybe(t, "1882"); f.Children > 0 {
		t.Errorf("the home was told: %+v", f)
	}
	if err := release(); err != nil {
		t.Error(err)
	}
	a.reaches(t, "1882", 1)
}

// maybe are the figures of a municipality, if there are any yet.
func (a *apart) maybe(t *testing.T, m string) (f reach.Figures) {
	t.Helper()
	status, raw, err := a.call(t.Context(), http.MethodGet, "municipalities/"+m+"/reach?year=2021", nil)
	if err == nil && status == http.StatusOK {
		err = json.Unmarshal(raw, &f)
	}
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// reaches waits until so many children are reached in 2021.
func (a *apart) reaches(t *testing.T, m string, children int) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); a.maybe(t, m).Children != children; time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not %d children of %s in a minute", children, m)
		}
	}
}

// refuses tries what is not this installation's, and what fails half-way: each leaves log, databases and volumes as they were.
func (a *apart) refuses(t *testing.T, file, keys string) {
	short := filepath.Join(t.TempDir(), "short")
	whole, err := os.ReadFile(file)
	if err == nil {
		err = os.WriteFile(short, whole[:len(whole)-1], 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		settings []string
		args     []string
		code     int
		says     string
	}{
		"cut short":                        {nil, []string{short, "--vault", keys}, failed, "cut short or damaged"},
		"another signing key":              {[]string{"RACKVIDD_SIGNING_KEY=" + strings.Repeat("2e", 32)}, []string{file, "--vault", keys}, wrongUsage, "give the services the installation's own"},
		"an older ledger":                  {nil, []string{file, "--vault", vaultWith(t, keys, ledgerFile, "rackvidd erasures aaaaaaaaaaaaaaaaaaaaaaaaaa\n")}, failed, "erasure ledger"},
		"a setting that is missing":        {[]string{"RACKVIDD_NATS_BOOTSTRAP_URL="}, []string{file, "--vault", keys}, wrongUsage, "set RACKVIDD_NATS_BOOTSTRAP_URL"},
		"no vault":                         {nil, []string{file}, wrongUsage, "--vault"},
		"an installation that is there":    {[]string{"RACKVIDD_ARCHIVE=" + filepath.Dir(file)}, []string{file, "--vault", keys}, wrongUsage, "is not empty"},
		"a vault that no backup key opens": {nil, []string{file, "--vault", vaultWith(t, keys, backup.KeyFile, "AGE-SECRET-KEY-1\n")}, failed, "is no key"},
	} {
		out, code := a.operates(c.settings, append([]string{"restore"}, c.args...)...)
		if code != c.code || !strings.Contains(out, c.says) {
			t.Errorf("%s: exit %d, %s", name, code, out)
		}
	}
	if out, code := a.operates(nil, "backup", filepath.Join(t.TempDir(), "none")); code != wrongUsage || !strings.Contains(out, "is not the api's data directory") {
		t.Errorf("a backup of nothing: exit %d, %s", code, out)
	}
	a.restoredHalf(t, file, keys)
	for range 3 {
		a.stopsRestoring(t, file, keys)
	}
}

// stopsRestoring ends a restore at any moment after it began, as a terminal does: it takes back what it wrote.
func (a *apart) stopsRestoring(t *testing.T, file, keys string) {
	t.Helper()
	ctx, end := context.WithTimeout(t.Context(), time.Minute)
	defer end()
	var out bytes.Buffer
	cmd := a.command(ctx, nil, "restore", file, "--vault", keys)
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for begun := 0; begun == 0 && ctx.Err() == nil; time.Sleep(time.Millisecond) {
		found, _ := filepath.Glob(filepath.Join(a.archive, restoringApart+"*"))
		begun = len(found)
	}
	moment := rand.N(150 * time.Millisecond)
	time.Sleep(moment)
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != failed || !strings.Contains(out.String(), "everything is as it was") {
		t.Errorf("stopped after %s: exit %d, %s", moment, code, &out)
	}
}

// restoredHalf kills restores on their way: no service starts on what is there then, and no other restore is carried out over it.
func (a *apart) restoredHalf(t *testing.T, file, keys string) {
	t.Helper()
	for _, step := range []failpoint.Step{failpoint.BeforeStreamDelete, failpoint.BeforeRestoreRename} {
		half := newApart(t)
		killedAt(t, step, append(half.settings, "RACKVIDD_APART=true", "RACKVIDD_DATA="+half.data, "RACKVIDD_VAULT_DIR="+filepath.Join(half.vault, "vault")), "restore", file, "--vault", keys)
		if out, code := half.operates(nil, "restore", file, "--vault", keys); code != wrongUsage || !strings.Contains(out, "has not come to its end") {
			t.Errorf("over half of one: exit %d, %s", code, out)
		}
		ctx, stop := context.WithTimeout(t.Context(), time.Minute)
		for service, data := range map[string]string{"archiver": dataDir(t), "api": half.data, "projector": dataDir(t), "guests": dataDir(t), "vault": half.vault} {
			cmd := exec.CommandContext(ctx, program, "serve", service, "--data", data, "--listen", "127.0.0.1:0", "--vault-listen", "127.0.0.1:0", "--vault-url", "http://127.0.0.1:9")
			cmd.Env = append(cleanEnvironment(), half.settings...)
			if out, err := cmd.CombinedOutput(); err == nil || cmd.ProcessState.ExitCode() != wrongUsage || !strings.Contains(string(out), "has not come to its end") {
				t.Errorf("%s starts on half of a restore that was killed at %s: %v, %s", service, step, err, out)
			}
		}
		stop()
		for _, seen := range []string{half.archive, half.data} { // by services that may see neither keys nor tables of the vault
			err := filepath.WalkDir(seen, func(path string, entry fs.DirEntry, err error) error {
				if err == nil && (entry.Name() == backup.KeyFile || entry.Name() == signingKeyFile || strings.HasPrefix(entry.Name(), "public.")) {
					t.Errorf("%s is left", path)
				}
				return err
			})
			if err != nil {
				t.Error(err)
			}
		}
	}
}
