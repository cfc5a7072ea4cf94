package surveying_test

import (
	"slices"
	"testing"

	"rackvidd/services/surveying"
)

func TestADifferenceIsASentence(t *testing.T) {
	type item = surveying.SinceItem
	for _, c := range []struct {
		submitted, today int
		items            []item
		sv, en           string
	}{
		{45, 47, []item{{"late", 2}}, "inlämnat 45, i dag 47: 2 sena registreringar", "submitted 45, today 47: 2 late records"},
		{45, 46, []item{{"late", 1}}, "inlämnat 45, i dag 46: 1 sen registrering", "submitted 45, today 46: 1 late record"},
		{45, 44, []item{{"merged", -1}}, "inlämnat 45, i dag 44: −1 sammanslaget barn", "submitted 45, today 44: −1 merged child"},
		{45, 45, []item{{"late", 2}, {"withdrawn", -2}}, "inlämnat 45, i dag 45: 2 sena registreringar, −2 registreringar som är tagna tillbaka", "submitted 45, today 45: 2 late records, −2 withdrawn records"},
		{50, 47, []item{{"given", -5}, {"late", 2}}, "inlämnat 50, i dag 47: −5 angivna i stället för räknade, 2 sena registreringar", "submitted 50, today 47: −5 given instead of counted, 2 late records"},
		{45, 48, []item{{"definition", 3}}, "inlämnat 45, i dag 48: 3 genom annan definition", "submitted 45, today 48: 3 by another definition"},
		{45, 47, []item{{"corrected", 1}, {"unmerged", 1}}, "inlämnat 45, i dag 47: 1 rättelse, 1 ångrad sammanslagning", "submitted 45, today 47: 1 correction, 1 merge undone"},
		{45, 49, []item{{"guest", 2}, {"unidentified", 2}}, "inlämnat 45, i dag 49: 2 gäster i andra kommuner, 2 oidentifierade deltagare", "submitted 45, today 49: 2 guests elsewhere, 2 unidentified attendances"},
		{45, 46, []item{{"novel", 1}}, "inlämnat 45, i dag 46: 1 novel", "submitted 45, today 46: 1 novel"},
		{45, 45, nil, "inlämnat 45, i dag 45", "submitted 45, today 45"},
	} {
		sv, en := surveying.Since{Submitted: c.submitted, Today: c.today, SubmittedUpper: c.submitted, TodayUpper: c.today}, surveying.Since{Submitted: c.submitted, Today: c.today}
		sv.Say(surveying.WasSubmitted, c.items, surveying.Swedish)
		en.Say(surveying.WasSubmitted, c.items, surveying.English)
		if sv.Sentence != c.sv || en.Sentence != c.en {
			t.Errorf("%q and %q, want %q and %q", sv.Sentence, en.Sentence, c.sv, c.en)
		}
		if sv.Items == nil || !slices.Equal(sv.Items, append([]item{}, c.items...)) {
			t.Errorf("%+v", sv)
		}
	}
}

func TestADifferenceSaysHowManyAtMostWhereThatIsWhatChanged(t *testing.T) {
	for _, c := range []struct {
		since surveying.Since
		want  string
	}{
		{surveying.Since{Submitted: 45, SubmittedUpper: 48, Today: 45, TodayUpper: 50}, "inlämnat 45, i dag 45; högst 48, i dag högst 50"},
		{surveying.Since{Submitted: 45, SubmittedUpper: 48, Today: 46, TodayUpper: 49}, "inlämnat 45, i dag 46"},
		{surveying.Since{Submitted: 45, SubmittedUpper: 48, Today: 46, TodayUpper: 48}, "inlämnat 45, i dag 46"},
	} {
		if c.since.Say(surveying.WasSubmitted, nil, surveying.Swedish); c.since.Sentence != c.want {
			t.Errorf("%q, want %q", c.since.Sentence, c.want)
		}
	}
}
