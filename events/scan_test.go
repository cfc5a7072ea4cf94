package events_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"rackvidd/events"
)

var (
	mutations = flag.Int("mutations", 20_000, "how many changed messages are read both ways")
	scanSeed  = flag.Uint64("scan-seed", uint64(time.Now().UnixNano()), "seed of the messages that are read both ways")
)

// often is what a log is full of: what has to be scanned.
var often = []string{
	"session.opened", "session.corrected", "session.attended", "session.cancelled", "case.referral_received", "case.referral_closed",
	"case.referral_closing_matched", "case.child_enrolled", "case.enrolment_ended", "case.enrolment_end_matched", "group.members_changed",
}

// readBothWays fails where scanning, encoding/json and the two together do not say the same of a message, or what was read
// changes with the bytes that it was read from.
func readBothWays(t *testing.T, raw []byte) (scanned bool) {
	t.Helper()
	full, err := events.Kinds.ParseFully(7, raw)
	r, ok := events.Kinds.Scan(7, raw)
	if ok && (err != nil || !reflect.DeepEqual(r, full)) {
		t.Fatalf("scanned as\n%+v\nbut read as\n%+v, %v:\n%s", r, full, err, raw)
	}
	lent := bytes.Clone(raw)
	both, bothErr := events.Kinds.Parse(7, lent)
	clear(lent)
	both.Raw = full.Raw
	if (err == nil) != (bothErr == nil) || err == nil && !reflect.DeepEqual(both, full) {
		t.Fatalf("parsed as\n%+v, %v\nbut read as\n%+v, %v:\n%s", both, bothErr, full, err, raw)
	}
	return ok
}

func TestWhatALogIsFullOfIsScanned(t *testing.T) {
	r := rand.New(rand.NewPCG(*scanSeed, 1))
	for _, kind := range often {
		k := events.Kinds[kind]
		if !readBothWays(t, goldenFile(t, current(k))) {
			t.Errorf("the golden file of %s is not scanned", kind)
		}
		for range 50 {
			raw := recordedAs(t, r, plainWords, invented(r, k.Event, plainWords))
			if !readBothWays(t, raw) {
				t.Errorf("seed %d: not scanned: %s", *scanSeed, raw)
			}
		}
	}
	var batch []events.Event
	for _, kind := range often {
		batch = append(batch, invented(r, events.Kinds[kind].Event, plainWords))
	}
	if raw := recordedAs(t, r, plainWords, batch...); !readBothWays(t, raw) {
		t.Errorf("seed %d: a batch is not scanned: %s", *scanSeed, raw)
	}
}

func TestEveryEventEverWrittenReadsTheSameBothWays(t *testing.T) {
	for _, name := range slices.Sorted(maps.Keys(samples)) {
		readBothWays(t, goldenFile(t, name))
	}
}

// TestChangedMessagesReadTheSameBothWays invents messages of every kind and changes them: each is read, or refused, by
// scanning and encoding/json alike.
func TestChangedMessagesReadTheSameBothWays(t *testing.T) {
	t.Logf("-scan-seed %d", *scanSeed)
	r := rand.New(rand.NewPCG(*scanSeed, 2))
	kinds := events.Kinds.Names()
	scanned, refused := 0, 0
	for range *mutations {
		kind := often[r.IntN(len(often))]
		if r.IntN(5) == 0 {
			kind = kinds[r.IntN(len(kinds))]
		}
		list := []events.Event{invented(r, events.Kinds[kind].Event, anyWords)}
		if r.IntN(4) == 0 {
			list = append(list, invented(r, events.Kinds[often[r.IntN(len(often))]].Event, anyWords))
		}
		raw := recordedAs(t, r, anyWords, list...)
		for range r.IntN(3) {
			raw = changed(r, raw)
		}
		if readBothWays(t, raw) {
			scanned++
		}
		if _, err := events.Kinds.Parse(7, raw); err != nil {
			refused++
		}
	}
	if scanned < *mutations/20 || refused < *mutations/20 {
		t.Errorf("of %d messages %d were scanned and %d refused: that tries little", *mutations, scanned, refused)
	}
}

func FuzzReadingBothWays(f *testing.F) {
	for name := range samples {
		raw, err := events.Kinds.Encode("1880", samples[name].append(), 1, 2)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
		f.Add(append(append([]byte("["), raw...), ']'))
	}
	f.Fuzz(func(t *testing.T, raw []byte) { readBothWays(t, raw) })
}

func TestEveryDayIsScannedAsItIsParsed(t *testing.T) {
	raw := string(goldenFile(t, "session.opened.v1"))
	for _, day := range []string{"1900-01-01", "2199-12-31", "2000-02-29", "1899-12-31", "2200-01-01", "1900-02-29", "2100-02-29", "2021-02-29", "2021-04-31", "2021-13-01", "2021-00-10", "2021-10-00", "2021-1-010"} {
		readBothWays(t, []byte(strings.Replace(raw, "2021-03-01\"", day+"\"", 1)))
	}
	for d := events.Date(1900, 1, 1); d <= events.Date(2199, 12, 31); d += 13 {
		e := events.SessionOpened{Session: session, Programme: "sputnik", Form: "camp", HeldOn: d}
		a := samples["session.opened.v1"].append()
		a.Events, a.Time = []events.Event{e}, d.Time().Add(time.Duration(d)*1013*time.Millisecond)
		message, err := events.Kinds.Encode("1880", a, 1, 1)
		if err != nil {
			t.Fatal(err)
		}
		r, ok := events.Kinds.Scan(1, message)
		if !ok || r.Events[0] != events.Event(e) || !r.Time.Equal(a.Time) {
			t.Fatalf("%s is scanned as %+v, %v", message, r, ok)
		}
	}
}

// recordedAs is an append as it is recorded.
func recordedAs(t *testing.T, r *rand.Rand, words []string, list ...events.Event) []byte {
	t.Helper()
	a := events.Append{
		Stream: events.Stream{Type: events.CaseStream, ID: events.ID{byte(r.Uint32())}.String()}, Expected: r.Uint64() >> (10 + r.IntN(54)), Command: uuid.New(),
		Actor: events.ID{byte(r.Uint32())}, Time: time.UnixMilli(r.Int64N(4e12)), Events: list,
	}
	if r.IntN(2) == 0 {
		a.Digest = words[r.IntN(len(words))]
	}
	parts := 1 + r.IntN(2)
	raw, err := events.Kinds.Encode("1880", a, 1+r.IntN(parts), parts)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

var (
	plainWords = []string{"sputnik", "support_group", "girl", "1880", "Öppna dörren", "a word that is longer than most of those that stand in events are", "\x7f"}
	anyWords   = append([]string{"", "\"", "\\", "a&b", "<", "\u2028", "\n", "\xff", "\U0001F600", "é"}, plainWords...)
)

// invented is an event of the type of e with random fields.
func invented(r *rand.Rand, e events.Event, words []string) events.Event {
	v := reflect.New(reflect.TypeOf(e)).Elem()
	invent(r, v, words, 3)
	return v.Interface().(events.Event)
}

func invent(r *rand.Rand, v reflect.Value, words []string, longest int) {
	switch v.Interface().(type) {
	case events.Day:
		v.Set(reflect.ValueOf(events.Date(1900+r.IntN(300), time.Month(1+r.IntN(12)), 1+r.IntN(28))))
		return
	case events.Instant:
		v.SetInt(1 + r.Int64N(4e12))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(words[r.IntN(len(words))])
	case reflect.Uint8:
		v.SetUint(uint64(byte(r.Uint32())))
	case reflect.Uint64:
		v.SetUint(r.Uint64() >> r.IntN(64))
	case reflect.Int, reflect.Int64, reflect.Int32:
		v.SetInt(1 + r.Int64N(1000)*r.Int64N(1000))
	case reflect.Array:
		for i := range v.Len() {
			invent(r, v.Index(i), words, longest)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1+r.IntN(longest), longest))
		for i := range v.Len() {
			invent(r, v.Index(i), words, longest)
		}
	case reflect.Struct:
		for f := range v.Type().Fields() {
			optional := strings.Contains(f.Tag.Get("json"), ",omit")
			if !optional || r.IntN(2) == 0 {
				invent(r, v.FieldByIndex(f.Index), words, longest)
			}
		}
	}
}

// changed is a message that somebody has been at.
func changed(r *rand.Rand, raw []byte) []byte {
	raw = slices.Clone(raw)
	at := r.IntN(len(raw))
	switch r.IntN(9) {
	case 0:
		raw[at] ^= 1 << r.IntN(8)
	case 1:
		raw[at] = []byte(`"{}[],:\0 19aZ-.+e`)[r.IntN(18)]
	case 2:
		return slices.Insert(raw, at, []byte(`" ,{}[]:\0n`)[r.IntN(11)])
	case 3:
		return slices.Delete(raw, at, at+1)
	case 4:
		return raw[:max(1, at)]
	case 5: // the same field twice, or somewhere else
		from := bytes.LastIndexByte(raw[:at+1], ',')
		if to := bytes.IndexByte(raw[at:], ','); from >= 0 && to > 0 {
			field := slices.Clone(raw[from : at+to])
			to := bytes.IndexByte(raw[r.IntN(len(raw)):], ',')
			return slices.Insert(raw, max(to, 0), field...)
		}
	case 6: // other values
		values := []string{`null`, `""`, `0`, `-1`, `1e3`, `1.0`, `01`, `12345678901234567890`, `true`, `[]`, `{}`, `"\u0061"`}
		if colon := bytes.IndexByte(raw[at:], ':'); colon >= 0 {
			from := at + colon + 1
			if to := bytes.IndexAny(raw[from:], ",}"); to >= 0 {
				return slices.Concat(raw[:from], []byte(values[r.IntN(len(values))]), raw[from+to:])
			}
		}
	case 7: // another case: encoding/json takes names in any
		if raw[at] >= 'a' && raw[at] <= 'z' {
			raw[at] -= 'a' - 'A'
		}
	case 8: // other spellings of the same
		var b bytes.Buffer
		if json.Indent(&b, raw, "", " ") == nil {
			return b.Bytes()
		}
	}
	return raw
}
