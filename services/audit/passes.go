package audit

import (
	"context"
	"sync/atomic"

	"rackvidd/events"
)

// Pass is how far a verification has come: it reads the log several times.
type Pass struct {
	Copy            string // that is compared
	Number, Of      int
	Position, Until events.Position // about as far as this pass has read, and is to read
}

// passes counts what is read, at a pace that is called before each file and each few messages.
type passes struct {
	pace  func()
	heard func(Pass) // nil: nobody listens
	last  Pass
}

func unheard(pace func()) *passes { return &passes{pace: pace} }

// next begins a pass over the log; the pace that it returns is called once for each so many messages.
func (p *passes) next(name string, each events.Position) (pace func()) {
	if p.heard == nil {
		return p.pace
	}
	p.last.Number++
	p.last.Copy, p.last.Position = name, 0
	this, read := p.last, new(atomic.Uint64)
	p.heard(this)
	return func() {
		p.pace()
		now := this
		now.Position = min(read.Add(each), this.Until)
		p.heard(now)
	}
}

// count finds out how often a verification reads a log, and how far.
func (p *passes) count(ctx context.Context, c Copies, m events.Municipality, year events.Year) (err error) {
	if p.heard == nil {
		return nil
	}
	p.last.Of = 3 // the archive, the stream, and what was submitted
	if c.Vault != nil && m != events.National {
		p.last.Of++
	}
	if c.Pool != nil {
		for _, one := range c.Projections {
			if one.Concerns(m) {
				p.last.Of++
			}
		}
		if year != 0 && m != events.National {
			p.last.Of++
		}
	}
	p.last.Until, err = c.Stream.Head(ctx, m)
	return err
}

// ended hears that the pass which was begun last is over, also where it had not to read as far.
func (p *passes) ended() { p.reads(p.last.Until, p.last.Until) }

// reads hears of a replay, which is the pass that was begun last.
func (p *passes) reads(at, until events.Position) {
	if p.heard != nil {
		now := p.last
		now.Position, now.Until = at, until
		p.heard(now)
	}
}
