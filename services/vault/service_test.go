package vault

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"rackvidd/events"
)

func TestAnIdentityNumberIsOneChildInEverySpellingAndFromEverySource(t *testing.T) {
	eachService(t, func(t *testing.T, s Service) {
		n := madeNumber(1)
		ids := []Identity{{"a", n}, {"b", n[2:8] + "-" + n[8:]}, {"", n[:8] + " " + n[8:]}, {"a", n[2:]}, {"a", n}}
		persons, err := s.Tokens(t.Context(), orebro, ids, today)
		must(t, err)
		for i, p := range persons {
			if p != persons[0] || p.Token.IsZero() || p.BirthYear != 2006 {
				t.Errorf("spelling %d is %v, the first %v", i, p, persons[0])
			}
		}
		if again := tokenOf(t, s, orebro, "c", n); again != persons[0].Token {
			t.Error("the next call made another child of it")
		}
		if tokenOf(t, s, kumla, "a", n) == persons[0].Token {
			t.Error("two municipalities share a token")
		}
	})
}

func TestALocalIDIsItsSourcesOwn(t *testing.T) {
	eachService(t, func(t *testing.T, s Service) {
		ids := []Identity{{"a", "b-17"}, {"a", " b-17\u00a0"}, {"b", "b-17"}, {"a", "b-18"}, {"a", "\ufeffb-17"}, {"a", "å"}, {"a", "a\u030a"}}
		persons, err := s.Tokens(t.Context(), orebro, ids, today)
		must(t, err)
		for _, same := range []int{1, 4} {
			if persons[same] != persons[0] {
				t.Errorf("what stands around the id made another child of %d", same)
			}
		}
		if persons[5] != persons[6] {
			t.Error("two ways to write å are two children")
		}
		if persons[0] == persons[2] || persons[0] == persons[3] || persons[0].BirthYear != 0 {
			t.Errorf("sources or ids are mixed: %v", persons)
		}
		if tokenOf(t, s, kumla, "a", "b-17") == persons[0].Token {
			t.Error("two municipalities share a local id")
		}
	})
}

func TestAnEmptyIdentityIsRefused(t *testing.T) {
	eachService(t, func(t *testing.T, s Service) {
		_, err := s.Tokens(t.Context(), orebro, []Identity{{"a", "x"}, {"a", " \u200b"}}, today)
		if !errors.Is(err, ErrNoIdentity) {
			t.Error(err)
		}
	})
}

func TestAMistypedIdentityNumberIsNoChild(t *testing.T) {
	good := madeNumber(1)
	wrong := good[:11] + string('0'+(good[11]-'0'+3)%10)
	eachService(t, func(t *testing.T, s Service) {
		for _, written := range []string{wrong, wrong[:8] + "-" + wrong[8:], wrong[2:8] + "-" + wrong[8:], wrong[2:8] + "+" + wrong[8:]} {
			ids := []Identity{{"a", written}}
			_, tokens := s.Tokens(t.Context(), orebro, ids, today)
			_, _, lookup := s.Lookup(t.Context(), orebro, ids, today)
			_, enter := s.Enter(t.Context(), orebro, ids[0], account, today)
			for call, err := range map[string]error{"Tokens": tokens, "Lookup": lookup, "Enter": enter} {
				if !errors.Is(err, ErrMistyped) || strings.Contains(err.Error(), written) {
					t.Errorf("%s of %q: %v", call, written, err)
				}
			}
		}
		if tokenOf(t, s, orebro, "a", wrong[2:]) == tokenOf(t, s, orebro, "b", wrong[2:]) {
			t.Error("ten plain digits are no source's own id")
		}
	})
}

func TestALabelThatReadsAsAnIdentityIsRefused(t *testing.T) {
	eachService(t, func(t *testing.T, s Service) {
		a := tokenOf(t, s, orebro, "a", "1")
		for _, label := range []string{madeNumber(1), "Bo " + madeNumber(1)[2:8] + "-" + madeNumber(1)[8:], "bo@example.com", "Bo, mamma 070-123 45 67"} {
			if err := s.SetLabel(t.Context(), orebro, a, label, true); !errors.Is(err, ErrRevealingLabel) || strings.Contains(err.Error(), label) {
				t.Errorf("%q: %v", label, err)
			}
		}
		if labels, err := s.Labels(t.Context(), orebro, []events.ID{a}); err != nil || len(labels) > 0 {
			t.Error(labels, err)
		}
	})
}

func TestALookupMakesNothing(t *testing.T) {
	eachService(t, func(t *testing.T, s Service) {
		known := tokenOf(t, s, orebro, "a", madeNumber(2))
		for range 2 {
			persons, there, err := s.Lookup(t.Context(), orebro, []Identity{{"a", "new"}, {"x", madeNumber(2)}, {"a", madeNumber(3)}}, today)
			must(t, err)
			if !slices.Equal(there, []bool{false, true, false}) || persons[1].Token != known || !persons[0].Token.IsZero() || persons[2].BirthYear != 2006 {
				t.Errorf("%v %v", persons, there)
			}
		}
	})
}

func TestATokenIsKnownInItsMunicipalityAlone(t *testing.T) {
	eachService(t, func(t *testing.T, s Service) {
		number, local, erased := tokenOf(t, s, orebro, "a", madeNumber(1)), tokenOf(t, s, orebro, "a", "1"), tokenOf(t, s, orebro, "a", "2")
		must(t, s.Erase(t.Context(), orebro, erased))
		known, err := s.Known(t.Context(), orebro, []events.ID{number, local, erased, {9}})
		must(t, err)
		if want := (map[events.ID]Person{number: {number, 2006}, local: {local, 0}}); !maps.Equal(known, want) {
			t.Errorf("%v, want %v", known, want)
		}
		if known, err = s.Known(t.Context(), kumla, []events.ID{number}); err != nil || len(known) != 0 {
			t.Error(known, err)
		}
	})
}

func TestManyCallersMakeEachChildOnce(t *testing.T) {
	eachService(t, func(t *testing.T, s Service) {
		var ids []Identity
		for i := range 300 {
			ids = append(ids, Identity{"a", madeNumber(i)})
		}
		answers := make([][]Person, 8)
		var group sync.WaitGroup
		for c := range answers {
			group.Go(func() {
				mine := slices.Clone(ids)
				if c%2 == 1 {
					slices.Reverse(mine)
				}
				persons, err := s.Tokens(t.Context(), orebro, mine, today)
				if err != nil {
					t.Error(err)
				}
				if c%2 == 1 {
					slices.Reverse(persons)
				}
				answers[c] = persons
			})
		}
		group.Wait()
		for c := range answers {
			if !slices.Equal(answers[c], answers[0]) {
				t.Errorf("caller %d has other tokens", c)
			}
		}
	})
}

func TestEnterAnswersAlikeForAKnownChild(t *testing.T) {
	eachService(t, func(t *testing.T, s Service) {
		first, err := s.Enter(t.Context(), orebro, Identity{"a", madeNumber(4)}, account, today)
		must(t, err)
		second, err := s.Enter(t.Context(), orebro, Identity{"b", madeNumber(4)[2:]}, account, today)
		must(t, err)
		if first != second || first.Token != tokenOf(t, s, orebro, "c", madeNumber(4)) {
			t.Errorf("%v, then %v", first, second)
		}
	})
}

func TestALabelThatStandsIsReplacedOnlyByOneThatIsSetOverIt(t *testing.T) {
	eachService(t, func(t *testing.T, s Service) {
		child := tokenOf(t, s, orebro, "a", madeNumber(4))
		for _, step := range []struct {
			label string
			over  bool
			want  string
		}{{"Kim i tisdagsgruppen", false, "Kim i tisdagsgruppen"}, {"K.", false, "Kim i tisdagsgruppen"}, {"", false, "Kim i tisdagsgruppen"}, {"K.", true, "K."}, {"", true, ""}} {
			must(t, s.SetLabel(t.Context(), orebro, child, step.label, step.over))
			labels, err := s.Labels(t.Context(), orebro, []events.ID{child})
			must(t, err)
			if labels[child] != step.want {
				t.Errorf("after %+v it is called %q", step, labels[child])
			}
		}
	})
}

func TestLabelsAreSetReadAndTakenAway(t *testing.T) {
	eachService(t, func(t *testing.T, s Service) {
		a, b := tokenOf(t, s, orebro, "a", "1"), tokenOf(t, s, orebro, "a", "2")
		must(t, s.SetLabel(t.Context(), orebro, a, "Åsa ☀ åk 4", true))
		must(t, s.SetLabel(t.Context(), orebro, b, strings.Repeat("ö", 80), true))
		read := func(m events.Municipality) map[events.ID]string {
			labels, err := s.Labels(t.Context(), m, []events.ID{a, b, {9}})
			must(t, err)
			return labels
		}
		if got := read(orebro); got[a] != "Åsa ☀ åk 4" || got[b] != strings.Repeat("ö", 80) || len(got) != 2 {
			t.Errorf("%v", got)
		}
		if got := read(kumla); len(got) != 0 {
			t.Errorf("another municipality reads %v", got)
		}
		must(t, s.Protect(t.Context(), orebro, b, account, true))
		must(t, s.SetLabel(t.Context(), orebro, a, "", true))
		if got := read(orebro); len(got) != 0 {
			t.Errorf("one was taken away and one is protected, and yet %v", got)
		}
		for _, bad := range []string{"  ", strings.Repeat("x", 81), "a\nb", "a\x00"} {
			if err := s.SetLabel(t.Context(), orebro, a, bad, true); !errors.Is(err, ErrLabel) {
				t.Errorf("%q: %v", bad, err)
			}
		}
		for _, err := range []error{s.SetLabel(t.Context(), kumla, a, "x", true), s.SetLabel(t.Context(), orebro, events.ID{9}, "x", true), s.Protect(t.Context(), kumla, a, account, true)} {
			if !errors.Is(err, ErrUnknownChild) {
				t.Error(err)
			}
		}
	})
}

func TestAProtectedIdentityIsFlaggedAndUnflagged(t *testing.T) {
	eachService(t, func(t *testing.T, s Service) {
		a, b := tokenOf(t, s, orebro, "a", "1"), tokenOf(t, s, orebro, "a", "2")
		must(t, s.Protect(t.Context(), orebro, a, account, true))
		flags, err := s.Protected(t.Context(), orebro, []events.ID{a, b})
		must(t, err)
		if !maps.Equal(flags, map[events.ID]bool{a: true}) {
			t.Error(flags)
		}
		must(t, s.Protect(t.Context(), orebro, a, account, false))
		if flags, err = s.Protected(t.Context(), orebro, []events.ID{a, b}); err != nil || len(flags) != 0 {
			t.Error(flags, err)
		}
	})
}

func TestAPersonWhomOneMunicipalityFlagsIsProtectedInEveryOne(t *testing.T) {
	eachService(t, func(t *testing.T, s Service) {
		number := madeNumber(11)
		here, there := tokenOf(t, s, orebro, "a", number), tokenOf(t, s, kumla, "a", number)
		own, likeIt := tokenOf(t, s, orebro, "a", "b-18"), tokenOf(t, s, kumla, "a", "b-18")
		must(t, s.SetLabel(t.Context(), kumla, there, "Kim", true))
		holds := func(want bool, when string) {
			t.Helper()
			flags, err := s.Protected(t.Context(), kumla, []events.ID{there, likeIt})
			must(t, err)
			labels, err := s.Labels(t.Context(), kumla, []events.ID{there})
			must(t, err)
			d, err := s.Disclose(t.Context(), kumla, there, account)
			must(t, err)
			if flags[there] != want || flags[likeIt] || (labels[there] == "") != want || d.Protected != want {
				t.Errorf("%s: protected %v, labels %v, disclosed as %v", when, flags, labels, d.Protected)
			}
		}
		must(t, s.Protect(t.Context(), orebro, own, account, true))
		holds(false, "another child is flagged, by an id of a source's own")
		must(t, s.Protect(t.Context(), orebro, here, account, true))
		holds(true, "the person is flagged elsewhere")
		must(t, s.Protect(t.Context(), kumla, there, account, true))
		must(t, s.Protect(t.Context(), orebro, here, account, false))
		holds(true, "the flag elsewhere was taken away, and the own one stands")
		must(t, s.Protect(t.Context(), kumla, there, account, false))
		holds(false, "nobody has it flagged")
		must(t, s.Protect(t.Context(), orebro, here, account, true))
		must(t, s.Erase(t.Context(), orebro, here))
		holds(true, "whoever was flagged elsewhere was erased there")
		d, err := s.Disclose(t.Context(), kumla, there, account)
		must(t, err)
		if !slices.ContainsFunc(d.Reads, func(r Read) bool { return r.Why == "protected" && r.Account.IsZero() }) || !d.Flagged {
			t.Errorf("that the flag was passed on stands nowhere: %+v", d)
		}
	})
}

func TestAGuestIsTheSamePersonAtHome(t *testing.T) {
	eachService(t, func(t *testing.T, s Service) {
		atHome := tokenOf(t, s, kumla, "z", madeNumber(5))
		known, fresh, local := tokenOf(t, s, orebro, "a", madeNumber(5)), tokenOf(t, s, orebro, "a", madeNumber(6)), tokenOf(t, s, orebro, "a", "b-17")
		must(t, s.Protect(t.Context(), orebro, fresh, account, true))
		guests := []events.ID{known, fresh, local, {9}, known}
		before, err := s.LookupHome(t.Context(), orebro, guests, kumla)
		must(t, err)
		if !maps.Equal(before, map[events.ID]Person{known: {atHome, 2006}, fresh: {BirthYear: 2006}}) {
			t.Errorf("looked up before any was made: %v", before)
		}
		homes, err := s.HomeTokens(t.Context(), orebro, guests, kumla)
		must(t, err)
		if len(homes) != 2 || homes[known] != (Person{atHome, 2006}) || homes[fresh].Token.IsZero() || homes[fresh].Token == fresh {
			t.Errorf("%v", homes)
		}
		again, err := s.HomeTokens(t.Context(), orebro, guests, kumla)
		must(t, err)
		found, err := s.LookupHome(t.Context(), orebro, guests, kumla)
		must(t, err)
		if !maps.Equal(homes, again) || !maps.Equal(homes, found) || tokenOf(t, s, kumla, "q", madeNumber(6)) != homes[fresh].Token {
			t.Error("the home token changed")
		}
		if flags, err := s.Protected(t.Context(), kumla, []events.ID{homes[fresh].Token, atHome}); err != nil || !flags[homes[fresh].Token] || flags[atHome] {
			t.Errorf("protection at home: %v %v", flags, err)
		}
		if back, err := s.HomeTokens(t.Context(), kumla, []events.ID{homes[fresh].Token}, orebro); err != nil || back[homes[fresh].Token].Token != fresh {
			t.Errorf("and back: %v %v", back, err)
		}
	})
}

func TestAnErasedChildComesBackAsANewOne(t *testing.T) {
	eachService(t, func(t *testing.T, s Service) {
		old := tokenOf(t, s, orebro, "a", madeNumber(7))
		must(t, s.SetLabel(t.Context(), orebro, old, "Kim", true))
		if err := s.Erase(t.Context(), kumla, old); !errors.Is(err, ErrUnknownChild) {
			t.Error("another municipality may erase:", err)
		}
		if erased, err := s.Erased(t.Context(), orebro, old); err != nil || erased {
			t.Error(erased, err)
		}
		for range 2 {
			must(t, s.Erase(t.Context(), orebro, old))
		}
		if erased, err := s.Erased(t.Context(), orebro, old); err != nil || !erased {
			t.Error(erased, err)
		}
		if fresh := tokenOf(t, s, orebro, "a", madeNumber(7)); fresh == old {
			t.Error("the erased token came back")
		}
		if labels, err := s.Labels(t.Context(), orebro, []events.ID{old}); err != nil || len(labels) != 0 {
			t.Error(labels, err)
		}
		if _, err := s.Disclose(t.Context(), orebro, old, account); !errors.Is(err, ErrUnknownChild) {
			t.Error(err)
		}
		if err := s.SetLabel(t.Context(), orebro, old, "Kim", true); !errors.Is(err, ErrUnknownChild) {
			t.Error(err)
		}
	})
}

func TestDisclosureTellsAllThatIsStored(t *testing.T) {
	eachService(t, func(t *testing.T, s Service) {
		p, err := s.Enter(t.Context(), orebro, Identity{"a", madeNumber(8)}, account, today)
		must(t, err)
		must(t, s.SetLabel(t.Context(), orebro, p.Token, "Kim", true))
		must(t, s.Protect(t.Context(), orebro, p.Token, account, true))
		must(t, s.NoteReads(t.Context(), orebro, []events.ID{p.Token, {9}}, events.ID{2}, "case_history"))
		must(t, s.NoteReads(t.Context(), orebro, nil, events.ID{2}, "case_history"))
		if err := s.NoteRead(t.Context(), orebro, p.Token, account, "because of "+madeNumber(8)); !errors.Is(err, ErrReason) {
			t.Error(err)
		}
		d, err := s.Disclose(t.Context(), orebro, p.Token, account)
		must(t, err)
		var reads []string
		for _, r := range d.Reads {
			reads = append(reads, fmt.Sprint(r.Account[0], " ", r.Why))
		}
		if !slices.Equal(reads, []string{"1 entered", "1 protected", "2 case_history", "1 disclosed"}) {
			t.Error(reads)
		}
		if time.Since(d.Created) > time.Hour || time.Since(d.Reads[0].At) > time.Hour {
			t.Error(d.Created, d.Reads[0].At)
		}
		d.Created, d.Reads = time.Time{}, nil
		want := Disclosure{Token: p.Token, Municipality: orebro, Number: true, KeyVersion: 1, BirthYear: 2006, Protected: true, Flagged: true, Label: "Kim"}
		if fmt.Sprint(d) != fmt.Sprint(want) {
			t.Errorf("%+v, want %+v", d, want)
		}
	})
}

func TestKeyedCodesAreStableAndApart(t *testing.T) {
	eachService(t, func(t *testing.T, s Service) {
		seen := map[[16]byte]string{}
		keyed := func(purpose string, parts ...string) {
			k, err := s.Keyed(t.Context(), purpose, parts...)
			must(t, err)
			again, err := s.Keyed(t.Context(), purpose, parts...)
			must(t, err)
			name := fmt.Sprintf("%s %q", purpose, parts)
			if k != again || seen[k] != "" {
				t.Errorf("%s: %x, also %s", name, k, seen[k])
			}
			seen[k] = name
		}
		keyed("a", "x", "y")
		keyed("a", "xy")
		keyed("a", "xy", "")
		keyed("a", "\xff")
		keyed("a", "\xfe")
		keyed("b", "x", "y")
		for _, m := range []events.Municipality{orebro, kumla} {
			for _, source := range []string{"a", "b"} {
				records, err := s.RecordKeys(t.Context(), m, source, []RecordSource{{"1", []byte("x")}, {"1", []byte("y")}, {"2", []byte("x")}})
				must(t, err)
				if records[0].Key != records[1].Key || records[0].MAC == records[1].MAC || records[0].Key == records[2].Key || records[0].MAC == records[2].MAC {
					t.Error(records)
				}
				sessions, err := s.SessionKeys(t.Context(), m, source, []string{"1", "1", "2"})
				must(t, err)
				if sessions[0] != sessions[1] || sessions[0] == sessions[2] {
					t.Error(sessions)
				}
				for _, k := range [][16]byte{records[0].Key, sessions[0]} {
					if seen[k] != "" {
						t.Error("also", seen[k])
					}
					seen[k] = string(m) + source
				}
			}
		}
	})
}

func TestNoCallerCanComputeAnIndex(t *testing.T) {
	h := newHouse(t)
	v := h.open(t)
	tokenOf(t, v, orebro, "a", madeNumber(9))
	for _, purpose := range []string{"person", "for others: person", "", ": person"} {
		k, err := v.Keyed(t.Context(), purpose, madeNumber(9))
		must(t, err)
		var n int
		must(t, h.pool.QueryRow(t.Context(), `SELECT count(*) FROM identity WHERE substr(index, 1, 16) = $1`, k[:]).Scan(&n))
		if n != 0 {
			t.Errorf("purpose %q is the index", purpose)
		}
	}
}

func TestTheImportIndexRemembers(t *testing.T) {
	eachService(t, func(t *testing.T, s Service) {
		a, b, c := [16]byte{1}, [16]byte{2}, [16]byte{3}
		facts := map[[16]byte]Fact{a: {[8]byte{255, 1}, 7, "session.x"}, b: {[8]byte{2}, 8, "case.y"}}
		must(t, s.Remember(t.Context(), orebro, facts, 8))
		got, err := s.Recorded(t.Context(), orebro, [][16]byte{a, b, c, a})
		must(t, err)
		if !maps.Equal(got, facts) {
			t.Errorf("%v", got)
		}
		if other, err := s.Recorded(t.Context(), kumla, [][16]byte{a}); err != nil || len(other) != 0 {
			t.Error("another municipality's record:", other, err)
		}
		must(t, s.Remember(t.Context(), orebro, map[[16]byte]Fact{a: {[8]byte{9}, 12, "session.x"}, b: {[8]byte{3}, 5, "case.z"}}, 6))
		got, err = s.Recorded(t.Context(), orebro, [][16]byte{a, b})
		must(t, err)
		if got[a].Position != 12 || got[b] != facts[b] {
			t.Errorf("the later fact does not stand: %v", got)
		}
		if p, err := s.RecordsPosition(t.Context(), orebro); err != nil || p != 8 {
			t.Errorf("the position went back: %d %v", p, err)
		}
		must(t, s.Remember(t.Context(), kumla, map[[16]byte]Fact{c: {Position: 1}}, 1))
		must(t, s.ForgetLog(t.Context(), orebro))
		if p, err := s.RecordsPosition(t.Context(), orebro); err != nil || p != 0 {
			t.Error(p, err)
		}
		if got, err = s.Recorded(t.Context(), orebro, [][16]byte{a, b}); err != nil || len(got) != 0 {
			t.Error(got, err)
		}
		if got, err = s.Recorded(t.Context(), kumla, [][16]byte{c}); err != nil || len(got) != 1 {
			t.Error("the other municipality's is gone too", err)
		}
	})
}

func TestAnIdempotencyKeyStandsForOneRequest(t *testing.T) {
	eachService(t, func(t *testing.T, s Service) {
		request := Request{Key: "key", Route: "POST children", Body: []byte(`{"identity":"1"}`)}
		id, err := s.Claim(t.Context(), orebro, account, request)
		must(t, err)
		if again, err := s.Claim(t.Context(), orebro, account, request); err != nil || again.Command != id.Command || id.Command.Version() != 8 {
			t.Error(again, err)
		}
		for says, r := range map[string]Request{
			"another body":  {Key: "key", Route: "POST children", Body: []byte(`{}`)},
			"another route": {Key: "key", Route: "POST groups", Body: []byte(`{"identity":"1"}`)},
		} {
			if _, err := s.Claim(t.Context(), orebro, account, r); !errors.Is(err, ErrKeyReused) {
				t.Errorf("%s: %v", says, err)
			}
		}
		other, err := s.Claim(t.Context(), orebro, events.ID{2}, Request{Key: "key", Route: "POST children", Body: []byte(`{}`)})
		must(t, err)
		elsewhere, err := s.Claim(t.Context(), kumla, account, request)
		must(t, err)
		if other.Command == id.Command || elsewhere.Command == id.Command {
			t.Error("accounts or municipalities share a key")
		}
		must(t, s.ForgetRequests(t.Context(), time.Now().Add(time.Hour)))
		if again, err := s.Claim(t.Context(), orebro, account, Request{Key: "key", Route: "POST groups", Body: nil}); err != nil || again.Command != id.Command {
			t.Error("a forgotten request's command id changed:", again, err)
		}
	})
}

func TestARepeatIsAnsweredAsTheFirstTimeForThirtyDays(t *testing.T) {
	v := newHouse(t).open(t)
	request := Request{Key: "key", Route: "POST imports", Body: []byte("a file")}
	answered := func() string {
		claimed, err := v.Claim(t.Context(), orebro, account, request)
		must(t, err)
		return string(claimed.Answer)
	}
	answered()
	_, err := v.KeepAnswer(t.Context(), orebro, account, "key", events.ID{}, []byte("first"))
	must(t, err)
	for _, c := range []struct {
		age  time.Duration
		want string
	}{{RequestsKept - time.Hour, "first"}, {RequestsKept + time.Hour, ""}} {
		_, err := v.pool.Exec(t.Context(), `UPDATE request SET created = $1`, time.Now().Add(-c.age))
		must(t, err)
		ended, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- v.ForgetOld(ended) }()
		time.Sleep(200 * time.Millisecond)
		for begun := time.Now(); answered() != c.want && time.Since(begun) < time.Minute; time.Sleep(10 * time.Millisecond) {
		}
		stop()
		must(t, <-done)
		if got := answered(); got != c.want {
			t.Errorf("after %s it is answered %q, want %q", c.age, got, c.want)
		}
	}
}

func TestTheFirstAnswerOfARequestIsKept(t *testing.T) {
	eachService(t, func(t *testing.T, s Service) {
		request := Request{Key: "key", Route: "POST imports", Body: []byte("a file")}
		claim := func() string {
			claimed, err := s.Claim(t.Context(), orebro, account, request)
			must(t, err)
			return string(claimed.Answer)
		}
		keep := func(account events.ID, key, answer string) string {
			kept, err := s.KeepAnswer(t.Context(), orebro, account, key, events.ID{}, []byte(answer))
			must(t, err)
			return string(kept)
		}
		if got := claim(); got != "" {
			t.Errorf("an answer before there was one: %q", got)
		}
		for _, answer := range []string{"first", "second"} {
			if kept := keep(account, "key", answer); kept != "first" || claim() != "first" {
				t.Errorf("after the %s answer %q is kept and %q found", answer, kept, claim())
			}
		}
		if _, err := s.Claim(t.Context(), orebro, account, Request{Key: "key", Route: "POST imports", Body: []byte("another file")}); !errors.Is(err, ErrKeyReused) {
			t.Error("another request is given the answer:", err)
		}
		keep(events.ID{2}, "key", "another account's")
		keep(account, "another key", "answers what nobody asked")
		must(t, s.ForgetRequests(t.Context(), time.Now().Add(time.Hour)))
		if got := claim(); got != "" {
			t.Errorf("a forgotten request is answered %q", got)
		}
	})
}

func TestWhereALogLostItsEndNoRepeatIsAnsweredFromBefore(t *testing.T) {
	eachService(t, func(t *testing.T, s Service) {
		request := Request{Key: "key", Route: "POST imports", Body: []byte("a file")}
		answered := func(m events.Municipality) string {
			claimed, err := s.Claim(t.Context(), m, account, request)
			must(t, err)
			return string(claimed.Answer)
		}
		for _, m := range []events.Municipality{orebro, kumla} {
			answered(m)
			_, err := s.KeepAnswer(t.Context(), m, account, "key", events.ID{}, []byte("recorded at 7"))
			must(t, err)
		}
		must(t, s.ForgetLog(t.Context(), orebro))
		if here, elsewhere := answered(orebro), answered(kumla); here != "" || elsewhere == "" {
			t.Errorf("it is answered %q, elsewhere %q", here, elsewhere)
		}
		if _, err := s.Claim(t.Context(), orebro, account, Request{Key: "key", Route: "POST imports", Body: []byte("another file")}); !errors.Is(err, ErrKeyReused) {
			t.Error("the key is free for another request:", err)
		}
		kept, err := s.KeepAnswer(t.Context(), orebro, account, "key", events.ID{}, []byte("recorded at 5"))
		must(t, err)
		if string(kept) != "recorded at 5" || answered(orebro) != "recorded at 5" {
			t.Errorf("what it was answered then is kept as %q", kept)
		}
	})
}

// TestWhatRequestsSaidGoesWithTheChild asks what is kept of requests that named a child by its identity, before and after it is erased.
func TestWhatRequestsSaidGoesWithTheChild(t *testing.T) {
	v := newHouse(t).open(t)
	erased, stays := tokenOf(t, v, orebro, "a", "1"), tokenOf(t, v, orebro, "a", "2")
	claim := func(m events.Municipality, key string, naming bool) Claimed {
		claimed, err := v.Claim(t.Context(), m, account, Request{Key: key, Route: "POST children", Body: []byte(key), Naming: naming})
		must(t, err)
		return claimed
	}
	for key, child := range map[string]events.ID{"erased": erased, "stays": stays, "file": {}} {
		claim(orebro, key, !child.IsZero())
		_, err := v.KeepAnswer(t.Context(), orebro, account, key, child, []byte("at 7"))
		must(t, err)
	}
	claim(orebro, "broken off", true)
	claim(kumla, "broken off", true)
	prints := func(municipality events.Municipality) (n int) {
		must(t, v.pool.QueryRow(t.Context(), `SELECT count(fingerprint) FROM request WHERE municipality = $1`, municipality).Scan(&n))
		return n
	}
	if prints(orebro) != 4 || claim(orebro, "erased", true).Erased {
		t.Fatal("before anybody is erased what requests said is not kept")
	}
	must(t, v.Erase(t.Context(), orebro, erased))
	if here, elsewhere := prints(orebro), prints(kumla); here != 2 || elsewhere != 1 {
		t.Errorf("of %d requests it is kept what they said, elsewhere of %d", here, elsewhere)
	}
	if repeat := claim(orebro, "erased", true); !repeat.Erased || string(repeat.Answer) != "at 7" {
		t.Errorf("a repeat is not told from a new request: %+v", repeat)
	}
	for _, key := range []string{"stays", "file"} {
		if repeat := claim(orebro, key, key == "stays"); repeat.Erased || string(repeat.Answer) != "at 7" {
			t.Errorf("what was asked of others is forgotten: %s %+v", key, repeat)
		}
	}
}

// TestAnAnswerThatIsKeptWhileItsChildIsErasedKeepsNothingOfTheRequest keeps it at each step of the erasure.
func TestAnAnswerThatIsKeptWhileItsChildIsErasedKeepsNothingOfTheRequest(t *testing.T) {
	for at := 1; ; at++ {
		v := newHouse(t).open(t)
		child := tokenOf(t, v, orebro, "a", "1")
		_, err := v.Claim(t.Context(), orebro, account, Request{Key: "k", Route: "POST children", Body: []byte("a 1"), Naming: true})
		must(t, err)
		steps := 0
		kept := make(chan error, 1)
		v.step = func(string) error {
			if steps++; steps == at {
				go func() {
					_, err := v.KeepAnswer(t.Context(), orebro, account, "k", child, []byte("at 7"))
					kept <- err
				}()
				select { // it is done by then, or waits for the erasure
				case err := <-kept:
					kept <- err
				case <-time.After(time.Second):
				}
			}
			return nil
		}
		must(t, v.Erase(t.Context(), orebro, child))
		if steps < at {
			return
		}
		must(t, <-kept)
		var prints int
		must(t, v.pool.QueryRow(t.Context(), `SELECT count(fingerprint) FROM request`).Scan(&prints))
		if prints > 0 {
			t.Errorf("kept at step %d of the erasure, what the request said stays", at)
		}
	}
}

func TestManyClaimsAtOnceAgree(t *testing.T) {
	v := newHouse(t).open(t)
	var group sync.WaitGroup
	bodies, won := make([]error, 16), 0
	for i := range bodies {
		group.Go(func() {
			_, bodies[i] = v.Claim(t.Context(), orebro, account, Request{Key: "k", Route: "r", Body: []byte{byte(i)}})
		})
	}
	group.Wait()
	for _, err := range bodies {
		if err == nil {
			won++
		} else if !errors.Is(err, ErrKeyReused) {
			t.Error(err)
		}
	}
	if won != 1 {
		t.Errorf("%d bodies have the key", won)
	}
}

func TestADatabaseThatIsGoneIsUnavailable(t *testing.T) {
	eachService(t, func(t *testing.T, s Service) {
		switch s := s.(type) {
		case *Vault:
			s.pool.Close()
		case *Client:
			s.URL = "http://127.0.0.1:1"
		}
		_, err := s.Tokens(t.Context(), orebro, []Identity{{"a", madeNumber(1)}}, today)
		_, claimErr := s.Claim(t.Context(), orebro, account, Request{Key: "k"})
		for _, err := range []error{err, claimErr, s.Erase(t.Context(), orebro, account), s.Remember(t.Context(), orebro, nil, 1), s.SetLabel(t.Context(), orebro, account, "x", true)} {
			if !errors.Is(err, ErrUnavailable) {
				t.Error(err)
			}
		}
	})
}

func TestACutConnectionIsUnavailableAndThenWorksAgain(t *testing.T) {
	h := newHouse(t)
	v := h.open(t)
	ctx := t.Context()
	conn, err := h.pool.Acquire(ctx)
	must(t, err)
	if _, err = conn.Exec(ctx, `SELECT pg_terminate_backend(pg_backend_pid())`); !errors.Is(failed("x", err), ErrUnavailable) {
		t.Error(err)
	}
	conn.Release()
	tokenOf(t, v, orebro, "a", "1")
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := v.Tokens(cancelled, orebro, []Identity{{"a", "1"}}, today); err == nil || errors.Is(err, ErrUnavailable) {
		t.Error("a caller who went away finds the vault unavailable:", err)
	}
}

func TestOnlyThoseWhoKnowTheCredentialMayAsk(t *testing.T) {
	v := newHouse(t).open(t)
	for says, c := range map[string]struct{ served, given string }{
		"a wrong credential":     {"right", "wrong"},
		"no credential":          {"right", ""},
		"a longer one":           {"right", "right1"},
		"a vault that has none":  {"", ""},
		"a vault with none, any": {"", "x"},
	} {
		server := httptest.NewServer(Handler(v, c.served))
		_, err := NewClient(server.URL, c.given).Keyed(t.Context(), "p")
		if !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), "another credential than its own") {
			t.Errorf("%s: %v", says, err)
		}
		server.Close()
	}
	w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, mountedAt+"keyed", strings.NewReader("{}"))
	r.Header.Set("Authorization", "Bearer ")
	if Handler(v, "").ServeHTTP(w, r); w.Code != http.StatusUnauthorized {
		t.Error("a vault without a credential answers", w.Code)
	}
}

// talkative errs with what it was asked.
type talkative struct{ Service }

func (talkative) NoteRead(_ context.Context, _ events.Municipality, _, _ events.ID, why string) error {
	return errors.New(why)
}

func TestARefusalEchoesNothing(t *testing.T) {
	v := newHouse(t).open(t)
	n := madeNumber(11)
	for _, body := range []string{n, `{"identities":"` + n + `"}`, `{"today":"` + n + `"}`, `{"token":"` + n + `"}`, `{"why":"` + n + `","municipality":"` + n + `"}`, `{"label":"` + n + `\n"}`, `{"position":-` + n + `}`} {
		for name := range calls(v) {
			w := httptest.NewRecorder()
			r := httptest.NewRequest(http.MethodPost, mountedAt+name, strings.NewReader(body))
			r.Header.Set("Authorization", "Bearer c")
			Handler(talkative{v}, "c").ServeHTTP(w, r)
			if strings.Contains(w.Body.String(), n) {
				t.Errorf("%s echoes: %s", name, w.Body)
			}
		}
	}
}
