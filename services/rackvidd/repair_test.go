package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rackvidd/events"
	"rackvidd/events/archive"
	"rackvidd/services/audit"
	"rackvidd/services/intake"
	"rackvidd/services/integrity"
)

// refused demands that a request is answered 503 with a problem that names the damage.
func (s *server) refused(t *testing.T, method, path string, body any) {
	t.Helper()
	status, raw, err := s.call(t.Context(), method, path, body)
	if err != nil || status != http.StatusServiceUnavailable || !strings.Contains(string(raw), "problem:damaged") || !strings.Contains(string(raw), "what is kept of 1880 is damaged: stream") {
		t.Errorf("%s %s is answered %d %s, %v", method, path, status, raw, err)
	}
}

// TestADamagedStreamIsClosedAndRestored cuts the stream's file short while the program is stopped, and begins with what a
// bare server would take for the whole log.
func TestADamagedStreamIsClosedAndRestored(t *testing.T) {
	t.Parallel()
	data := dataDir(t)
	s := serve(t, data)
	for _, m := range []string{"1880", "1881"} {
		if _, err := s.bring(t.Context(), m, "a", smallFile); err != nil {
			t.Fatal(err)
		}
	}
	before := s.figures(t, "1880", "year=2021")
	verified, _, _ := s.rackvidd("audit", "verify", "--municipality", "1880")
	s.stop(t)
	messages := filepath.Join(data, "nats", "jetstream", "$G", "streams", "EVENTS_1880", "msgs")
	block := filepath.Join(messages, "1.blk")
	raw, err := os.ReadFile(block)
	if err != nil {
		t.Fatal(err)
	}
	for _, change := range []error{os.WriteFile(block, raw[:len(raw)*2/3], 0o600), os.Remove(filepath.Join(messages, "index.db"))} {
		if change != nil {
			t.Fatal(change)
		}
	}

	for restart := range 2 { // which forgets nothing
		s = serve(t, data)
		if state := s.readiness(t); state.Status != "degraded" || !strings.Contains(state.Archives[0].Damage, "stream") {
			t.Errorf("/readyz says %+v", state)
		}
		s.refused(t, http.MethodGet, "municipalities/1880/reach?year=2021", nil)
		s.refused(t, http.MethodGet, "municipalities/1880/audit/replay?year=2021", nil)
		s.refused(t, http.MethodGet, "municipalities/1880/surveys/2021", nil)
		s.refused(t, http.MethodPost, "municipalities/1880/surveys/2021/submit", map[string]any{})
		s.refused(t, http.MethodPost, "projections/reach/rebuild", map[string]any{"municipality": "1880"})
		s.refused(t, http.MethodPost, "municipalities/1880/imports?source=b", smallFile)
		if f := s.figures(t, "1881", "year=2021"); f.Children != 2+2*restart {
			t.Errorf("elsewhere %d children, want %d", f.Children, 2+2*restart)
		}
		if _, err := s.bring(t.Context(), "1881", "b", smallFile); err != nil {
			t.Errorf("elsewhere nothing is recorded: %v", err)
		}
		s.stop(t)
	}

	s = serve(t, data)
	if stdout, _, code := s.rackvidd("audit", "verify", "--municipality", "1880"); code != difference || !strings.Contains(stdout, "stream position") || !strings.Contains(stdout, "not compared: read_model: the log is not whole") {
		t.Errorf("exit %d: %s", code, stdout)
	}
	for _, check := range []string{"audit replay", "survey check"} {
		if _, stderr, code := s.rackvidd(append(strings.Fields(check), "--municipality", "1880", "--year", "2021")...); code != difference || !strings.Contains(stderr, "what is kept of 1880 is damaged: stream") {
			t.Errorf("%s: exit %d: %s", check, code, stderr)
		}
	}
	stdout, stderr, code := s.rackvidd("audit", "repair", "--municipality", "1880")
	if code != done || !strings.Contains(stdout, "stream from the archive") {
		t.Fatalf("exit %d: %s%s", code, stdout, stderr)
	}
	if after := s.figures(t, "1880", "year=2021"); after.Position != before.Position || after.Children != before.Children {
		t.Errorf("figures at %d with %d children, were at %d with %d", after.Position, after.Children, before.Position, before.Children)
	}
	if again, _, code := s.rackvidd("audit", "verify", "--municipality", "1880"); code != done || again != verified {
		t.Errorf("exit %d: %s, was %s", code, again, verified)
	}
	if state := s.readiness(t); state.Status != "ready" {
		t.Errorf("/readyz says %+v", state)
	}
	onlyFile(t, filepath.Join(data, "damaged"))
	record, err := os.ReadFile(onlyFile(t, filepath.Join(data, "archive", "repairs")))
	if err != nil || !strings.Contains(string(record), `"state": "done"`) || !strings.Contains(string(record), `"stream from the archive"`) || !strings.Contains(string(record), "\n— rackvidd-") {
		t.Errorf("it is recorded as %s, %v", record, err)
	}
	if summary, err := s.bring(t.Context(), "1880", "b", smallFile); err != nil || summary.Position <= before.Position {
		t.Errorf("after the repair it is recorded at %d, %v", summary.Position, err)
	}
	if stdout, stderr, code := s.rackvidd("audit", "repair", "--municipality", "1880"); code != done || !strings.Contains(stdout, "nothing to repair") {
		t.Errorf("exit %d: %s%s", code, stdout, stderr)
	}
}

// TestWhatWasLostForGoodCanBeBroughtInAgain has a stream and an archive that end before the last file: as they were when it
// came, as far as the disks know.
func TestWhatWasLostForGoodCanBeBroughtInAgain(t *testing.T) {
	t.Parallel()
	data := dataDir(t)
	s := serve(t, data)
	if _, err := s.bring(t.Context(), "1880", "a", smallFile); err != nil {
		t.Fatal(err)
	}
	s.stop(t)
	messages := filepath.Join(data, "nats", "jetstream", "$G", "streams", "EVENTS_1880", "msgs")
	block, err := os.Stat(filepath.Join(messages, "1.blk"))
	if err != nil {
		t.Fatal(err)
	}
	older := filepath.Join(t.TempDir(), "archive")
	if err := os.CopyFS(older, os.DirFS(filepath.Join(data, "archive"))); err != nil {
		t.Fatal(err)
	}
	s = serve(t, data)
	bring := func() (summary intake.Summary) {
		t.Helper()
		status, raw, _, err := s.send(t.Context(), http.MethodPost, "municipalities/1880/imports?source=b", strings.NewReader(smallFile),
			map[string]string{"Content-Type": "text/csv", "Idempotency-Key": "once"})
		if err == nil && status == http.StatusOK {
			err = json.Unmarshal(raw, &summary)
		}
		if err != nil || status != http.StatusOK {
			t.Fatalf("it is answered %d %s, %v", status, raw, err)
		}
		return summary
	}
	brought := bring()
	if f := s.figures(t, "1880", "year=2021"); brought.Recorded != 3 || f.Children != 4 {
		t.Fatalf("%+v makes %d children", brought, f.Children)
	}
	s.stop(t)
	for _, change := range []error{
		os.Truncate(filepath.Join(messages, "1.blk"), block.Size()), os.Remove(filepath.Join(messages, "index.db")),
		os.RemoveAll(filepath.Join(data, "archive")), os.CopyFS(filepath.Join(data, "archive"), os.DirFS(older)),
	} {
		if change != nil {
			t.Fatal(change)
		}
	}

	s = serve(t, data)
	if _, stderr, code := s.rackvidd("audit", "repair", "--municipality", "1880"); code == done || !strings.Contains(stderr, "--accept-loss") {
		t.Errorf("exit %d: %s", code, stderr)
	}
	if stdout, stderr, code := s.rackvidd("audit", "repair", "--municipality", "1880", "--accept-loss"); code != done {
		t.Fatalf("exit %d: %s%s", code, stdout, stderr)
	}
	if f := s.figures(t, "1880", "year=2021"); f.Children != 2 {
		t.Errorf("after the loss %d children", f.Children)
	}
	if again := bring(); again.Recorded != 3 || again.Duplicates != 0 {
		t.Errorf("the same file again is answered %+v", again)
	}
	if f := s.figures(t, "1880", "year=2021"); f.Children != 4 {
		t.Errorf("after it was brought in again %d children, want 4", f.Children)
	}
}

// TestWhatIsDamagedIsFoundAndRestored damages whole states by hand, and then in any way.
func TestWhatIsDamagedIsFoundAndRestored(t *testing.T) {
	t.Parallel()
	c := newCorrupted(t, uint64(time.Now().UnixNano()))
	for name, happens := range map[string]func(*testing.T, *corrupted, string){
		"a repair that is stopped anywhere ends the same":                      stoppedAnywhere,
		"two halves make a whole":                                              twoHalves,
		"what is in neither copy is named and nothing is touched":              inNeitherCopy,
		"an archive of another installation is refused and nothing is touched": ofAnotherInstallation,
		"the loss of what is in no copy is accepted or nothing is done":        acceptedLoss,
		"a bit in the database's own files is found and made good":             databaseFile,
		"a stale stream is restored":                                           staleStream,
		"a stream with a submitted survey is restored":                         submittedStream,
		"an archive without an event since a rotation is restored":             rotatedArchive,
		"a damaged statement is kept aside and made again":                     damagedStatement,
		"an archive that is gone altogether is missed and restored":            archiveGone,
		"damage that is met while reading is kept":                             metWhileReading,
		"a record of a repair that is changed or taken away is noticed":        repairRecords,
	} {
		t.Run(name, func(t *testing.T) {
			data := filepath.Join(filepath.Dir(c.states[stopped]), "by-hand")
			defer os.RemoveAll(data)
			c.t = t
			c.copy(c.states[stopped], data)
			happens(t, c, data)
		})
	}
	t.Run("a handful of corruptions", func(t *testing.T) {
		c.t = t
		c.many(50)
	})
}

func stoppedAnywhere(t *testing.T, c *corrupted, data string) {
	c.remove(c.folderOf(data, "nats", "1881"))
	errStopped := errors.New("stopped")
	for n := range 12 {
		p := c.open(data)
		if p.damage("1881", integrity.TheStream) == nil {
			t.Fatalf("after %d stops it passes for whole", n)
		}
		p.copies.Pool = nil // of the tables it is asked in the end
		replace := p.copies.Replace
		p.copies.Replace = func(ctx context.Context, m events.Municipality, messages iter.Seq2[archive.Entry, error]) error {
			return replace(ctx, m, func(yield func(archive.Entry, error) bool) {
				for e, err := range messages {
					if e.Position > events.Position(7*n) {
						err = errStopped
					}
					if !yield(e, err) {
						return
					}
				}
			})
		}
		if _, err := p.copies.Repair(t.Context(), "1881", audit.Order{By: events.NewID(), At: time.Now()}); !errors.Is(err, errStopped) && 7*n < 70 {
			t.Fatalf("%v", err)
		} else if err == nil {
			p.close()
			break
		}
		p.close()
	}
	p := c.open(data)
	defer p.close()
	if _, err := p.copies.Repair(t.Context(), "1881", audit.Order{By: events.NewID(), At: time.Now()}); err != nil {
		t.Fatal(err)
	}
	v, err := p.copies.Verify(t.Context(), "1881", 2021, nil)
	if err != nil || !v.Whole {
		t.Fatalf("%+v, %v", v, err)
	}
	c.same("1881", v, "stopped again and again")
}

// twoHalves damages both copies, at different messages.
func twoHalves(t *testing.T, c *corrupted, data string) {
	c.change(filepath.Join(data, "archive", "1880", "tile", "entries", "000"), func(raw []byte) []byte { raw[3000] ^= 1; return raw })
	c.change(filepath.Join(c.folderOf(data, "nats", "1880"), "msgs", "1.blk"), func(raw []byte) []byte { return raw[:len(raw)-2000] })
	p := c.open(data)
	defer p.close()
	if _, err := p.copies.Repair(t.Context(), "1880", audit.Order{By: events.NewID(), At: time.Now()}); err != nil {
		t.Fatal(err)
	}
	v, err := p.copies.Verify(t.Context(), "1880", 2021, nil)
	if err != nil || !v.Whole {
		t.Fatalf("%+v, %v", v, err)
	}
	c.same("1880", v, "both damaged")
}

// inNeitherCopy damages both copies, at the same message.
func inNeitherCopy(t *testing.T, c *corrupted, data string) {
	c.change(filepath.Join(data, "archive", "1880", "tile", "entries", "000"), func(raw []byte) []byte { raw[1000] ^= 1; return raw })
	c.remove(c.folderOf(data, "nats", "1880"))
	p := c.open(data)
	defer p.close()
	before := c.contents(filepath.Join(data, "archive"))
	_, err := p.copies.Repair(t.Context(), "1880", audit.Order{By: events.NewID(), At: time.Now()})
	var refused *integrity.RefusedError
	if !errors.As(err, &refused) || !strings.Contains(refused.Why, "neither copy is whole: of ") {
		t.Fatalf("it is answered %v", err)
	}
	if after := c.contents(filepath.Join(data, "archive")); after != before {
		t.Error("the archive was touched")
	}
	if p.damage("1880") == nil || p.damage("1881") != nil {
		t.Error("the finding does not stand, or stands elsewhere")
	}
}

// ofAnotherInstallation starts with another key.
func ofAnotherInstallation(t *testing.T, c *corrupted, data string) {
	defer func(key string) { c.key = key }(c.key)
	c.key = strings.Repeat("2e", 32)
	for _, keys := range []string{filepath.Join(data, "archive", keysDir), filepath.Join(data, keysDir), filepath.Join(data, lastSignedFile)} {
		c.remove(keys) // the key was this one's first
	}
	before := c.contents(filepath.Join(data, "archive"))
	p := c.open(data)
	defer p.close()
	if err := p.damage("1880"); err == nil || !strings.Contains(err.Error(), "and not by this installation's key") {
		t.Errorf("it is named as %v", err)
	}
	if err := p.archive.Archiver.Checkpoint(t.Context(), "1880"); err == nil {
		t.Error("it is written on")
	}
	_, err := p.copies.Repair(t.Context(), "1880", audit.Order{By: events.NewID(), At: time.Now()})
	var refused *integrity.RefusedError
	if !errors.As(err, &refused) || !strings.Contains(refused.Why, "no checkpoint is left that this installation signed") {
		t.Errorf("a repair is answered %v", err)
	}
	if after := c.contents(filepath.Join(data, "archive")); after != before {
		t.Error("the archive was touched")
	}
}

// staleStream puts an older stream back, which ends before its archive.
func staleStream(t *testing.T, c *corrupted, data string) {
	c.stale(data, c.folderOf(data, "nats", "1880"))
	p := c.open(data)
	defer p.close()
	if err := p.damage("1880"); err == nil || !strings.Contains(err.Error(), "it ends here, the archive at position") {
		t.Errorf("it is named as %v", err)
	}
	if _, err := p.copies.Repair(t.Context(), "1880", audit.Order{By: events.NewID(), At: time.Now()}); err != nil {
		t.Fatal(err)
	}
}

// acceptedLoss cuts off the end of the stream that was not archived yet, and that a read model shows.
func acceptedLoss(t *testing.T, c *corrupted, data string) {
	defer func() { // the read models are everybody's
		c.remove(data)
		c.copy(c.states[stopped], data)
		p := c.open(data)
		defer p.close()
		c.project(p)
	}()
	p := c.open(data)
	c.happens(p, "1881", 2, nil)
	head, err := p.stream.Head(t.Context(), "1881")
	if err != nil {
		t.Fatal(err)
	}
	p.close()
	c.change(filepath.Join(c.folderOf(data, "nats", "1881"), "msgs", "1.blk"), func(raw []byte) []byte { return raw[:len(raw)-20] })
	c.remove(filepath.Join(c.folderOf(data, "nats", "1881"), "msgs", "index.db"))
	p = c.open(data)
	defer p.close()
	if _, err := p.pool.Exec(t.Context(), "UPDATE projections.checkpoint SET position = $1 WHERE municipality = '1881' AND projection = 'reach' AND current", int64(head)); err != nil {
		t.Fatal(err)
	}
	_, err = p.copies.Repair(t.Context(), "1881", audit.Order{By: events.NewID(), At: time.Now()})
	var refused *integrity.RefusedError
	if !errors.As(err, &refused) || !strings.Contains(refused.Why, fmt.Sprintf("to %d were recorded", head)) {
		t.Fatalf("it is answered %v", err)
	}
	if p.damage("1881") == nil {
		t.Error("it passes for whole")
	}
	r, err := p.copies.Repair(t.Context(), "1881", audit.Order{By: events.NewID(), At: time.Now(), AcceptLoss: true})
	if err != nil || r.Lost == "" {
		t.Fatalf("%+v, %v", r, err)
	}
	if v, err := p.copies.Verify(t.Context(), "1881", 2021, nil); err != nil || !v.Whole || v.Position != head-1 {
		t.Errorf("after that %+v, %v", v, err)
	}
}

// databaseFile flips a bit of a table on the disk while the database is stopped: it finds that by itself, when it reads.
func databaseFile(t *testing.T, c *corrupted, data string) {
	p := c.open(data)
	var file string
	err := p.pool.QueryRow(t.Context(), `SELECT pg_relation_filepath(format('reach_1880_%s.attendance', generation)::regclass)
		FROM projections.checkpoint WHERE current AND projection = 'reach' AND municipality = '1880'`).Scan(&file)
	p.close()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.postgres.Stop(context.WithoutCancel(t.Context())); err != nil {
		t.Fatal(err)
	}
	how := c.flip(filepath.Join(c.cluster, "cluster", file))
	c.startPostgres()
	p = c.open(data)
	defer p.close()
	if !c.checked(p, "1880", how) {
		t.Errorf("%s is not found", how)
	}
}

// submittedStream damages a stream that a signed statement is about.
func submittedStream(t *testing.T, c *corrupted, data string) {
	c.change(filepath.Join(c.folderOf(data, "nats", string(surveyedHere)), "msgs", "1.blk"), func(raw []byte) []byte {
		raw[len(raw)-20] ^= 1 // of the last message: a bit of its number would be mended at the start
		return raw
	})
	c.remove(filepath.Join(c.folderOf(data, "nats", string(surveyedHere)), "msgs", "index.db"))
	p := c.open(data)
	defer p.close()
	if v, err := p.copies.Verify(t.Context(), surveyedHere, 0, nil); err != nil || !streamIn(v.Findings) {
		t.Fatalf("%+v, %v", v, err)
	}
	if _, err := p.proofs.Of(t.Context(), surveyedHere, 2021, 0); err == nil {
		t.Error("while the stream is damaged its statement is given out")
	}
	if _, err := p.copies.Repair(t.Context(), surveyedHere, audit.Order{By: events.NewID(), At: time.Now()}); err != nil {
		t.Fatal(err)
	}
	if err := p.damage(surveyedHere); err != nil {
		t.Errorf("it stays closed: %v", err)
	}
	if record, err := os.ReadFile(onlyFile(t, filepath.Join(data, "archive", repairsDir))); err != nil || !strings.Contains(string(record), `"state": "done"`) {
		t.Errorf("it is recorded as %s, %v", record, err)
	}
}

// rotatedArchive damages an archive that a retired key signed last.
func rotatedArchive(t *testing.T, c *corrupted, data string) {
	c.flip(c.pick(c.files(filepath.Join(data, "archive", string(surveyedHere))), "entries"))
	p := c.open(data)
	defer p.close()
	v, err := p.copies.Verify(t.Context(), surveyedHere, 0, nil)
	if err != nil || v.Whole {
		t.Fatalf("%+v, %v", v, err)
	}
	if _, err := p.copies.Repair(t.Context(), surveyedHere, audit.Order{By: events.NewID(), At: time.Now()}); err != nil {
		t.Fatal(err)
	}
	after, err := p.copies.Verify(t.Context(), surveyedHere, 2021, nil)
	if err != nil || !after.Whole {
		t.Fatalf("%+v, %v", after, err)
	}
	c.same(surveyedHere, after, "after a rotation")
}

// damagedStatement flips a bit of the figures that were signed, and leaves a statement that nobody submitted.
func damagedStatement(t *testing.T, c *corrupted, data string) {
	kept := filepath.Join(data, statementsDir, string(surveyedHere))
	how := c.flip(filepath.Join(kept, "2021-1.json"))
	if err := copyFile(filepath.Join(kept, "2021-1.statement"), filepath.Join(kept, "2021-7.statement")); err != nil {
		t.Fatal(err)
	}
	p := c.open(data)
	defer p.close()
	r, err := p.copies.Repair(t.Context(), surveyedHere, audit.Order{By: events.NewID(), At: time.Now()})
	if err != nil || strings.Join(r.Restored, ", ") != "statement 2021-1.statement from the log, statement 2021-7.statement taken away" || len(r.Findings) != 2 {
		t.Fatalf("%s: %+v, %v", how, r, err)
	}
	aside := onlyFile(t, filepath.Join(data, damagedDir))
	for _, name := range []string{"2021-1.statement", "2021-1.json", "2021-7.statement"} {
		if _, err := os.Stat(filepath.Join(aside, name)); err != nil {
			t.Errorf("it is not kept aside: %v", err)
		}
	}
	if _, err := p.proofs.Of(t.Context(), surveyedHere, 2021, 1); err != nil || p.damage(surveyedHere) != nil {
		t.Errorf("after the repair: %v, %v", err, p.damage(surveyedHere))
	}
	if _, err := os.Stat(onlyFile(t, filepath.Join(data, "archive", repairsDir))); err != nil {
		t.Error(err)
	}
}

// archiveGone removes an archive and both its checkpoints, as if nothing had ever been archived.
func archiveGone(t *testing.T, c *corrupted, data string) {
	c.remove(c.folderOf(data, "archive", string(surveyedHere)))
	c.remove(filepath.Join(data, "archive", archive.Second, string(surveyedHere)))
	p := c.open(data)
	defer p.close()
	if err := p.damage(surveyedHere, integrity.TheArchive); err == nil || !strings.Contains(err.Error(), "was signed of the log up to position") {
		t.Errorf("a start finds %v", err)
	}
	if err := p.archive.Archiver.Checkpoint(t.Context(), surveyedHere); err == nil {
		t.Error("it is archived anew, from whatever the stream holds")
	}
	if _, err := p.copies.Repair(t.Context(), surveyedHere, audit.Order{By: events.NewID(), At: time.Now()}); err != nil {
		t.Fatal(err)
	}
	v, err := p.copies.Verify(t.Context(), surveyedHere, 2021, nil)
	if err != nil || !v.Whole {
		t.Fatalf("%+v, %v", v, err)
	}
	c.same(surveyedHere, v, "the archive gone")
}

// metWhileReading flips a bit of the archive behind the program's back, and lets each of those read it that do.
func metWhileReading(t *testing.T, c *corrupted, data string) {
	p := c.open(data)
	defer p.close()
	path := filepath.Join(data, "archive", string(surveyedHere), "tile", "entries", "000")
	for name, reads := range map[string]func() error{
		"a bundle": func() error {
			spool, err := os.CreateTemp(t.TempDir(), "")
			if err != nil {
				return err
			}
			defer spool.Close()
			_, err = p.proofs.Statements.Bundle(t.Context(), surveyedHere, 2021, 0, nil, spool)
			return err
		},
		"a reading": func() error {
			for _, err := range p.history().Read(t.Context(), surveyedHere, 0) {
				if err != nil {
					return err
				}
			}
			return nil
		},
	} {
		c.change(path, func(raw []byte) []byte { raw[3000] ^= 1; return raw })
		var damage *archive.DamageError
		if err := reads(); !errors.As(err, &damage) {
			t.Errorf("%s ends with %v", name, err)
		}
		if err := p.damage(surveyedHere, integrity.TheArchive); err == nil || !strings.Contains(err.Error(), "tile/entries/000") {
			t.Errorf("after %s what stands is %v", name, err)
		}
		c.change(path, func(raw []byte) []byte { raw[3000] ^= 1; return raw })
		p.archive.Findings.Settle(surveyedHere, nil, integrity.TheArchive)
	}
}

// repairRecords repairs three times, and then damages the last record and takes the first away.
func repairRecords(t *testing.T, c *corrupted, data string) {
	p := c.open(data)
	defer p.close()
	p.copies.Pool = nil // the tables are as they were
	repair := func(acceptLoss bool) (audit.Repair, error) {
		return p.copies.Repair(t.Context(), "1881", audit.Order{By: events.NewID(), At: time.Now(), AcceptLoss: acceptLoss})
	}
	for range 2 {
		c.flip(onlyFile(t, filepath.Join(data, "archive", "1881", "tile", "0", "000.p")))
		if r, err := repair(false); err != nil || r.State != "done" {
			t.Fatalf("%+v, %v", r, err)
		}
	}
	records := func() audit.RepairRecords {
		t.Helper()
		list, err := p.copies.Records.Of("1881")
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	recordsHeld(t, p, func() error {
		c.flip(onlyFile(t, filepath.Join(data, "archive", "1881", "tile", "0", "000.p")))
		_, err := repair(false)
		return err
	})
	before := records()
	if len(before.Repairs) != 3 || !before.Whole || before.Repairs[2].Number != 3 {
		t.Fatalf("they are recorded as %+v", before)
	}
	files, err := filepath.Glob(filepath.Join(data, "archive", repairsDir, "1881-*"))
	if err != nil {
		t.Fatal(err)
	}
	c.flip(files[2])
	if v, err := p.copies.Verify(t.Context(), "1881", 0, nil); err != nil || v.Whole || p.damage("1881", integrity.TheRecord) == nil {
		t.Errorf("a changed record is found as %+v, %v", v, err)
	}
	if r, err := repair(false); err != nil || r.Number != 4 || strings.Join(r.Restored, ", ") != "record of repair number 3 from its copy" || p.damage("1881") != nil {
		t.Errorf("a changed record is restored as %+v, %v", r, err)
	}
	c.remove(files[0])
	var refused *integrity.RefusedError
	if _, err := repair(false); !errors.As(err, &refused) || !strings.Contains(err.Error(), "number 1 is missing") {
		t.Errorf("a missing record is answered %v", err)
	}
	if r, err := repair(true); err != nil || r.Number != 5 || len(r.Gone) != 1 || r.Gone[0] != 1 || p.damage("1881") != nil {
		t.Errorf("the loss of a record is accepted as %+v, %v", r, err)
	}
	if list := records(); !list.Whole || len(list.Repairs) != 4 {
		t.Errorf("after that they are %+v", list)
	}
}

// recordsHeld has a repair wait with its record for a backup that reads the records.
func recordsHeld(t *testing.T, p *parts, repair func() error) {
	t.Helper()
	release, err := p.everything().HoldFiles(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	repaired := make(chan error, 1)
	go func() { repaired <- repair() }()
	select {
	case err := <-repaired:
		t.Errorf("it is recorded while a backup reads the records: %v", errors.Join(err, release()))
		return
	case <-time.After(time.Second):
	}
	if err := errors.Join(release(), <-repaired); err != nil {
		t.Error(err)
	}
}
