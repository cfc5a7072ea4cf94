package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"text/tabwriter"
	"time"

	"rackvidd/events"
	"rackvidd/services/api"
)

type retentionCommand struct {
	Show   retentionShow   `cmd:"" help:"Print what is decided, and which children are to be erased by it."`
	Decide retentionDecide `cmd:"" help:"Decide it. Children of whom nothing was recorded for so many whole years are listed, and erased thirty days later; the log and every figure stay."`
}

const damagedNobody = "What is kept is damaged: nobody is listed or erased until it is whole (rackvidd audit verify)."

type retentionShow struct {
	municipalityFlag
	After string `help:"Go on after this child: a list is printed in parts of 1,000." placeholder:"CHILD"`
	formatFlags
}

func (c *retentionShow) Run(env *environment) error {
	query := url.Values{"limit": {"1000"}}
	if c.After != "" {
		query.Set("after", c.After)
	}
	return env.show(c.formatFlags, call{method: http.MethodGet, path: c.path("retention"), query: query}, func(raw json.RawMessage) error {
		var r api.RetentionState
		if err := json.Unmarshal(raw, &r); err != nil {
			return err
		}
		if _, err := fmt.Fprintln(env.out, decided(r)); err != nil || r.Years == 0 {
			return err
		}
		if r.Withheld {
			_, err := fmt.Fprintln(env.out, damagedNobody)
			return err
		}
		if r.Listed.Children == 0 {
			_, err := fmt.Fprintln(env.out, "Nobody is to be erased by it now.")
			return err
		}
		t := tabwriter.NewWriter(env.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(t, "child\tlast recorded\terased, unless something is recorded of it")
		for _, one := range r.Children {
			erased := "thirty days after it is listed, which is within twelve hours"
			if one.Erased != nil {
				erased = "from " + one.Erased.Format(time.RFC3339)
			}
			fmt.Fprintf(t, "%s\t%s\t%s\n", one.Child, one.LastRecorded.Format(time.RFC3339), erased)
		}
		if err := t.Flush(); err != nil || r.After == nil {
			return err
		}
		_, err := fmt.Fprintf(env.out, "%s in all; go on with --after %s\n", records(r.Listed.Children), r.After)
		return err
	})
}

func decided(r api.RetentionState) string {
	text := "Who a child is is kept until somebody erases it"
	if r.Years > 0 {
		text = fmt.Sprintf("Who a child is is erased when nothing has been recorded of it for %s", wholeYears(int(r.Years)))
	}
	if r.Decided == nil {
		return text + ": nothing else was ever decided."
	}
	return fmt.Sprintf("%s: decided %s by %s.", text, r.Decided.At.Format(time.RFC3339), cmp.Or(r.Decided.Name, r.Decided.Account.String()))
}

func wholeYears(n int) string {
	if n == 1 {
		return "1 whole year"
	}
	return fmt.Sprintf("%d whole years", n)
}

type retentionDecide struct {
	municipalityFlag
	Years  *int `help:"1 to 30 whole years." xor:"years" placeholder:"N"`
	Never  bool `help:"Who a child is is kept until somebody erases it." xor:"years"`
	DryRun bool `name:"dry-run" help:"Decide nothing: print whom it would concern."`
	formatFlags
}

func (c *retentionDecide) Run(env *environment) error {
	if c.Years == nil && !c.Never || c.Years != nil && *c.Years == 0 {
		return &usageError{errors.New("for how many years? Name 1 to 30 with --years, or --never")}
	}
	years := 0
	if c.Years != nil {
		years = *c.Years
	}
	if c.DryRun {
		return c.foresee(env, years)
	}
	body := jsonBody(map[string]int{"years": years})
	return env.show(c.formatFlags, call{method: http.MethodPut, path: c.path("retention"), body: body, kind: "application/json"}, func(raw json.RawMessage) error {
		var receipt api.RetentionReceipt
		if err := json.Unmarshal(raw, &receipt); err != nil {
			return err
		}
		switch {
		case receipt.Listed == nil:
			_, err := fmt.Fprintln(env.out, "decided; who is to be erased by it is not known yet, and is listed within twelve hours")
			return err
		case receipt.Earliest == nil:
			_, err := fmt.Fprintln(env.out, "decided; nobody is to be erased by it now")
			return err
		}
		_, err := fmt.Fprintf(env.out, "decided; records of children to be erased by it now: %d, the first from %s\n", *receipt.Listed, receipt.Earliest.Format(time.RFC3339))
		return err
	})
}

// foresee prints what a decision would lead to.
func (c *retentionDecide) foresee(env *environment, years int) error {
	query := url.Values{"years": {strconv.Itoa(years)}}
	return env.show(c.formatFlags, call{method: http.MethodGet, path: c.path("retention"), query: query}, func(raw json.RawMessage) error {
		var r api.RetentionState
		if err := json.Unmarshal(raw, &r); err != nil {
			return err
		}
		if r.Withheld {
			_, err := fmt.Fprintln(env.out, damagedNobody)
			return err
		}
		would := "nobody would be listed"
		switch f := r.Foreseen; {
		case f.Years == r.Years:
			would = "that holds already"
		case f.From != nil:
			would = fmt.Sprintf("%s would be listed and erased on %s at the earliest, unless something is recorded", records(f.Children), events.DayOf(f.From.In(events.Sweden)))
		}
		_, err := fmt.Fprintf(env.out, "%s; by what holds now: %d\n", would, r.Listed.Children)
		return err
	})
}

// records are those of children that count each, though some may be merged and so of one child.
func records(n int) string {
	if n == 1 {
		return "the record of 1 child"
	}
	return fmt.Sprintf("%d records of children", n)
}
