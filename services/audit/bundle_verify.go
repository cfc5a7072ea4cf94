package audit

import (
	"bytes"
	"cmp"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"rackvidd/events"
	"rackvidd/events/archive"
	"rackvidd/projections/reach"
)

// BundleReport is what a bundle proves, or why it does not.
type BundleReport struct {
	Statement   Statement          `json:"statement"`
	Key         events.VerifierKey `json:"key"`        // that signed it
	Trusted     bool               `json:"trusted"`    // it is the key that the auditor was told by another way, or took over from that
	Checkpoint  events.Position    `json:"checkpoint"` // how long the log was when the bundle was made
	Since       events.Position    `json:"since"`      // how long it was at an earlier checkpoint, since when it only grew; 0: the bundle has none
	Kept        bool               `json:"kept"`       // that is the checkpoint that the auditor kept
	Figures     *reach.Figures     `json:"figures"`    // as the bundle's events give them
	EventsRead  int                `json:"events_read"`
	Numbers     []SubmittedNumber  `json:"numbers"`    // that were submitted, also where people gave others than were counted
	OwnScript   bool               `json:"own_script"` // verify.py in it is this program's
	Verified    bool               `json:"verified"`
	Problem     string             `json:"problem,omitempty"`
	Differences []StatedDifference `json:"differences,omitempty"`
}

// SubmittedNumber is an answer that is a number, as it was submitted.
type SubmittedNumber struct {
	Question events.Question    `json:"question"`
	Basis    events.AnswerBasis `json:"basis"`
	Value    int                `json:"value"`
	Lower    int                `json:"lower"`
	Upper    int                `json:"upper"`
}

// StatedDifference is one figure that was stated and that the events do not give; null where there is none.
type StatedDifference struct {
	Path   string          `json:"path"` // as in by_form[camp].children
	Stated json.RawMessage `json:"stated"`
	Events json.RawMessage `json:"events"`
}

// Known is what an auditor has by another way than the bundle.
type Known struct {
	Key        events.VerifierKey // has to have signed the bundle, or to have handed over to the one that did; "": the bundle's own will do
	Checkpoint []byte             // that was kept: the bundle has to prove that the log only grew since; nil: none was
}

// VerifyBundle verifies a bundle from itself and what the auditor knows, and computes its figures again. An error says why it
// could not be looked at; what does not verify is in the report.
func VerifyBundle(ctx context.Context, data []byte, known Known) (r BundleReport, err error) {
	if !bytes.HasPrefix(data, []byte("PK\x03\x04")) {
		return r, errors.New("it is no zip, and so no bundle")
	}
	files, err := unzipped(data)
	if err != nil {
		r.Problem = err.Error()
		return r, nil
	}
	v := verifying{report: &r, known: known, files: make(map[string][]byte)}
	for _, f := range files {
		v.files[f.name] = f.data
	}
	if v.names(files) != nil {
		return r, errors.New("it does not hold the files of a bundle, each once and in order")
	}
	steps := []func() error{
		v.signed, v.manifest, v.statement, v.leaves, v.submission, v.proofs,
		func() error { return v.figures(ctx) }, v.answers,
	}
	for _, step := range steps {
		err := step()
		if stopped := ctx.Err(); stopped != nil {
			return r, stopped
		}
		if err != nil {
			r.Problem = err.Error()
			return r, nil
		}
	}
	r.Verified = len(r.Differences) == 0
	return r, nil
}

// verifying is a bundle that is looked through.
type verifying struct {
	report    *BundleReport
	known     Known
	files     map[string][]byte
	keys      Keys
	messages  [][]byte
	hashes    []tlog.Hash
	root      tlog.Hash
	submitted events.SurveySubmitted
	stated    reach.Figures
}

func (v *verifying) names(files []file) error {
	want := []string{
		manifestFile, readmeFile, verifierFile, keyFile, pemFile, keysFile, statementFile, figuresFile, eventsFile, laterFile, submissionFile,
		checkpointFile, inclusionFile, consistencyFile, sinceCheckpointFile, sinceConsistencyFile,
	}
	var names []string
	for _, f := range files {
		names = append(names, f.name)
	}
	if !slices.Contains(names, keysFile) {
		want = slices.DeleteFunc(want, func(name string) bool { return name == keysFile })
	}
	if !slices.Equal(names, want) && !slices.Equal(names, want[:len(want)-2]) {
		return errors.New("other files")
	}
	return nil
}

// signed takes the bundle's key, which has to be the trusted one where there is one.
func (v *verifying) signed() error {
	trusted := v.known.Key
	key := events.VerifierKey(strings.TrimSuffix(string(v.files[keyFile]), "\n"))
	var err error
	if v.keys, err = keysOf(v.files[keysFile], key); err != nil {
		return fmt.Errorf("%s %w", keysFile, err)
	}
	if trusted != "" && !v.keys.from(trusted) {
		return errors.New("it is signed by another key than the one that you trust; where that took over from an older one since, ask for the older key too (audit key list), or for a new bundle, which leads from the one to the other")
	}
	if _, err := note.NewVerifier(string(key)); err != nil {
		return fmt.Errorf("%s is no key: %w", keyFile, err)
	}
	files, err := keyFiles(key)
	if err != nil {
		return err
	}
	for _, f := range files {
		if !bytes.Equal(v.files[f.name], f.data) {
			return fmt.Errorf("%s and %s are not the same key", keyFile, pemFile)
		}
	}
	v.report.Key, v.report.Trusted = key, trusted != ""
	v.report.OwnScript = bytes.Equal(v.files[verifierFile], bundleVerifier)
	return nil
}

func (v *verifying) manifest() error {
	text, err := openNote(v.report.Key, v.files[manifestFile])
	if err != nil {
		return fmt.Errorf("%s %w", manifestFile, err)
	}
	for line := range strings.Lines(strings.TrimPrefix(text, manifestHeader)) {
		digest, name, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "  ")
		if data, there := v.files[name]; !there || digestOf(data) != digest {
			return fmt.Errorf("%s is not the file that was signed", name)
		}
	}
	if n := strings.Count(text, "\n"); !strings.HasPrefix(text, manifestHeader) || n != len(v.files) {
		return fmt.Errorf("%s lists other files", manifestFile)
	}
	return nil
}

func (v *verifying) statement() (err error) {
	if v.report.Statement, err = v.keys.statement(v.files[statementFile]); err != nil {
		return fmt.Errorf("%s %w", statementFile, err)
	}
	s := v.report.Statement
	read := json.NewDecoder(bytes.NewReader(v.files[figuresFile]))
	read.DisallowUnknownFields() // a figure that is not known here cannot be computed here
	if err := read.Decode(&v.stated); err != nil {
		return fmt.Errorf("%s cannot be read (a newer version of the program may): %w", figuresFile, err)
	}
	if name := misspelt(v.files[figuresFile]); name != "" {
		return fmt.Errorf("%s names no figure as it is called: %q", figuresFile, name)
	}
	if err := onceEach(v.files[figuresFile]); err != nil {
		return fmt.Errorf("%s %w", figuresFile, err)
	}
	period := reach.CalendarYear(s.Year)
	if f := v.stated; f.Municipality != s.Municipality || f.Definition != string(s.Definition) || f.Position != s.Position || f.From != period.From || f.To != period.To {
		return fmt.Errorf("%s is about something else than the statement", figuresFile)
	}
	if s.Position >= s.Submission || s.Submission > s.Size {
		return fmt.Errorf("%s has its positions in another order", statementFile)
	}
	return nil
}

// leaves builds the tree from the events, and has it lead to the root that was stated.
func (v *verifying) leaves() error {
	s := v.report.Statement
	v.messages = bytes.Split(v.files[eventsFile], []byte("\n"))
	last := len(v.messages) - 1
	if len(v.messages[last]) > 0 || events.Position(last) != s.Position {
		return fmt.Errorf("%s does not hold every event up to position %d", eventsFile, s.Position)
	}
	v.messages = v.messages[:last]
	later, err := linesOfHashes(v.files[laterFile])
	if err != nil {
		return fmt.Errorf("%s %w", laterFile, err)
	}
	if events.Position(len(later)) != s.Size-s.Position {
		return fmt.Errorf("%s does not lead from position %d to %d", laterFile, s.Position, s.Size)
	}
	var t tree
	for _, message := range v.messages {
		v.hashes = append(v.hashes, tlog.RecordHash(message))
	}
	v.hashes = append(v.hashes, later...)
	for _, hash := range v.hashes {
		t.add(hash)
	}
	if v.root = t.root(); hex.EncodeToString(v.root[:]) != s.Root {
		return errors.New("the events do not lead to the root that was stated: one was changed, moved, added or left out")
	}
	return nil
}

func (v *verifying) submission() error {
	s := v.report.Statement
	if tlog.RecordHash(v.files[submissionFile]) != v.hashes[s.Submission-1] {
		return fmt.Errorf("%s is not the event at position %d", submissionFile, s.Submission)
	}
	if s.commitment(v.files[figuresFile], string(v.files[submissionFile])) != s.Figures {
		return fmt.Errorf("%s is not what was stated", figuresFile)
	}
	r, err := events.Kinds.Parse(s.Submission, v.files[submissionFile])
	if err == nil {
		err = contracted(r)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", submissionFile, err)
	}
	said := Statement{Municipality: r.Municipality, Figures: s.Figures, Submission: s.Submission, Size: s.Size, Root: s.Root, first: s.first}
	for _, e := range r.Events {
		if e, ok := e.(events.SurveySubmitted); ok && r.Stream == events.SurveyOf(e.Year) {
			v.submitted = e
			said.Year, said.Version, said.Form, said.Definition, said.Position, said.Program = e.Year, int(e.Version), e.Form, e.Definition, events.Position(e.Position), e.Program
		}
	}
	if said != s {
		return fmt.Errorf("%s says something else than the statement", submissionFile)
	}
	return nil
}

func (v *verifying) proofs() error {
	s := v.report.Statement
	signed, err := v.checkpoint(checkpointFile)
	if err != nil {
		return err
	}
	v.report.Checkpoint = signed.Size
	inclusion, err := linesOfHashes(v.files[inclusionFile])
	if err == nil {
		err = tlog.CheckRecord(inclusion, int64(signed.Size), signed.Root, int64(s.Submission-1), v.hashes[s.Submission-1])
	}
	if err != nil {
		return fmt.Errorf("%s does not prove the submission to be in the log: %w", inclusionFile, err)
	}
	if err := v.grown(signed, s.Size, v.root, consistencyFile); err != nil {
		return err
	}
	return v.since(signed)
}

// since has the bundle prove that the log only grew since an earlier checkpoint, where it holds one or the auditor kept one.
func (v *verifying) since(signed archive.Checkpoint) error {
	held, there := v.files[sinceCheckpointFile]
	kept := v.known.Checkpoint != nil
	switch {
	case !there && !kept:
		return nil
	case !there:
		return errors.New("it proves nothing from the checkpoint that you kept; ask for a bundle made with --since and that checkpoint")
	case kept && !bytes.Equal(held, v.known.Checkpoint):
		return fmt.Errorf("%s is another than the checkpoint that you kept", sinceCheckpointFile)
	}
	before, err := v.checkpoint(sinceCheckpointFile)
	if err == nil {
		err = v.grown(signed, before.Size, before.Root, sinceConsistencyFile)
	}
	v.report.Since, v.report.Kept = before.Size, kept
	return err
}

// checkpoint reads one of the bundle's checkpoints, by the bundle's key.
func (v *verifying) checkpoint(name string) (archive.Checkpoint, error) {
	key, err := note.NewVerifier(string(v.report.Key))
	if err != nil {
		return archive.Checkpoint{}, err
	}
	retired, err := v.keys.Retired()
	if err != nil {
		return archive.Checkpoint{}, err
	}
	c, err := archive.Open("", v.report.Statement.Municipality, key).After(retired...).OpenCheckpoint(v.files[name])
	if err != nil {
		err = fmt.Errorf("%s %w", name, err)
	}
	return c, err
}

// grown has a file prove that the signed log begins with a shorter one.
func (v *verifying) grown(signed archive.Checkpoint, size events.Position, root tlog.Hash, name string) error {
	proof, err := linesOfHashes(v.files[name])
	if err == nil {
		err = tlog.CheckTree(proof, int64(signed.Size), signed.Root, int64(size), root)
	}
	if err != nil {
		return fmt.Errorf("%s does not prove that the log only grew: %w", name, err)
	}
	return nil
}

// figures computes the figures again.
func (v *verifying) figures(ctx context.Context) error {
	s := v.report.Statement
	d, err := reach.Named(string(s.Definition))
	if err != nil {
		return fmt.Errorf("the definition %s: %w", s.Definition, err)
	}
	var f reach.Figures
	var info reach.ReplayInfo
	replayed := make(chan error, 1)
	go func() {
		var err error
		f, info, err = reach.Replay(ctx, bundled{v.messages}, s.Municipality, d, reach.CalendarYear(s.Year), reach.AsOfPosition(s.Position))
		replayed <- err
	}()
	select {
	case err = <-replayed:
	case <-ctx.Done(): // of which what counts children takes no notice
		err = ctx.Err()
	}
	if err != nil {
		return err
	}
	v.report.Figures, v.report.EventsRead = &f, info.EventsRead
	list, err := differencesFromStated(v.files[figuresFile], f)
	for _, d := range list {
		v.report.Differences = append(v.report.Differences, StatedDifference{d.Path, d.ReadModel, d.Log})
	}
	return err
}

// answers compares what was submitted as counted with the figures, and what was given in place of it with what it says was counted.
func (v *verifying) answers() error {
	b := v.report.Figures.Bounds
	for _, a := range v.submitted.Answers {
		if a.Basis == "" && !counted(a) {
			continue
		}
		if said, given := otherwise(a, b); said != "" && counted(a) {
			return fmt.Errorf("%s was submitted as counted, %s; the events give %s", a.Question, said, given)
		} else if said != "" {
			return fmt.Errorf("%s says that the events gave %s; they give %s", a.Question, said, given)
		}
		v.report.Numbers = append(v.report.Numbers, SubmittedNumber{a.Question, cmp.Or(a.Basis, events.CountedBasis), int(a.Value), int(a.Lower), int(a.Upper)})
	}
	return nil
}

// bundled is a log that ends where a bundle's events do. A circle of merges, which casework never records, is refused.
type bundled struct{ messages [][]byte }

func (b bundled) Head(context.Context, events.Municipality) (events.Position, error) {
	return events.Position(len(b.messages)), nil
}

func (b bundled) Read(ctx context.Context, m events.Municipality, after events.Position) iter.Seq2[events.Recorded, error] {
	return func(yield func(events.Recorded, error) bool) {
		known := make(merges)
		for i, raw := range b.messages[after:] {
			at := after + events.Position(i) + 1
			r, err := parse(m, archive.Entry{Position: at, Raw: raw})
			if err == nil && r.Municipality != m {
				err = &events.PoisonError{Municipality: m, Position: at, Err: fmt.Errorf("it is of %s", r.Municipality)}
			}
			if err == nil {
				err = contracted(r)
			}
			if err == nil && known.lead(r.Events) {
				err = &events.PoisonError{Municipality: m, Position: at, Err: errors.New("a child is merged into one that counts as it, and no log of ours has such")}
			}
			if err == nil {
				err = ctx.Err()
			}
			if !yield(r, err) || err != nil {
				return
			}
		}
	}
}

// contracted refuses an event in which a number or a word is none that the log's contract allows, as heads below zero, which
// would take others away.
func contracted(r events.Recorded) error {
	for _, e := range r.Events {
		if field, must := events.Mismatch(e); must != "" {
			return &events.PoisonError{Municipality: r.Municipality, Position: r.Position, Err: fmt.Errorf("%s of %s %s", field, e.Kind(), must)}
		}
	}
	return nil
}

// merges are the children that were merged, and into whom.
type merges map[events.ID]events.ID

// lead takes the merges among events, and reports whether one leads round in a circle.
func (m merges) lead(list []events.Event) (round bool) {
	for _, e := range list {
		switch e := e.(type) {
		case events.CaseMerged:
			for into, merged := e.Into, true; merged; into, merged = m[into] {
				if into == e.Merge.Of {
					return true
				}
			}
			m[e.Merge.Of] = e.Into
		case events.MergeUndone:
			delete(m, e.Merge.Of)
		}
	}
	return false
}
