package audit_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"iter"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"rackvidd/events"
	"rackvidd/events/archive"
	"rackvidd/projections/projectiontest"
	"rackvidd/services/archiver"
	"rackvidd/services/audit"
	"rackvidd/services/integrity"
	"rackvidd/services/vault"
)

// repairing repairs a log of four evenings, of which the archive has all.
type repairing struct {
	*projectiontest.Story
	*audit.Service
	stream *lacking
}

// lacking is a stream that lacks a message, or has others than the log, until it is made anew.
type lacking struct {
	audit.Stream
	at       events.Position
	instead  map[events.Position][]byte // what it has in the place of messages
	ends     events.Position            // 0: where the log does
	replaced events.Position            // how far it was made anew; 0: it was not
}

func (l *lacking) Head(ctx context.Context, m events.Municipality) (events.Position, error) {
	if l.replaced > 0 {
		return l.replaced, nil
	}
	if l.ends > 0 {
		return l.ends, nil
	}
	return l.Stream.Head(ctx, m)
}

func (l *lacking) Count(ctx context.Context, m events.Municipality) (messages uint64, first, last events.Position, err error) {
	last, err = l.Head(ctx, m)
	messages = last
	if l.replaced == 0 && l.at <= last {
		messages--
	}
	return messages, 1, last, err
}

func (l *lacking) Stored(ctx context.Context, m events.Municipality, after events.Position) iter.Seq2[archive.Entry, error] {
	return func(yield func(archive.Entry, error) bool) {
		for e, err := range l.Stream.Stored(ctx, m, after) {
			if l.replaced > 0 && e.Position > l.replaced || l.replaced == 0 && l.ends > 0 && e.Position > l.ends {
				return
			}
			if raw, other := l.instead[e.Position]; other && l.replaced == 0 {
				e.Raw = raw
			}
			if (l.replaced > 0 || e.Position != l.at) && !yield(e, err) {
				return
			}
		}
	}
}

func (l *lacking) replace(_ context.Context, _ events.Municipality, messages iter.Seq2[archive.Entry, error]) error {
	for e, err := range messages {
		if err != nil {
			return err
		}
		l.replaced = e.Position
	}
	return nil
}

// without has a stream that lacks a message.
func without(t *testing.T, at events.Position) *repairing {
	t.Helper()
	r := &repairing{Story: projectiontest.NewStory(t, örebro)}
	for range 4 {
		r.evening()
	}
	return r.lacks(t, at)
}

// lacks archives what happened, and has a stream that lacks a message of it; 0: none.
func (r *repairing) lacks(t *testing.T, at events.Position) *repairing {
	t.Helper()
	s := r.Story
	r.stream = &lacking{Stream: s.Log, at: cmp.Or(at, 1<<40)}
	c, _, keeper := kept(t, s)
	c.Stream = r.stream
	c.Records, _ = recorded(t, 0)
	quiet := slog.New(slog.DiscardHandler)
	findings := integrity.Keep("", quiet)
	r.Service = &audit.Service{
		Copies: c, Findings: findings, Logger: quiet, Replace: r.stream.replace,
		Archiver: archiver.New(archiver.Config{Log: s.Log, Keeper: keeper, Findings: findings, Logger: quiet}),
	}
	return r
}

// evening happens.
func (r *repairing) evening() events.Position {
	evening := events.NewID()
	return r.Happens(events.SessionOf(evening), events.SessionOpened{Session: evening, Programme: "sputnik", Form: events.Camp, HeldOn: events.Date(2021, 3, 1)})
}

// stored is what the log has at a position.
func (r *repairing) stored(at events.Position) []byte { return r.Messages()[at-1].Raw }

// aside are the messages that repairs kept before they replaced the stream; each repair has a file of its own.
func (r *repairing) aside(t *testing.T) (kept []map[events.Position][]byte) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(r.Records.Damaged, "1880-*", "messages.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		messages := make(map[events.Position][]byte)
		for line := range strings.Lines(string(raw)) {
			var one struct {
				Position events.Position `json:"position"`
				Message  []byte          `json:"message"`
			}
			if err := json.Unmarshal([]byte(line), &one); err != nil {
				t.Fatal(err)
			}
			messages[one.Position] = one.Message
		}
		kept = append(kept, messages)
	}
	return kept
}

func (r *repairing) order(t *testing.T, acceptLoss bool) (audit.Repair, error) {
	t.Helper()
	return r.Repair(t.Context(), örebro, audit.Order{By: events.ID{7}, At: time.Now(), AcceptLoss: acceptLoss})
}

func TestAnAppendThatWasUnderWayWhenTheStreamWasClosedIsKept(t *testing.T) {
	r := without(t, 2)
	r.UnderWay = 6 * time.Second
	synctest.Test(t, func(t *testing.T) {
		last := events.Position(0)
		go func() {
			time.Sleep(r.UnderWay / 2)
			last = r.evening()
		}()
		if repair, err := r.order(t, false); err != nil || repair.Lost != "" || repair.Position != 5 {
			t.Errorf("it is repaired as %+v, %v", repair, err)
		}
		if last != 5 || r.stream.replaced != last {
			t.Errorf("the stream goes to %d, position %d was recorded", r.stream.replaced, last)
		}
	})
}

func TestWhatIsRememberedOfALostEndIsForgottenBeforeTheLogOpensAgain(t *testing.T) {
	r := without(t, 5)
	r.evening()
	r.evening()
	var forgotten []events.Municipality
	away := errors.New("the vault does not answer")
	r.Forget = func(context.Context, events.Municipality) error { return away }
	var refused *integrity.RefusedError
	if _, err := r.order(t, true); !errors.As(err, &refused) || !strings.Contains(err.Error(), away.Error()) || r.stream.replaced > 0 || r.Findings.Damage(örebro, integrity.TheStream) == nil {
		t.Errorf("without a vault it is answered %v, and the stream goes to %d", err, r.stream.replaced)
	}
	r.Forget = func(_ context.Context, m events.Municipality) error {
		forgotten = append(forgotten, m)
		if r.Findings.Damage(örebro, integrity.TheStream) == nil {
			t.Error("the log is open")
		}
		return nil
	}
	if _, err := r.order(t, false); !errors.As(err, &refused) || len(forgotten) > 0 {
		t.Errorf("before the loss is accepted it is answered %v, and forgotten of %v", err, forgotten)
	}
	repair, err := r.order(t, true)
	if err != nil || repair.Lost == "" || repair.Position != 4 || r.stream.replaced != 4 || len(forgotten) != 1 || forgotten[0] != örebro {
		t.Errorf("it is repaired as %+v, %v, and forgotten of %v", repair, err, forgotten)
	}
}

func TestTheRecordOfARepairSaysWhatIsGivenUpBeforeItIs(t *testing.T) {
	story, _ := year(t)
	r := (&repairing{Story: story}).lacks(t, 0)
	store, err := vault.OpenKeyStore(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if r.Vault, err = vault.New(t.Context(), vault.Config{Pool: projectiontest.Empty(t), Keys: vault.NewKeys(), KeyStore: store}); err != nil {
		t.Fatal(err)
	}
	stopped := errors.New("the log is not told any more")
	r.GiveUp = func(context.Context, events.Municipality, []events.ID) error { return stopped }
	if _, err := r.order(t, true); !errors.Is(err, stopped) {
		t.Errorf("it is answered %v", err)
	}
	there, err := r.Records.Of(örebro)
	if err != nil || len(there.Repairs) != 1 || there.Repairs[0].State != "begun" || !strings.HasPrefix(there.Repairs[0].Lost, "who the children are") {
		t.Errorf("the records are %+v, %v", there, err)
	}
}

func TestWhereNothingIsLostNothingIsForgotten(t *testing.T) {
	r := without(t, 2)
	r.Forget = func(context.Context, events.Municipality) error {
		t.Error("it is forgotten")
		return nil
	}
	if repair, err := r.order(t, true); err != nil || repair.Position != 4 {
		t.Errorf("it is repaired as %+v, %v", repair, err)
	}
}

// TestWhatFollowsAnotherMessageThanWasArchivedIsLeftOutWhereThatIsAccepted has a stream that is another one at the last
// position that was archived, and goes on from there: nothing proves what follows, and no backup has it.
func TestWhatFollowsAnotherMessageThanWasArchivedIsLeftOutWhereThatIsAccepted(t *testing.T) {
	r := without(t, 9)
	r.evening()
	r.evening()
	r.stream.instead = map[events.Position][]byte{4: append(slices.Clone(r.stored(4)), ' ')}
	var refused *integrity.RefusedError
	_, err := r.order(t, false)
	if !errors.As(err, &refused) || !strings.Contains(err.Error(), "position 4") || !strings.Contains(err.Error(), "at positions 5 to 6") || !strings.Contains(err.Error(), "--accept-loss") || r.stream.replaced > 0 {
		t.Errorf("before it is accepted it is answered %v, and the stream goes to %d", err, r.stream.replaced)
	}
	repair, err := r.order(t, true)
	if err != nil || !strings.Contains(repair.Lost, "at positions 5 to 6") || repair.Position != 4 || r.stream.replaced != 4 {
		t.Errorf("it is repaired as %+v, %v, and the stream goes to %d", repair, err, r.stream.replaced)
	}
	if err := r.Findings.Damage(örebro); err != nil {
		t.Errorf("the log stays closed: %v", err)
	}
}

func TestWhatGoesOnFromTheLastMessageThatWasArchivedIsKeptThoughAnEarlierOneWasChanged(t *testing.T) {
	r := without(t, 9)
	r.evening()
	r.evening()
	r.stream.instead = map[events.Position][]byte{2: append(slices.Clone(r.stored(2)), ' ')}
	if repair, err := r.order(t, false); err != nil || repair.Lost != "" || repair.Position != 6 || r.stream.replaced != 6 {
		t.Errorf("it is repaired as %+v, %v, and the stream goes to %d", repair, err, r.stream.replaced)
	}
}

// TestWhatWasRecordedAtPositionsThatWereUsedBeforeIsLeftOutWhereThatIsAccepted has a stream that was begun again after its
// first message, and took two evenings more before anybody looked; the archive has four of which it knows nothing.
func TestWhatWasRecordedAtPositionsThatWereUsedBeforeIsLeftOutWhereThatIsAccepted(t *testing.T) {
	r, anew := without(t, 9), &repairing{Story: projectiontest.NewStory(t, örebro)}
	for range 3 {
		anew.evening()
	}
	r.stream.ends, r.stream.instead = 3, map[events.Position][]byte{2: anew.stored(2), 3: anew.stored(3)}
	var refused *integrity.RefusedError
	_, err := r.order(t, false)
	if !errors.As(err, &refused) || !strings.Contains(err.Error(), "at positions 2–3") || !strings.Contains(err.Error(), "--accept-loss") || r.stream.replaced > 0 {
		t.Errorf("before it is accepted it is answered %v, and the stream goes to %d", err, r.stream.replaced)
	}
	repair, err := r.order(t, true)
	if err != nil || !strings.Contains(repair.Lost, "at positions 2–3") || repair.Position != 4 || r.stream.replaced != 4 {
		t.Errorf("it is repaired as %+v, %v, and the stream goes to %d", repair, err, r.stream.replaced)
	}
}

// TestAMessageThatWasChangedOrMovedIsRestoredWithoutALoss has at the second position what is no decision that only the
// stream knows of.
func TestAMessageThatWasChangedOrMovedIsRestoredWithoutALoss(t *testing.T) {
	elsewhere := &repairing{Story: projectiontest.NewStory(t, "1881")}
	elsewhere.evening()
	for name, instead := range map[string]func(*repairing) []byte{
		"changed":                       func(r *repairing) []byte { return append(slices.Clone(r.stored(2)), ' ') },
		"changed in its id":             func(r *repairing) []byte { return anotherID(r.stored(2), r.Messages()[1].Command) },
		"another's":                     func(r *repairing) []byte { return r.stored(4) },
		"no event at all":               func(*repairing) []byte { return []byte("{}") },
		"of another municipality's log": func(*repairing) []byte { return elsewhere.stored(1) },
	} {
		t.Run(name, func(t *testing.T) {
			r := without(t, 3)
			r.stream.instead = map[events.Position][]byte{2: instead(r)}
			if repair, err := r.order(t, false); err != nil || repair.Lost != "" || repair.Position != 4 || r.stream.replaced != 4 {
				t.Errorf("it is repaired as %+v, %v, and the stream goes to %d", repair, err, r.stream.replaced)
			}
		})
	}
}

// TestAnErasureThatARestoreNotedOnceMoreIsNoLoss has the archive of a log beside a stream from an older backup, in which the restore noted
// whom it finds in the ledger.
func TestAnErasureThatARestoreNotedOnceMoreIsNoLoss(t *testing.T) {
	anna, bo := events.NewID(), events.NewID()
	for name, c := range map[string]struct {
		notes []events.Event
		lost  bool
	}{
		"of a child whom the archive erases":   {[]events.Event{events.IdentityErased{Child: anna}}, false},
		"of one whom it does not":              {[]events.Event{events.IdentityErased{Child: bo}}, true},
		"together with what it does not know":  {[]events.Event{events.IdentityErased{Child: anna}, events.CaseAbsorbed{Merge: events.Entry{Of: anna}, Child: bo}}, true},
		"with one of another whom it does not": {[]events.Event{events.IdentityErased{Child: anna}, events.IdentityErased{Child: bo}}, true},
	} {
		t.Run(name, func(t *testing.T) {
			r, restored := &repairing{Story: projectiontest.NewStory(t, örebro)}, &repairing{Story: projectiontest.NewStory(t, örebro)}
			r.evening()
			r.evening()
			r.Happens(events.CaseOf(anna), events.IdentityErased{Child: anna})
			r.evening()
			restored.Happens(events.CaseOf(anna), c.notes...)
			r = r.lacks(t, 0)
			r.stream.ends, r.stream.instead = 2, map[events.Position][]byte{2: restored.stored(1)}
			repair, err := r.order(t, false)
			var refused *integrity.RefusedError
			switch {
			case c.lost && (!errors.As(err, &refused) || !strings.Contains(err.Error(), "at positions 2 was recorded too")):
				t.Errorf("it is answered %v, and repaired as %+v", err, repair)
			case !c.lost && (err != nil || repair.Lost != "" || repair.Position != 4 || r.stream.replaced != 4):
				t.Errorf("it is repaired as %+v, %v, and the stream goes to %d", repair, err, r.stream.replaced)
			}
		})
	}
}

// anotherID changes a message's id.
func anotherID(message []byte, id uuid.UUID) []byte {
	return bytes.Replace(message, []byte(id.String()), []byte(uuid.NewString()), 1)
}

// TestWhatTheStreamHasAndWillNotHaveAnyMoreIsKeptAsideBeforeItIsReplaced has no files of the stream at hand, as where NATS is
// elsewhere: a message that was changed, one of its own, one that is missing, and two that go on from there.
func TestWhatTheStreamHasAndWillNotHaveAnyMoreIsKeptAsideBeforeItIsReplaced(t *testing.T) {
	r, anew := without(t, 3), &repairing{Story: projectiontest.NewStory(t, örebro)}
	anew.evening()
	r.evening()
	r.evening()
	r.stream.instead = map[events.Position][]byte{2: []byte("\xffno event"), 4: anew.stored(1)}
	want := map[events.Position][]byte{2: r.stream.instead[2], 4: anew.stored(1), 5: r.stored(5), 6: r.stored(6)}
	if _, err := r.order(t, false); err == nil || !strings.Contains(err.Error(), r.Records.Damaged) || len(r.aside(t)) > 0 {
		t.Errorf("it is answered %v, and %v are kept", err, r.aside(t))
	}
	replaced := errors.New("it was not replaced")
	r.Replace = func(context.Context, events.Municipality, iter.Seq2[archive.Entry, error]) error {
		if kept := r.aside(t); len(kept) != 1 || !maps.EqualFunc(kept[0], want, bytes.Equal) {
			t.Errorf("there are %v, want %v", kept, want)
		}
		return replaced
	}
	if _, err := r.order(t, true); !errors.Is(err, replaced) {
		t.Errorf("it is answered %v", err)
	}
}

func TestAStreamIsNotReplacedWhereWhatItHasCannotBeKeptAside(t *testing.T) {
	r := without(t, 9)
	r.stream.instead = map[events.Position][]byte{2: []byte("no event")}
	if err := os.WriteFile(r.Records.Damaged, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := r.order(t, false); err == nil || r.stream.replaced > 0 {
		t.Errorf("it is answered %v, and the stream goes to %d", err, r.stream.replaced)
	}
}

func TestWhereTheStreamHasNothingThatItWillNotHaveNothingIsKeptAside(t *testing.T) {
	r := without(t, 2)
	r.evening()
	if _, err := r.order(t, false); err != nil || r.stream.replaced != 5 || len(r.aside(t)) > 0 {
		t.Errorf("it is answered %v, the stream goes to %d, and %v are kept", err, r.stream.replaced, r.aside(t))
	}
}

// archiving takes what is new of the log just before whoever repairs has the turn to write.
type archiving struct {
	*archiver.Service
	t *testing.T
}

func (a archiving) Rewrite(m events.Municipality, c archive.Checkpoint, messages iter.Seq2[archive.Entry, error], aside string) error {
	if err := a.Checkpoint(a.t.Context(), m); err != nil {
		a.t.Error(err)
	}
	return a.Service.Rewrite(m, c, messages, aside)
}

// TestAnArchiveThatGrewWhileItWasMeasuredIsNotMadeShorter archives on while a repair weighs both copies.
func TestAnArchiveThatGrewWhileItWasMeasuredIsNotMadeShorter(t *testing.T) {
	r := without(t, 9)
	r.evening()
	r.evening()
	r.Archiver = archiving{r.Archiver.(*archiver.Service), t}
	repair, err := r.order(t, false)
	if err != nil || repair.Position != 6 || r.stream.replaced > 0 {
		t.Errorf("it is repaired as %+v, %v, and the stream goes to %d", repair, err, r.stream.replaced)
	}
	if signed, err := r.Copies.Archive(örebro).Checkpoint(); err != nil || signed.Size != 6 {
		t.Errorf("it ends at %d, %v", signed.Size, err)
	}
}
