package api_test

import (
	"fmt"
	"slices"
	"testing"

	"rackvidd/services/access"
	"rackvidd/services/api"
)

// counts records a count of guests for each day, and returns their ids.
func (h *house) counts(children int, days ...string) (list []string) {
	h.t.Helper()
	for _, day := range days {
		body := object{"provider_municipality": "1881", "programme": "lanterna", "form": "camp", "held_on": day, "children": children}
		list = append(list, h.post("guests", body).is(201).receipt().ID)
	}
	return list
}

func (h *house) guests(query string) (body api.GuestCounts) {
	h.t.Helper()
	h.get("guests?min_position=" + position(h.head()) + query).is(200).into(&body)
	return body
}

func TestACountOfGuestsIsTakenBackAndCountedAnew(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	typo := h.counts(9000, "2021-07-01")[0]
	before := h.head()
	at := h.post("guests/"+typo+"/withdraw", object{"reason": "entered_in_error"}).is(200).receipt().Position
	if f := h.reached("year=2021", at); f.UnidentifiedAttendances != 0 || f.Bounds.Upper != 0 {
		t.Errorf("what was taken back counts: %+v", f)
	}
	if f := h.reached("year=2021&position="+position(before), at); f.Bounds.Upper != 9000 {
		t.Errorf("it did not count until then: %+v", f)
	}
	if again := h.post("guests/"+typo+"/withdraw", object{"reason": "duplicate"}).is(200).receipt().Position; again != at {
		t.Errorf("taken back twice: %d and %d", at, again)
	}
	right := h.counts(9, "2021-07-01")[0]
	if f := h.reached("year=2021", h.head()); f.Bounds.Lower != 9 || f.UnidentifiedAttendances != 9 {
		t.Errorf("what was counted anew does not count: %+v", f)
	}
	found := make(map[string]api.GuestCount)
	for _, one := range h.guests("").Guests {
		found[one.ID.String()] = one
	}
	gone, stands := found[typo], found[right]
	if len(found) != 2 || gone.Withdrawn == nil || gone.Withdrawn.Reason != "entered_in_error" || !gone.Withdrawn.At.Equal(h.clock()) || gone.Withdrawn.Account.IsZero() {
		t.Errorf("the list does not say why it was taken back, when and by whom: %+v", gone)
	}
	if stands.Withdrawn != nil || stands.Children != 9 || stands.ProviderMunicipality != "1881" || stands.Programme != "lanterna" || stands.Form != "camp" || stands.HeldOn.String() != "2021-07-01" || !stands.Recorded.At.Equal(h.clock()) {
		t.Errorf("the list does not say what was counted anew: %+v", stands)
	}
}

func TestWhatIsNoCountOfGuestsIsNotTakenBack(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	for _, id := range []string{h.session("2021-07-01"), h.child("a")} {
		h.post("guests/"+id+"/withdraw", object{"reason": "other"}).problem(404, "unknown_count_of_guests", "")
	}
	one := h.counts(3, "2021-07-01")[0]
	h.post("guests/"+one+"/withdraw", object{"reason": "mistake"}).problem(422, "invalid_request", "body.reason")
	h.post("guests/"+one+"/withdraw", object{}).problem(422, "invalid_request", "body.reason")
	h.ask(adminToken, "POST", "/api/v1/municipalities/1881/guests/"+one+"/withdraw", object{"reason": "other"}).problem(404, "unknown_count_of_guests", "")
}

func TestAListOfCountsOfGuestsThatIsCutGoesOnWhereItEnded(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	h.counts(3, "2021-05-04", "2021-05-11", "2021-05-11", "2021-05-11", "2021-05-18")
	var listed []string
	for query := "&limit=2"; query != ""; {
		part := h.guests(query)
		for _, one := range part.Guests {
			listed = append(listed, one.ID.String())
		}
		if query = ""; part.Older != nil {
			query = fmt.Sprintf("&limit=2&to=%s&after=%s", part.Older.To, part.Older.After)
		}
	}
	var all, days []string
	for _, one := range h.guests("").Guests {
		all, days = append(all, one.ID.String()), append(days, one.HeldOn.String())
	}
	if want := []string{"2021-05-18", "2021-05-11", "2021-05-11", "2021-05-11", "2021-05-04"}; !slices.Equal(days, want) || !slices.Equal(listed, all) {
		t.Errorf("in parts %v, at once %v, of %v", listed, all, days)
	}
	if some := h.guests("&from=2021-05-05&to=2021-05-12").Guests; len(some) != 3 {
		t.Errorf("of a week: %+v", some)
	}
	h.get("guests?after="+all[0]).problem(422, "invalid", "query.after")
}

func TestWhoMayCountGuestsSeesTheCountsAndTakesThemBack(t *testing.T) {
	h := newHouse(t)
	h.sputnik()
	for i, role := range []access.Role{access.Coordinator, access.BackOffice} {
		one := h.counts(3, "2021-07-01")[0]
		own := h.token(role, orebro, "sputnik")
		var list api.GuestCounts
		h.ask(own, "GET", in("guests?min_position="+position(h.head())), nil).is(200).into(&list)
		if len(list.Guests) != i+1 {
			t.Errorf("%s sees %d counts", role, len(list.Guests))
		}
		h.ask(own, "POST", in("guests/"+one+"/withdraw"), object{"reason": "other"}).is(200)
	}
	one, auditor := h.counts(3, "2021-07-01")[0], h.token(access.Auditor, orebro)
	h.ask(auditor, "GET", in("guests"), nil).is(403)
	h.ask(auditor, "POST", in("guests/"+one+"/withdraw"), object{"reason": "other"}).is(403)
}
