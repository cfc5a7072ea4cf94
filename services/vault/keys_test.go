package vault

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"rackvidd/events"
)

func TestTheKeyFileIsMadeOnceAndIsPrivate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "index.keys")
	var group sync.WaitGroup
	texts := make([]string, 8)
	for i := range texts {
		group.Go(func() {
			k, err := LoadKeys(path)
			if err != nil {
				t.Error(err)
			}
			texts[i] = string(k.text())
		})
	}
	group.Wait()
	for _, text := range texts {
		if text != texts[0] {
			t.Error("two starters have two keys")
		}
	}
	info, err := os.Stat(path)
	must(t, err)
	if info.Mode().Perm() != 0o600 {
		t.Error(info.Mode())
	}
	if version, err := AddKey(path); err != nil || version != 2 {
		t.Error(version, err)
	}
	k, err := LoadKeys(path)
	must(t, err)
	if k.current().version != 2 || string(Keys{k.older()}.text()) != texts[0] {
		t.Error("the older key is not kept")
	}
	must(t, os.Chmod(path, 0o644))
	if _, err := LoadKeys(path); err == nil {
		t.Error("a key that others can read is used")
	}
}

func TestAKeyIsAddedInOneStep(t *testing.T) {
	path := filepath.Join(t.TempDir(), "index.keys")
	first, err := LoadKeys(path)
	must(t, err)
	must(t, os.Chmod(path, 0o640))
	if os.Geteuid() == 0 {
		must(t, os.Chown(path, 10001, 10002))
	}
	must(t, os.Link(path, path+".held"))
	must(t, os.WriteFile(filepath.Join(filepath.Dir(path), ".new-1"), []byte("2 abc"), 0o600)) // a crash half-way left it
	if version, err := AddKey(path); err != nil || version != 2 {
		t.Fatal(version, err)
	}
	held, err := os.ReadFile(path + ".held")
	must(t, err)
	if string(held) != string(first.text()) {
		t.Error("the file was written in place: a crash half-way would leave neither the older nor the newer one")
	}
	k, err := LoadKeys(path)
	must(t, err)
	if k.current().version != 2 || string(Keys{k.older()}.text()) != string(first.text()) {
		t.Error("the older key is not kept")
	}
	info, err := os.Stat(path)
	must(t, err)
	owner := info.Sys().(*syscall.Stat_t)
	if info.Mode().Perm() != 0o640 || os.Geteuid() == 0 && (owner.Uid != 10001 || owner.Gid != 10002) {
		t.Errorf("whoever runs the vault can no longer read it: %s of %d:%d", info.Mode(), owner.Uid, owner.Gid)
	}
}

func TestKeysThatAreAddedAtOnceAreAllKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "index.keys")
	_, err := LoadKeys(path)
	must(t, err)
	var group sync.WaitGroup
	given := make([]int, 8)
	for i := range given {
		group.Go(func() {
			var err error
			if given[i], err = AddKey(path); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	slices.Sort(given)
	k, err := LoadKeys(path)
	if err != nil || !slices.Equal(given, []int{2, 3, 4, 5, 6, 7, 8, 9}) || len(k.versions) != 9 {
		t.Errorf("versions %v were added and %d are kept: %v", given, len(k.versions), err)
	}
}

func TestNoKeyIsAddedWhereThereIsNone(t *testing.T) {
	dir := t.TempDir()
	for _, path := range []string{filepath.Join(dir, "index.keys"), filepath.Join(dir, "vault", "index.keys")} {
		if _, err := AddKey(path); !errors.Is(err, fs.ErrNotExist) {
			t.Error(err)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Error("something was made:", left, err)
	}
}

func TestKeysThatCannotBeReadAreRefusedWithoutAnEcho(t *testing.T) {
	secret := strings.Repeat("ab", 32)
	for says, s := range map[string]string{
		"none": "", "no version": secret, "too short": "1 abcd", "no hex": "1 " + strings.Repeat("x", 64), "version 0": "0 " + secret, "twice": "1 " + secret + ",1 " + secret, "negative": "-1 " + secret,
	} {
		if _, err := ParseKeys(s); err == nil || strings.Contains(err.Error(), "abab") {
			t.Errorf("%s: %v", says, err)
		}
	}
	k, err := ParseKeys(" 2 " + secret + "\r\n1 " + strings.Repeat("cd", 32))
	if err != nil || k.current().version != 2 || k.oldest().version != 1 {
		t.Error(k.versions, err)
	}
}

func (k Keys) and(version int) Keys {
	next := NewKeys().versions[0]
	next.version = version
	return Keys{append(append([]key(nil), k.versions...), next)}
}

func TestOtherKeysThanTheDatabasesAreRefused(t *testing.T) {
	h := newHouse(t)
	h.keys = h.keys.and(2)
	h.open(t)
	right := h.keys
	for says, wrong := range map[string]Keys{"made anew": NewKeys(), "the older one left out": {right.versions[1:]}, "the newer one left out": {right.versions[:1]}} {
		h.keys = wrong
		if _, err := h.tryOpen(t); !errors.Is(err, ErrWrongKeys) {
			t.Errorf("%s: %v", says, err)
		}
	}
	h.keys = right.and(3)
	h.open(t)
}

func TestARotatedKeyReachesAChildWhenItIsNextSeen(t *testing.T) {
	h := newHouse(t)
	first := h.open(t)
	var ids []Identity
	for i := range 50 {
		ids = append(ids, Identity{"a", madeNumber(i)}, Identity{"a", strings.Repeat("x", i+1)})
	}
	before, err := first.Tokens(t.Context(), orebro, ids, today)
	must(t, err)
	abroad := tokenOf(t, first, kumla, "a", madeNumber(0))
	records, err := first.RecordKeys(t.Context(), orebro, "a", []RecordSource{{"1", nil}})
	must(t, err)

	h.keys = h.keys.and(2)
	v := h.open(t)
	if found, known, err := v.Lookup(t.Context(), orebro, ids, today); err != nil || !slices.Equal(found, before) || slices.Contains(known, false) {
		t.Error("a dry run does not find the children of the older key:", err)
	}
	if h.count(t, "identity WHERE key_version = 2") != 0 {
		t.Error("a dry run moved children")
	}
	p, err := v.Enter(t.Context(), orebro, ids[3], account, today)
	must(t, err)
	if p != before[3] {
		t.Error("enter made another child")
	}
	homes, err := v.HomeTokens(t.Context(), orebro, []events.ID{before[2].Token}, kumla)
	must(t, err)
	after, err := v.Tokens(t.Context(), orebro, ids, today)
	must(t, err)
	if !slices.Equal(after, before) {
		t.Error("the children have other tokens")
	}
	if n := h.count(t, "identity WHERE key_version = 1"); n != 0 {
		t.Errorf("%d children stay under the older key", n)
	}
	if tokenOf(t, v, kumla, "b", madeNumber(0)) != abroad || tokenOf(t, v, kumla, "b", madeNumber(1)) != homes[before[2].Token].Token {
		t.Error("the other municipality lost a child")
	}
	if again, err := v.RecordKeys(t.Context(), orebro, "a", []RecordSource{{"1", nil}}); err != nil || again[0] != records[0] {
		t.Error("record keys changed: every import would be recorded twice")
	}
}

func TestAPersonMovesInEveryMunicipalityAtOnce(t *testing.T) {
	h := newHouse(t)
	inOrebro := tokenOf(t, h.open(t), orebro, "a", madeNumber(1))
	h.keys = h.keys.and(2)
	v := h.open(t)
	inKumla := tokenOf(t, v, kumla, "a", madeNumber(1))
	homes, err := v.HomeTokens(t.Context(), orebro, []events.ID{inOrebro}, kumla)
	must(t, err)
	if homes[inOrebro].Token != inKumla {
		t.Error("the same person is two children at home, one under each key")
	}
}
