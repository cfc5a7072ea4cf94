package intake_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/nats-io/nats.go"

	"rackvidd/events"
	"rackvidd/events/jetlog"
	"rackvidd/projections"
	"rackvidd/projections/projectiontest"
	"rackvidd/projections/reach"
	"rackvidd/services/casework"
	"rackvidd/services/intake"
	"rackvidd/services/projector"
	"rackvidd/services/rackvidd/node"
	"rackvidd/services/vault"
)

// house is an importer with a real log, vault and read model behind it.
type house struct {
	*intake.Importer
	log  events.Log
	pool *pgxpool.Pool
}

func TestMain(m *testing.M) { projectiontest.Main(m) }

var noon = time.Date(2022, 6, 1, 12, 0, 0, 0, time.UTC)

func newHouse(t testing.TB) *house {
	t.Helper()
	ctx, dir := t.Context(), t.TempDir()
	server, err := node.StartNATS(ctx, node.NATSConfig{StoreDir: dir + "/nats"})
	check(t, err)
	t.Cleanup(server.Stop)
	conn, err := nats.Connect(server.URL())
	check(t, err)
	t.Cleanup(conn.Close)
	bootstrap, err := nats.Connect(server.BootstrapURL())
	check(t, err)
	t.Cleanup(bootstrap.Close)
	log, err := jetlog.New(jetlog.Config{Conn: conn, Bootstrap: bootstrap})
	check(t, err)
	pool := projectiontest.Empty(t)
	check(t, projections.Install(ctx, pool))
	store, err := vault.OpenKeyStore(dir + "/keystore")
	check(t, err)
	v, err := vault.New(ctx, vault.Config{Pool: projectiontest.Empty(t), Keys: vault.NewKeys(), KeyStore: store})
	check(t, err)
	following, stop := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		projector.Service{Log: log, Pool: pool}.Run(following)
	}()
	t.Cleanup(func() { stop(); <-ended })
	reading := projectiontest.Reading(t, pool)
	return &house{log: log, pool: reading, Importer: &intake.Importer{
		Log: log, Vault: v, Clock: func() time.Time { return noon },
		Visible: func(ctx context.Context, m events.Municipality, at events.Position) error {
			return projector.Visible(ctx, reading, m, at)
		},
	}}
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (h *house) bring(t testing.TB, file string, options ...func(*intake.Request)) intake.Summary {
	t.Helper()
	r := intake.Request{Body: strings.NewReader(file)}
	for _, o := range options {
		o(&r)
	}
	s, err := h.Import(t.Context(), "1880", r)
	check(t, err)
	if s.Recorded+s.Duplicates+len(s.Rejected) != s.Rows {
		t.Errorf("%d recorded, %d duplicates and %d rejected are not %d rows", s.Recorded, s.Duplicates, len(s.Rejected), s.Rows)
	}
	return s
}

func TestARowOfTodayIsOfTodayInSweden(t *testing.T) {
	h := newHouse(t)
	h.Clock = func() time.Time { return time.Date(2024, 12, 31, 23, 30, 0, 0, time.UTC) }
	s := h.bring(t, "record_id,type,occurred_on,child,programme,form\n1,session_attended,2025-01-01,a,p,camp\n2,session_attended,2025-01-02,a,p,camp\n")
	if s.Recorded != 1 || len(s.Rejected) != 1 || s.Rejected[0].Code != intake.CodeFutureDate {
		t.Errorf("half an hour into 2025: %+v", s)
	}
}

func (h *house) figures(t testing.TB, year events.Year) reach.Figures {
	t.Helper()
	return h.figuresIn(t, reach.CalendarYear(year))
}

func (h *house) figuresIn(t testing.TB, p reach.Period) reach.Figures {
	t.Helper()
	head, err := h.log.Head(t.Context(), "1880")
	check(t, err)
	d, err := reach.Named(reach.Default)
	check(t, err)
	var f reach.Figures
	check(t, projections.View(t.Context(), h.pool, "reach", "1880", head, func(tx pgx.Tx, at projections.Checkpoint) error {
		e, err := reach.Gather(t.Context(), tx, "1880", p, at.Position)
		f = reach.Compute(e, d, p, 0)
		return err
	}))
	return f
}

func update(r *intake.Request) { r.Update = true }
func dryRun(r *intake.Request) { r.DryRun = true }

const heading = "record_id,type,occurred_on,child,programme,form,channel,outcome,reason,birth_year,gender,role,home_municipality,count,target,session\n"

// activity is some months of invented rows in which much repeats itself.
func activity(seed uint64, rows int) string {
	rng := rand.New(rand.NewPCG(seed, 7))
	forms := []string{"support_group", "counselling", "camp"}
	channels := []string{"school", "social_services_children", "self"}
	var b strings.Builder
	b.WriteString(heading)
	for i := range rows {
		day := events.Date(2021, 1, 1) + events.Day(rng.IntN(365))
		child := fmt.Sprintf("c%d", rng.IntN(60))
		year := 2005 + len(child)*3
		form := forms[rng.IntN(3)]
		programme := []string{"sputnik", "smilla"}[rng.IntN(2)]
		switch rng.IntN(10) {
		case 0:
			fmt.Fprintf(&b, "r%d,referral_received,%s,%s,,,%s,,,%d,girl,,,,,\n", i, day, child, channels[rng.IntN(3)], year)
		case 1:
			fmt.Fprintf(&b, "r%d,child_enrolled,%s,%s,%s,%s,,,,%d,girl,,,,,\n", i, day, child, programme, form, year)
		case 2:
			fmt.Fprintf(&b, "r%d,enrolment_ended,%s,%s,%s,%s,,,completed,,,,,,,\n", i, day, child, programme, form)
		case 3:
			fmt.Fprintf(&b, "r%d,session_attended,%s,,%s,%s,,,,,,,,%d,,\n", i, day, programme, form, 1+rng.IntN(3))
		case 4:
			fmt.Fprintf(&b, "r%d,session_cancelled,%s,,%s,%s,,,,,,,,,,\n", i, day, programme, form)
		case 5:
			fmt.Fprintf(&b, "r%d,session_attended,%s,%s,%s,%s,,,,,,,1485,,,\n", i, day, child, programme, form)
		default:
			fmt.Fprintf(&b, "r%d,session_attended,%s,%s,%s,%s,,,,,,,,,,s%d\n", i, day, child, programme, form, rng.IntN(4))
		}
	}
	return b.String()
}

func TestTheSameFileAgainRecordsNothing(t *testing.T) {
	h, file := newHouse(t), activity(1, 3000)
	first := h.bring(t, file)
	before := h.figures(t, 2021)
	again := h.bring(t, file)
	if again.Recorded != 0 || again.Duplicates != first.Rows || again.Position != first.Position {
		t.Errorf("again: %+v", again)
	}
	if diff := cmp.Diff(before, h.figures(t, 2021)); diff != "" {
		t.Errorf("figures changed:\n%s", diff)
	}
}

func TestTheOrderAndTheSplitOfTheRowsDoNotMatter(t *testing.T) {
	file := activity(2, 6000)
	straight := newHouse(t)
	want := straight.bring(t, file)
	lines := strings.SplitAfter(strings.TrimSuffix(strings.TrimPrefix(file, heading), "\n"), "\n")
	lines[len(lines)-1] += "\n"
	rand.New(rand.NewPCG(3, 3)).Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
	shuffled, recorded := newHouse(t), 0
	for piece := range slices.Chunk(lines, 1700) {
		recorded += shuffled.bring(t, heading+strings.Join(piece, "")).Recorded
	}
	if recorded != want.Recorded {
		t.Errorf("%d rows recorded, %d in the straight order", recorded, want.Recorded)
	}
	got, expected := shuffled.figures(t, 2021), straight.figures(t, 2021)
	for _, f := range []*reach.Figures{&got, &expected} {
		for i := range f.ByChannel {
			f.ByChannel[i].First = 0 // referrals of one day are told apart by their positions
		}
	}
	if diff := cmp.Diff(expected, got); diff != "" {
		t.Errorf("figures differ:\n%s", diff)
	}
}

func TestADryRunAnswersTheSameAndRecordsNothing(t *testing.T) {
	h, file := newHouse(t), activity(4, 5000)+"r0,session_attended,2021-02-31,c1,sputnik,camp,,,,,,,,,,\n"
	rehearsed := h.bring(t, file, dryRun)
	if head, err := h.log.Head(t.Context(), "1880"); head != 0 || err != nil {
		t.Fatalf("a dry run recorded up to %d (%v)", head, err)
	}
	real := h.bring(t, file)
	rehearsed.Position, real.Position = 0, 0
	rehearsed.Made.Children = nil // of a dry run alone
	if diff := cmp.Diff(rehearsed, real); diff != "" {
		t.Errorf("the dry run answered otherwise:\n%s", diff)
	}
}

func TestAChangedRecordIsRejectedUnlessItIsAnUpdate(t *testing.T) {
	h := newHouse(t)
	row := func(id, day, child, form string) string {
		return fmt.Sprintf("%s,session_attended,%s,%s,sputnik,%s,,,,2012,,,,,,\n", id, day, child, form)
	}
	h.bring(t, heading+row("a", "2021-03-01", "x", "camp")+row("b", "2021-03-01", "y", "camp"))
	changed := heading + row("a", "2021-03-01", "x", "camp") + row("b", "2021-03-02", "z", "counselling")
	s := h.bring(t, changed)
	if s.Duplicates != 1 || len(s.Rejected) != 1 || s.Rejected[0].Code != "changed_record" || s.Rejected[0].Line != 3 {
		t.Fatalf("%+v", s)
	}
	if s := h.bring(t, changed, func(r *intake.Request) { r.Language = "sv" }); !strings.Contains(s.Rejected[0].Message, "inläst tidigare") {
		t.Errorf("in Swedish: %+v", s)
	}
	if s := h.bring(t, changed, update); s.Recorded != 1 || s.Duplicates != 1 {
		t.Fatalf("%+v", s)
	}
	f := h.figures(t, 2021)
	want := []reach.ByForm{{Form: "camp", Children: 1, Attendances: 1}, {Form: "counselling", Children: 1, Attendances: 1}}
	if f.Children != 2 || !slices.Equal(f.ByForm, want) {
		t.Errorf("%+v", f.ByForm)
	}
	if s := h.bring(t, changed, update); s.Recorded != 0 {
		t.Errorf("the correction was recorded twice: %+v", s)
	}
}

func TestARecordIdThatStandsTwiceInAnUpdateIsRejectedTheSecondTime(t *testing.T) {
	h := newHouse(t)
	row := func(id, day string) string {
		return fmt.Sprintf("%s,session_attended,%s,x,sputnik,camp,,,,2012,,,,,,\n", id, day)
	}
	// Below: what a record says that another one says as well, so that nothing stands by it.
	twice := heading + row("z", "2021-03-01") + row("a", "2021-03-01") + row("a", "2021-03-02") + row("a", "2021-03-01")
	for n := range 3 {
		s := h.bring(t, twice, update)
		if first := n == 0; (s.Recorded != 0) != first || len(s.Rejected) != 1 || s.Rejected[0].Code != "record_twice" || s.Rejected[0].Line != 4 {
			t.Errorf("time %d: %+v", n+1, s)
		}
	}
	if s := h.bring(t, heading+row("a", "2021-03-02"), update); s.Recorded != 1 {
		t.Errorf("another file corrects it: %+v", s)
	}
	h.bring(t, heading+row("b", "2021-03-03"))
	if s := h.bring(t, heading+row("b", "2021-03-03")+row("b", "2021-03-04")); s.Duplicates != 1 || len(s.Rejected) != 1 || s.Rejected[0].Code != "changed_record" {
		t.Errorf("no update: %+v", s)
	}
}

func TestAnUpdateCorrectsEveryKindOfRow(t *testing.T) {
	h := newHouse(t)
	before := heading +
		"1,referral_received,2021-01-10,x,,,school,,,2012,girl,,,,,\n" +
		"2,child_enrolled,2021-01-20,x,sputnik,camp,,,,2012,girl,,,,,\n" +
		"3,enrolment_ended,2021-02-20,x,sputnik,camp,,,completed,,,,,,,\n" +
		"4,session_attended,2021-03-01,x,sputnik,camp,,,,2012,,,,,,\n" +
		"5,session_attended,2021-03-01,,sputnik,camp,,,,,,,,4,,\n" +
		"6,session_cancelled,2021-04-01,,sputnik,camp,,,,,,,,,,\n" +
		"7,session_attended,2021-04-01,y,sputnik,camp,,,,,,,,,,\n"
	after := heading +
		"1,referral_received,2021-01-10,x,,,self,,,2002,girl,,,,,\n" +
		"2,child_enrolled,2021-02-21,x,sputnik,camp,,,,2002,girl,,,,,\n" +
		"3,enrolment_ended,2021-03-20,x,sputnik,camp,,,completed,,,,,,,\n" +
		"4,session_attended,2021-03-01,x,sputnik,camp,,,,2002,,,,,,\n" +
		"5,session_attended,2021-03-01,,sputnik,camp,,,,,,,,2,,\n" +
		"6,session_cancelled,2021-04-02,,sputnik,camp,,,,,,,,,,\n" +
		"7,session_attended,2021-04-01,y,sputnik,camp,,,,,,,,,,\n"
	h.bring(t, before)
	if f := h.figures(t, 2021); f.Children != 1 || f.UnidentifiedAttendances != 4 || f.Referrals.ByChannel[0].Channel != "school" {
		t.Fatalf("before: %+v", f)
	}
	if s := h.bring(t, after, update); s.Recorded != 6 || s.Duplicates != 1 {
		t.Fatalf("%+v", s)
	}
	f := h.figures(t, 2021)
	if f.Children != 1 || f.UnidentifiedAttendances != 2 || f.Referrals.ByChannel[0].Channel != "self" || f.UnknownAge != 1 || f.Enrolments.Children != 0 {
		t.Errorf("x is too old now and y was there after all; got %+v", f)
	}
	if old := h.figuresIn(t, reach.CalendarYear(2019)); old.Children != 0 {
		t.Errorf("2019: %+v", old)
	}
}

// sessions are those of a programme, as they stand.
func (h *house) sessions(t testing.TB, programme events.ProgrammeID) (list []*casework.Session, at []events.Position) {
	t.Helper()
	for r, err := range h.log.Read(t.Context(), "1880", 0) {
		check(t, err)
		opened, ok := r.Events[0].(events.SessionOpened)
		if !ok || opened.Programme != programme {
			continue
		}
		name := events.SessionOf(opened.Session)
		found, err := h.log.Streams(t.Context(), "1880", name)
		check(t, err)
		one := casework.NewSession()
		list, at = append(list, one), append(at, events.Fold(one, found[name]))
	}
	return list, at
}

// byHand decides something of a programme's first session, as a coordinator does in its register.
func (h *house) byHand(t testing.TB, programme events.ProgrammeID, decide func(*casework.Session) ([]events.Event, error)) {
	t.Helper()
	list, at := h.sessions(t, programme)
	decided, err := decide(list[0])
	check(t, err)
	_, err = h.log.Append(t.Context(), "1880", events.Decision{{
		Stream: events.SessionOf(list[0].Session), Expected: at[0], Command: uuid.New(), Actor: events.ID{1}, Time: noon, Events: decided,
	}})
	check(t, err)
}

// overruled brings a row, lets somebody decide otherwise, and brings what a record says next: it is rejected with a code, "" where it
// is not.
func (h *house) overruled(t testing.TB, programme events.ProgrammeID, row string, hand func(*casework.Session) ([]events.Event, error), next, rejected string) {
	t.Helper()
	h.bring(t, heading+row)
	if hand != nil {
		h.byHand(t, programme, hand)
	}
	for range 2 { // refused once more in the same words
		s, code := h.bring(t, heading+next, update), ""
		if len(s.Rejected) > 0 {
			code = s.Rejected[0].Code
		}
		if code != rejected {
			t.Errorf("%q, not %q: %+v", code, rejected, s)
		}
	}
}

func TestWhatWasCountedByHandStandsWhateverItsRecordSaysNext(t *testing.T) {
	const four = "1 2021-03-01  child 4"
	// row is a record, a day, who it names, in which capacity, and how many.
	row := func(programme events.ProgrammeID, said string) string {
		f := strings.Split(said, " ")
		return fmt.Sprintf("%s-%s,session_attended,%s,%s,%s,camp,,,,,,%s,,%s,,\n", programme, f[0], f[1], f[2], programme, f[3], f[4])
	}
	counts := func(children events.Count) func(*casework.Session) ([]events.Event, error) {
		return func(s *casework.Session) ([]events.Event, error) {
			return s.CountHeads(casework.Heads{Children: &children}, events.InstantOf(noon))
		}
	}
	whole := func(s *casework.Session) ([]events.Event, error) {
		return s.State(casework.Register{Unidentified: 4, Adults: 1}, events.InstantOf(noon))
	}
	h := newHouse(t)
	for n, c := range []struct {
		says     string
		hand     func(*casework.Session) ([]events.Event, error)
		next     string
		rejected string
		heads    events.Count
	}{
		{"another number", counts(5), "1 2021-03-01  child 2", "counted_by_hand", 5},
		{"another number than was confirmed", counts(4), "1 2021-03-01  child 2", "counted_by_hand", 4},
		{"another number than the whole register has", whole, "1 2021-03-01  child 2", "counted_by_hand", 4},
		{"another number, where nobody came after all", counts(0), "1 2021-03-01  child 2", "counted_by_hand", 0},
		{"that it was another day", counts(5), "1 2021-03-08  child 4", "counted_by_hand", 5},
		{"that it was a child with a name", counts(5), "1 2021-03-01 x child ", "counted_by_hand", 5},
		{"that they were adults", counts(5), "1 2021-03-01  adult 4", "counted_by_hand", 5},
		{"the same again", counts(5), four, "", 5},
		{"and another record counts more", counts(5), "2 2021-03-01  child 2", "counted_by_hand", 5},
		{"and another record counts adults", counts(5), "2 2021-03-01  adult 2", "", 5},
		{"and another record names a child", counts(5), "2 2021-03-01 x child ", "", 5},
		{"and nobody counted: another number", nil, "1 2021-03-01  child 2", "", 2},
	} {
		t.Run(c.says, func(t *testing.T) {
			programme := events.ProgrammeID(fmt.Sprintf("p%d", n))
			h.overruled(t, programme, row(programme, four), c.hand, row(programme, c.next), c.rejected)
			list, _ := h.sessions(t, programme)
			heads := events.Count(0)
			for _, one := range list {
				heads += one.Heads(events.ChildRole)
			}
			if heads != c.heads {
				t.Errorf("%d heads, not %d", heads, c.heads)
			}
		})
	}
}

func TestWhatWasMarkedByHandStandsWhateverARecordSaysNext(t *testing.T) {
	// row is a record, a day, a child, in which capacity, how many, why, and when it was born.
	row := func(programme events.ProgrammeID, said string) string {
		f := strings.Split(said+"      ", " ")
		return fmt.Sprintf("%s-%s,session_attended,%s,%s,%s,camp,,,,%s,,%s,,%s,%s,\n", programme, f[0], f[1], f[2], programme, f[6], f[3], f[4], f[5])
	}
	only := func(s *casework.Session) events.ID {
		for key := range s.Marks {
			return key.Child
		}
		return events.ID{}
	}
	tap := func(state casework.RowState) func(*casework.Session) ([]events.Event, error) {
		return func(s *casework.Session) ([]events.Event, error) {
			return s.MarkRow(casework.Person{Child: only(s)}, state, events.InstantOf(noon))
		}
	}
	why := func(s *casework.Session) ([]events.Event, error) {
		return s.MarkRow(casework.Person{Child: only(s), Target: events.OtherTarget}, "", 0)
	}
	whole := func(s *casework.Session) ([]events.Event, error) {
		return s.State(casework.Register{Absent: []casework.Person{{Child: only(s)}}}, events.InstantOf(noon))
	}
	nobody := func(s *casework.Session) ([]events.Event, error) {
		return s.State(casework.Register{}, events.InstantOf(noon))
	}
	h := newHouse(t)
	for n, c := range []struct {
		says     string
		hand     func(*casework.Session) ([]events.Event, error)
		next     string
		rejected string
		rows     string
	}{
		{"another reason", tap(casework.RowAbsent), "1 2021-03-01 x child  other", "marked_by_hand", "1 absent"},
		{"another reason than was confirmed", tap(casework.RowAttended), "1 2021-03-01 x child  other", "marked_by_hand", "1 attended"},
		{"another reason of a row that was emptied", tap(casework.RowNone), "1 2021-03-01 x child  other", "marked_by_hand", ""},
		{"another year, where it was said why the child was there", why, "1 2021-03-01 x child   2012", "marked_by_hand", "1 attended other"},
		{"another reason than the whole register", whole, "1 2021-03-01 x child  other", "marked_by_hand", "1 absent"},
		{"another reason of a child whom the whole register leaves out", nobody, "1 2021-03-01 x child  other", "marked_by_hand", ""},
		{"that it was another day", tap(casework.RowAttended), "1 2021-03-08 x child", "marked_by_hand", "1 attended"},
		{"that it was another child", tap(casework.RowAbsent), "1 2021-03-01 y child", "marked_by_hand", "1 absent"},
		{"that it was an adult", tap(casework.RowAbsent), "1 2021-03-01 x adult", "marked_by_hand", "1 absent"},
		{"that nobody was identified", tap(casework.RowAttended), "1 2021-03-01  child 3", "marked_by_hand", "1 attended"},
		{"the same again", tap(casework.RowAbsent), "1 2021-03-01 x child", "", "1 absent"},
		{"and another record says that the child was there", tap(casework.RowAbsent), "2 2021-03-01 x child", "marked_by_hand", "1 absent"},
		{"and another record says so, as does the hand", tap(casework.RowAttended), "2 2021-03-01 x child", "", "1 attended"},
		{"and another record names another child", tap(casework.RowAbsent), "2 2021-03-01 y child", "", "1 absent, 1 attended"},
		{"and another record names a child whom the whole register leaves out", whole, "2 2021-03-01 y child", "marked_by_hand", "1 absent"},
		{"and another record counts heads", tap(casework.RowAbsent), "2 2021-03-01  child 3", "", "1 absent"},
		{"and another record names an adult", tap(casework.RowAbsent), "2 2021-03-01 y adult", "", "1 absent, 1 attended"},
		{"and nobody marked it: another reason", nil, "1 2021-03-01 x child  other", "", "1 attended other"},
		{"and nobody marked it: another day", nil, "1 2021-03-08 x child", "", "8 attended"},
	} {
		t.Run(c.says, func(t *testing.T) {
			programme := events.ProgrammeID(fmt.Sprintf("p%d", n))
			h.overruled(t, programme, row(programme, "1 2021-03-01 x child"), c.hand, row(programme, c.next), c.rejected)
			if got := h.rows(t, programme); got != c.rows {
				t.Errorf("%q, not %q", got, c.rows)
			}
		})
	}
}

func TestARecordIsNotHeldToTheRowOfAChildThatItNoLongerNames(t *testing.T) {
	const row = "1,session_attended,2021-03-01,%s,sputnik,camp,,,,,,%s,,%s,%s,\n"
	for _, next := range [][2]string{
		{fmt.Sprintf(row, "x", "adult", "", ""), fmt.Sprintf(row, "x", "adult", "", "other")},
		{fmt.Sprintf(row, "", "", "3", ""), fmt.Sprintf(row, "", "", "4", "")},
	} {
		h := newHouse(t)
		h.bring(t, heading+fmt.Sprintf(row, "x", "child", "", ""))
		var child events.ID
		list, _ := h.sessions(t, "sputnik")
		for _, one := range list {
			for key := range one.Marks {
				child = key.Child
			}
		}
		h.bring(t, heading+next[0], update)
		h.byHand(t, "sputnik", func(s *casework.Session) ([]events.Event, error) {
			return s.MarkRow(casework.Person{Child: child}, casework.RowAttended, events.InstantOf(noon))
		})
		if s := h.bring(t, heading+next[1], update); s.Recorded != 1 {
			t.Errorf("after %q, %q: %+v", next[0], next[1], s)
		}
	}
}

func TestWhatARecordSaidBeforeItSaidAsOthersCanBeSaidAgain(t *testing.T) {
	const row = "%s,session_attended,2021-03-01,%s,sputnik,camp,,,,,,,,,,\n"
	h := newHouse(t)
	h.bring(t, heading+fmt.Sprintf(row, "1", "x")+fmt.Sprintf(row, "2", "y"))
	for _, child := range []string{"y", "x"} {
		if s := h.bring(t, heading+fmt.Sprintf(row, "1", child), update); s.Recorded != 1 || s.Duplicates != 0 {
			t.Errorf("the first record says that it was %s: %+v", child, s)
		}
	}
	if got := h.rows(t, "sputnik"); got != "1 attended, 1 attended" {
		t.Errorf("in the register stands %q", got)
	}
}

// caseByHand decides something of the only child whose case the log has from a position on, as a coordinator does on its page.
func (h *house) caseByHand(t testing.TB, from events.Position, decide func(*casework.Case) ([]events.Event, error)) {
	t.Helper()
	one, name, at := h.caseSince(t, from)
	decided, err := decide(one)
	check(t, err)
	_, err = h.log.Append(t.Context(), "1880", events.Decision{{Stream: name, Expected: at, Command: uuid.New(), Actor: events.ID{1}, Time: noon, Events: decided}})
	check(t, err)
}

// caseSince is the first case that the log is about after a position, as it stands.
func (h *house) caseSince(t testing.TB, from events.Position) (*casework.Case, events.Stream, events.Position) {
	t.Helper()
	for r, err := range h.log.Read(t.Context(), "1880", from) {
		check(t, err)
		if r.Stream.Type == events.CaseStream {
			found, err := h.log.Streams(t.Context(), "1880", r.Stream)
			check(t, err)
			one := casework.NewCase()
			return one, r.Stream, events.Fold(one, found[r.Stream])
		}
	}
	t.Fatal("the log has no case there")
	return nil, events.Stream{}, 0
}

func TestAnEndThatWasStatedByHandStandsWhateverItsRecordSaysNext(t *testing.T) {
	const (
		place    = "%s,child_enrolled,%s,%s,sputnik,camp,,,,,girl,,,,,\n"
		referral = "%s,referral_received,%s,%s,,,school,,,,girl,,,,,\n"
		end      = "%s,enrolment_ended,%s,%s,sputnik,camp,,,completed,,,,,,,\n"
	)
	june := events.Date(2021, 6, 1)
	ends := func(c *casework.Case) ([]events.Event, error) {
		for id := range c.Enrolments {
			return c.EndEnrolment(events.EnrolmentEnded{End: events.Entry{Of: id.Of, Number: [8]byte{1}}, Enrolment: id, Reason: "moved", EndedOn: june})
		}
		return nil, nil
	}
	closes := func(c *casework.Case) ([]events.Event, error) {
		for id := range c.Referrals {
			return c.CloseReferral(events.ReferralClosed{Closing: events.Entry{Of: id.Of, Number: [8]byte{1}}, Referral: id, Outcome: "accepted", ClosedOn: june})
		}
		return nil, nil
	}
	h := newHouse(t)
	for n, c := range []struct {
		says     string
		row      string
		hand     func(*casework.Case) ([]events.Event, error)
		next     string
		day      string
		child    string
		rejected string
	}{
		{"that a place began after it", place, ends, place, "2021-09-01", "x", "occurred_on ended_by_hand"},
		{"that a referral came after it", referral, closes, referral, "2021-09-01", "x", "occurred_on ended_by_hand"},
		{"that it was another child's place", place, ends, place, "2021-01-10", "y", "child ended_by_hand"},
		{"that it was no place", place, ends, end, "2021-01-10", "x", "type ended_by_hand"},
		{"that a place began earlier", place, ends, place, "2021-01-05", "x", ""},
		{"that a referral came earlier", referral, closes, referral, "2021-01-05", "x", ""},
	} {
		t.Run(c.says, func(t *testing.T) {
			child := func(name string) string { return fmt.Sprintf("%s%d", name, n) }
			from, err := h.log.Head(t.Context(), "1880")
			check(t, err)
			h.bring(t, heading+fmt.Sprintf(c.row, child("r"), "2021-01-10", child("x")))
			h.caseByHand(t, from, c.hand)
			next := strings.Replace(fmt.Sprintf(c.next, child("r"), c.day, child(c.child)), "girl", "boy", 1)
			for range 2 {
				h.updates(t, heading+next, c.rejected)
			}
			one, name, _ := h.caseSince(t, from)
			if len(one.Ends)+len(one.Closings) != 1 || len(one.Enrolments)+len(one.Referrals) != 1 {
				t.Errorf("the case has %+v", one)
			}
			found, err := h.log.Streams(t.Context(), "1880", name)
			check(t, err)
			if last := found[name][len(found[name])-1]; c.rejected != "" && last.Actor != (events.ID{1}) {
				t.Errorf("what was rejected is half recorded: %+v", last.Events)
			}
		})
	}
}

// updates brings a file in of which a row is rejected, by its column and code, because of what was said by hand; "": none is.
func (h *house) updates(t *testing.T, file, rejected string) {
	t.Helper()
	s, said := h.bring(t, file, update, func(r *intake.Request) { r.Language = "sv" }), ""
	for _, r := range s.Rejected {
		if said += r.Column + " " + r.Code; !strings.Contains(r.Message, "för hand") {
			t.Errorf("it is told %q", r.Message)
		}
	}
	if said != rejected {
		t.Errorf("%q, not %q: %+v", said, rejected, s)
	}
}

func TestAPlaceIsForWhatItsRecordSaysAndLastSaid(t *testing.T) {
	h := newHouse(t)
	for _, c := range []struct {
		said string
		want events.Target
	}{{"other", events.OtherTarget}, {"", events.SubstanceAbuse}, {"other", events.OtherTarget}} {
		if s := h.bring(t, heading+"1,child_enrolled,2021-01-10,x,sputnik,camp,,,,,,,,,"+c.said+",\n", update); s.Recorded != 1 {
			t.Errorf("%q: %+v", c.said, s)
		}
		one, _, _ := h.caseSince(t, 0)
		for _, place := range one.Enrolments {
			if (place.Target == events.OtherTarget) != (c.want == events.OtherTarget) {
				t.Errorf("%q: the place is for %q", c.said, place.Target)
			}
		}
	}
}

func TestWhatWasCorrectedByHandStandsWhateverItsRecordSaysNext(t *testing.T) {
	const (
		place    = "%s,child_enrolled,2021-01-10,%s,sputnik,camp,,,,,%s,,,,,\n"
		referral = "%s,referral_received,2021-01-10,%s,sputnik,,school,,,,%s,,,,,\n"
	)
	corrects := func(c *casework.Case) ([]events.Event, error) {
		for id := range c.Enrolments {
			return c.CorrectEnrolment(events.EnrolmentCorrected{Enrolment: id, HomeMunicipality: "1881", Reason: "other"})
		}
		for id := range c.Referrals {
			return c.CorrectReferral(events.ReferralCorrected{Referral: id, Channel: "police", Reason: "other"})
		}
		return nil, nil
	}
	h := newHouse(t)
	for n, c := range []struct {
		says     string
		row      string
		hand     func(*casework.Case) ([]events.Event, error)
		child    string
		rejected string
		stands   string
	}{
		{"another gender than the place", place, corrects, "x", "record_id corrected_by_hand", "1881"},
		{"another gender than the referral", referral, corrects, "x", "record_id corrected_by_hand", "police"},
		{"that it was another child's place", place, corrects, "y", "record_id corrected_by_hand", "1881"},
		{"another gender than the place, which nobody corrected", place, nil, "x", "", "1880"},
	} {
		t.Run(c.says, func(t *testing.T) {
			name := func(of string) string { return fmt.Sprintf("%s%d", of, n) }
			from, err := h.log.Head(t.Context(), "1880")
			check(t, err)
			first := heading + fmt.Sprintf(c.row, name("r"), name("x"), "girl")
			h.bring(t, first)
			if c.hand != nil {
				h.caseByHand(t, from, c.hand)
			}
			if s := h.bring(t, first, update); s.Duplicates != 1 {
				t.Errorf("the same again: %+v", s)
			}
			for range 2 {
				h.updates(t, heading+fmt.Sprintf(c.row, name("r"), name(c.child), "boy"), c.rejected)
			}
			one, _, _ := h.caseSince(t, from)
			var stands []string
			for _, e := range one.Enrolments {
				stands = append(stands, string(e.HomeMunicipality))
			}
			for _, e := range one.Referrals {
				stands = append(stands, string(e.Channel))
			}
			if strings.Join(stands, ", ") != c.stands {
				t.Errorf("%q stands, not %q", stands, c.stands)
			}
		})
	}
}

func TestAReferralLosesTheProgrammeAndTheFormThatItsRecordNoLongerNames(t *testing.T) {
	h, row := newHouse(t), "1,referral_received,2021-01-10,x,%s,%s,school,,,,,,,,,\n"
	h.bring(t, heading+fmt.Sprintf(row, "sputnik", "camp"))
	for _, named := range [][2]events.ProgrammeID{{"sputnik", ""}, {"", ""}, {"smilla", "camp"}} {
		if s := h.bring(t, heading+fmt.Sprintf(row, named[0], named[1]), update); s.Recorded != 1 {
			t.Fatalf("%+v", s)
		}
		one, _, _ := h.caseSince(t, 0)
		for _, r := range one.Referrals {
			if r.Programme != named[0] || string(r.Form) != string(named[1]) || r.Channel != "school" {
				t.Errorf("the referral is one to %q, %q; its record says %q", r.Programme, r.Form, named)
			}
		}
	}
}

func TestWhatAnotherRecordOfTheFileStillSaysIsNotTakenBack(t *testing.T) {
	// rows are records, each with a day and a child: with none the session is cancelled.
	rows := func(programme events.ProgrammeID, said []string) string {
		var b strings.Builder
		for _, one := range said {
			f, kind := strings.Split(one, " "), "session_attended"
			if f[2] == "" {
				kind = "session_cancelled"
			}
			fmt.Fprintf(&b, "%s-%s,%s,2021-03-0%s,%s,%s,camp,,,,,,,,,,\n", programme, f[0], kind, f[1], f[2], programme)
		}
		return b.String()
	}
	others := strings.Repeat("other,session_attended,2021-02-01,z,smilla,camp,,,,,,,,,,\n", 4500)
	h := newHouse(t)
	for n, c := range []struct {
		name          string
		before, after []string
		between       string
		held          string
	}{
		{"and stands above the one that changed", []string{"1 1 x", "2 1 x"}, []string{"2 1 x", "1 2 x"}, "", "1 attended, 2 attended"},
		{"and stands below it", []string{"1 1 x", "2 1 x"}, []string{"1 2 x", "2 1 x"}, "", "1 attended, 2 attended"},
		{"and stands thousands of rows above it", []string{"1 1 x", "2 1 x"}, []string{"2 1 x", "1 2 x"}, others, "1 attended, 2 attended"},
		{"and came to say as it changed", []string{"1 1 x", "2 3 x"}, []string{"2 1 x", "1 2 x"}, "", "1 attended, 2 attended"},
		{"of a cancellation", []string{"1 1 ", "2 1 ", "3 1 x"}, []string{"2 1 ", "1 2 ", "3 1 x"}, "", "1 cancelled, 2 cancelled"},
		{"and no other does: it is", []string{"1 1 x", "2 1 x"}, []string{"2 3 x", "1 2 x"}, "", "2 attended, 3 attended"},
	} {
		t.Run(c.name, func(t *testing.T) {
			programme := events.ProgrammeID(fmt.Sprintf("p%d", n))
			h.bring(t, heading+rows(programme, c.before))
			file := heading + rows(programme, c.after[:1]) + c.between + rows(programme, c.after[1:])
			rehearsed, s := h.bring(t, file, update, dryRun), h.bring(t, file, update)
			if rehearsed.Recorded != s.Recorded || rehearsed.Duplicates != s.Duplicates {
				t.Errorf("rehearsed: %+v, recorded: %+v", rehearsed, s)
			}
			if got := h.held(t, programme); got != c.held {
				t.Errorf("%q, not %q", got, c.held)
			}
			if s := h.bring(t, file, update); s.Recorded != 0 || len(s.Rejected) > 0 {
				t.Errorf("the same file again: %+v", s)
			}
		})
	}
}

// held are the rows of a programme's registers, or which of its sessions are cancelled.
func (h *house) held(t testing.TB, programme events.ProgrammeID) string {
	t.Helper()
	list, _ := h.sessions(t, programme)
	var held []string
	for _, one := range list {
		if one.Cancelled {
			held = append(held, fmt.Sprintf("%d cancelled", one.HeldOn-events.Date(2021, 2, 28)))
		}
	}
	if len(held) == 0 {
		return h.rows(t, programme)
	}
	slices.Sort(held)
	return strings.Join(held, ", ")
}

// rows are what a programme's registers say of whoever is named in them.
func (h *house) rows(t testing.TB, programme events.ProgrammeID) string {
	t.Helper()
	var rows []string
	list, _ := h.sessions(t, programme)
	for _, one := range list {
		for key := range one.Marks {
			row := one.RowOf(key.Child, key.Role)
			rows = append(rows, strings.TrimSpace(fmt.Sprintf("%d %s %s", one.HeldOn-events.Date(2021, 2, 28), row.State, row.Target)))
		}
	}
	slices.Sort(rows)
	return strings.Join(rows, ", ")
}

func TestARowThatWasMarkedByHandIsToldInTheReadersLanguageAndColumn(t *testing.T) {
	h, row := newHouse(t), "1,session_attended,2021-03-01,x,sputnik,camp,,,,,,,,,%s,\n"
	h.bring(t, heading+fmt.Sprintf(row, ""))
	h.byHand(t, "sputnik", func(s *casework.Session) ([]events.Event, error) {
		return s.State(casework.Register{}, events.InstantOf(noon))
	})
	s := h.bring(t, heading+fmt.Sprintf(row, "other"), update, func(r *intake.Request) { r.Language = "sv" })
	if len(s.Rejected) != 1 || s.Rejected[0].Line != 2 || s.Rejected[0].Column != "child" || !strings.Contains(s.Rejected[0].Message, "för hand") {
		t.Errorf("%+v", s)
	}
}

func TestARowThatItsSessionBarsTakesNothingBack(t *testing.T) {
	h := newHouse(t)
	h.bring(t, heading+"1,session_attended,2021-03-08,x,sputnik,camp,,,,,,,,,,\n")
	h.byHand(t, "sputnik", func(s *casework.Session) ([]events.Event, error) { return s.Withdraw(events.EnteredInError) })
	h.bring(t, heading+"2,session_attended,2021-03-01,y,sputnik,camp,,,,,,,,,,\n")
	s := h.bring(t, heading+"2,session_attended,2021-03-08,y,sputnik,camp,,,,,,,,,,\n", update, func(r *intake.Request) { r.Language = "sv" })
	if len(s.Rejected) != 1 || s.Rejected[0].Code != "session_withdrawn" || !strings.Contains(s.Rejected[0].Message, "borttagen") {
		t.Errorf("%+v", s)
	}
	if f := h.figures(t, 2021); f.Children != 1 {
		t.Errorf("%d children, of whom one was there", f.Children)
	}
}

func TestAnImportTellsWhatItsRowsMake(t *testing.T) {
	h := newHouse(t)
	h.bring(t, heading+"0,session_attended,2021-02-01,x,sputnik,camp,,,,,,,,,,\n")
	file := heading +
		"1,referral_received,2020-12-01,x,,,,,,,,,,,,\n" +
		"2,referral_received,2021-01-02,y,sputnik,camp,,,,,,,,,,\n" +
		"3,child_enrolled,2021-01-03,y,sputnik,camp,,,,,,,,,,\n" +
		"4,session_attended,2021-02-01,y,sputnik,camp,,,,,,,,,,\n" +
		"5,session_attended,2021-03-01,y,sputnik,camp,,,,,,,,,,\n" +
		"6,session_attended,2021-03-01,,sputnik,camp,,,,,,,,3,,\n" +
		"7,session_attended,2021-03-01,z,sputnik,no such form,,,,,,,,,,\n" +
		"8,session_attended,2021-02-01,x,sputnik,camp,,,,,,,,,,\n"
	rows := []intake.MadeRows{
		{Type: "referral_received", Year: 2020, Rows: 1},
		{Type: "referral_received", Form: events.Camp, Year: 2021, Rows: 1},
		{Type: "child_enrolled", Form: events.Camp, Year: 2021, Rows: 1},
		{Type: "session_attended", Form: events.Camp, Year: 2021, Rows: 3},
	}
	want := intake.Made{Rows: rows, Sessions: 1, Children: &intake.MadeChildren{Named: 2, Known: new(1)}}
	if got := h.bring(t, file, dryRun).Made; cmp.Diff(want, got) != "" {
		t.Errorf("before it is recorded: %s", cmp.Diff(want, got))
	}
	want.Children = nil
	if got := h.bring(t, file).Made; cmp.Diff(want, got) != "" {
		t.Errorf("when it is recorded: %s", cmp.Diff(want, got))
	}
	if got := h.bring(t, file).Made; len(got.Rows) != 0 || got.Sessions != 0 {
		t.Errorf("brought in again: %+v", got)
	}
}

func TestAProgrammeThatRowsMadeKnownBeganOnTheEarliestOfTheirDays(t *testing.T) {
	const row = "%s,session_attended,%s,x,%s,%s,,,,,,,,,,\n"
	h := newHouse(t)
	h.registers(t, "told", events.Linked) // from 2020-01-01
	h.bring(t, heading+fmt.Sprintf(row, "1", "2021-06-01", "p", "camp")+fmt.Sprintf(row, "2", "2021-05-01", "p", "counselling")+fmt.Sprintf(row, "3", "2021-05-02", "p", "camp")+
		fmt.Sprintf(row, "4", "2019-05-01", "told", "camp"))
	h.bring(t, heading+fmt.Sprintf(row, "5", "2020-12-31", "p", "camp")+fmt.Sprintf(row, "6", "2021-01-31", "p", "camp"))
	found, err := h.log.Streams(t.Context(), "1880", events.ProgrammeOf("p"), events.ProgrammeOf("told"))
	check(t, err)
	said := ""
	for _, r := range found[events.ProgrammeOf("p")] {
		for _, e := range r.Events {
			said += fmt.Sprintf("%T; ", e)
		}
	}
	var p, told casework.Programme
	events.Fold(&p, found[events.ProgrammeOf("p")])
	events.Fold(&told, found[events.ProgrammeOf("told")])
	if p.ValidFrom.String() != "2020-12-31" || len(p.Forms) != 2 || told.ValidFrom.String() != "2020-01-01" {
		t.Errorf("%+v, %+v", p, told)
	}
	if said != "events.ProgrammeRegistered; events.ProgrammeAmended; " {
		t.Errorf("the log says %s", said)
	}
}

func TestARefusedRowNamesTheHeadingOfTheFile(t *testing.T) {
	h := newHouse(t)
	s := h.bring(t, "Löpnummer;Händelse;Datum;Barn;Verksamhet;Stödform\n1;närvaro;igår;x;sputnik;läger\n2;närvaro;2021-03-01;x;sputnik;segling\n")
	said := ""
	for _, r := range s.Rejected {
		said += fmt.Sprintf("%d %s %s; ", r.Line, r.Column, r.Heading)
	}
	if said != "2 occurred_on Datum; 3 form Stödform; " {
		t.Error(said)
	}
}

func TestAFileOfWhichNothingFitsIsNotReadToItsEnd(t *testing.T) {
	h := newHouse(t)
	const good = "Löpnummer;Händelse;Datum;Barn;Verksamhet;Stödform\n0;närvaro;2021-03-01;x;sputnik;läger\n"
	file := good + strings.Repeat("1;närvaro;i går;x;sputnik;läger\n", 110_000)
	_, err := h.Import(t.Context(), "1880", intake.Request{Body: strings.NewReader(file), Language: "sv"})
	var wrong *intake.FileError
	if !errors.As(err, &wrong) || wrong.Code != "too_many_rejected" || wrong.Column != "Datum" || !strings.Contains(wrong.Message, "100 000") {
		t.Errorf("it is answered %v", err)
	}
	if again := h.bring(t, good); again.Duplicates != 1 {
		t.Errorf("what was recorded before is brought in again: %+v", again)
	}
}

// registers records a programme with an identity mode.
func (h *house) registers(t testing.TB, id events.ProgrammeID, identity events.IdentityMode) {
	t.Helper()
	e := events.ProgrammeRegistered{Programme: id, Name: events.Name(id), Forms: []events.Form{events.Camp}, Organiser: "ngo", Target: events.SubstanceAbuse, Identity: identity, ValidFrom: events.Date(2020, 1, 1)}
	_, err := h.log.Append(t.Context(), "1880", events.Decision{{Stream: events.ProgrammeOf(id), Command: uuid.New(), Time: noon, Events: []events.Event{e}}})
	check(t, err)
}

func TestAProgrammeWithCardsKnowsChildrenByCardsAlone(t *testing.T) {
	h := newHouse(t)
	h.registers(t, "kort", events.Card)
	card := vault.CardOf(events.NewID())
	row := func(id, child, programme string) string {
		return fmt.Sprintf("%s,session_attended,2021-03-0%s,%s,%s,camp,,,,,,,,,,\n", id, id, child, programme)
	}
	typed := strings.ToLower(strings.NewReplacer("-", " ", "0", "o", "1", "i").Replace(card))
	mistyped := "A" + card[1:]
	if mistyped == card {
		mistyped = "B" + card[1:]
	}
	file := heading + row("1", card, "kort") + row("2", typed, "kort") + row("3", mistyped, "kort") + row("4", "20101231-2391", "kort") + row("5", typed, "sputnik") + row("6", "anna", "sputnik") +
		"7,session_attended,2021-03-07,,kort,camp,,,,,,,,4,,\n" + "8,child_enrolled,2021-03-07,anna,kort,camp,,,,,,,,,,\n"
	rehearsed, s := h.bring(t, file, dryRun), h.bring(t, file)
	for name, got := range map[string]intake.Summary{"rehearsed": rehearsed, "recorded": s} {
		said := ""
		for _, r := range got.Rejected {
			said += fmt.Sprintf("%d %s %s; ", r.Line, r.Column, r.Code)
		}
		if said != "4 child invalid_card; 5 child invalid_card; 9 child invalid_card; " || got.Recorded != 5 {
			t.Errorf("%s: %s, and %d recorded", name, said, got.Recorded)
		}
	}
	f := h.figures(t, 2021)
	if f.Children != 2 || f.UnidentifiedAttendances != 4 || f.ByProgramme[0].Attendances+f.ByProgramme[1].Attendances != 4 {
		t.Errorf("not the card's child and anna, four attendances and four nobody knows: %+v", f)
	}
	if again := h.bring(t, file); again.Recorded != 0 || again.Duplicates != 5 {
		t.Errorf("again: %+v", again)
	}
}

func TestAProgrammeWithoutIdentitiesTakesCountsAlone(t *testing.T) {
	h := newHouse(t)
	h.registers(t, "dorren", events.NoIdentity)
	s := h.bring(t, heading+"1,session_attended,2021-03-01,anna,dorren,camp,,,,,,,,,,\n"+"2,session_attended,2021-03-01,,dorren,camp,,,,,,,,4,,\n"+
		"3,child_enrolled,2021-03-01,anna,dorren,camp,,,,,,,,,,\n"+"4,referral_received,2021-03-01,anna,dorren,,school,,,,,,,,,\n")
	if s.Recorded != 1 || len(s.Rejected) != 3 {
		t.Fatalf("%+v", s)
	}
	for _, r := range s.Rejected {
		if r.Code != "programme_without_identities" || r.Column != "child" || !strings.Contains(r.Message, "give a count instead") {
			t.Errorf("%+v", r)
		}
	}
	if h.knows(t, "anna") {
		t.Error("the vault knows whom the programme does not")
	}
}

// knows reports whether the vault knows a child of a source.
func (h *house) knows(t testing.TB, child string) bool {
	t.Helper()
	_, known, err := h.Vault.Lookup(t.Context(), "1880", []vault.Identity{{Source: "default", Child: child}}, events.DayOf(noon))
	check(t, err)
	return known[0]
}

func TestARowThatMayNotNameItsChildMakesNobodyKnown(t *testing.T) {
	const row = "%d,session_attended,2021-03-01,%s,%s,camp,,,,,,,,,,\n"
	h := newHouse(t)
	h.registers(t, "dorren", events.NoIdentity)
	h.registers(t, "kort", events.Card)
	h.registers(t, "sputnik", events.Linked)
	h.bring(t, heading+fmt.Sprintf(row, 0, "bo", "sputnik"))
	h.amends(t, "sputnik", events.NoIdentity)
	h.registers(t, "smilla", events.Linked)
	s := h.bring(t, heading+fmt.Sprintf(row, 0, "bo", "sputnik")+fmt.Sprintf(row, 1, "anna", "dorren")+fmt.Sprintf(row, 2, "201203042393", "kort")+fmt.Sprintf(row, 3, "carl", "smilla")+
		fmt.Sprintf(row, 4, "bo", "dorren")+fmt.Sprintf(row, 5, "carl", "dorren"))
	said := ""
	for _, r := range s.Rejected {
		said += fmt.Sprintf("%d %s; ", r.Line, r.Code)
	}
	if s.Recorded != 1 || s.Duplicates != 1 || said != "3 programme_without_identities; 4 invalid_card; 6 programme_without_identities; 7 programme_without_identities; " {
		t.Errorf("%+v", s)
	}
	if h.knows(t, "anna") || h.knows(t, "201203042393") || !h.knows(t, "bo") || !h.knows(t, "carl") {
		t.Error("the vault knows others than those of the rows that may name them")
	}
}

// guarded is a log that is appended to only while what rows are decided by is held.
type guarded struct {
	events.Log
	t    testing.TB
	held *bool
}

func (g guarded) Append(ctx context.Context, m events.Municipality, decisions ...events.Decision) ([]events.Position, error) {
	if !*g.held {
		g.t.Error("rows are recorded while somebody may change what they were decided by")
	}
	return g.Log.Append(ctx, m, decisions...)
}

func TestRowsAreDecidedByWhatTheirProgrammeDocumentsWhenTheyAreRecorded(t *testing.T) {
	h := newHouse(t)
	h.registers(t, "dorren", events.Linked)
	rows := heading // more sessions than are recorded at a time
	for n := range 1200 {
		rows += fmt.Sprintf("%d,session_attended,%s,anna,dorren,camp,,,,,,,,,,\n", n, events.Date(2018, 1, 1)+events.Day(n))
	}
	held, times := false, 0
	h.Importer.Log = guarded{h.log, t, &held}
	s := h.bring(t, rows, func(r *intake.Request) {
		r.Hold = func(context.Context) (func(), error) {
			if times++; times == 2 {
				h.amends(t, "dorren", events.NoIdentity)
			}
			held = true
			return func() { held = false }, nil
		}
	})
	if s.Recorded == 0 || s.Recorded > 1000 || s.Recorded+len(s.Rejected) != 1200 || s.Rejected[0].Code != "programme_without_identities" {
		t.Errorf("%d recorded, %d rejected; nobody is named after the first hold of %d", s.Recorded, len(s.Rejected), times)
	}
}

// amends says from now on otherwise whom a programme documents.
func (h *house) amends(t testing.TB, id events.ProgrammeID, identity events.IdentityMode) {
	t.Helper()
	stream := events.ProgrammeOf(id)
	recorded, err := h.log.Streams(t.Context(), "1880", stream)
	check(t, err)
	last := recorded[stream][len(recorded[stream])-1]
	e := events.ProgrammeAmended(last.Events[0].(events.ProgrammeRegistered))
	e.Identity = identity
	_, err = h.log.Append(t.Context(), "1880", events.Decision{{Stream: stream, Expected: last.Position, Command: uuid.New(), Time: noon, Events: []events.Event{e}}})
	check(t, err)
}

// TestActivityNobodyHereWrote is tried by hand: RACKVIDD_ACTIVITY names a file in the import format.
func BenchmarkImport(b *testing.B) {
	path := os.Getenv("RACKVIDD_ACTIVITY")
	if path == "" {
		path = b.TempDir() + "/activity.csv"
		check(b, os.WriteFile(path, []byte(activity(9, 36_000)), 0o600))
	}
	raw, err := os.ReadFile(path)
	check(b, err)
	rows, err := csv.NewReader(bytes.NewReader(raw)).ReadAll()
	check(b, err)
	for b.Loop() {
		b.StopTimer()
		h := newHouse(b)
		b.StartTimer()
		s, err := h.Import(b.Context(), "1880", intake.Request{Body: io.Reader(bytes.NewReader(raw))})
		check(b, err)
		b.ReportMetric(float64(len(rows)-1)*float64(time.Second)/float64(b.Elapsed()), "rows/s")
		b.Logf("%d rows, %d recorded, %d duplicates, %d rejected, position %d", s.Rows, s.Recorded, s.Duplicates, len(s.Rejected), s.Position)
	}
}

// behind is a log of which somebody else has always decided first.
type behind struct{ events.Log }

func (behind) Append(context.Context, events.Municipality, ...events.Decision) ([]events.Position, error) {
	return nil, events.ErrConflict
}

// overtaken is a log of which somebody else decides first, once.
type overtaken struct {
	events.Log
	first func()
}

func (o *overtaken) Append(ctx context.Context, m events.Municipality, decisions ...events.Decision) ([]events.Position, error) {
	if first := o.first; first != nil {
		o.first = nil
		first()
	}
	return o.Log.Append(ctx, m, decisions...)
}

func TestOfAFileThatIsBroughtInTwiceAtOnceEachRowIsRecordedOnce(t *testing.T) {
	h := newHouse(t)
	other, file := &intake.Importer{Log: h.log, Vault: h.Vault, Clock: h.Clock, Visible: h.Visible}, activity(3, 10)
	file += file[strings.LastIndexByte(strings.TrimSpace(file), '\n')+1:] // a row that stands there twice
	bring := func(i *intake.Importer) intake.Summary {
		s, err := i.Import(t.Context(), "1880", intake.Request{Body: strings.NewReader(file)})
		check(t, err)
		return s
	}
	var before intake.Summary
	h.Importer.Log = &overtaken{h.log, func() { before = bring(other) }}
	if s := bring(h.Importer); before.Recorded == 0 || s.Recorded != 0 || s.Duplicates != before.Recorded+before.Duplicates {
		t.Errorf("the first is answered %+v, the one that was overtaken %+v", before, s)
	}
}

func TestAnImportGivesUpWhereOthersAlwaysDecideFirst(t *testing.T) {
	h := newHouse(t)
	h.Importer.Log = behind{h.log}
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	if _, err := h.Import(ctx, "1880", intake.Request{Body: strings.NewReader(activity(3, 10))}); !errors.Is(err, events.ErrConflict) {
		t.Errorf("it answers %v", err)
	}
}

// tokens are the children whom the vault knows by these names, "" for whoever it does not know.
func (h *house) tokens(t testing.TB, names ...string) (list []events.ID) {
	t.Helper()
	ids := make([]vault.Identity, len(names))
	for n, name := range names {
		ids[n] = vault.Identity{Source: "default", Child: name}
	}
	people, known, err := h.Vault.Lookup(t.Context(), "1880", ids, events.DayOf(noon))
	check(t, err)
	for n := range people {
		if !known[n] {
			people[n].Token = events.ID{}
		}
		list = append(list, people[n].Token)
	}
	return list
}

// erases makes the vault forget who somebody is, as it is forgotten on request.
func (h *house) erases(t testing.TB, name string) {
	t.Helper()
	check(t, h.Vault.(*vault.Vault).Erase(t.Context(), "1880", h.tokens(t, name)[0]))
}

// refused are the lines of the rows that were rejected, with their codes.
func refused(s intake.Summary) string {
	var list []string
	for _, r := range s.Rejected {
		list = append(list, fmt.Sprintf("%d %s %s", r.Line, r.Column, r.Code))
	}
	return strings.Join(list, ", ")
}

// ofTwo are records of x and of y, of every kind that names a child.
const ofTwo = "1,session_attended,2021-03-01,x,sputnik,camp,,,,2012,,,,,,\n" +
	"2,session_attended,2021-03-01,y,sputnik,camp,,,,2012,,,,,,\n" +
	"3,referral_received,2021-01-10,x,,,school,,,2012,girl,,,,,\n" +
	"4,child_enrolled,2021-01-20,x,sputnik,camp,,,,2012,girl,,,,,\n" +
	"5,session_attended,2021-03-01,,sputnik,camp,,,,,,,,4,,\n"

func TestAChildWhoWasErasedIsNotMadeKnownAgainByItsRows(t *testing.T) {
	for name, options := range map[string][]func(*intake.Request){
		"as they came": nil, "rehearsed": {dryRun}, "as corrections": {update}, "as corrections, rehearsed": {update, dryRun},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			h.bring(t, heading+ofTwo)
			h.erases(t, "x")
			before := h.figures(t, 2021)
			s := h.bring(t, heading+ofTwo, options...)
			if got := refused(s); s.Duplicates != 2 || got != "2 record_id erased_since, 4 record_id erased_since, 5 record_id erased_since" {
				t.Errorf("%d duplicates, rejected: %s", s.Duplicates, got)
			}
			if known := h.tokens(t, "x", "y"); !known[0].IsZero() || known[1].IsZero() {
				t.Errorf("x is known as %s, y as %s", known[0], known[1])
			}
			if diff := cmp.Diff(before, h.figures(t, 2021)); diff != "" {
				t.Errorf("figures changed:\n%s", diff)
			}
		})
	}
}

func TestAChildWhoWasErasedIsNotMadeKnownAgainByRowsThatSaidWhatStoodAlready(t *testing.T) {
	h := newHouse(t)
	row := func(id, day, child string) string {
		return id + ",session_attended," + day + "," + child + ",sputnik,camp,,,,2012,,,,,,\n"
	}
	file := heading + row("1", "2021-03-01", "y") + row("2", "2021-03-02", "x") + row("3", "2021-03-02", "x")
	h.bring(t, file)
	h.byHand(t, "sputnik", func(s *casework.Session) ([]events.Event, error) {
		return s.MarkRow(casework.Person{Child: h.tokens(t, "x")[0]}, casework.RowAttended, events.InstantOf(noon))
	})
	file += row("4", "2021-03-01", "x")
	if s := h.bring(t, file); s.Duplicates != 4 {
		t.Fatalf("%+v", s)
	}
	h.erases(t, "x")
	const old = "3 record_id erased_since, 4 record_id erased_since, 5 record_id erased_since"
	for _, options := range [][]func(*intake.Request){nil, {dryRun}, {update}} {
		if s := h.bring(t, file, options...); refused(s) != old || !h.tokens(t, "x")[0].IsZero() {
			t.Errorf("%+v", s)
		}
	}
	if s := h.bring(t, file+row("5", "2021-03-02", "x")); s.Recorded != 1 || refused(s) != old {
		t.Errorf("with a new record: %+v", s)
	}
	for _, options := range [][]func(*intake.Request){nil, {update}} {
		if s := h.bring(t, file, options...); refused(s) != old {
			t.Errorf("when the child has come back: %+v", s)
		}
	}
}

func TestAChildWhoWasErasedIsNotMadeKnownAgainByARowThatSomebodyMarkedOtherwise(t *testing.T) {
	row := func(rest string) string {
		return heading + "1,session_attended,2021-03-01,x,sputnik,camp" + rest + "\n"
	}
	marked := func(state casework.RowState) func(*casework.Session, casework.Person) ([]events.Event, error) {
		return func(s *casework.Session, x casework.Person) ([]events.Event, error) {
			return s.MarkRow(x, state, events.InstantOf(noon))
		}
	}
	for name, hand := range map[string]func(*casework.Session, casework.Person) ([]events.Event, error){
		"as absent": marked(casework.RowAbsent), "as there": marked(casework.RowAttended), "as neither": marked(casework.RowNone),
		"in a whole register": func(s *casework.Session, x casework.Person) ([]events.Event, error) {
			return s.State(casework.Register{Absent: []casework.Person{x}}, events.InstantOf(noon))
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			h.bring(t, row(",,,,2012,,,,,,"))
			h.byHand(t, "sputnik", func(s *casework.Session) ([]events.Event, error) {
				return hand(s, casework.Person{Child: h.tokens(t, "x")[0]})
			})
			h.erases(t, "x")
			for _, file := range []string{row(",,,,2012,,,,,,"), row(",,,,2012,,,,,other,")} {
				for _, options := range [][]func(*intake.Request){nil, {update, dryRun}, {update}} {
					if s := h.bring(t, file, options...); refused(s) != "2 record_id erased_since" || !h.tokens(t, "x")[0].IsZero() {
						t.Errorf("x is known as %s: %+v", h.tokens(t, "x")[0], s)
					}
				}
			}
		})
	}
}

func TestAChildWhoWasErasedComesBackAsANewOneByANewRecord(t *testing.T) {
	back := "6,session_attended,2021-04-01,x,sputnik,camp,,,,2012,,,,,,\n"
	h := newHouse(t)
	h.bring(t, heading+ofTwo)
	was := h.tokens(t, "x")[0]
	h.erases(t, "x")
	const old = "2 record_id erased_since, 4 record_id erased_since, 5 record_id erased_since"
	rehearsed, s := h.bring(t, heading+ofTwo+back, dryRun), h.bring(t, heading+ofTwo+back)
	if s.Recorded != 1 || s.Duplicates != 2 || refused(s) != old {
		t.Errorf("%+v", s)
	}
	rehearsed.Position, s.Position, rehearsed.Made.Children = 0, 0, nil
	if diff := cmp.Diff(rehearsed, s); diff != "" {
		t.Errorf("the dry run answered otherwise:\n%s", diff)
	}
	if is := h.tokens(t, "x")[0]; is.IsZero() || is == was {
		t.Errorf("x was %s and is %s", was, is)
	}
	if f := h.figures(t, 2021); f.Children != 3 {
		t.Errorf("%d children", f.Children)
	}
	for _, options := range [][]func(*intake.Request){nil, {update}} { // what the child did before is not made its own again
		if s := h.bring(t, heading+ofTwo+back, options...); s.Recorded != 0 || s.Duplicates != 3 || refused(s) != old {
			t.Errorf("the same file once more: %+v", s)
		}
	}
}

func TestWhereAChildWasErasedOthersRecordsAreCorrectedAsBefore(t *testing.T) {
	h := newHouse(t)
	h.bring(t, heading+ofTwo)
	h.erases(t, "x")
	corrected := strings.Replace(heading+ofTwo, ",y,", ",z,", 1)
	const rejected = "2 record_id erased_since, 3 record_id changed_record, 4 record_id erased_since, 5 record_id erased_since"
	for _, options := range [][]func(*intake.Request){{dryRun}, nil} {
		if s := h.bring(t, corrected, options...); refused(s) != rejected {
			t.Errorf("%+v", s)
		}
	}
	if known := h.tokens(t, "z"); !known[0].IsZero() {
		t.Error("a row that is rejected makes z known")
	}
	if s := h.bring(t, corrected, update); s.Recorded != 1 || s.Duplicates != 1 || len(s.Rejected) != 3 {
		t.Errorf("%+v", s)
	}
	const guess = "2,session_attended,2021-03-01,%[1]s,sputnik,camp,,,,2012,,,,,,\n1,session_attended,2021-03-01,%[1]s,sputnik,camp,,,,2012,,,,,,\n"
	if s, other := h.bring(t, heading+fmt.Sprintf(guess, "y")), h.bring(t, heading+fmt.Sprintf(guess, "nobody")); refused(s) != "2 record_id changed_record, 3 record_id erased_since" || refused(other) != refused(s) {
		t.Errorf("of somebody who is known it is said %s, of nobody %s", refused(s), refused(other))
	}
	twice := heading + strings.Repeat("2,session_attended,2021-03-01,z,sputnik,camp,,,,2012,,,,,,\n", 9000)
	twice = strings.Replace(twice, heading, heading+"6,session_attended,2021-03-08,y,sputnik,camp,,,,,,,,,,\n", 1) + "6,session_attended,2021-03-08,w,sputnik,camp,,,,,,,,,,\n"
	for _, options := range [][]func(*intake.Request){{dryRun}, nil} {
		if s := h.bring(t, twice, options...); s.Recorded != 1 || refused(s) != "9003 record_id changed_record" {
			t.Errorf("a record of the file itself: %+v", s)
		}
	}
}

// asking counts what is asked of a vault for the sake of the erased.
type asking struct {
	intake.Identities
	lookups, erasures int
}

func (a *asking) Lookup(ctx context.Context, m events.Municipality, ids []vault.Identity, today events.Day) ([]vault.Person, []bool, error) {
	a.lookups++
	return a.Identities.Lookup(ctx, m, ids, today)
}

func (a *asking) Erasures(ctx context.Context, m events.Municipality) ([]vault.Erasure, error) {
	a.erasures++
	return a.Identities.Erasures(ctx, m)
}

func TestAnImportWhereNobodyWasErasedAsksForErasuresOnce(t *testing.T) {
	h := newHouse(t)
	asked := &asking{Identities: h.Vault}
	h.Vault = asked
	h.bring(t, activity(5, 9000))
	if asked.erasures != 1 || asked.lookups != 0 {
		t.Errorf("%d times for erasures, %d times for who is known", asked.erasures, asked.lookups)
	}
}

func TestAFileCorrectsAGenderToUnknownOnlyWhereItSaidOne(t *testing.T) {
	for _, c := range []struct{ was, other, want string }{{"girl", "", "unknown"}, {"", "girl", "girl"}} {
		h := newHouse(t)
		file := func(gender string) string {
			return heading + "1,session_attended,2021-03-01,c1,sputnik,camp,,,,," + gender + ",,,,,\n2,session_attended,2021-03-08,c1,sputnik,camp,,,,," + c.other + ",,,,,\n"
		}
		h.bring(t, file(c.was))
		h.updates(t, file("unknown"), "")
		if f := h.figures(t, 2021); len(f.ByGender) != 1 || string(f.ByGender[0].Gender) != c.want {
			t.Errorf("from %q to unknown: %+v, want %s", c.was, f.ByGender, c.want)
		}
	}
}

func TestAYearThatARecordTakesBackIsTheOneItSaidBefore(t *testing.T) {
	row := func(kind, channel string, year int, gender string) string {
		return heading + fmt.Sprintf("1,%s,2021-03-01,x,sputnik,camp,%s,,,%d,%s,,,,,\n", kind, channel, year, gender)
	}
	there := "2,session_attended,2021-03-01,x,sputnik,camp,,,,,,,,,,\n"
	for _, kind := range []string{"child_enrolled", "referral_received", "session_attended"} {
		h := newHouse(t)
		h.bring(t, row(kind, "", 2003, "girl")+there)
		for _, said := range []struct {
			year   int
			gender string
		}{{2010, "boy"}, {2003, "girl"}, {2010, "boy"}} {
			h.updates(t, row(kind, "", said.year, said.gender), "")
			f, counts := h.figures(t, 2021), said.year == 2010
			if (f.Children == 1) != counts || counts && f.ByGender[0].Gender != events.Gender(said.gender) {
				t.Errorf("%s says %d, %s: %d children, %+v", kind, said.year, said.gender, f.Children, f.ByGender)
			}
		}
	}
	h := newHouse(t)
	h.bring(t, row("referral_received", "school", 2010, "boy")+there)
	h.updates(t, row("child_enrolled", "", 2003, "girl"), "")
	if f := h.figures(t, 2021); f.Children != 0 {
		t.Errorf("a referral that was a place of somebody born 2003 after all: %d children", f.Children)
	}
}

func TestACancellationThatWasTakenBackByHandStaysTakenBack(t *testing.T) {
	const (
		there = "1,session_attended,2021-03-01,x,sputnik,camp,,,,,,,,,,\n"
		first = "2,session_cancelled,2021-03-01,,sputnik,camp,,,,,,,,,,\n"
		again = "3,session_cancelled,2021-03-01,,sputnik,camp,,,,,,,,,,\n"
		other = "2,session_cancelled,2021-03-01,,sputnik,camp,,,,,girl,,,,,\n"
		moved = "2,session_cancelled,2021-03-08,,sputnik,camp,,,,,,,,,,\n"
	)
	h := newHouse(t)
	if s := h.bring(t, heading+there+first+again); s.Recorded != 2 || s.Duplicates != 1 {
		t.Fatalf("%+v", s)
	}
	h.byHand(t, "sputnik", func(s *casework.Session) ([]events.Event, error) {
		return s.TakeCancellationBack(events.EnteredInError, &casework.Group{})
	})
	if s := h.bring(t, heading+there+first+again); s.Recorded != 0 || refused(s) != "4 type held_by_hand" {
		t.Errorf("the same file again: %+v", s)
	}
	h.updates(t, heading+other, "type held_by_hand")
	h.updates(t, heading+moved, "")
	if f := h.figures(t, 2021); f.Children != 1 {
		t.Errorf("%d children", f.Children)
	}
}

func TestNobodyIsNamedInASessionThatWasCorrectedToAProgrammeWithoutIdentities(t *testing.T) {
	const row = "%d,session_attended,2021-03-01,%s,sputnik,camp,,,,,,,,%s,,\n"
	card := vault.CardOf(events.NewID())
	h := newHouse(t)
	h.registers(t, "sputnik", events.Linked)
	h.registers(t, "dorren", events.NoIdentity)
	h.registers(t, "kort", events.Card)
	h.bring(t, heading+fmt.Sprintf(row, 1, "", "3"))
	for programme, want := range map[events.ProgrammeID]string{
		"dorren": "2 session programme_without_identities, 3 session programme_without_identities", "kort": "2 session invalid_card",
	} {
		h.byHand(t, "sputnik", func(s *casework.Session) ([]events.Event, error) {
			return s.Correct(programme, "", 0, "wrong_programme", &casework.Group{})
		})
		s := h.bring(t, heading+fmt.Sprintf(row, 2, "x", "")+fmt.Sprintf(row, 3, card, "")+fmt.Sprintf(row, 4, "", "2"), dryRun)
		if refused(s) != want {
			t.Errorf("%s: %+v", programme, s)
		}
	}
}

// merges has one child found to be another.
func (h *house) merges(t testing.TB, child, into events.ID) {
	t.Helper()
	merged, kept := events.CaseOf(child), events.CaseOf(into)
	found, err := h.log.Streams(t.Context(), "1880", merged, kept)
	check(t, err)
	merge, command := events.Entry{Of: child, Number: [8]byte{1}}, uuid.New()
	_, err = h.log.Append(t.Context(), "1880", events.Decision{
		{Stream: kept, Expected: found[kept][0].Position, Command: command, Time: noon, Events: []events.Event{events.CaseAbsorbed{Merge: merge, Child: child}}},
		{Stream: merged, Expected: found[merged][0].Position, Command: command, Time: noon, Events: []events.Event{events.CaseMerged{Merge: merge, Into: into}}},
	})
	check(t, err)
}

func TestAHandIsHeardOfAChildByWhicheverOfItsRecords(t *testing.T) {
	row := func(id, child string) string {
		return fmt.Sprintf("%s,session_attended,2021-03-01,%s,sputnik,camp,,,,,,,,,,\n", id, child)
	}
	h := newHouse(t)
	h.bring(t, heading+row("1", "z")+"2,referral_received,2021-03-01,x,,,self,,,,,,,,,\n3,referral_received,2021-03-01,y,,,self,,,,,,,,,\n")
	people := h.tokens(t, "x", "y")
	h.merges(t, people[0], people[1])
	h.byHand(t, "sputnik", func(s *casework.Session) ([]events.Event, error) {
		return s.MarkRow(casework.Person{Child: people[1]}, casework.RowAbsent, events.InstantOf(noon))
	})
	if s := h.bring(t, heading+row("4", "x")+row("5", "w")); s.Recorded != 1 || refused(s) != "2 child marked_by_hand" {
		t.Errorf("%+v", s)
	}
	if f := h.figures(t, 2021); f.Children != 2 {
		t.Errorf("%d children, of whom one was marked as absent", f.Children)
	}
}
