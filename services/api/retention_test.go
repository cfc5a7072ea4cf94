package api_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"rackvidd/events"
	"rackvidd/services/access"
	"rackvidd/services/api"
	"rackvidd/services/integrity"
	"rackvidd/services/vault"
)

func TestRetentionIsDecidedAndSaysWhomItErases(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	officer := h.token(access.DataProtection, orebro)
	child := h.child("a")
	h.attend("2021-03-02", child)
	read := func() (body api.RetentionState) {
		t.Helper()
		h.ask(officer, "GET", in("retention?min_position="+position(h.head())), nil).is(200).into(&body)
		return body
	}
	if body := read(); body.Years != 0 || body.Decided != nil || len(body.Children) != 0 {
		t.Errorf("before anybody decided: %+v", body)
	}
	decide := func(years int) (receipt api.RetentionReceipt) {
		t.Helper()
		h.ask(officer, "PUT", in("retention"), object{"years": years}).is(200).into(&receipt)
		return receipt
	}
	if receipt := decide(5); *receipt.Listed != 0 || receipt.Earliest != nil || receipt.Years != 5 || receipt.Position != h.head() {
		t.Errorf("decided: %+v", receipt)
	}
	if body := read(); body.Years != 5 || body.Decided == nil || !body.Decided.At.Equal(h.clock()) || body.Decided.Name == "" || len(body.Children) != 0 {
		t.Errorf("when it was decided: %+v", body)
	}
	ahead := time.Now().AddDate(5, 0, 1).Truncate(time.Second) // the vault says itself when a child became known
	h.moment.Store(ahead.UnixMilli())
	officer = h.token(access.DataProtection, orebro) // the other has expired
	if receipt := decide(4); *receipt.Listed != 1 || !receipt.Earliest.Equal(ahead.Add(30*24*time.Hour)) {
		t.Errorf("decided when nothing was recorded for years: %+v", receipt)
	}
	body := read()
	if len(body.Children) != 1 || body.Children[0].Child.String() != child || !body.Children[0].Erased.Equal(ahead.Add(30*24*time.Hour)) || body.Children[0].LastRecorded.After(time.Now()) {
		t.Errorf("listed: %+v", body.Children)
	}
	before := h.head()
	if receipt := decide(4); receipt.Position > before || *receipt.Listed != 1 {
		t.Errorf("decided once more: %+v, the log ended at %d", receipt, before)
	}
	if receipt := decide(0); *receipt.Listed != 0 || len(read().Children) != 0 {
		t.Errorf("listed when there is no retention: %+v", receipt)
	}
}

func TestWhatWouldBeDecidedIsSeenBeforeItIs(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	for _, name := range []string{"a", "b", "c"} {
		h.attend("2021-03-02", h.child(name))
	}
	h.put("retention", object{"years": 10}).is(200)
	ahead := time.Now().AddDate(5, 0, 1).Truncate(time.Second)
	h.moment.Store(ahead.UnixMilli())
	officer, head := h.token(access.DataProtection, orebro), h.head()
	would := func(years int) (body api.RetentionState) {
		t.Helper()
		h.ask(officer, "GET", in(fmt.Sprintf("retention?years=%d&min_position=%s", years, position(head))), nil).is(200).into(&body)
		if body.Years != 10 || body.Listed.Children != 0 || body.Foreseen.Years != events.Amount(years) || body.Foreseen.Children != len(body.Children) {
			t.Errorf("of %d years: %+v", years, body)
		}
		return body
	}
	if body := would(5); body.Foreseen.Children != 3 || !body.Foreseen.From.Equal(ahead.Add(30*24*time.Hour)) || !body.Foreseen.To.Equal(*body.Foreseen.From) || !body.Children[2].Erased.Equal(*body.Foreseen.From) {
		t.Errorf("by 5 years: %+v", body)
	}
	for _, years := range []int{0, 6, 10} {
		if body := would(years); body.Foreseen.Children != 0 || body.Foreseen.From != nil {
			t.Errorf("by %d years: %+v", years, body)
		}
	}
	kept, err := h.vault.Kept(t.Context(), orebro, ahead)
	if err != nil || len(kept) != 3 || slices.ContainsFunc(kept, func(k vault.Kept) bool { return !k.Listed.IsZero() }) || h.head() != head {
		t.Errorf("when it was asked, %+v are kept, the log ends at %d: %v", kept, h.head(), err)
	}
	for _, years := range []string{"31", "-1", "many"} {
		h.ask(officer, "GET", in("retention?years="+years), nil).is(422)
	}
	h.ask(h.token(access.BackOffice, orebro), "GET", in("retention?years=5"), nil).is(403)
	h.ask(officer, "PUT", in("retention"), object{"years": 5}).is(200)
	h.moment.Store(ahead.AddDate(0, 0, 1).UnixMilli())
	var again api.RetentionState
	h.ask(h.token(access.DataProtection, orebro), "GET", in("retention?years=5"), nil).is(200).into(&again)
	if again.Foreseen.Children != 3 || !again.Foreseen.From.Equal(ahead.Add(30*24*time.Hour)) || again.Listed.Children != 3 {
		t.Errorf("what is decided, once more: %+v", again.Foreseen)
	}
}

func TestTheListOfThoseToBeErasedIsReadInParts(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	for n := range 5 {
		h.attend("2021-03-02", h.child(fmt.Sprint(n)))
	}
	h.put("retention", object{"years": 4}).is(200)
	h.moment.Store(time.Now().AddDate(4, 0, 1).UnixMilli())
	for _, years := range []string{"", "&years=3"} {
		read := func(query string) (body api.RetentionState) {
			t.Helper()
			h.get("retention?limit=2" + years + query).is(200).into(&body)
			if body.Listed.Children != 5 || (body.Foreseen != nil) != (years != "") {
				t.Errorf("in all there are %+v, foreseen %+v", body.Listed, body.Foreseen)
			}
			return body
		}
		var whole api.RetentionState
		h.get("retention?" + years[min(1, len(years)):]).is(200).into(&whole)
		if len(whole.Children) != 5 || whole.After != nil {
			t.Fatalf("without a limit: %+v", whole)
		}
		var parts []api.Unrecorded
		query := ""
		for range 3 {
			body := read(query)
			parts = append(parts, body.Children...)
			if body.After == nil {
				break
			}
			query = "&after=" + body.After.String()
		}
		if !slices.EqualFunc(parts, whole.Children, func(a, b api.Unrecorded) bool { return a.Child == b.Child }) {
			t.Errorf("in parts the list is %v, whole %v", parts, whole.Children)
		}
	}
	h.get("retention?after="+h.child("new")).problem(422, "invalid", "query.after")
	for _, limit := range []string{"0", "1001"} {
		h.get("retention?limit=" + limit).is(422)
	}
}

func TestWhoeverLogsOrErasesSeesHowManyAreToBeErased(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	h.attend("2021-03-02", h.child("a"), h.child("b"))
	h.put("retention", object{"years": 4}).is(200)
	ahead := time.Now().AddDate(4, 0, 1).Truncate(time.Second)
	h.moment.Store(ahead.UnixMilli())
	coordinator, officer := h.token(access.Coordinator, orebro, "sputnik"), h.token(access.DataProtection, orebro)
	seen := func(want int) {
		t.Helper()
		for _, who := range []string{coordinator, officer} {
			var listed api.ToErase
			h.ask(who, "GET", in("retention/listed"), nil).is(200).into(&listed)
			at := ahead.Add(30 * 24 * time.Hour)
			if listed.Children != want || (listed.From != nil) != (want > 0) || want > 0 && (!listed.From.Equal(at) || !listed.To.Equal(at)) {
				t.Errorf("seen is %+v, want %d", listed, want)
			}
		}
	}
	seen(0)
	h.put("retention", object{"years": 3}).is(200) // makes the list
	seen(2)
	h.ask(h.token(access.BackOffice, orebro), "GET", in("retention/listed"), nil).is(403)
	h.ask(h.token(access.Coordinator, kumla), "GET", in("retention/listed"), nil).is(404)
}

func TestWhoeverReadsACaseSeesWhenTheChildIsErased(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	child := h.child("a")
	h.attend("2021-03-02", child)
	before := h.head()
	h.put("retention", object{"years": 4}).is(200)
	ahead := time.Now().AddDate(4, 0, 1).Truncate(time.Second)
	h.moment.Store(ahead.UnixMilli())
	h.put("retention", object{"years": 3}).is(200) // makes the list
	coordinator, officer := h.token(access.Coordinator, orebro, "sputnik"), h.token(access.DataProtection, orebro)
	erased := func(query string) *time.Time {
		t.Helper()
		var body api.Case
		h.ask(coordinator, "GET", in("cases/"+child+query), nil).is(200).into(&body)
		return body.Erased
	}
	at := ahead.Add(30 * 24 * time.Hour)
	if got := erased(""); got == nil || !got.Equal(at) {
		t.Errorf("the case says %v, want %s", got, at)
	}
	if got := erased("?position=" + position(before)); got != nil {
		t.Errorf("of the past the case says %s", got)
	}
	var stored api.ChildDisclosure
	if h.ask(officer, "GET", in("children/"+child+"/disclosure"), nil).is(200).into(&stored); stored.Case.Erased == nil || !stored.Case.Erased.Equal(at) {
		t.Errorf("what is stored about it says %v", stored.Case.Erased)
	}
	h.attend("2021-04-02", child)
	if got := erased("?min_position=" + position(h.head())); got != nil {
		t.Errorf("when it was recorded anew the case says %s", got)
	}
}

func TestRetentionIsOfWholeYearsAndDecidedByDataProtectionAlone(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	officer := h.token(access.DataProtection, orebro)
	for _, years := range []any{-1, 31, 1.5, "five", nil} {
		h.ask(officer, "PUT", in("retention"), object{"years": years}).is(422)
	}
	for _, role := range []access.Role{access.Coordinator, access.BackOffice, access.Approver, access.Auditor, access.Operations} {
		h.ask(h.token(role, orebro), "PUT", in("retention"), object{"years": 5}).is(403)
		h.ask(h.token(role, orebro), "GET", in("retention"), nil).is(403)
	}
	h.ask(h.token(access.DataProtection, kumla), "PUT", in("retention"), object{"years": 5}).is(404)
	recorded, err := h.log.Streams(t.Context(), orebro, events.Retentions())
	if err != nil || len(recorded) > 0 {
		t.Errorf("recorded is %v: %v", recorded, err)
	}
}

// unlisting is a retention whose list cannot be made.
type unlisting struct{ err error }

func (u unlisting) Listed(context.Context, events.Municipality) ([]api.Unrecorded, error) {
	return nil, u.err
}

func (u unlisting) Foreseen(context.Context, events.Municipality, events.Amount) ([]api.Unrecorded, error) {
	return nil, u.err
}

func (u unlisting) Due(context.Context, events.Municipality, events.ID, events.Position) (time.Time, error) {
	return time.Time{}, u.err
}

func (u unlisting) Announced(context.Context, events.Municipality) (api.ToErase, error) {
	return api.ToErase{}, u.err
}

func (u unlisting) List(context.Context, events.Municipality) ([]api.Unrecorded, error) {
	return nil, u.err
}

func TestRetentionIsDecidedAlsoWhereTheListCannotBeMade(t *testing.T) {
	damaged := &integrity.DamagedError{Municipality: orebro, Findings: []integrity.Finding{{Municipality: orebro, Copy: integrity.TheStream}}}
	for says, c := range map[string]struct {
		err      error
		status   int
		withheld bool
	}{
		"a copy is damaged":      {damaged, 200, true},
		"the vault is not there": {vault.ErrUnavailable, 503, false},
	} {
		t.Run(says, func(t *testing.T) {
			h := newHouse(t, func(d *api.Deps) { d.Retention = unlisting{c.err} })
			h.sputnik()
			var receipt api.RetentionReceipt
			h.put("retention", object{"years": 0}).is(200)
			h.put("retention", object{"years": 5}).is(200).into(&receipt)
			if receipt.Listed != nil || receipt.Years != 5 || receipt.Position != h.head() {
				t.Errorf("decided: %+v", receipt)
			}
			var body api.RetentionState
			if answer := h.get("retention"); answer.is(c.status).status == 200 {
				answer.into(&body)
			}
			if body.Withheld != c.withheld || c.withheld && body.Years != 5 {
				t.Errorf("read: %+v", body)
			}
		})
	}
}
