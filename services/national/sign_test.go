package national_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"rackvidd/events"
	"rackvidd/services/casework"
	"rackvidd/services/national"
)

// key is one installation's.
type key struct {
	signer note.Signer
	public events.VerifierKey
}

func newKey(t *testing.T) key {
	t.Helper()
	private, public, err := note.GenerateKey(rand.Reader, "rackvidd-test")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(private)
	if err != nil {
		t.Fatal(err)
	}
	return key{signer, events.VerifierKey(public)}
}

func (k key) sign(t *testing.T, change ...func(*events.AnswerReceived)) string {
	t.Helper()
	a := events.AnswerReceived{
		Year: 2021, Municipality: örebro, State: events.AnsweredState, Offers: "yes", Children: events.NumberAnswer, Basis: events.CountedBasis,
		Value: 45, Lower: 45, Upper: 45, Forms: []events.Form{events.SupportGroup, events.Camp}, Form: "v3", Definition: "reach/v3", Version: 2,
	}
	for _, c := range change {
		c(&a)
	}
	file, err := national.SignAnswer(k.signer, a)
	if err != nil {
		t.Fatal(err)
	}
	return string(file)
}

func (l level) trust(m events.Municipality, k key) {
	l.t.Helper()
	if _, err := l.Trust(l.t.Context(), command(), m, k.public); err != nil {
		l.t.Fatal(err)
	}
}

func TestASignedAnswerIsBelievedByItsKeyAlone(t *testing.T) {
	ours, theirs := newKey(t), newKey(t)
	l := newLevel(t)
	l.trust(örebro, ours)
	l.trust(stockholm, theirs)
	file := ours.sign(t)
	version := func(v events.Count, children events.Amount) func(*events.AnswerReceived) {
		return func(a *events.AnswerReceived) { a.Version, a.Value, a.Lower, a.Upper = v, children, children, children }
	}
	elsewhere := func(a *events.AnswerReceived) { a.Municipality = stockholm }
	for _, tt := range []struct{ name, file, want string }{
		{"nobody's key", newKey(t).sign(t), "unknown_key"},
		{"another municipality's key", ours.sign(t, elsewhere), "unknown_key"},
		{"a forged number", strings.Replace(file, `"value":45`, `"value":46`, 1), "forged"},
		{"a forged signature", strings.Replace(file, "— rackvidd-test ", "— rackvidd-test A", 1), "not_an_answer"},
		{"no signature", strings.SplitAfter(file, "\n\n")[0], "not_an_answer"},
		{"another spelling of the same", strings.Replace(file, `{"year"`, `{ "year"`, 1), "not_an_answer"},
		{"a field nobody knows", strings.Replace(file, `{"year"`, `{"mood":1,"year"`, 1), "not_an_answer"},
		{"a municipality that is none", ours.sign(t, func(a *events.AnswerReceived) { a.Municipality = "*.>" }), "not_an_answer"},
		{"an answer that cannot be", ours.sign(t, func(a *events.AnswerReceived) { a.Offers = "no" }), "contradiction"},
		{"a number below zero", ours.sign(t, func(a *events.AnswerReceived) { a.Value, a.Lower, a.Upper = -45, -45, -45 }), "unknown_code"},
		{"no version", ours.sign(t, version(0, 44)), "missing"},
		{"the answer itself", file, ""},
		{"the same again", file, "duplicate"},
		{"as a file server spoils line ends", strings.ReplaceAll(file, "\n", "\r\n"), "duplicate"},
		{"an earlier version", ours.sign(t, version(1, 40)), "older_version"},
		{"the same version with another number", ours.sign(t, version(2, 46)), "same_version"},
		{"a later version", ours.sign(t, version(3, 47)), ""},
		{"and then the first again", file, "older_version"},
	} {
		sum, got := l.load(tt.file), ""
		switch {
		case len(sum.Rejected) == 1:
			got = sum.Rejected[0].Code
		case sum.Duplicates == 1:
			got = "duplicate"
		}
		if got != tt.want || sum.Rows != 1 {
			t.Errorf("%s: %q, not %q: %+v", tt.name, got, tt.want, sum)
		}
	}
	if list := l.answers(); len(list) != 2 || list[0].Origin != events.FromFile || list[1].Value != 47 {
		t.Errorf("recorded: %+v", list)
	}
}

func TestAForgedByteAnywhereIsFound(t *testing.T) {
	for range 40 { // signatures end in every way that base64 has
		forgeEveryByte(t, newKey(t))
	}
}

func forgeEveryByte(t *testing.T, k key) {
	t.Helper()
	v, err := note.NewVerifier(string(k.public))
	if err != nil {
		t.Fatal(err)
	}
	trusted := func(events.Municipality) []note.Verifier { return []note.Verifier{v} }
	file := []byte(k.sign(t))
	if _, err := national.ReadAnswer(file, trusted); err != nil {
		t.Fatal(err)
	}
	for i := range file {
		changed := append([]byte(nil), file...)
		changed[i] ^= 1
		var refused *casework.Refusal
		if _, err := national.ReadAnswer(changed, trusted); !errors.As(err, &refused) {
			t.Errorf("byte %d: %v", i, err)
		}
	}
}

func TestWhatWasSubmittedHereIsReceivedOnce(t *testing.T) {
	l := newLevel(t)
	answer := events.AnswerReceived{Year: 2021, Municipality: örebro, State: events.AnsweredState, Offers: "yes", Children: events.SuppressedAnswer, Lower: 1, Upper: 4, Withheld: []events.Question{"Q3"}, Form: "v3", Version: 1}
	receive := func(a events.AnswerReceived) {
		t.Helper()
		if _, err := l.Receive(t.Context(), command(), []events.AnswerReceived{a}); err != nil {
			t.Fatal(err)
		}
	}
	receive(answer)
	receive(answer)
	second := answer
	second.Version, second.Children, second.Value, second.Lower, second.Upper = 2, events.NumberAnswer, 7, 7, 7
	receive(second)
	receive(answer)
	l.load(heading + "2021,1880,,answered,yes,8,,,,,\n")
	receive(second)
	if list := l.answers(); len(list) != 3 || list[1].Value != 7 || list[1].Origin != events.FromLog || list[2].Value != 8 {
		t.Errorf("recorded: %+v", list)
	}
	answer.Offers = "no"
	if _, err := l.Receive(t.Context(), command(), []events.AnswerReceived{second, answer}); err == nil {
		t.Error("children by no support were received")
	}
}

func TestAnOptionOfAFormMayStandForSeveralForms(t *testing.T) {
	l := newLevel(t)
	answer := events.AnswerReceived{
		Year: 2021, Municipality: örebro, State: events.AnsweredState, Offers: "yes", Children: events.NumberAnswer, Value: 7, Lower: 7, Upper: 7, Form: "v3", Version: 1,
		Forms: []events.Form{events.Camp, events.Counselling, events.ContactPerson, events.SupportGroup}, // more codes than options may be chosen
	}
	if _, err := l.Receive(t.Context(), command(), []events.AnswerReceived{answer}); err != nil {
		t.Error(err)
	}
}

func TestWhatWasSubmittedHereIsInTheReportWhenItIsReceived(t *testing.T) {
	l := newLevel(t)
	pool := l.shown()
	for version := range events.Count(3) {
		n := events.Amount(10 + version)
		answer := events.AnswerReceived{Year: 2021, Municipality: örebro, State: events.AnsweredState, Offers: "yes", Children: events.NumberAnswer, Value: n, Lower: n, Upper: n, Form: "v3", Version: version + 1}
		at, err := l.Receive(t.Context(), command(), []events.AnswerReceived{answer})
		if err != nil {
			t.Fatal(err)
		}
		if r, e := l.report(pool, 2021); r.Children != int(n) || e.Position != at {
			t.Errorf("version %d is received, and the report shows %d children at %d", version+1, r.Children, e.Position)
		}
	}
	again := events.AnswerReceived{Year: 2021, Municipality: örebro, State: events.AnsweredState, Offers: "yes", Children: events.NumberAnswer, Value: 20, Lower: 20, Upper: 20, Form: "v3", Version: 3}
	for range 2 {
		if _, err := l.Receive(t.Context(), command(), []events.AnswerReceived{again}); err != nil {
			t.Fatal(err)
		}
		if r, _ := l.report(pool, 2021); r.Children != 20 || len(l.answers()) != 4 {
			t.Errorf("version 3 was submitted anew after a loss, and the report shows %d children after %d answers", r.Children, len(l.answers()))
		}
	}
	away := errors.New("away")
	l.Visible = func(context.Context, events.Position) error { return away }
	answer := events.AnswerReceived{Year: 2021, Municipality: stockholm, State: events.AnsweredState, Offers: "yes", Children: events.ZeroAnswer, Form: "v3", Version: 1}
	if at, err := l.Receive(t.Context(), command(), []events.AnswerReceived{answer}); !errors.Is(err, away) || at == 0 || len(l.answers()) != 5 {
		t.Errorf("reads do not show it: position %d, %v", at, err)
	}
}

// protected are answers that small-number protection may come to.
func protected() map[string]events.AnswerReceived {
	whole := events.AnswerReceived{Year: 2021, Municipality: örebro, State: events.AnsweredState, Offers: "yes", Form: "v3", Definition: "reach/v3", Version: 1}
	list := make(map[string]events.AnswerReceived)
	for _, band := range [][2]events.Amount{{1, 4}, {1, 1}, {5, 14}, {33, 37}, {1, 50}, {7, 7}, {1, 10_000}} {
		a := whole
		a.Children, a.Basis, a.Lower, a.Upper, a.Withheld = events.SuppressedAnswer, events.CountedBasis, band[0], band[1], []events.Question{"Q3", "Q5"}
		list[fmt.Sprintf("%d–%d, withheld 0, bands 1", band[0], band[1])] = a
	}
	whole.Children, whole.Withheld = events.UnknownAnswer, []events.Question{"Q4"}
	list["0–0, withheld 1, bands 0"] = whole
	return list
}

func TestWhateverProtectionReleasesIsReceived(t *testing.T) {
	l := newLevel(t)
	pool, k := l.shown(), newKey(t)
	l.trust(örebro, k)
	version := events.Count(0)
	for want, a := range protected() {
		for _, how := range []string{"log", "file"} {
			version++
			a.Version = version
			if how == "file" {
				if sum := l.load(k.sign(t, func(signed *events.AnswerReceived) { *signed = a })); sum.Recorded != 1 {
					t.Errorf("%s by a file: %+v", want, sum)
				}
			} else if _, err := l.Receive(t.Context(), command(), []events.AnswerReceived{a}); err != nil {
				t.Errorf("%s by the log: %v", want, err)
			}
			r, _ := l.report(pool, 2021)
			if got := fmt.Sprintf("%d–%d, withheld %d, bands %d", r.ChildrenLower, r.ChildrenUpper, r.ChildrenWithheld, r.Bands); got != want || r.Responded != 1 || r.Offering != 1 || r.ChildrenUnknown != 0 {
				t.Errorf("by the %s: %s of %d municipalities, not %s", how, got, r.Responded, want)
			}
		}
	}
}

func TestMeasuresOfAnotherFormAreReceivedAndListed(t *testing.T) {
	l := newLevel(t)
	pool, k := l.shown(), newKey(t)
	l.trust(örebro, k)
	answer := events.AnswerReceived{Year: 2023, Municipality: stockholm, State: events.AnsweredState, Offers: "yes", Children: events.ZeroAnswer, Measures: []events.Choice{"peer_support", "cooperation"}, Form: "v4", Version: 1}
	if _, err := l.Receive(t.Context(), command(), []events.AnswerReceived{answer}); err != nil {
		t.Fatal(err)
	}
	if sum := l.load(k.sign(t, func(a *events.AnswerReceived) {
		a.Year, a.Measures = 2023, []events.Choice{"peer_support", "home_visits"}
	})); sum.Recorded != 1 {
		t.Errorf("by a file: %+v", sum)
	}
	if sum := l.load(heading + "2023,1881,,answered,yes,5,,,,,peer_support\n"); len(sum.Rejected) != 1 || sum.Rejected[0].Column != "measures" {
		t.Errorf("by a table: %+v", sum)
	}
	r, _ := l.report(pool, 2023)
	if got := fmt.Sprint(r.Measures); got != "[{peer_support 2} {cooperation 1} {home_visits 1}]" {
		t.Errorf("measures: %s", got)
	}
	for _, bad := range []events.Choice{"", "Peer support", "19800101-1231"} {
		answer.Version, answer.Measures = answer.Version+1, []events.Choice{bad}
		if _, err := l.Receive(t.Context(), command(), []events.AnswerReceived{answer}); err == nil {
			t.Errorf("%q was received as a measure", bad)
		}
	}
}

func TestAKeyThatIsTrustedNoLongerSignsNothingMore(t *testing.T) {
	l, k, other := newLevel(t), newKey(t), newKey(t)
	distrust := func() error {
		_, err := l.Distrust(t.Context(), command(), örebro, k.public)
		return err
	}
	var refused *casework.Refusal
	if err := distrust(); !errors.As(err, &refused) || refused.Code != "unknown_key" {
		t.Errorf("a key that was never trusted: %v", err)
	}
	l.trust(örebro, k)
	l.trust(örebro, other)
	bring := func(k key, version events.Count) string {
		summary := l.load(k.sign(t, func(a *events.AnswerReceived) { a.Version = version }))
		return fmt.Sprint(summary.Recorded, " recorded, ", len(summary.Rejected), " rejected")
	}
	if got := bring(k, 1); got != "1 recorded, 0 rejected" {
		t.Error(got)
	}
	if err := distrust(); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		k    key
		want string
	}{{k, "0 recorded, 1 rejected"}, {other, "1 recorded, 0 rejected"}} {
		if got := bring(step.k, 2); got != step.want {
			t.Errorf("%s, want %s", got, step.want)
		}
	}
	l.trust(örebro, k)
	if got := bring(k, 3); got != "1 recorded, 0 rejected" {
		t.Errorf("trusted again: %s", got)
	}
}

func TestAKeyIsTrustedOnceAndHasToBeWhole(t *testing.T) {
	l, k := newLevel(t), newKey(t)
	l.trust(örebro, k)
	l.trust(örebro, k)
	l.trust(örebro, newKey(t))
	if head, err := l.log.Head(t.Context(), events.National); err != nil || head != 2 {
		t.Errorf("%d keys, %v", head, err)
	}
	for _, bad := range []events.VerifierKey{"", "x", k.public[:len(k.public)-4], k.public + "\n"} {
		var refused *casework.Refusal
		if _, err := l.Trust(t.Context(), command(), örebro, bad); !errors.As(err, &refused) || refused.Field != "key" {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
