// Package simulate invents activity in the import format: programmes of different kinds, their groups, talks,
// camps and open preschools, with what real records have too: late rows, repeated ones, guests, people without
// identity. The same seed gives the same bytes on any machine. Nobody in it exists.
package simulate

import (
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"

	"rackvidd/events"
)

// Options say how much is invented. The zero value is one municipality with 100 children in one year, 2025.
type Options struct {
	Municipalities int // 1 to 290; the first is Örebro
	Children       int // known to each municipality over the years
	Years          int
	FirstYear      int // default: so that the last year is 2025
	Seed           int
}

func (o Options) filled() Options {
	if o.Municipalities == 0 {
		o.Municipalities = 1
	}
	if o.Children == 0 {
		o.Children = 100
	}
	if o.Years == 0 {
		o.Years = 1
	}
	if o.FirstYear == 0 {
		o.FirstYear = 2026 - o.Years
	}
	return o
}

// Check says which of them cannot be.
func (o Options) Check() error {
	o = o.filled()
	switch {
	case o.Municipalities < 1 || o.Municipalities > len(events.Municipalities()):
		return fmt.Errorf("municipalities must be 1 to %d", len(events.Municipalities()))
	case o.Children < 1 || o.Children > 1_000_000:
		return fmt.Errorf("children must be 1 to 1000000")
	case o.Years < 1 || o.FirstYear < 1950 || o.FirstYear+o.Years > 2200:
		return fmt.Errorf("years must be at least 1, and lie between 1950 and 2199")
	}
	return nil
}

// Activity writes the activity of the first municipality, Örebro.
func Activity(w io.Writer, o Options) error {
	if err := o.Check(); err != nil {
		return err
	}
	o = o.filled()
	return o.write(w, firstMunicipality)
}

// Activities writes the activity of every municipality to where open says. A municipality's rows depend on the
// seed and on itself alone.
func Activities(o Options, open func(events.Municipality) (io.WriteCloser, error)) error {
	if err := o.Check(); err != nil {
		return err
	}
	o = o.filled()
	for _, code := range o.Codes() {
		if err := o.writeTo(code, open); err != nil {
			return fmt.Errorf("activity of %s: %w", code, err)
		}
	}
	return nil
}

// ToDirectory writes one file for each municipality, named by its code: 1880.csv.
func ToDirectory(dir string, o Options) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return Activities(o, func(code events.Municipality) (io.WriteCloser, error) {
		return os.Create(filepath.Join(dir, string(code)+".csv"))
	})
}

const firstMunicipality events.Municipality = "1880"

// Codes are the municipalities that the options invent activity for.
func (o Options) Codes() []events.Municipality {
	o = o.filled()
	codes := []events.Municipality{firstMunicipality}
	all := events.Municipalities()
	for _, i := range rand.New(rand.NewPCG(uint64(o.Seed), 0)).Perm(len(all)) {
		if all[i].Code != firstMunicipality {
			codes = append(codes, all[i].Code)
		}
	}
	return codes[:min(o.Municipalities, len(codes))]
}

func (o Options) writeTo(code events.Municipality, open func(events.Municipality) (io.WriteCloser, error)) error {
	w, err := open(code)
	if err != nil {
		return err
	}
	if err := o.write(w, code); err != nil {
		w.Close()
		return err
	}
	return w.Close()
}

func (o Options) write(w io.Writer, code events.Municipality) error {
	number := uint64(0)
	for _, digit := range code {
		number = number*10 + uint64(digit-'0')
	}
	town := newTown(newJournal(w, rand.New(rand.NewPCG(uint64(o.Seed), number))), code, o)
	for year := o.FirstYear; year < o.FirstYear+o.Years; year++ {
		town.liveThrough(year)
	}
	return town.close()
}
