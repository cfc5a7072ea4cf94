package audit_test

import (
	"archive/zip"
	"bufio"
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"rackvidd/events"
	"rackvidd/events/archive"
	"rackvidd/events/archive/archivetest"
	"rackvidd/projections/projectiontest"
	"rackvidd/projections/reach"
	"rackvidd/services/audit"
	"rackvidd/services/integrity"
)

// submitted is a municipality's log with a submitted survey in it, archived and signed.
type submitted struct {
	t          testing.TB
	story      *projectiontest.Story
	statements *audit.Statements
	public     events.VerifierKey
	volume     *archive.Volume
	year       events.Year
	early      []byte // a checkpoint from before the submission; nil: none was signed
}

// submit invents a log of about n decisions, submits a survey on it and lets more happen; the same for the same seed, but
// for ids and keys.
func submit(t testing.TB, seed uint64, n int) *submitted {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 2))
	m := []events.Municipality{"1880", "1485", "0180", "2584"}[r.IntN(4)]
	s := &submitted{t: t, story: projectiontest.Invent(t, m, seed, r.IntN(n+1)), year: events.Year(2020 + r.IntN(3))}
	for range r.IntN(30) {
		s.happens(r)
	}
	signer, verifier, public := archivetest.Key(t, "rackvidd-test")
	dir := t.TempDir()
	keeper, err := archive.Keep(dir, signer, verifier)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { keeper.Close() })
	if s.volume, err = keeper.Volume(m); err != nil {
		t.Fatal(err)
	}
	s.public = public
	of := func(m events.Municipality) archive.Archive { return archive.Open(dir, m, verifier) }
	s.statements = &audit.Statements{
		Log: s.story.Log, Archive: of, Key: signer, Public: public, Dir: t.TempDir(),
		Archived: func(_ context.Context, m events.Municipality, least events.Position) (archive.Checkpoint, error) {
			c, err := s.statements.Archive(m).Checkpoint()
			if err == nil && c.Size < least {
				err = context.DeadlineExceeded
			}
			return c, err
		},
	}
	if r.IntN(2) == 0 {
		s.archived()
		early, err := of(m).Checkpoint()
		if err != nil {
			t.Fatal(err)
		}
		s.early = early.Note
	}
	s.answer(r, 1)
	for range r.IntN(5) {
		s.happens(r)
	}
	s.archived()
	if r.IntN(3) == 0 {
		s.handOver(r, dir, keeper, signer, verifier)
	}
	return s
}

// handOver lets another key take the place of the one that signed, before or after the statement, and more happen.
func (s *submitted) handOver(r *rand.Rand, dir string, keeper *archive.Keeper, signer note.Signer, verifier note.Verifier) {
	s.t.Helper()
	if r.IntN(2) == 0 {
		if _, err := s.statements.Of(s.t.Context(), s.story.Municipality, s.year, 0); err != nil {
			s.t.Fatal(err)
		}
	}
	last, err := archive.Open(dir, s.story.Municipality, verifier).Checkpoint()
	if err != nil {
		s.t.Fatal(err)
	}
	next, public, key := archivetest.Key(s.t, "rackvidd-next")
	logs := []audit.HandedOver{{Municipality: s.story.Municipality, Position: last.Size, Root: fmt.Sprintf("%x", last.Root[:])}}
	var repairs []audit.HandedRepairs // earlier versions of the program told of none
	if r.IntN(2) == 0 {
		repairs = []audit.HandedRepairs{{Municipality: s.story.Municipality, Number: r.IntN(9)}}[r.IntN(2):]
	}
	h, err := (audit.Keys{Current: s.public}).HandOver(s.t.TempDir(), signer, next, key, time.Now(), logs, repairs)
	if err != nil {
		s.t.Fatal(err)
	}
	s.statements.Key, s.statements.Public, s.statements.Handovers = next, key, []audit.Handover{h}
	retired, err := (audit.Keys{Current: key, Handovers: s.statements.Handovers}).Retired()
	if err != nil {
		s.t.Fatal(err)
	}
	s.statements.Archive = func(m events.Municipality) archive.Archive { return archive.Open(dir, m, public).After(retired...) }
	keeper.Close()
	again, err := archive.Keep(dir, next, public, retired...)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { again.Close() })
	if s.volume, err = again.Volume(s.story.Municipality); err != nil {
		s.t.Fatal(err)
	}
	for range r.IntN(3) {
		s.happens(r)
	}
	s.archived()
}

// answer submits a version of the survey with the figures of now.
func (s *submitted) answer(r *rand.Rand, version events.Count) {
	s.t.Helper()
	d := reach.Definitions[r.IntN(len(reach.Definitions))]
	f, _, err := reach.Replay(s.t.Context(), s.story.Log, s.story.Municipality, d, reach.CalendarYear(s.year), reach.AsOf{})
	if err != nil {
		s.t.Fatal(err)
	}
	for range r.IntN(4) {
		s.happens(r)
	}
	a := events.SurveyAnswer{Question: "Q4", Status: events.NumberAnswer, Basis: events.IntervalBasis, Value: events.Amount(f.Bounds.Lower), Lower: events.Amount(f.Bounds.Lower), Upper: events.Amount(f.Bounds.Upper)}
	submission := events.SurveySubmitted{Year: s.year, Version: version, Form: "v3", Definition: events.DefinitionID(d.ID), Position: events.Sequence(f.Position), Program: "v1.0.0", Answers: []events.SurveyAnswer{a}, Released: []events.SurveyAnswer{}}
	parts := []projectiontest.Part{{Stream: events.SurveyOf(s.year), Events: []events.Event{submission}}}
	if r.IntN(2) == 0 {
		parts = append(parts, projectiontest.Part{Stream: events.ReleasesOf(s.year), Events: []events.Event{
			events.FiguresReleased{Year: s.year, Purpose: events.SurveyRelease, Definition: events.DefinitionID(d.ID), Position: events.Sequence(f.Position)},
		}})
	}
	s.story.Together(parts...)
}

// happens records something that invented stories leave out: other years, homes, ages, guests, mixed programmes.
func (s *submitted) happens(r *rand.Rand) {
	s.t.Helper()
	one := func(list ...events.Municipality) events.Municipality { return list[r.IntN(len(list))] }
	home := func() events.Municipality { return one("", "", s.story.Municipality, "1814") }
	day := func() events.Day { return events.Date(2020+r.IntN(3), 1, 1) + events.Day(r.IntN(365)) }
	child := events.ID{0xc0, byte(r.IntN(7))}
	form := []events.Form{events.SupportGroup, events.Camp, events.Counselling}[r.IntN(3)]
	number := func() (n [8]byte) { binary.BigEndian.PutUint64(n[:], r.Uint64()); return n }
	switch r.IntN(7) {
	case 0:
		s.story.Happens(events.ProgrammeOf("mixed"), events.ProgrammeAmended{Programme: "mixed", Name: "Mixed", Forms: []events.Form{form}, Organiser: "ngo", Target: []events.Target{events.OtherTarget, events.SubstanceAbuse, "mixed"}[r.IntN(3)], Identity: events.Linked, ValidFrom: day()})
	case 1:
		id := events.NewID()
		s.story.Happens(events.GuestsOf(id), events.GuestsCounted{Report: id, ProviderMunicipality: "1814", Programme: "p", Form: form, HeldOn: day(), Children: events.Count(1 + r.IntN(4))})
		if r.IntN(3) == 0 {
			s.story.Happens(events.GuestsOf(id), events.GuestCountWithdrawn{Report: id, Reason: events.EnteredInError})
		}
	case 2:
		s.story.Happens(events.CaseOf(child), events.ChildDescribed{Child: child, BirthYear: events.Year(2000 + r.IntN(20)), Reason: "other"})
	case 3:
		s.story.Happens(events.CaseOf(child), events.ChildEnrolled{Enrolment: events.Entry{Of: child, Number: number()}, Programme: "sputnik", Form: form, EnrolledOn: day(), HomeMunicipality: home(), BirthYear: events.Year(2000 + r.IntN(20))})
	default:
		id := events.NewID()
		s.story.Happens(events.SessionOf(id), events.SessionOpened{Session: id, Programme: []events.ProgrammeID{"sputnik", "mixed"}[r.IntN(2)], Form: form, HeldOn: day(), ProviderMunicipality: one("", "", "1814")})
		s.story.Happens(events.SessionOf(id), events.SessionAttended{
			Session: id, HomeMunicipality: home(),
			Attended: []events.Mark{{Child: child, HomeMunicipality: home(), BirthYear: []events.Year{0, 2001, 2004, 2012}[r.IntN(4)]}},
			Counted:  []events.HeadCount{{Entry: events.Entry{Of: id, Number: number()}, Count: events.Count(1 + r.IntN(6)), HomeMunicipality: home(), Role: []events.Role{"", events.AdultRole}[r.IntN(2)]}},
		})
	}
}

// archived brings the archive up with the log.
func (s *submitted) archived() {
	s.t.Helper()
	for _, r := range s.story.Messages() {
		if r.Position > s.volume.Position() {
			if err := s.volume.Append(r.Position, r.Raw); err != nil {
				s.t.Fatal(err)
			}
		}
	}
	if err := s.volume.Sign(); err != nil {
		s.t.Fatal(err)
	}
}

func (s *submitted) bundle(since []byte) []byte {
	s.t.Helper()
	made, _, err := s.bundled(since)
	var data bytes.Buffer
	if err == nil {
		err = made.Write(&data)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return data.Bytes()
}

// bundled is a bundle, and the file that it is written from.
func (s *submitted) bundled(since []byte) (*audit.Bundle, *os.File, error) {
	s.t.Helper()
	spool, err := os.CreateTemp(s.t.TempDir(), "")
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { spool.Close() })
	made, err := s.statements.Bundle(s.t.Context(), s.story.Municipality, s.year, 0, since, spool)
	return made, spool, err
}

// TestABundlesEventsAreOnTheDiskUntilItIsWritten however long the log is.
func TestABundlesEventsAreOnTheDiskUntilItIsWritten(t *testing.T) {
	s := submit(t, 5, 60)
	whole := s.bundle(nil)
	made, spool, err := s.bundled(nil)
	if err != nil {
		t.Fatal(err)
	}
	if held, err := os.ReadFile(spool.Name()); err != nil || !bytes.Equal(held, part(t, whole, "events.jsonl")) {
		t.Errorf("on the disk there are %d bytes, %v; the events have %d", len(held), err, len(part(t, whole, "events.jsonl")))
	}
	if made.Size() != int64(len(whole)) {
		t.Errorf("it is to have %d bytes, and has %d", made.Size(), len(whole))
	}
	if err := spool.Close(); err != nil {
		t.Fatal(err)
	}
	if err := made.Write(io.Discard); err == nil {
		t.Error("without that file it is written")
	}
}

// verifier is the script that is in every bundle, in one process for many of them.
type verifier struct {
	t       testing.TB
	in      io.WriteCloser
	answers *bufio.Reader
}

// driver hands bundles to the script: length and bytes of key and bundle, and a line of answer for each.
const driver = `
import struct, sys
sys.path.insert(0, sys.argv[1])
import verify
def read():
    n = sys.stdin.buffer.read(4)
    return sys.stdin.buffer.read(struct.unpack(">I", n)[0]) if n else None
while (key := read()) is not None:
    try:
        s = verify.verify(read(), key.decode())
        print("verified %(children)d %(lower)d %(upper)d" % s, flush=True)
    except verify.Refused as refused:
        print("refused: %s" % " ".join(str(refused).split()), flush=True)
`

func newVerifier(t testing.TB, bundle []byte) *verifier {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "verify.py"), part(t, bundle, "verify.py"), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("python3", "-c", driver, dir)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	})
	return &verifier{t, in, bufio.NewReader(out)}
}

// says returns what the script says of a bundle.
func (v *verifier) says(key events.VerifierKey, bundle []byte) string {
	v.t.Helper()
	var message []byte
	for _, b := range [][]byte{[]byte(key), bundle} {
		message = append(binary.BigEndian.AppendUint32(message, uint32(len(b))), b...)
	}
	if _, err := v.in.Write(message); err != nil {
		v.t.Fatal(err)
	}
	line, err := v.answers.ReadString('\n')
	if err != nil {
		v.t.Fatalf("the script ended: %v", err)
	}
	return strings.TrimSpace(line)
}

func part(t testing.TB, bundle []byte, name string) []byte {
	t.Helper()
	for _, f := range audit.Unzipped(t, bundle) {
		if f.Name == name {
			return f.Data
		}
	}
	t.Fatalf("the bundle has no %s", name)
	return nil
}

// bundles is how many logs are invented, and mutations how many of their bundles are changed: more with -tags torture.
var bundles, mutations = 10, 500

func TestTortureTheScriptAcceptsEveryBundleAndRejectsEveryMutation(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	var v *verifier
	for n := range bundles {
		s := submit(t, seed+uint64(n), 60)
		whole := s.bundle(s.early)
		if v == nil {
			v = newVerifier(t, whole)
		}
		report, err := audit.VerifyBundle(t.Context(), whole, audit.Known{Key: s.public})
		if err != nil || !report.Verified {
			t.Fatalf("bundle %d: %v, %s, %v", n, err, report.Problem, report.Differences)
		}
		f := report.Figures
		if said := v.says(s.public, whole); said != fmt.Sprintf("verified %d %d %d", f.Children, f.Bounds.Lower, f.Bounds.Upper) {
			t.Fatalf("the script says of bundle %d: %s; the figures are %d, %+v", n, said, f.Children, f.Bounds)
		}
		for k := range mutations / bundles {
			mutated, how := mutate(t, r, s, whole)
			for mutated == nil { // nothing was changed
				mutated, how = mutate(t, r, s, whole)
			}
			restated := strings.HasPrefix(how, "figures.json") && strings.HasSuffix(how, signedAnew) // of which the script counts the children alone
			if said := v.says(s.public, mutated); !restated && !strings.HasPrefix(said, "refused: ") {
				t.Errorf("bundle %d, mutation %d (%s): the script says %s", n, k, how, said)
			}
			if report, err := audit.VerifyBundle(t.Context(), mutated, audit.Known{Key: s.public}); err == nil && report.Verified {
				t.Errorf("bundle %d, mutation %d (%s): rackvidd verifies it", n, k, how)
			}
		}
	}
}

func TestAFigureIsRefusedThatIsCalledOtherwiseByASingleCapital(t *testing.T) {
	s := submit(t, 7, 60)
	whole := s.bundle(s.early)
	i := slices.IndexFunc(audit.Unzipped(t, whole), func(f audit.BundleFile) bool { return f.Name == "figures.json" })
	names := regexp.MustCompile(`"[a-z_]+":`).FindAllIndex(audit.Unzipped(t, whole)[i].Data, -1)
	if len(names) < 20 {
		t.Fatalf("there are %d names", len(names))
	}
	for _, at := range names {
		files := audit.Unzipped(t, whole)
		files[i].Data = bytes.Clone(files[i].Data)
		files[i].Data[at[0]+1] ^= 0x20
		s.signAnew(t, files, "figures.json")
		if report, err := audit.VerifyBundle(t.Context(), audit.Zipped(files), audit.Known{Key: s.public}); err == nil && report.Verified {
			t.Errorf("%s is verified", files[i].Data[at[0]:at[1]])
		}
	}
}

const signedAnew = ", signed anew"

// mutate changes a bundle; nil: the change made no difference. Where whoever does has the key, all that is signed is signed anew, so that the mathematics has
// to find it.
func mutate(t testing.TB, r *rand.Rand, s *submitted, whole []byte) ([]byte, string) {
	t.Helper()
	if r.IntN(4) == 0 {
		return damage(r, whole)
	}
	files := audit.Unzipped(t, whole)
	name := []string{"events.jsonl", "later.txt", "submission.json", "figures.json", "statement", "checkpoint", "inclusion.txt", "consistency.txt", "key.txt", "key.pem", "README.txt", "verify.py", "manifest", "keys.json"}[r.IntN(14)]
	i := slices.IndexFunc(files, func(f audit.BundleFile) bool { return f.Name == name })
	if i < 0 {
		return nil, "no key was handed over"
	}
	before := bytes.Clone(files[i].Data)
	how := name + ": " + mutateFile(r, &files[i])
	if bytes.Equal(before, files[i].Data) {
		return nil, how
	}
	resign := r.IntN(2) == 0 && !slices.Contains([]string{"README.txt", "verify.py", "manifest"}, name)
	if resign {
		how += signedAnew
		s.signAnew(t, files, name)
	}
	return audit.Zipped(files), how
}

// damage changes the zip itself.
func damage(r *rand.Rand, whole []byte) ([]byte, string) {
	at := r.IntN(len(whole))
	changed := bytes.Clone(whole)
	switch r.IntN(4) {
	case 0:
		return changed[:at], fmt.Sprintf("cut short at %d", at)
	case 1:
		return append(changed, byte(r.IntN(256))), "a byte at the end"
	case 2:
		return slices.Delete(changed, at, at+1), fmt.Sprintf("byte %d left out", at)
	default:
		changed[at] ^= 1 << r.IntN(8)
		return changed, fmt.Sprintf("a bit of byte %d of %d flipped", at, len(whole))
	}
}

// mutateFile flips a bit of a file, or changes its lines: one is left out, doubled, or changes places with another.
func mutateFile(r *rand.Rand, f *audit.BundleFile) string {
	lines := bytes.SplitAfter(f.Data, []byte("\n"))
	if len(lines[len(lines)-1]) == 0 {
		lines = lines[:len(lines)-1]
	}
	if len(lines) == 0 {
		f.Data = append(f.Data, bytes.Repeat([]byte("A"), 43)...)
		f.Data = append(f.Data, "=\n"...)
		return "a line that was not there"
	}
	i, j := r.IntN(len(lines)), r.IntN(len(lines))
	switch r.IntN(4) {
	case 0:
		lines = slices.Delete(lines, i, i+1)
		f.Data = bytes.Join(lines, nil)
		return fmt.Sprintf("line %d left out", i)
	case 1:
		f.Data = bytes.Join(slices.Insert(lines, j, lines[i]), nil)
		return fmt.Sprintf("line %d there twice", i)
	case 2:
		lines[i], lines[j] = lines[j], lines[i]
		f.Data = bytes.Join(lines, nil)
		return fmt.Sprintf("lines %d and %d in each other's place", i, j)
	default:
		f.Data = bytes.Clone(f.Data)
		at := r.IntN(len(f.Data))
		f.Data[at] ^= 1 << r.IntN(8)
		return fmt.Sprintf("a bit of byte %d flipped", at)
	}
}

// signAnew signs what was changed, the statement where figures were, and the manifest.
func (s *submitted) signAnew(t testing.TB, files []audit.BundleFile, changed string) {
	t.Helper()
	find := func(name string) *audit.BundleFile {
		return &files[slices.IndexFunc(files, func(f audit.BundleFile) bool { return f.Name == name })]
	}
	if changed == "figures.json" {
		header, line, _ := strings.Cut(string(find("statement").Data), "\n")
		line, _, _ = strings.Cut(line, "\n")
		var statement audit.Statement
		if err := json.Unmarshal([]byte(line), &statement); err != nil {
			t.Fatal(err)
		}
		statement.Figures = committed(find("figures.json").Data, find("submission.json").Data)
		raw, err := json.Marshal(statement)
		if err != nil {
			t.Fatal(err)
		}
		find("statement").Data = s.sign(t, header+"\n"+string(raw)+"\n")
	}
	manifest := "rackvidd bundle v1\n"
	for _, f := range files {
		if f.Name != "manifest" {
			manifest += audit.DigestOf(f.Data) + "  " + f.Name + "\n"
		}
	}
	find("manifest").Data = s.sign(t, manifest)
}

// committed is what a statement says of figures.
func committed(figures, submission []byte) string {
	mac := hmac.New(sha256.New, submission)
	mac.Write(figures)
	return fmt.Sprintf("%x", mac.Sum(nil))
}

func (s *submitted) sign(t testing.TB, text string) []byte {
	t.Helper()
	signed, err := note.Sign(&note.Note{Text: text}, s.statements.Key)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

// restated is a bundle in which a pattern of its figures is another, and everything is signed anew.
func (s *submitted) restated(t testing.TB, whole []byte, pattern, by string) []byte {
	t.Helper()
	files := audit.Unzipped(t, whole)
	i := slices.IndexFunc(files, func(f audit.BundleFile) bool { return f.Name == "figures.json" })
	was := files[i].Data
	if files[i].Data = regexp.MustCompile(pattern).ReplaceAll(was, []byte(by)); bytes.Equal(was, files[i].Data) {
		t.Fatalf("no %s in %s", pattern, was)
	}
	s.signAnew(t, files, "figures.json")
	return audit.Zipped(files)
}

func TestAFigureThatStandsTwiceIsRefused(t *testing.T) {
	s := submit(t, 7, 60)
	whole := s.bundle(nil)
	v := newVerifier(t, whole)
	for name, c := range map[string]struct {
		pattern, by string
		script      bool // counts it too
	}{
		"a number, the false one first": {`"children":(\d+),"bounds"`, `"children":99,"children":$1,"bounds"`, true},
		"a number in capitals as well":  {`"children":(\d+),"bounds"`, `"children":$1,"Children":99,"bounds"`, false},
		"a row":                         {`"by_age":\[\{"age":"0-6"`, `"by_age":[{"age":"0-6","children":99},{"age":"0-6"`, false},
		"a number with a point":         {`"children":(\d+),"bounds"`, `"children":$1.0,"bounds"`, true},
	} {
		changed := s.restated(t, whole, c.pattern, c.by)
		if report, err := audit.VerifyBundle(t.Context(), changed, audit.Known{Key: s.public}); err != nil || report.Verified {
			t.Errorf("%s: %v, %+v", name, err, report)
		}
		if said := v.says(s.public, changed); c.script && !strings.HasPrefix(said, "refused: ") {
			t.Errorf("%s: the script says %s", name, said)
		}
	}
}

func TestWhatPeopleAnsweredInPlaceOfWhatWasCountedIsToldAndHeldAgainstIt(t *testing.T) {
	for _, c := range []struct {
		wrong    events.Amount
		verified bool
	}{{0, true}, {1, false}} {
		s := submit(t, 7, 60)
		f, _, err := reach.Replay(t.Context(), s.story.Log, s.story.Municipality, reach.Definitions[0], reach.CalendarYear(s.year), reach.AsOf{})
		if err != nil {
			t.Fatal(err)
		}
		a := events.SurveyAnswer{Question: "Q4", Status: events.NumberAnswer, Basis: events.OverriddenBasis, Value: 60, Lower: 60, Upper: 60, Computed: events.Amount(f.Bounds.Lower) + c.wrong}
		s.story.Happens(events.SurveyOf(s.year), events.SurveySubmitted{
			Year: s.year, Version: 2, Form: "v3", Definition: events.DefinitionID(reach.Definitions[0].ID), Position: events.Sequence(f.Position), Program: "v1.0.0",
			Answers: []events.SurveyAnswer{a, {Question: "Q1", Status: events.YesAnswer}}, Released: []events.SurveyAnswer{},
		})
		s.archived()
		bundle := s.bundle(nil)
		report, err := audit.VerifyBundle(t.Context(), bundle, audit.Known{Key: s.public})
		if err != nil || report.Verified != c.verified {
			t.Errorf("%v, %+v", err, report)
		}
		if want := []audit.SubmittedNumber{{Question: "Q4", Basis: events.OverriddenBasis, Value: 60, Lower: 60, Upper: 60}}; c.verified && !slices.Equal(report.Numbers, want) {
			t.Errorf("what was submitted is %+v", report.Numbers)
		}
		if said := byScript(t, bundle, s.public, nil); strings.Contains(said, "submitted: Q4 60 (60 to 60), overridden") != c.verified || strings.Contains(said, "NOT VERIFIED: Q4 says that the events gave") == c.verified {
			t.Errorf("the script says %s", said)
		}
	}
}

// come has children come whom nobody identified, to one evening.
func (s *submitted) come(counts ...events.Count) events.Position {
	s.t.Helper()
	e := events.SessionAttended{Session: events.NewID()}
	for i, n := range counts {
		e.Counted = append(e.Counted, events.HeadCount{Entry: events.Entry{Of: e.Session, Number: [8]byte{byte(i)}}, Count: n})
	}
	s.story.Happens(events.SessionOf(e.Session), events.SessionOpened{Session: e.Session, Programme: "sputnik", Form: events.Camp, HeldOn: events.Date(int(s.year), 3, 1)})
	return s.story.Happens(events.SessionOf(e.Session), e)
}

// submits submits a second version of the survey with an answer to Q4, which is changed before.
func (s *submitted) submits(change func(a *events.SurveyAnswer)) {
	s.t.Helper()
	d, err := reach.Named(reach.Default)
	if err != nil {
		s.t.Fatal(err)
	}
	f, _, err := reach.Replay(s.t.Context(), s.story.Log, s.story.Municipality, d, reach.CalendarYear(s.year), reach.AsOf{})
	if err != nil {
		s.t.Fatal(err)
	}
	lower, upper := events.Amount(f.Bounds.Lower), events.Amount(f.Bounds.Upper)
	a := events.SurveyAnswer{Question: "Q4", Status: events.NumberAnswer, Basis: events.CountedBasis, Value: lower, Lower: lower, Upper: upper, Computed: lower}
	change(&a)
	s.story.Happens(events.SurveyOf(s.year), events.SurveySubmitted{
		Year: s.year, Version: 2, Form: "v3", Definition: events.DefinitionID(d.ID), Position: events.Sequence(f.Position), Program: "v1.0.0",
		Answers: []events.SurveyAnswer{a, {Question: "Q1", Status: events.YesAnswer}}, Released: []events.SurveyAnswer{},
	})
	s.archived()
}

func TestANumberThatDoesNotSayHowItIsKnownIsHeldAgainstWhatWasCounted(t *testing.T) {
	for name, c := range map[string]struct {
		change   func(*events.SurveyAnswer)
		verified bool
	}{
		"what was counted":                 {func(a *events.SurveyAnswer) { a.Basis = "" }, true},
		"another number":                   {func(a *events.SurveyAnswer) { a.Basis, a.Value, a.Lower, a.Upper = "", 999, 999, 999 }, false},
		"zero":                             {func(a *events.SurveyAnswer) { a.Basis, a.Status, a.Value, a.Lower, a.Upper = "", "zero", 0, 0, 0 }, false},
		"known in a way that nobody knows": {func(a *events.SurveyAnswer) { a.Basis, a.Value, a.Lower, a.Upper = "counted ", 999, 999, 999 }, false},
	} {
		s := submit(t, 7, 60)
		s.come(40)
		s.submits(c.change)
		bundle := s.bundle(nil)
		report, err := audit.VerifyBundle(t.Context(), bundle, audit.Known{Key: s.public})
		said := byScript(t, bundle, s.public, nil)
		if err != nil || report.Verified != c.verified || strings.HasPrefix(said, "verified: ") != c.verified || len(report.Numbers) == 0 == c.verified {
			t.Errorf("%s: %v, %+v; the script says %s", name, err, report, said)
		}
		if v, err := s.verified(); name != "known in a way that nobody knows" && (err != nil || v.Whole != c.verified) {
			t.Errorf("%s: the log is verified as %+v, %v", name, v, err)
		}
	}
}

// TestHeadsBelowZeroTakeNoOthersAway of a log that was not written by this program: the figures are those that follow from it.
func TestHeadsBelowZeroTakeNoOthersAway(t *testing.T) {
	s := submit(t, 7, 60)
	at := s.come(40, -39)
	s.submits(func(*events.SurveyAnswer) {})
	bundle := s.bundle(nil)
	report, err := audit.VerifyBundle(t.Context(), bundle, audit.Known{Key: s.public})
	if want := fmt.Sprintf("position %d: counted.count of session.attended must be from 0", at); err != nil || report.Verified || !strings.Contains(report.Problem, want) {
		t.Errorf("%v, %+v", err, report)
	}
	if said := byScript(t, bundle, s.public, nil); !strings.HasPrefix(said, "NOT VERIFIED: -39 is no whole number") {
		t.Errorf("the script says %s", said)
	}
}

func TestTheScriptTakesWholeNumbersOfEventsAlone(t *testing.T) {
	for number, taken := range map[string]bool{"0": true, "7": true, "100000000": true, "-1": false, "1.0": false, "1e2": false, "NaN": false, "-Infinity": false, strings.Repeat("9", 19): false, strings.Repeat("9", 5000): false} {
		said := strings.Join(ofTheScript(t, fmt.Sprintf("try:\n    print(verify.events_of(b'{\"count\": %s}'))\nexcept (verify.Refused, ValueError) as refused:\n    print('refused', str(refused)[:80])", number)), " ")
		if strings.HasPrefix(said, "refused ") == taken {
			t.Errorf("of %.30s it says %s", number, said)
		}
	}
	if said := strings.Join(ofTheScript(t, "try:\n    print(verify.events_of(b'{\"count\": 1, \"count\": 2}'))\nexcept verify.Refused as refused:\n    print(refused)"), " "); !strings.Contains(said, "a name stands twice") {
		t.Errorf("of a name that stands twice it says %s", said)
	}
}

func TestACheckpointHasOneSpellingForTheScriptToo(t *testing.T) {
	s := submit(t, 7, 60)
	whole := s.bundle(nil)
	v := newVerifier(t, whole)
	for name, change := range map[string]func(lines []string){
		"a zero before": func(lines []string) { lines[1] = "0" + lines[1] },
		"digits of elsewhere": func(lines []string) {
			lines[1] = strings.NewReplacer("1", "١", "2", "٢", "3", "٣").Replace(lines[1])
		},
		"a plus":              func(lines []string) { lines[1] = "+" + lines[1] },
		"a root that is more": func(lines []string) { lines[2] += "!" },
	} {
		files := audit.Unzipped(t, whole)
		i := slices.IndexFunc(files, func(f audit.BundleFile) bool { return f.Name == "checkpoint" })
		text, _, _ := strings.Cut(string(files[i].Data), "\n\n")
		lines := strings.Split(text, "\n")
		change(lines)
		if files[i].Data = s.sign(t, strings.Join(lines, "\n")+"\n"); strings.HasPrefix(string(files[i].Data), text+"\n\n") {
			continue // none of these digits is in it
		}
		s.signAnew(t, files, "checkpoint")
		changed := audit.Zipped(files)
		if report, err := audit.VerifyBundle(t.Context(), changed, audit.Known{Key: s.public}); err != nil || report.Verified {
			t.Errorf("%s: %v, %+v", name, err, report)
		}
		if said := v.says(s.public, changed); !strings.HasPrefix(said, "refused: ") {
			t.Errorf("%s: the script says %s", name, said)
		}
	}
}

func TestWithoutOpensslTheScriptDoesNotCallABundleForged(t *testing.T) {
	s := submit(t, 7, 60)
	python, err := exec.Command("python3", "-c", "import sys; print(sys.executable)").Output() // python3 itself may be a script that looks for it
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	whole := s.bundle(nil)
	for name, data := range map[string][]byte{"verify.py": part(t, whole, "verify.py"), "bundle.zip": whole, "openssl": []byte("#!/bin/sh\nexit 1\n")} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for name, path := range map[string]string{"none": "/nowhere", "one that cannot": dir} {
		cmd := exec.Command(strings.TrimSpace(string(python)), "verify.py", "bundle.zip")
		cmd.Dir, cmd.Env = dir, []string{"PATH=" + path}
		if out, err := cmd.CombinedOutput(); cmd.ProcessState.ExitCode() != 2 || !strings.Contains(string(out), "COULD NOT CHECK: nothing can be verified here: the program openssl, 3.0 or later, is needed") {
			t.Errorf("%s: %v, %s", name, err, out)
		}
	}
}

// TestMergesThatLeadRoundInACircleAreRefused of a log that casework never records.
func TestMergesThatLeadRoundInACircleAreRefused(t *testing.T) {
	anna, bo, cleo := events.ID{0xa}, events.ID{0xb}, events.ID{0xc}
	merged := func(child, into events.ID) events.Event {
		return events.CaseMerged{Merge: events.Entry{Of: child, Number: [8]byte{1}}, Into: into}
	}
	undone := func(child, into events.ID) events.Event {
		return events.MergeUndone{Merge: events.Entry{Of: child, Number: [8]byte{1}}, Into: into, Reason: "other"}
	}
	var v *verifier
	for name, c := range map[string]struct {
		list  []events.Event
		round int // which of them leads round
	}{
		"into each other":              {[]events.Event{merged(anna, bo), merged(bo, anna)}, 2},
		"into itself":                  {[]events.Event{merged(anna, anna)}, 1},
		"three":                        {[]events.Event{merged(anna, bo), merged(cleo, anna), merged(bo, cleo)}, 3},
		"and undone":                   {[]events.Event{merged(anna, bo), merged(bo, anna), undone(bo, anna)}, 2},
		"undone before, to the other":  {[]events.Event{merged(anna, bo), undone(anna, bo), merged(bo, anna)}, 0},
		"a chain is none":              {[]events.Event{merged(anna, bo), merged(bo, cleo)}, 0},
		"into another one, and so not": {[]events.Event{merged(anna, bo), merged(anna, cleo), merged(bo, anna)}, 0},
	} {
		s := submit(t, 7, 60)
		s.happens(rand.New(rand.NewPCG(1, 1)))
		var at events.Position
		for n, e := range c.list {
			of := anna
			switch e := e.(type) {
			case events.CaseMerged:
				of = e.Merge.Of
			case events.MergeUndone:
				of = e.Merge.Of
			}
			if position := s.story.Happens(events.CaseOf(of), e); n+1 == c.round {
				at = position
			}
		}
		s.answer(rand.New(rand.NewPCG(1, 1)), 2)
		s.archived()
		whole := s.bundle(nil)
		if v == nil {
			v = newVerifier(t, whole)
		}
		said := v.says(s.public, whole)
		report, err := audit.VerifyBundle(t.Context(), whole, audit.Known{Key: s.public})
		if err != nil || report.Verified != (c.round == 0) || strings.HasPrefix(said, "verified ") != report.Verified {
			t.Errorf("%s: %v, verified %v: %s; the script says %s", name, err, report.Verified, report.Problem, said)
		}
		want := fmt.Sprintf("position %d: a child is merged into one that counts as it", at)
		if c.round > 0 && (!strings.Contains(report.Problem, want) || !strings.Contains(said, want)) {
			t.Errorf("%s, at position %d: %s; the script says %s", name, at, report.Problem, said)
		}
	}
}

// calledOff is called off when it is asked for the nth time whether it is.
type calledOff struct {
	context.Context
	callOff context.CancelFunc
	left    atomic.Int32
}

func (c *calledOff) Err() error {
	if c.left.Add(-1) == 0 {
		c.callOff()
	}
	return c.Context.Err()
}

func TestABundleIsVerifiedUntilThatIsCalledOff(t *testing.T) {
	s := submit(t, 7, 60)
	whole := s.bundle(nil)
	total := bytes.Count(part(t, whole, "events.jsonl"), []byte("\n"))
	for _, n := range []int{1, 5, total} { // before anything, at a step of it, and while the events are counted
		ctx := &calledOff{}
		ctx.Context, ctx.callOff = context.WithCancel(t.Context())
		ctx.left.Store(int32(n))
		if report, err := audit.VerifyBundle(ctx, whole, audit.Known{Key: s.public}); !errors.Is(err, context.Canceled) || report.Verified || report.Figures != nil {
			t.Errorf("asked %d times, of %d events: %v, %+v", n, total, err, report)
		}
	}
}

// ofTheScript runs a line of Python beside verify.py, and returns the lines that it prints.
func ofTheScript(t *testing.T, line string) []string {
	t.Helper()
	cmd := exec.Command("python3", "-c", "import sys; sys.dont_write_bytecode = True; sys.path.insert(0, 'bundle'); import verify\n"+line)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(out))
}

// TestTheScriptKnowsEveryKindOfEvent has to be told of a new one, or of a new version: whether it is counted, or changes no figure
// that the script counts.
func TestTheScriptKnowsEveryKindOfEvent(t *testing.T) {
	var want []string
	for _, kind := range events.Kinds {
		for version := range kind.Version {
			want = append(want, fmt.Sprintf("%s.v%d", kind.Kind, version+1))
		}
	}
	slices.Sort(want)
	if got := ofTheScript(t, "print(*sorted([*verify.COUNTED, *verify.NOT_COUNTED]))"); !slices.Equal(got, want) {
		for _, kind := range want {
			if !slices.Contains(got, kind) {
				t.Errorf("verify.py does not know %s", kind)
			}
		}
		t.Errorf("it knows %s, and there are %s", got, want)
	}
}

func TestAnEventThatTheScriptDoesNotKnowIsRefused(t *testing.T) {
	for _, kind := range []string{"case.merged.v2", "case.split.v1", "case.merged", "session.attended.v1.v1"} {
		said := strings.Join(ofTheScript(t, fmt.Sprintf(`
try:
    print(verify.count([[], [{"source": "/1880/case/a", "type": %q, "data": {"merge": "a-b", "into": "c", "session": "s"}}]], "1880", 2021, "reach/v3"))
except verify.Refused as refused:
    print(refused)`, kind)), " ")
		if want := "position 2: " + kind + " is not known to this verify.py, take a newer one"; said != want {
			t.Errorf("of %s it says %s", kind, said)
		}
	}
}

// TestWhatTheScriptCannotCheckIsNotSaidNotToVerify by the code that it exits with, and by the word.
func TestWhatTheScriptCannotCheckIsNotSaidNotToVerify(t *testing.T) {
	s := submit(t, 10, 40)
	kept, err := s.statements.Archived(t.Context(), s.story.Municipality, 1)
	if err != nil {
		t.Fatal(err)
	}
	dir, whole := t.TempDir(), s.bundle(kept.Note)
	for name, data := range map[string][]byte{"verify.py": part(t, whole, "verify.py"), "bundle.zip": whole, "cut.zip": whole[:len(whole)/2], "kept": kept.Note} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	key := string(s.statements.Public)
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"bundle.zip"}, 0, "verified: version"},
		{[]string{"bundle.zip", key}, 0, "verified: version"},
		{[]string{"bundle.zip", key, "kept"}, 0, "verified: version"},
		{[]string{"cut.zip", key}, 1, "NOT VERIFIED: "},
		{[]string{"bundle.zip", key, "verify.py"}, 1, "NOT VERIFIED: since-checkpoint is another"},
		{[]string{"none.zip", key}, 2, "COULD NOT CHECK: "},
		{[]string{".", key}, 2, "COULD NOT CHECK: "},
		{[]string{"bundle.zip", key, "none"}, 2, "COULD NOT CHECK: "},
		{[]string{"bundle.zip", ""}, 2, "python3 verify.py BUNDLE.zip"},
		{[]string{}, 2, "python3 verify.py BUNDLE.zip"},
		{[]string{"bundle.zip", key, "kept", "more"}, 2, "python3 verify.py BUNDLE.zip"},
	} {
		cmd := exec.Command("python3", append([]string{"verify.py"}, c.args...)...)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		if cmd.ProcessState == nil {
			t.Fatal(err)
		}
		if code := cmd.ProcessState.ExitCode(); code != c.code || !strings.Contains(string(out), c.says) || c.code != 1 && strings.Contains(string(out), "NOT VERIFIED: ") {
			t.Errorf("%q: exit %d, want %d: %s", c.args, code, c.code, out)
		}
	}
}

func TestTheScriptSaysHowItIsRun(t *testing.T) {
	for _, flag := range []string{"-h", "--help"} {
		if out, err := exec.Command("python3", "bundle/verify.py", flag).CombinedOutput(); err != nil || !strings.Contains(string(out), "python3 verify.py BUNDLE.zip") {
			t.Errorf("%s: %v, %s", flag, err, out)
		}
	}
}

func TestTheScriptCountsPositionsOfTheLog(t *testing.T) {
	s := submit(t, 7, 60)
	if said := byScript(t, s.bundle(nil), s.public, nil); !strings.Contains(said, " positions of the log") {
		t.Errorf("the script says %s", said)
	}
}

func TestAScriptThatIsAnotherIsNamed(t *testing.T) {
	s := submit(t, 7, 60)
	files := audit.Unzipped(t, s.bundle(nil))
	for _, own := range []bool{true, false} {
		report, err := audit.VerifyBundle(t.Context(), audit.Zipped(files), audit.Known{Key: s.public})
		if err != nil || !report.Verified || report.OwnScript != own {
			t.Errorf("%v, %+v, want own_script %v", err, report, own)
		}
		i := slices.IndexFunc(files, func(f audit.BundleFile) bool { return f.Name == "verify.py" })
		files[i].Data = []byte("print('verified')\n")
		s.signAnew(t, files, "verify.py")
	}
}

func TestAFigureThatTheEventsDoNotGiveIsNamed(t *testing.T) {
	s := submit(t, 7, 60)
	files := audit.Unzipped(t, s.bundle(nil))
	i := slices.IndexFunc(files, func(f audit.BundleFile) bool { return f.Name == "figures.json" })
	files[i].Data = bytes.Replace(files[i].Data, []byte(`"received":`), []byte(`"received":1`), 1)
	s.signAnew(t, files, "figures.json")
	report, err := audit.VerifyBundle(t.Context(), audit.Zipped(files), audit.Known{})
	if err != nil || report.Verified || len(report.Differences) != 1 || report.Differences[0].Path != "referrals.received" {
		t.Errorf("%v: %+v", err, report)
	}
}

func TestTheScriptCountsTheChildrenAgain(t *testing.T) {
	s := submit(t, 13, 60)
	whole := s.bundle(nil)
	v := newVerifier(t, whole)
	for _, number := range []string{`"children":`, `"lower":`, `"upper":`} {
		files := audit.Unzipped(t, whole)
		i := slices.IndexFunc(files, func(f audit.BundleFile) bool { return f.Name == "figures.json" })
		files[i].Data = bytes.Replace(files[i].Data, []byte(number), []byte(number+"1"), 1)
		s.signAnew(t, files, "figures.json")
		if said := v.says(s.public, audit.Zipped(files)); !strings.Contains(said, "figures.json says another number") {
			t.Errorf("%s: the script says %s", number, said)
		}
	}
}

func TestACountOfGuestsThatWasTakenBackIsInNeitherVerifiersFigure(t *testing.T) {
	s, typo := submit(t, 7, 60), events.ID{0x9}
	s.story.Happens(events.GuestsOf(typo), events.GuestsCounted{Report: typo, ProviderMunicipality: "1814", Programme: "p", Form: events.SupportGroup, HeldOn: events.Date(int(s.year), 7, 1), Children: 9000})
	s.story.Happens(events.GuestsOf(typo), events.GuestCountWithdrawn{Report: typo, Reason: events.EnteredInError})
	s.answer(rand.New(rand.NewPCG(1, 1)), 2)
	s.archived()
	whole := s.bundle(nil)
	report, err := audit.VerifyBundle(t.Context(), whole, audit.Known{Key: s.public})
	f := report.Figures
	if err != nil || !report.Verified || f.Definition == "enrolled/v1" || f.Bounds.Upper >= 9000 {
		t.Errorf("%v, %s: by %s %+v", err, report.Problem, f.Definition, f.Bounds)
	}
	if said, want := newVerifier(t, whole).says(s.public, whole), fmt.Sprintf("verified %d %d %d", f.Children, f.Bounds.Lower, f.Bounds.Upper); said != want {
		t.Errorf("the script says %s, not %s", said, want)
	}
}

func TestWhenSomebodyAbsentWasBornIsInBothVerifiersFigure(t *testing.T) {
	children := make(map[events.Year]int)
	for _, born := range []events.Year{0, 1990} {
		s := submit(t, 7, 60)
		session, there, absent := events.ID{0x7}, events.ID{0x8}, events.ID{0x9}
		s.story.Happens(events.SessionOf(session), events.SessionOpened{Session: session, Programme: "of-guests", Form: events.SupportGroup, HeldOn: events.Date(int(s.year), 7, 1)})
		s.story.Happens(events.SessionOf(session), events.SessionAttended{
			Session: session, Attended: []events.Mark{{Child: there}}, Absent: []events.Mark{{Child: absent, BirthYear: born}},
		})
		s.story.Happens(events.CaseOf(absent), events.CaseMerged{Merge: events.Entry{Of: absent, Number: [8]byte{1}}, Into: there})
		s.answer(rand.New(rand.NewPCG(1, 1)), 2)
		s.archived()
		whole := s.bundle(nil)
		report, err := audit.VerifyBundle(t.Context(), whole, audit.Known{Key: s.public})
		if err != nil || !report.Verified || report.Figures.Definition == "enrolled/v1" {
			t.Fatalf("%v, %s", err, report.Problem)
		}
		f := report.Figures
		if said, want := newVerifier(t, whole).says(s.public, whole), fmt.Sprintf("verified %d %d %d", f.Children, f.Bounds.Lower, f.Bounds.Upper); said != want {
			t.Errorf("the script says %s, not %s", said, want)
		}
		children[born] = f.Children
	}
	if children[0] != children[1990]+1 {
		t.Errorf("%v: somebody born in 1990 is no child", children)
	}
}

func TestAStatementIsMadeAgainTheSame(t *testing.T) {
	s := submit(t, 8, 60)
	of := func() audit.Signed {
		t.Helper()
		one, err := s.statements.Of(t.Context(), s.story.Municipality, s.year, 0)
		if err != nil {
			t.Fatal(err)
		}
		return one
	}
	first := of()
	kept := filepath.Join(s.statements.Dir, string(s.story.Municipality), fmt.Sprintf("%d-1.statement", s.year))
	if err := os.Remove(kept); err != nil {
		t.Fatal(err)
	}
	s.happens(rand.New(rand.NewPCG(1, 1)))
	s.archived()
	if again := of(); !bytes.Equal(again.Note, first.Note) || !bytes.Equal(again.Figures, first.Figures) {
		t.Errorf("it is\n%s\nand was\n%s", again.Note, first.Note)
	}
	s.answer(rand.New(rand.NewPCG(1, 1)), 2)
	var early error
	if _, early = s.statements.Of(t.Context(), s.story.Municipality, s.year, 0); !errors.Is(early, context.DeadlineExceeded) {
		t.Errorf("it is stated before it is archived: %v", early)
	}
	s.archived()
	if second := of(); second.Version != 2 {
		t.Errorf("the latest is version %d", second.Version)
	}
	if one, err := s.statements.Of(t.Context(), s.story.Municipality, s.year, 1); err != nil || !bytes.Equal(one.Note, first.Note) {
		t.Errorf("version 1 is not what it was: %v", err)
	}
	var nothing *audit.NotSubmittedError
	if _, err := s.statements.Of(t.Context(), s.story.Municipality, s.year, 3); !errors.As(err, &nothing) {
		t.Errorf("version 3: %v", err)
	}
}

// verified compares the log, its archive and what was stated of it.
func (s *submitted) verified() (audit.Verification, error) {
	c := audit.Copies{Stream: s.story.Log, Archive: s.statements.Archive, Archived: s.statements.Archived, Statements: s.statements}
	return audit.Verify(s.t.Context(), c, s.story.Municipality, 0)
}

func TestADamagedStatementIsNamedAndNotReplaced(t *testing.T) {
	s := submit(t, 9, 20)
	if _, err := s.statements.Of(t.Context(), s.story.Municipality, s.year, 0); err != nil {
		t.Fatal(err)
	}
	for _, ending := range []string{"statement", "json"} {
		path := filepath.Join(s.statements.Dir, string(s.story.Municipality), fmt.Sprintf("%d-1.%s", s.year, ending))
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for at := range whole {
			broken := bytes.Clone(whole)
			broken[at] ^= 1
			if err := os.WriteFile(path, broken, 0o600); err != nil {
				t.Fatal(err)
			}
			var damaged *audit.StatementDamagedError
			if _, err := s.statements.Of(t.Context(), s.story.Municipality, s.year, 0); !errors.As(err, &damaged) || !strings.Contains(damaged.File, "-1.statement") {
				t.Fatalf("byte %d of %s flipped: %v", at, ending, err)
			}
			if v, err := s.verified(); err != nil || v.Whole || len(v.Findings) != 1 || v.Findings[0].Copy != integrity.TheStatement {
				t.Fatalf("byte %d of %s flipped: %+v, %v", at, ending, v, err)
			}
		}
		if err := os.WriteFile(path, whole, 0o600); err != nil {
			t.Fatal(err)
		}
		if v, err := s.verified(); err != nil || !v.Whole {
			t.Errorf("put back: %+v, %v", v, err)
		}
	}
}

// TestAStatementThatTheDiskDoesNotGiveIsNamed reads what cannot be opened, as with a bad sector.
func TestAStatementThatTheDiskDoesNotGiveIsNamed(t *testing.T) {
	for _, ending := range []string{"statement", "json"} {
		s := submit(t, 9, 20)
		if _, err := s.statements.Of(t.Context(), s.story.Municipality, s.year, 0); err != nil {
			t.Fatal(err)
		}
		name := fmt.Sprintf("%d-1.%s", s.year, ending)
		path := filepath.Join(s.statements.Dir, string(s.story.Municipality), name)
		if err := errors.Join(os.Remove(path), os.Symlink(name, path)); err != nil {
			t.Fatal(err)
		}
		if _, err := s.statements.Reached(s.story.Municipality); err != nil {
			t.Errorf("without %s nothing is told of the log: %v", name, err)
		}
		var damaged *audit.StatementDamagedError
		if _, err := s.statements.Of(t.Context(), s.story.Municipality, s.year, 0); !errors.As(err, &damaged) || !strings.Contains(damaged.File, "-1.statement") {
			t.Errorf("without %s it is answered %v", name, err)
		}
		if v, err := s.verified(); err != nil || len(v.Findings) != 1 || v.Findings[0].Copy != integrity.TheStatement || v.Findings[0].Code != archive.Unreadable {
			t.Errorf("without %s it is verified as %+v, %v", name, v, err)
		}
	}
}

// keep signs a statement in a version of its format, and puts it where those of the installation are.
func (s *submitted) keep(format string, signed audit.Signed) {
	s.t.Helper()
	line, err := json.Marshal(signed.Statement)
	if err != nil {
		s.t.Fatal(err)
	}
	path := filepath.Join(s.statements.Dir, string(s.story.Municipality), fmt.Sprintf("%d-1", s.year))
	for ending, data := range map[string][]byte{".statement": s.sign(s.t, "rackvidd statement "+format+"\n"+string(line)+"\n"), ".json": signed.Figures} {
		if err := os.WriteFile(path+ending, data, 0o600); err != nil {
			s.t.Fatal(err)
		}
	}
}

// TestWhoHasAStatementAloneCannotTryFiguresOut has two municipalities submit the very same figures.
func TestWhoHasAStatementAloneCannotTryFiguresOut(t *testing.T) {
	var one, other audit.Signed
	for _, signed := range []*audit.Signed{&one, &other} {
		s := submit(t, 9, 20)
		made, err := s.statements.Of(t.Context(), s.story.Municipality, s.year, 0)
		if err != nil {
			t.Fatal(err)
		}
		*signed = made
	}
	if !bytes.Equal(one.Figures, other.Figures) {
		t.Fatalf("they submitted other figures:\n%s\n%s", one.Figures, other.Figures)
	}
	if one.Statement.Figures == other.Statement.Figures {
		t.Errorf("both say %s of the same figures", one.Statement.Figures)
	}
}

func TestAStatementOfTheFirstFormatStaysWhatWasSigned(t *testing.T) {
	s := submit(t, 9, 20)
	signed, err := s.statements.Of(t.Context(), s.story.Municipality, s.year, 0)
	if err != nil {
		t.Fatal(err)
	}
	signed.Statement.Figures = audit.DigestOf(signed.Figures)
	s.keep("v1", signed)
	if v, err := s.verified(); err != nil || !v.Whole {
		t.Errorf("%+v, %v", v.Findings, err)
	}
	bundle := s.bundle(nil)
	if header, _, _ := strings.Cut(string(part(t, bundle, "statement")), "\n"); header != "rackvidd statement v1" {
		t.Errorf("its bundle has %q", header)
	}
	if report, err := audit.VerifyBundle(t.Context(), bundle, audit.Known{Key: s.public}); err != nil || !report.Verified {
		t.Errorf("%s, %v", report.Problem, err)
	}
	if said := newVerifier(t, bundle).says(s.public, bundle); !strings.HasPrefix(said, "verified") {
		t.Error(said)
	}
}

func TestAStatementIsRefusedWhoseFiguresAreNamedAsInTheOtherFormatOrForAnotherSubmission(t *testing.T) {
	s := submit(t, 9, 20)
	signed, err := s.statements.Of(t.Context(), s.story.Municipality, s.year, 0)
	if err != nil {
		t.Fatal(err)
	}
	submission := part(t, s.bundle(nil), "submission.json")
	for name, c := range map[string]struct{ format, figures string }{
		"a digest in the second format":      {"v2", audit.DigestOf(signed.Figures)},
		"a commitment in the first":          {"v1", committed(signed.Figures, submission)},
		"a commitment by another submission": {"v2", committed(signed.Figures, bytes.ToUpper(submission))},
	} {
		signed.Statement.Figures = c.figures
		s.keep(c.format, signed)
		var damaged *audit.StatementDamagedError
		if _, err := s.statements.Of(t.Context(), s.story.Municipality, s.year, 0); !errors.As(err, &damaged) || damaged.Code != integrity.OtherFigures {
			t.Errorf("%s is answered %v", name, err)
		}
	}
}

// TestAStatementHasToBeWhatTheLogGives has whoever holds the key sign another root, and other figures.
func TestAStatementHasToBeWhatTheLogGives(t *testing.T) {
	for _, c := range []struct {
		name, says string
		change     func(s *audit.Signed, submission []byte)
	}{
		{"another root", "was signed of another log", func(s *audit.Signed, _ []byte) { s.Root = strings.Repeat("0", 64) }},
		{"other figures", "says another figure than the log gives", func(s *audit.Signed, submission []byte) {
			s.Figures = []byte(strings.Replace(string(s.Figures), `"children":`, `"children":1000,"was":`, 1))
			s.Statement.Figures = committed(s.Figures, submission)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := submit(t, 9, 20)
			signed, err := s.statements.Of(t.Context(), s.story.Municipality, s.year, 0)
			if err != nil {
				t.Fatal(err)
			}
			c.change(&signed, part(t, s.bundle(nil), "submission.json"))
			s.keep("v2", signed)
			v, err := s.verified()
			if err != nil || v.Whole || len(v.Findings) != 1 || v.Findings[0].Copy != integrity.TheStatement || !strings.Contains(v.Findings[0].Problem, c.says) {
				t.Errorf("%+v, %v", v, err)
			}
			var damaged *audit.StatementDamagedError
			if _, _, err := s.bundled(nil); !errors.As(err, &damaged) || !strings.Contains(damaged.Problem, c.says) || strings.Contains(strings.ReplaceAll(err.Error(), s.statements.Dir, ""), "1000") {
				t.Errorf("a bundle is answered %v", err)
			}
			if f := v.Findings[0]; c.name == "other figures" && (f.Code != integrity.OtherFigure || f.About != "children" || f.Shown != "1000" || f.Given == "" || strings.Contains(f.String(), "1000")) {
				t.Errorf("which figure it is stands in %+v", f)
			}
		})
	}
}

// TestAnArchiveThatIsGoneDoesNotPassForANewOne takes away all that the archive itself knows of.
func TestAnArchiveThatIsGoneDoesNotPassForANewOne(t *testing.T) {
	s := submit(t, 9, 20)
	signed, err := s.statements.Of(t.Context(), s.story.Municipality, s.year, 0)
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := note.NewVerifier(string(s.public))
	if err != nil {
		t.Fatal(err)
	}
	empty := t.TempDir()
	s.statements.Archive = func(m events.Municipality) archive.Archive { return archive.Open(empty, m, verifier) }
	v, err := s.verified()
	if err != nil || v.Whole || !slices.ContainsFunc(v.Findings, func(f integrity.Finding) bool {
		return f.Copy == integrity.TheArchive && strings.Contains(f.Problem, fmt.Sprintf("-1.statement was signed of the log up to position %d", signed.Size))
	}) {
		t.Errorf("%+v, %v", v, err)
	}
}

func TestABundleLeadsOnFromAnEarlierCheckpointOfTheSameLogAlone(t *testing.T) {
	s := submit(t, 10, 40)
	early, err := s.statements.Archived(t.Context(), s.story.Municipality, 1)
	if err != nil {
		t.Fatal(err)
	}
	s.happens(rand.New(rand.NewPCG(1, 1)))
	s.archived()
	later, err := s.statements.Archived(t.Context(), s.story.Municipality, 1)
	if err != nil {
		t.Fatal(err)
	}
	leading, plain := s.bundle(early.Note), s.bundle(nil)
	for name, c := range map[string]struct {
		bundle, kept []byte
		verified     bool
		says         string
	}{
		"from the one that was kept":                 {leading, early.Note, true, fmt.Sprintf("grew: from position %d to %d, and nothing before was changed", early.Size, later.Size)},
		"nothing was kept":                           {leading, nil, true, "Compare since-checkpoint in the file with the one that you kept"},
		"neither holds one":                          {plain, nil, true, "no earlier checkpoint is in it"},
		"one was kept, and nothing leads on from it": {plain, early.Note, false, "it proves nothing from the checkpoint that you kept"},
		"another was kept":                           {leading, later.Note, false, "since-checkpoint is another than the checkpoint that you kept"},
	} {
		report, err := audit.VerifyBundle(t.Context(), c.bundle, audit.Known{Key: s.public, Checkpoint: c.kept})
		if err != nil || report.Verified != c.verified || c.verified && (report.Since > 0) != (len(c.bundle) == len(leading)) || report.Kept != (c.verified && c.kept != nil) {
			t.Errorf("%s: %v, %+v", name, err, report)
		}
		if said := byScript(t, c.bundle, s.public, c.kept); !strings.Contains(said, c.says) {
			t.Errorf("%s: the script says %s", name, said)
		}
	}
	other := submit(t, 11, 40)
	foreign, err := other.statements.Archived(t.Context(), other.story.Municipality, 1)
	if err != nil {
		t.Fatal(err)
	}
	ending := func(at events.Position) []byte { // the later root, at another position
		text, _, _ := strings.Cut(string(later.Note), "\n\n")
		return s.sign(t, strings.Replace(text, fmt.Sprintf("\n%d\n", later.Size), fmt.Sprintf("\n%d\n", at), 1)+"\n")
	}
	rewritten, beyond := ending(early.Size), ending(later.Size+1)
	for name, since := range map[string][]byte{"another key's": foreign.Note, "another history's": rewritten, "beyond the log": beyond, "no checkpoint": []byte("hello"), "empty": {}} {
		var refused *audit.SinceError
		if _, _, err := s.bundled(since); !errors.As(err, &refused) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// byScript is what the script prints as an auditor runs it.
func byScript(t *testing.T, bundle []byte, key events.VerifierKey, kept []byte) string {
	t.Helper()
	dir := t.TempDir()
	args := []string{"verify.py", "bundle.zip", string(key)}
	for name, data := range map[string][]byte{"verify.py": part(t, bundle, "verify.py"), "bundle.zip": bundle, "kept": kept} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if kept != nil {
		args = append(args, "kept")
	}
	cmd := exec.Command("python3", args...)
	cmd.Dir = dir
	out, _ := cmd.CombinedOutput() // it fails where it does not verify
	return string(out)
}

func TestWhatIsNoBundleIsRefused(t *testing.T) {
	s := submit(t, 12, 20)
	whole := s.bundle(nil)
	files := audit.Unzipped(t, whole)
	_, _, elsewhere := archivetest.Key(t, "rackvidd-elsewhere")
	v := newVerifier(t, whole)
	for name, c := range map[string]struct {
		data []byte
		key  events.VerifierKey
	}{
		"a text":            {[]byte("hello"), ""},
		"nothing":           {nil, ""},
		"a file is missing": {audit.Zipped(files[1:]), ""},
		"an unknown file":   {audit.Zipped(append(slices.Clone(files), audit.BundleFile{Name: "more"})), ""},
		"a file twice":      {audit.Zipped(append(slices.Clone(files), files[0])), ""},
		"a bomb":            {bomb(t), s.public},
		"a long directory":  {longDirectory(whole), s.public},
		"deep keys":         {audit.Zipped(deepKeys(files)), s.public},
		"another key":       {whole, elsewhere},
	} {
		report, err := audit.VerifyBundle(t.Context(), c.data, audit.Known{Key: c.key})
		if report.Verified || err == nil && report.Problem == "" {
			t.Errorf("%s: %+v", name, report)
		}
		if said := v.says(c.key, c.data); c.key != "" && !strings.HasPrefix(said, "refused: ") {
			t.Errorf("%s: the script says %s", name, said)
		}
	}
}

// bomb is a zip that is far larger than it looks.
func bomb(t testing.TB) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	f, err := w.Create("manifest")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.CopyN(f, zeros{}, 1<<28); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// longDirectory is a zip that says that it lists very many files.
func longDirectory(whole []byte) []byte {
	data := bytes.Clone(whole)
	end := data[len(data)-22:]
	binary.LittleEndian.PutUint16(end[8:], 0xffff)
	binary.LittleEndian.PutUint16(end[10:], 0xffff)
	return data
}

// deepKeys are a bundle's files with keys in more lists than are read.
func deepKeys(files []audit.BundleFile) []audit.BundleFile {
	i := slices.IndexFunc(files, func(f audit.BundleFile) bool { return f.Name == "statement" })
	return slices.Insert(slices.Clone(files), i, audit.BundleFile{Name: "keys.json", Data: bytes.Repeat([]byte("["), 100_000)})
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// TestBundlesOfEarlierVersionsStayVerifiable reads files that this or an earlier version of the program made: they are added
// to, and never made anew.
func TestBundlesOfEarlierVersionsStayVerifiable(t *testing.T) {
	files, err := filepath.Glob("testdata/bundles/*.zip")
	if err != nil || len(files) == 0 {
		t.Fatalf("%v, %v", files, err)
	}
	_, _, key := archivetest.Key(t, "rackvidd-test")
	for _, path := range files {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		report, err := audit.VerifyBundle(t.Context(), data, audit.Known{Key: key})
		if err != nil || !report.Verified {
			t.Errorf("%s: %v, %s, %v", path, err, report.Problem, report.Differences)
			continue
		}
		own := newVerifier(t, data) // the script that came with it
		if said, want := own.says(key, data), fmt.Sprintf("verified %d ", report.Figures.Children); !strings.HasPrefix(said, want) {
			t.Errorf("its own script says of %s: %s", path, said)
		}
	}
}

func TestTwoStatementsFiguresAreComparedOneByOne(t *testing.T) {
	before := audit.Signed{Figures: []byte(`{"position":5,"children":6,"by_form":[{"form":"camp","children":2}]}`)}
	after := audit.Signed{Figures: []byte(`{"position":9,"children":6,"by_form":[{"form":"camp","children":3},{"form":"counselling","children":1}]}`)}
	list, err := audit.FiguresApart(before, after)
	var got []string
	for _, a := range list {
		got = append(got, fmt.Sprintf("%s %s %s", a.Path, a.From, a.To))
	}
	want := []string{"by_form[camp].children 2 3", "by_form[counselling].children null 1", `by_form[counselling].form null "counselling"`}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v", got, err)
	}
	if same, err := audit.FiguresApart(before, before); err != nil || len(same) > 0 {
		t.Errorf("a statement's figures differ from themselves: %+v, %v", same, err)
	}
}

func TestAFigureThatWasAddedSinceIsNoDifferenceAndOneThatIsLeftOutIs(t *testing.T) {
	var f reach.Figures
	f.ByForm = []reach.ByForm{{Form: events.Camp, Children: 3, Attendances: 4}}
	whole, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ leave, want string }{
		{`"coverage":null,`, ""},
		{`"unknown_age":0,`, "[unknown_age]"},
		{`,"attendances":4`, "[by_form[camp].attendances]"},
	} {
		stated := strings.Replace(strings.Replace(string(whole), c.leave, "", 1), strings.TrimSuffix(","+c.leave, ","), "", 1)
		if stated == string(whole) {
			t.Fatalf("%s is not in %s", c.leave, whole)
		}
		paths, err := audit.StatedDifferences([]byte(stated), f)
		if got := fmt.Sprint(paths); err != nil || got != c.want && c.want != "" || c.want == "" && len(paths) > 0 {
			t.Errorf("without %s differ %s, want %s, %v", c.leave, got, c.want, err)
		}
	}
}
