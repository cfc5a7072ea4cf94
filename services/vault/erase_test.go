package vault

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"rackvidd/events"
)

var errKilled = errors.New("killed here")

// killedAt makes the vault stop at the nth time it comes to a step of an erasure.
func (v *Vault) killedAt(n int) (steps func() []string) {
	var passed []string
	v.step = func(name string) error {
		passed = append(passed, name)
		if len(passed) >= n {
			return errKilled
		}
		return nil
	}
	return func() []string { return passed }
}

func (h *house) mustHaveErased(t *testing.T, token events.ID) {
	t.Helper()
	for _, table := range []string{"identity", "label", "child"} {
		if n := h.count(t, table+" WHERE token = '"+fmt.Sprintf("%x", token[:])+"'"); n != 0 {
			t.Errorf("%d of the child's rows are left in %s", n, table)
		}
	}
	for _, f := range h.keyFiles(t) {
		if filepath.Base(f) == token.String() {
			t.Error("the child's key is left")
		}
	}
}

func TestAnErasureKilledAnywhereIsFinished(t *testing.T) {
	finishers := map[string]func(t *testing.T, h *house, v *Vault, token events.ID){
		"by the next start": func(t *testing.T, h *house, _ *Vault, _ events.ID) { h.open(t) },
		"by a repeat": func(t *testing.T, _ *house, v *Vault, token events.ID) {
			must(t, v.Erase(t.Context(), orebro, token))
		},
		"by the next call": func(t *testing.T, _ *house, v *Vault, token events.ID) {
			tokenOf(t, v, orebro, "a", madeNumber(1))
		},
	}
	for name, finish := range finishers {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			for n := 1; ; n++ {
				v := h.open(t)
				token := tokenOf(t, v, orebro, "a", madeNumber(1))
				must(t, v.SetLabel(t.Context(), orebro, token, "Kim", true))
				steps := v.killedAt(n)
				err := v.Erase(t.Context(), orebro, token)
				if err == nil {
					h.mustHaveErased(t, token)
					if n < 6 {
						t.Errorf("there are only %d places to be killed at: %q", n-1, steps())
					}
					return
				}
				if !errors.Is(err, errKilled) {
					t.Fatal(err)
				}
				v.step = func(string) error { return nil }
				finish(t, h, v, token)
				erased, err := v.Erased(t.Context(), orebro, token)
				if err != nil || erased != (steps()[n-1] != "before the ledger" || name == "by a repeat") {
					t.Errorf("killed %s: erased is %v, %v", steps()[n-1], erased, err)
				}
				if !erased {
					must(t, v.Erase(t.Context(), orebro, token))
				}
				h.mustHaveErased(t, token)
				if tokenOf(t, v, orebro, "a", madeNumber(1)) == token {
					t.Errorf("killed %s: the erased token was given out", steps()[n-1])
				}
			}
		})
	}
}

func TestAnErasureWhoseCallerGoesAwayIsFinished(t *testing.T) {
	h := newHouse(t)
	v := h.open(t)
	token := tokenOf(t, v, orebro, "a", madeNumber(1))
	must(t, v.SetLabel(t.Context(), orebro, token, "Kim", true))
	ctx, cancel := context.WithCancel(t.Context())
	v.step = func(name string) error {
		if name == "before the database" {
			cancel()
		}
		return nil
	}
	if err := v.Erase(ctx, orebro, token); err == nil {
		t.Error("it was erased for nobody")
	}
	h.open(t)
	h.mustHaveErased(t, token)
}

func TestARestoredOlderDatabaseErasesAgainBeforeItOpens(t *testing.T) {
	h := newHouseWithDatabase(t, "restored")
	v := h.open(t)
	token := tokenOf(t, v, orebro, "a", madeNumber(1))
	must(t, v.SetLabel(t.Context(), orebro, token, "Kim", true))
	backup := newPool(t, h.copy(t), "public", nil)
	must(t, v.Erase(t.Context(), orebro, token))

	h.pool = backup
	if h.count(t, "label") != 1 {
		t.Fatal("the backup is empty")
	}
	h.open(t)
	h.mustHaveErased(t, token)
}

// copy returns a database as it is now.
func (h *house) copy(t *testing.T) string {
	t.Helper()
	from := h.pool.Config().ConnConfig.Database
	name := from + "_backup"
	h.pool.Reset()
	var err error
	for range 50 { // until the connections are gone
		if _, err = admin.Exec(t.Context(), "CREATE DATABASE "+name+" TEMPLATE "+from); err == nil {
			return name
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatal(err)
	return ""
}

func TestALabelFromABackupCannotBeReadWithoutItsKey(t *testing.T) {
	h := newHouse(t)
	v := h.open(t)
	token := tokenOf(t, v, orebro, "a", "1")
	must(t, v.SetLabel(t.Context(), orebro, token, "Kim", true))
	must(t, v.store.destroy(token))
	if labels, err := v.Labels(t.Context(), orebro, []events.ID{token}); err != nil || len(labels) != 0 {
		t.Error(labels, err)
	}
	if d, err := v.Disclose(t.Context(), orebro, token, account); err != nil || d.Label != "" {
		t.Error(d, err)
	}
}

func TestALabelMovedToAnotherChildIsDamaged(t *testing.T) {
	h := newHouse(t)
	v := h.open(t)
	a, b := tokenOf(t, v, orebro, "a", "1"), tokenOf(t, v, orebro, "a", "2")
	must(t, v.SetLabel(t.Context(), orebro, a, "Kim", true))
	must(t, v.SetLabel(t.Context(), orebro, b, "Alex", true))
	key, err := v.store.read(a)
	must(t, err)
	must(t, os.WriteFile(v.store.path(b), key, 0o600))
	_, err = h.pool.Exec(t.Context(), `UPDATE label SET sealed = (SELECT sealed FROM label WHERE token = $1) WHERE token = $2`, [16]byte(a), [16]byte(b))
	must(t, err)
	if labels, err := v.Labels(t.Context(), orebro, []events.ID{b}); err == nil {
		t.Error(labels)
	}
}

func TestAnotherKeyStoreThanTheDatabasesIsRefused(t *testing.T) {
	h := newHouse(t)
	v := h.open(t)
	right := h.dir
	h.dir = t.TempDir()
	if _, err := h.tryOpen(t); !errors.Is(err, ErrWrongLedger) {
		t.Error("a new key store is taken before anybody was erased:", err)
	}
	h.dir = right
	must(t, v.Erase(t.Context(), orebro, tokenOf(t, v, orebro, "a", "1")))
	path := filepath.Join(h.dir, "erasures.log")
	full, err := os.ReadFile(path)
	must(t, err)

	must(t, os.WriteFile(path, full[:strings.Index(string(full), "\n")+1], 0o600))
	if _, err := h.tryOpen(t); !errors.Is(err, ErrWrongLedger) {
		t.Error("an older ledger is taken:", err)
	}
	must(t, os.WriteFile(path, append(full, "damaged line here\n"...), 0o600))
	if _, err := h.tryOpen(t); err == nil || !strings.Contains(err.Error(), "erasure 2 is damaged") {
		t.Error("a damaged ledger is taken:", err)
	}
	h.dir = t.TempDir()
	if _, err := h.tryOpen(t); !errors.Is(err, ErrWrongLedger) {
		t.Error("a new key store is taken:", err)
	}
	store, err := OpenKeyStore(h.dir)
	must(t, err)
	_, err = New(t.Context(), Config{Pool: h.pool, Keys: h.keys, KeyStore: store, AdoptKeyStore: true})
	must(t, err)
	h.open(t)
}

func TestALineTornByACrashIsNoErasure(t *testing.T) {
	h := newHouse(t)
	v := h.open(t)
	a, b := tokenOf(t, v, orebro, "a", "1"), tokenOf(t, v, orebro, "a", "2")
	path := filepath.Join(h.dir, "erasures.log")
	whole, err := os.ReadFile(path)
	must(t, err)
	torn := append(whole, ("2026-03-15T12:00:00Z 1880 " + a.String())...)
	for n := len(whole) + 1; n <= len(torn); n += 7 {
		must(t, os.WriteFile(path, torn[:n], 0o600))
		if erased, err := h.open(t).Erased(t.Context(), orebro, a); err != nil || erased {
			t.Fatal(erased, err)
		}
	}
	must(t, h.open(t).Erase(t.Context(), orebro, b))
	if lines, err := os.ReadFile(path); err != nil || strings.Count(string(lines), "\n") != 2 || strings.Contains(string(lines), a.String()) {
		t.Errorf("%s %v", lines, err)
	}
}

func TestTheLedgerTellsTimeMunicipalityAndTokenAlone(t *testing.T) {
	h := newHouse(t)
	v := h.open(t)
	token := tokenOf(t, v, orebro, "a", madeNumber(1))
	must(t, v.Erase(t.Context(), orebro, token))
	b, err := os.ReadFile(filepath.Join(h.dir, "erasures.log"))
	must(t, err)
	_, line, _ := strings.Cut(string(b), "\n")
	at, rest, _ := strings.Cut(line, " ")
	if _, err := time.Parse(time.RFC3339, at); err != nil || rest != "1880 "+token.String()+"\n" {
		t.Errorf("%q %v", line, err)
	}
}

func TestTwoVaultsWithOneKeyStoreSeeEachOthersErasures(t *testing.T) {
	h := newHouse(t)
	a, b := h.open(t), h.open(t)
	tokens := make([]events.ID, 20)
	for i := range tokens {
		tokens[i] = tokenOf(t, a, orebro, "a", madeNumber(i))
		must(t, a.SetLabel(t.Context(), orebro, tokens[i], "Kim", true))
	}
	var group sync.WaitGroup
	for i, token := range tokens {
		group.Go(func() {
			if err := []*Vault{a, b}[i%2].Erase(t.Context(), orebro, token); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	for _, token := range tokens {
		for _, v := range []*Vault{a, b} {
			if erased, err := v.Erased(t.Context(), orebro, token); err != nil || !erased {
				t.Error(erased, err)
			}
		}
		h.mustHaveErased(t, token)
	}
}

func TestLabellingAndErasingAtOnceLeavesNoKey(t *testing.T) {
	h := newHouse(t)
	v := h.open(t)
	for i := range 20 {
		token := tokenOf(t, v, orebro, "a", madeNumber(i))
		var group sync.WaitGroup
		for range 3 {
			group.Go(func() {
				if err := v.SetLabel(t.Context(), orebro, token, "Kim", true); err != nil && !errors.Is(err, ErrUnknownChild) {
					t.Error(err)
				}
			})
		}
		group.Go(func() {
			if err := v.Erase(t.Context(), orebro, token); err != nil {
				t.Error(err)
			}
		})
		group.Wait()
		h.mustHaveErased(t, token)
	}
}

func TestTwoStartersAtOnceBothOpen(t *testing.T) {
	for range 5 { // the race is seldom lost
		h := newHouse(t)
		var group sync.WaitGroup
		for range 6 {
			group.Go(func() {
				if _, err := h.tryOpen(t); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
	}
}

func TestWhoeverTheVaultDoesNotKnowCountsAsErasedWhereThatIsAccepted(t *testing.T) {
	eachService(t, func(t *testing.T, s Service) {
		known, gone := tokenOf(t, s, orebro, "a", madeNumber(1)), tokenOf(t, s, orebro, "a", madeNumber(2))
		must(t, s.Erase(t.Context(), orebro, gone))
		strangers := []events.ID{{9}, {8}}
		for range 2 {
			must(t, s.GiveUp(t.Context(), orebro, append(strangers, known, gone)))
			list, err := s.Erasures(t.Context(), orebro)
			must(t, err)
			if len(list) != 3 || list[0].Token != gone || list[1].Token != strangers[0] || list[2].Token != strangers[1] {
				t.Errorf("the ledger has %+v", list)
			}
		}
		if again := tokenOf(t, s, orebro, "a", madeNumber(1)); again != known {
			t.Error("a child that is known was erased")
		}
		must(t, s.GiveUp(t.Context(), orebro, nil))
	})
}

func TestTheKeyStoreIsClosedToOthers(t *testing.T) {
	h := newHouse(t)
	v := h.open(t)
	must(t, v.SetLabel(t.Context(), orebro, tokenOf(t, v, orebro, "a", "1"), "Kim", true))
	must(t, filepath.Walk(h.dir, func(path string, info os.FileInfo, err error) error {
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		return err
	}))
	if n := len(h.keyFiles(t)); n != 1 {
		t.Errorf("%d key files", n)
	}
}
