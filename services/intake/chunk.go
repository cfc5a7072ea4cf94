package intake

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"rackvidd/events"
	"rackvidd/services/vault"
)

// chunkRows is how many rows are under way at once: what an import needs of memory does not grow with the file, but for rows of an
// update that wait for its end, and the keys of an update's records.
const chunkRows = 4000

// item is a row whose identities have become tokens and keys.
type item struct {
	Row
	token     events.ID
	known     bool   // the vault knew the child before; of a dry run
	forgotten string // why it makes nobody known whose child is not known, and its record is; "": it may
	unnamed   string // why its programme does not take the name of its child, whom the vault does not know
	card      bool   // the child was named by a card's code
	session   events.ID
	record    events.Record
	tookBack  bool // what its record said before was taken back
	echo      bool // another record, or somebody by hand, says it already
	barred    bool // it was rejected for what stands in the log
}

// chunk is a stretch of the file.
type chunk struct {
	rows     int
	items    []*item
	rejected []Rejection
}

// read reads the file ahead of what is being recorded. The error comes when the chunks have ended.
func (r *run) read(ctx context.Context) (<-chan chunk, <-chan error) {
	chunks, failed := make(chan chunk), make(chan error, 1)
	go func() {
		defer close(chunks)
		failed <- r.readAll(ctx, chunks)
	}()
	return chunks, failed
}

func (r *run) readAll(ctx context.Context, chunks chan<- chunk) error {
	reader, err := NewReader(r.Body, Options{Municipality: r.m, Today: r.today(), Columns: r.Columns, Language: Language(r.Language)})
	if err != nil {
		return err
	}
	r.headings, r.unread = reader.headings, reader.Unread
	if err := r.askErased(ctx); err != nil {
		return err
	}
	for ended := false; !ended; {
		var c chunk
		if c, ended, err = readChunk(reader); err != nil {
			return err
		}
		if err := r.identify(ctx, c.items); err != nil {
			return err
		}
		select {
		case chunks <- c:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func readChunk(reader *Reader) (c chunk, ended bool, err error) {
	for c.rows < chunkRows {
		row, rejection, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return c, true, nil
		}
		if err != nil {
			return c, false, err
		}
		c.rows++
		if rejection != nil {
			c.rejected = append(c.rejected, *rejection)
		} else {
			c.items = append(c.items, &item{Row: row})
		}
	}
	return c, false, nil
}

// identify turns what the source calls children, sessions and records into tokens and keys. From here on nothing of
// the source's own words is left in the items.
func (r *run) identify(ctx context.Context, items []*item) error {
	if len(items) == 0 {
		return nil
	}
	if err := r.identifyChildren(ctx, items); err != nil {
		return err
	}
	if err := r.identifySessions(ctx, items); err != nil {
		return err
	}
	records := make([]vault.RecordSource, len(items))
	for n, it := range items {
		records[n] = vault.RecordSource{ID: it.RecordID, Content: it.content()}
	}
	keys, err := r.Vault.RecordKeys(ctx, r.m, r.Source, records)
	if err != nil {
		return err
	}
	for n, it := range items {
		it.record, it.RecordID, it.Session = keys[n], "", ""
	}
	return nil
}

func (r *run) identifyChildren(ctx context.Context, items []*item) error {
	var ids []vault.Identity
	var named []*item
	for _, it := range items {
		if it.Child != "" {
			it.readCard()
			ids, named = append(ids, vault.Identity{Source: r.Source, Child: it.Child}), append(named, it)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	people, err := r.people(ctx, named, ids)
	if err != nil {
		return err
	}
	for n, it := range named {
		it.token, it.BirthYear, it.Child = people[n].Token, cmp.Or(it.BirthYear, people[n].BirthYear), ""
	}
	return nil
}

// readCard writes a card's code as the card has it. Programmes are not known yet: what passes as a card is one
// everywhere, and which rows had to be is decided later.
func (it *item) readCard() {
	if card, err := vault.ParseCard(it.Child); err == nil {
		it.Child, it.card = card, true
	}
}

// today is the day that it is in Sweden.
func (r *run) today() events.Day { return events.DayOf(r.Clock().In(events.Sweden)) }

// people are the children of the rows. A dry run makes nobody known, and no run makes whoever was forgotten or may not be named.
func (r *run) people(ctx context.Context, named []*item, ids []vault.Identity) ([]vault.Person, error) {
	today := r.today()
	barred, err := r.markUnnamed(ctx, named)
	if err != nil {
		return nil, err
	}
	if !r.DryRun && len(r.erased) == 0 && !barred {
		return r.Vault.Tokens(ctx, r.m, ids, today)
	}
	people, known, err := r.Vault.Lookup(ctx, r.m, ids, today)
	if err != nil {
		return nil, err
	}
	var unknown []*item
	for n, it := range named {
		if it.known = known[n]; !known[n] {
			people[n].Token = rehearsalToken(ids[n], today)
			unknown = append(unknown, it)
		} else {
			it.unnamed = "" // the programme is asked when the row is recorded
		}
	}
	if err := r.markForgotten(ctx, unknown); err != nil || r.DryRun {
		return people, err
	}
	return people, r.makeKnown(ctx, named, ids, people)
}

// makeKnown finds or makes the children of the rows that may make them known.
func (r *run) makeKnown(ctx context.Context, named []*item, ids []vault.Identity, people []vault.Person) error {
	var wanted []vault.Identity
	var at []int
	for n, it := range named {
		if it.forgotten == "" && it.unnamed == "" {
			wanted, at = append(wanted, ids[n]), append(at, n)
		}
	}
	if len(wanted) == 0 {
		return nil
	}
	made, err := r.Vault.Tokens(ctx, r.m, wanted, r.today())
	for n, person := range made {
		people[at[n]] = person
	}
	return err
}

// rehearsalToken stands for a child the vault does not know and is not told of.
func rehearsalToken(id vault.Identity, today events.Day) (token events.ID) {
	name := "local\x00" + id.Source + "\x00" + strings.TrimSpace(id.Child)
	if number, _, ok := events.ParseIdentityNumber(id.Child, today); ok {
		name = "number\x00" + number
	}
	sum := sha256.Sum256([]byte(name))
	copy(token[:], sum[:])
	return token
}

// identifySessions: rows that name the same occasion of the same activity and day are one session; without a name,
// activity and day are.
func (r *run) identifySessions(ctx context.Context, items []*item) error {
	words := map[string][]string{}
	for _, it := range items {
		if it.Type.isSession() {
			source, word := it.sessionWord(r.Source)
			words[source] = append(words[source], word)
		}
	}
	ids := make(map[string][]events.ID)
	for source, list := range words {
		keys, err := r.Vault.SessionKeys(ctx, r.m, source, list)
		if err != nil {
			return err
		}
		ids[source] = keys
	}
	for _, it := range items {
		if it.Type.isSession() {
			source, _ := it.sessionWord(r.Source)
			it.session, ids[source] = ids[source][0], ids[source][1:]
		}
	}
	return nil
}

func (t RowType) isSession() bool { return t == SessionAttended || t == SessionCancelled }

func (it *item) sessionWord(source string) (of, word string) {
	activity := strings.Join([]string{string(it.Programme), string(it.Form), it.OccurredOn.String()}, "\x00")
	if it.Session == "" {
		return "", activity
	}
	return source, activity + "\x00" + it.Session
}

// content is all a record says, with the child as its token.
func (it *item) content() []byte {
	return []byte(strings.Join([]string{
		string(it.Type), it.OccurredOn.String(), it.token.String(), it.session.String(), string(it.Programme), string(it.Form),
		string(it.Channel), string(it.Outcome), string(it.Reason), strconv.Itoa(int(it.BirthYear)), string(it.Gender),
		string(it.Role), string(it.Home), strconv.Itoa(int(it.Count)), string(it.Target),
	}, "\x00"))
}

func sortRejections(list []Rejection) {
	slices.SortStableFunc(list, func(a, b Rejection) int { return cmp.Compare(a.Line, b.Line) })
}
