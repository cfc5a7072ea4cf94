package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"rackvidd/events"
	"rackvidd/projections"
	"rackvidd/projections/reach"
	"rackvidd/services/audit"
	"rackvidd/services/integrity"
	"rackvidd/services/projector"
	"rackvidd/services/rackvidd/node"
)

// corrupted is a data directory that is damaged again and again, each time in one way and from a whole state.
type corrupted struct {
	t        *testing.T
	rng      *rand.Rand
	postgres *node.Postgres
	cluster  string // the database's directory
	database string
	key      string
	states   map[string]string // a data directory each: as a stop left it, as a kill did, and an earlier one
	logs     []events.Municipality
	roots    map[events.Municipality]string
	year     events.Year
	children int // who came in 2021 in 1880: the oracle's count

	counts map[string]map[string]int // by what was damaged and what came of it
}

const (
	stopped    = "stopped"
	killedHere = "killed"
	earlier    = "earlier"
)

// corrupt damages a data directory until so many times it was found, and repaired. What is found to be harmless does not count: a few
// files are made anew of others, whatever is in them.
func corrupt(t *testing.T, times int, seed uint64) {
	t.Helper()
	newCorrupted(t, seed).many(times)
}

func (c *corrupted) many(times int) {
	begun := time.Now()
	for said, tries := 0, 0; c.total(repaired) < times && !c.t.Failed(); tries++ {
		if tries > 3*times {
			c.t.Fatalf("of %d only %d were found: %v", tries, c.total(repaired), c.counts)
		}
		if c.once(); c.total(repaired) >= said+100 {
			said = c.total(repaired)
			c.t.Logf("%d %s in %s", said, repaired, time.Since(begun).Round(time.Second))
		}
	}
	for _, what := range slices.Sorted(maps.Keys(c.counts)) {
		c.t.Logf("%-40s %v", what, c.counts[what])
	}
	c.t.Logf("corruptions in %s: %d %s, %d %s", time.Since(begun).Round(time.Second), c.total(repaired), repaired, c.total(harmless), harmless)
}

// total is of how many changes of a file or a table something came.
func (c *corrupted) total(came string) (n int) {
	for _, counts := range c.counts {
		n += counts[came]
	}
	return n
}

// What may come of a corruption.
const (
	repaired = "found and repaired to the same root"
	harmless = "harmless: read as it was, to the same root"
)

func newCorrupted(t *testing.T, seed uint64) *corrupted {
	t.Helper()
	t.Logf("seed %d", seed)
	c := &corrupted{key: strings.Repeat("1f", 32), t: t, rng: rand.New(rand.NewPCG(seed, 0)), states: make(map[string]string), roots: make(map[events.Municipality]string), counts: make(map[string]map[string]int), year: 2000}
	c.begin()
	return c
}

// begin makes the states that are damaged, and what they hold.
func (c *corrupted) begin() {
	c.t.Helper()
	dir := dataDir(c.t)
	c.cluster = dir
	c.startPostgres()
	c.t.Cleanup(func() { c.postgres.Stop(context.Background()) })
	disk, err := os.MkdirTemp("/dev/shm", "rackvidd-corrupt-") // where syncing costs nothing
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { os.RemoveAll(disk) })
	for _, state := range []string{stopped, killedHere, earlier} {
		c.states[state] = filepath.Join(disk, state)
	}
	p := c.open(filepath.Join(disk, "origin"))
	seen := make(map[events.ID]bool)
	c.happens(p, "1880", 100, seen)
	c.happens(p, "1881", 30, nil)
	c.happens(p, events.National, 5, nil)
	c.archived(p)
	p.close()
	c.copy(p.data, c.states[earlier])
	p = c.open(p.data)
	c.happens(p, "1880", 200, seen)
	c.happens(p, "1881", 40, nil)
	c.happens(p, events.National, 3, nil)
	c.children = len(seen)
	c.submitted(p)
	c.archived(p)
	if _, err := p.proofs.Of(c.t.Context(), surveyedHere, 2021, 0); err != nil {
		c.t.Fatal(err)
	}
	p.close()
	c.rotates(p.data)
	p = c.open(p.data)
	c.happens(p, "1881", 10, nil) // the others have no event that the new key signed
	c.archived(p)
	c.project(p)
	for _, m := range c.logs {
		v, err := p.copies.Verify(c.t.Context(), m, 2021, nil)
		if err != nil || !v.Whole {
			c.t.Fatalf("before any damage: %+v, %v", v, err)
		}
		c.roots[m] = v.Root
	}
	c.copy(p.data, c.states[killedHere])
	p.close()
	c.copy(p.data, c.states[stopped])
}

// surveyedHere has a submitted survey, and nothing new since the signing key was rotated.
const surveyedHere = events.Municipality("1880")

// submitted records that a survey was submitted with the figures of now.
func (c *corrupted) submitted(p *parts) {
	c.t.Helper()
	d, err := reach.Named(reach.Default)
	if err != nil {
		c.t.Fatal(err)
	}
	f, _, err := reach.Replay(c.t.Context(), p.stream, surveyedHere, d, reach.CalendarYear(2021), reach.AsOf{})
	if err != nil {
		c.t.Fatal(err)
	}
	_, err = p.journal.Append(c.t.Context(), surveyedHere, events.Decision{{
		Stream: events.SurveyOf(2021), Command: uuid.New(), Actor: events.NewID(), Time: time.Now(),
		Events: []events.Event{events.SurveySubmitted{
			Year: 2021, Version: 1, Form: "v3", Definition: events.DefinitionID(d.ID), Position: events.Sequence(f.Position), Program: "v1.0.0",
			Answers: []events.SurveyAnswer{{Question: "Q1", Status: "no"}}, Released: []events.SurveyAnswer{},
		}},
	}})
	if err != nil {
		c.t.Fatal(err)
	}
}

// rotates lets another key sign from the next start on.
func (c *corrupted) rotates(data string) {
	c.t.Helper()
	next := strings.Repeat("3d", 32)
	if out, code := rotated(c.t, data, "RACKVIDD_SIGNING_KEY="+c.key, "RACKVIDD_NEXT_SIGNING_KEY="+next); code != done {
		c.t.Fatalf("exit %d: %s", code, out)
	}
	c.key = next
}

func (c *corrupted) startPostgres() {
	c.t.Helper()
	var err error
	if c.postgres, err = node.StartPostgres(context.WithoutCancel(c.t.Context()), node.PostgresConfig{Dir: c.cluster}); err != nil {
		c.t.Fatal(err)
	}
	if err := c.postgres.CreateDatabases(c.t.Context(), "rackvidd"); err != nil {
		c.t.Fatal(err)
	}
	c.database = c.postgres.DSN("rackvidd")
}

// project makes every read model of what a log holds.
func (c *corrupted) project(p *parts) {
	c.t.Helper()
	for _, m := range c.logs {
		for _, projection := range projector.Projections() {
			if projection.Concerns(m) {
				if err := projections.Replace(c.t.Context(), p.stream, p.pool, projection, m); err != nil {
					c.t.Fatal(err)
				}
			}
		}
	}
}

// open starts the parts that keep what happened, as the program does.
func (c *corrupted) open(data string) *parts {
	c.t.Helper()
	p := &parts{
		serveCommand: &serveCommand{Services: []string{"api", "archiver"}, DatabaseURL: c.database, NATSReplicas: 1, SigningKey: c.key},
		data:         data, log: slog.New(slog.DiscardHandler), fail: func(error) {},
	}
	for _, start := range []func(context.Context) error{p.startDatabase, p.startLog, p.startArchive} {
		if err := start(c.t.Context()); err != nil {
			p.close()
			c.t.Fatal(err)
		}
	}
	p.copies.UnderWay = 0
	return p
}

// happens records evenings at which children come.
func (c *corrupted) happens(p *parts, m events.Municipality, evenings int, seen map[events.ID]bool) {
	c.t.Helper()
	if !slices.Contains(c.logs, m) {
		c.logs = append(c.logs, m)
	}
	for range evenings {
		stream, happened := c.evening(m, seen)
		for at, e := range happened {
			a := events.Append{Stream: stream, Command: uuid.New(), Actor: events.NewID(), Time: time.Now(), Events: []events.Event{e}}
			if at > 0 {
				head, err := p.stream.Head(c.t.Context(), m)
				if err != nil {
					c.t.Fatal(err)
				}
				a.Expected = head
			}
			if _, err := p.journal.Append(c.t.Context(), m, events.Decision{a}); err != nil {
				c.t.Fatal(err)
			}
		}
	}
}

func (c *corrupted) evening(m events.Municipality, seen map[events.ID]bool) (events.Stream, []events.Event) {
	if m == events.National {
		c.year++
		return events.PopulationOf(c.year), []events.Event{events.PopulationStated{Year: c.year, Source: "SCB", Rows: []events.PopulationOfPlace{{Municipality: "1880", Children: 30_000}}}}
	}
	evening := events.NewID()
	marks := []events.Mark{}
	for range c.rng.IntN(6) {
		child := events.NewID()
		marks = append(marks, events.Mark{Child: child, BirthYear: 2010})
		if seen != nil {
			seen[child] = true
		}
	}
	list := []events.Event{events.SessionOpened{Session: evening, Programme: "sputnik", Form: events.Camp, HeldOn: events.Date(2021, 3, 1+c.rng.IntN(28))}}
	if len(marks) > 0 {
		list = append(list, events.SessionAttended{Session: evening, Attended: marks})
	}
	return events.SessionOf(evening), list
}

func (c *corrupted) archived(p *parts) {
	c.t.Helper()
	for _, m := range c.logs {
		if err := p.archive.Archiver.Checkpoint(c.t.Context(), m); err != nil {
			c.t.Fatal(err)
		}
	}
}

// copy copies what a data directory keeps of what happened.
func (c *corrupted) copy(from, to string) {
	c.t.Helper()
	err := filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		at := filepath.Join(to, strings.TrimPrefix(path, from))
		if d.IsDir() {
			return os.MkdirAll(at, 0o700)
		}
		return copyFile(path, at)
	})
	if err != nil {
		c.t.Fatal(err)
	}
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		return err
	}
	return out.Close()
}

// once damages a whole state, and demands that it is found or harmless, and is whole after a repair.
func (c *corrupted) once() {
	c.t.Helper()
	state := []string{stopped, killedHere}[c.rng.IntN(2)]
	data := filepath.Join(filepath.Dir(c.states[state]), "damaged-copy")
	defer os.RemoveAll(data)
	c.copy(c.states[state], data)
	switch c.rng.IntN(20) {
	case 0:
		p := c.open(data)
		defer p.close()
		m, how := c.damageTables(p)
		if !c.checked(p, m, how) {
			c.t.Fatalf("%s is not found", how)
		}
		c.count("read model: a row deleted", true)
		return
	case 1, 2:
		c.damageDatabase(data)
		return
	}
	what, how := c.damageFiles(data)
	if how == "" {
		return
	}
	how = what + ": " + how + " (" + state + ")"
	p := c.open(data)
	defer p.close()
	c.replayIsRefusedOrRight(p, how)
	p.copies.Pool = nil // the tables are as they were, and comparing them takes longest
	found := false
	for _, m := range c.logs {
		found = c.checked(p, m, how) || found
	}
	c.count(what, found)
}

// checked lets the scrub and a verification look at a municipality, in any order, and reports whether they found something.
func (c *corrupted) checked(p *parts, m events.Municipality, how string) (found bool) {
	c.t.Helper()
	var v audit.Verification
	looks := []func() bool{
		func() bool {
			if !p.copies.Scrub(c.t.Context(), m) {
				c.t.Fatalf("%s: the scrub of %s does not come to an end", how, m)
			}
			return p.damage(m) == nil
		},
		func() (whole bool) {
			var err error
			if v, err = p.copies.Verify(c.t.Context(), m, 2021, nil); err != nil {
				c.t.Fatalf("%s: %s cannot be verified: %v", how, m, err)
			}
			return v.Whole
		},
	}
	first := c.rng.IntN(2)
	one, other := looks[first](), looks[1-first]()
	switch {
	case one != other, v.Whole != (p.damage(m) == nil):
		c.t.Fatalf("%s: scrub and verification do not find the same of %s: %v", how, m, v.Findings)
	case v.Whole:
		c.same(m, v, how)
	default:
		c.repaired(p, m, v, how)
	}
	return !v.Whole
}

func (c *corrupted) count(what string, found bool) {
	if c.counts[what] == nil {
		c.counts[what] = make(map[string]int)
	}
	if found {
		c.counts[what][repaired]++
	} else {
		c.counts[what][harmless]++
	}
}

// repaired restores a municipality, and demands that it is what it was.
func (c *corrupted) repaired(p *parts, m events.Municipality, v audit.Verification, how string) {
	c.t.Helper()
	if streamIn(v.Findings) {
		if _, err := p.journal.Append(c.t.Context(), m, events.Decision{}); err == nil {
			c.t.Errorf("%s: it is written on", how)
		}
	}
	if _, err := p.copies.Repair(c.t.Context(), m, audit.Order{By: events.NewID(), At: time.Now()}); err != nil {
		c.t.Fatalf("%s: %v\nwas found as %v", how, err, v.Findings)
	}
	pool := p.copies.Pool
	p.copies.Pool = nil // the repair itself has compared the tables
	after, err := p.copies.Verify(c.t.Context(), m, 2021, nil)
	p.copies.Pool = pool
	if err != nil || !after.Whole || p.damage(m) != nil {
		c.t.Fatalf("%s: after the repair %+v, %v", how, after, err)
	}
	c.same(m, after, how)
	c.replayIsRefusedOrRight(p, how)
}

func streamIn(list []integrity.Finding) bool {
	return slices.ContainsFunc(list, func(f integrity.Finding) bool { return f.Copy == integrity.TheStream })
}

func (c *corrupted) same(m events.Municipality, v audit.Verification, how string) {
	c.t.Helper()
	if v.Root != c.roots[m] {
		c.t.Fatalf("%s: %s has the root %s at position %d, was %s", how, m, v.Root, v.Position, c.roots[m])
	}
}

// replayIsRefusedOrRight computes a figure as the program would.
func (c *corrupted) replayIsRefusedOrRight(p *parts, how string) {
	c.t.Helper()
	if p.damage("1880") != nil {
		return
	}
	d, err := reach.Named(reach.Default)
	if err != nil {
		c.t.Fatal(err)
	}
	source := audit.Source{Source: p.journal, Archive: p.archive.Of}
	r, err := audit.Replay(c.t.Context(), audit.Deps{Log: source, Pool: p.pool}, audit.Request{Municipality: "1880", Definition: d, Period: reach.CalendarYear(2021)})
	if err == nil && (r.Children != c.children || !r.Equal) {
		c.t.Errorf("%s: a replay gives %d children, equal %t; there were %d", how, r.Children, r.Equal, c.children)
	}
}

// damageFiles damages the stream's files or the archive's, and says how; "": that changed nothing.
func (c *corrupted) damageFiles(data string) (what, how string) {
	c.t.Helper()
	folder := []string{"nats", "archive", "nats", "archive", statementsDir}[c.rng.IntN(5)]
	files := c.files(filepath.Join(data, folder))
	kinds := map[string]func() string{
		"a bit": func() string { return c.flip(c.pick(files, "")) },
		"a bit of the messages": func() string {
			return c.flip(c.pick(files, map[string]string{"nats": ".blk", "archive": "entries"}[folder]))
		},
		"a message's number": func() string {
			if folder != "nats" {
				return ""
			}
			return c.renumber(c.pick(files, ".blk"))
		},
		"cut short":        func() string { return c.cut(c.pick(files, "")) },
		"a file deleted":   func() string { return c.remove(c.pick(files, "")) },
		"a folder deleted": func() string { return c.remove(c.folder(data, folder)) },
		"files swapped":    func() string { return c.swap(c.pick(files, ""), c.pick(files, "")) },
		"a stale file":     func() string { return c.stale(data, c.pick(files, "")) },
		"a stale folder":   func() string { return c.stale(data, c.folder(data, folder)) },
		"bytes zeroed":     func() string { return c.zero(c.pick(files, "")) },
	}
	names := slices.Sorted(maps.Keys(kinds))
	name := names[c.rng.IntN(len(names))]
	return folder + ": " + name, strings.ReplaceAll(kinds[name](), data, "")
}

// files are what is kept of the logs, without locks.
func (c *corrupted) files(dir string) (list []string) {
	c.t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && d.Name() != "lock" {
			list = append(list, path)
		}
		return err
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return list
}

// contents is all there is in the files of a folder, without locks, findings and temporary files.
func (c *corrupted) contents(dir string) string {
	c.t.Helper()
	var all strings.Builder
	for _, file := range c.files(dir) {
		if strings.Contains(file, "/findings/") {
			continue
		}
		raw, err := os.ReadFile(file)
		if err != nil {
			c.t.Fatal(err)
		}
		fmt.Fprintf(&all, "%s %x\n", file, raw)
	}
	return all.String()
}

func (c *corrupted) pick(files []string, with string) string {
	files = slices.DeleteFunc(slices.Clone(files), func(f string) bool { return !strings.Contains(f, with) })
	return files[c.rng.IntN(len(files))]
}

// folder is where one log's stream or archive is.
func (c *corrupted) folder(data, folder string) string {
	return c.folderOf(data, folder, string(c.logs[c.rng.IntN(len(c.logs))]))
}

func (c *corrupted) folderOf(data, folder, m string) string {
	if folder == statementsDir {
		return filepath.Join(data, statementsDir, string(surveyedHere))
	}
	if folder == "nats" {
		return filepath.Join(data, "nats", "jetstream", "$G", "streams", "EVENTS_"+m)
	}
	return filepath.Join(data, "archive", m)
}

// change changes a file's bytes, and reports whether they are others now.
func (c *corrupted) change(path string, change func([]byte) []byte) bool {
	c.t.Helper()
	raw, err := os.ReadFile(path)
	changed := change(bytes.Clone(raw))
	if err == nil {
		err = os.WriteFile(path, changed, 0o600)
	}
	if err != nil {
		c.t.Fatal(err)
	}
	return !bytes.Equal(raw, changed)
}

// said is how something was changed, if it was.
func said(changed bool, how string) string {
	if !changed {
		return ""
	}
	return how
}

func (c *corrupted) flip(path string) (how string) {
	changed := c.change(path, func(raw []byte) []byte {
		if len(raw) > 0 {
			at, bit := c.rng.IntN(len(raw)), c.rng.IntN(8)
			raw[at] ^= 1 << bit
			how = fmt.Sprintf("bit %d of byte %d of %d in %s", bit, at, len(raw), path)
		}
		return raw
	})
	return said(changed, how)
}

// renumber flips a bit of the number of one of a block's messages: a server takes memory for each number up to it.
func (c *corrupted) renumber(path string) (how string) {
	changed := c.change(path, func(raw []byte) []byte {
		var messages []int // where they begin
		for at := 0; at+22 < len(raw); at += int(binary.LittleEndian.Uint32(raw[at:]) &^ (1 << 31)) {
			messages = append(messages, at)
		}
		if len(messages) > 0 {
			n, bit := c.rng.IntN(len(messages)), c.rng.IntN(64)
			raw[messages[n]+4+bit/8] ^= 1 << (bit % 8)
			how = fmt.Sprintf("bit %d of the number of message %d of %d in %s", bit, n, len(messages), path)
		}
		return raw
	})
	return said(changed, how)
}

func (c *corrupted) cut(path string) (how string) {
	changed := c.change(path, func(raw []byte) []byte {
		n := c.rng.IntN(len(raw) + 1)
		how = fmt.Sprintf("%s to %d of %d bytes", path, n, len(raw))
		return raw[:n]
	})
	return said(changed, how)
}

func (c *corrupted) zero(path string) (how string) {
	changed := c.change(path, func(raw []byte) []byte {
		from := c.rng.IntN(len(raw) + 1)
		to := min(len(raw), from+512)
		clear(raw[from:to])
		how = fmt.Sprintf("%s from %d to %d of %d", path, from, to, len(raw))
		return raw
	})
	return said(changed, how)
}

func (c *corrupted) remove(path string) string {
	if err := os.RemoveAll(path); err != nil {
		c.t.Fatal(err)
	}
	return path
}

func (c *corrupted) swap(a, b string) string {
	c.t.Helper()
	if c.alike(a, b) {
		return ""
	}
	for _, move := range [][2]string{{a, a + ".swap"}, {b, a}, {a + ".swap", b}} {
		if err := os.Rename(move[0], move[1]); err != nil {
			c.t.Fatal(err)
		}
	}
	return a + " and " + b
}

// stale puts back what an earlier state had at a path.
func (c *corrupted) stale(data, path string) string {
	c.t.Helper()
	was := c.states[earlier] + strings.TrimPrefix(path, data)
	if c.alike(path, was) {
		return ""
	}
	c.remove(path)
	switch info, err := os.Stat(was); {
	case err != nil: // there was none
	case info.IsDir():
		c.copy(was, path)
	default:
		if err := copyFile(was, path); err != nil {
			c.t.Fatal(err)
		}
	}
	return path
}

// alike reports whether two files have the same bytes.
func (c *corrupted) alike(a, b string) bool {
	one, err := os.ReadFile(a)
	other, none := os.ReadFile(b)
	return err == nil && none == nil && bytes.Equal(one, other)
}

// damageTables takes a row out of a read model, and says of which municipality.
func (c *corrupted) damageTables(p *parts) (events.Municipality, string) {
	c.t.Helper()
	tables := c.relations(p.pool, 'r')
	for {
		table := tables[c.rng.IntN(len(tables))].name
		tag, err := p.pool.Exec(c.t.Context(), `DELETE FROM `+table+` WHERE ctid = (SELECT ctid FROM `+table+` ORDER BY random() LIMIT 1)`)
		if err != nil {
			c.t.Fatal(err)
		}
		if tag.RowsAffected() > 0 {
			return events.Municipality(strings.Split(table, "_")[1]), "a row of " + table
		}
	}
}
