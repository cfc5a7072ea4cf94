package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"text/tabwriter"
	"time"

	"rackvidd/services/api"
)

// childFlag names a child by the handle the API gave.
type childFlag struct {
	municipalityFlag
	Child string `required:"" help:"The child's handle, which rackvidd child find prints." placeholder:"ID"`
}

func (c childFlag) childPath(rest string) string {
	return c.path("children/" + url.PathEscape(c.Child) + rest)
}

type childCommand struct {
	Find      childFind      `cmd:"" help:"Print the handle of the child whose identity is given on standard input, without making one; the look-up is logged."`
	Protect   childProtect   `cmd:"" help:"Flag a child's identity as protected (skyddade personuppgifter): what it is called is shown only where all that is stored is disclosed."`
	Unprotect childUnprotect `cmd:"" help:"Take the flag away that protect set."`
}

// childFind takes the identity from standard input: a command line stands in lists of processes and in the shell's history.
type childFind struct {
	municipalityFlag
	Card   bool   `help:"It is the code of the child's card."`
	Source string `help:"Whose local id it is, as for imports." placeholder:"NAME"`
	formatFlags
}

func (c *childFind) Run(env *environment) error {
	identity, err := readUnshown(env, os.Stdin, env.err, "Write the identity, which is not shown as you type it, and a new line:")
	if err != nil {
		return err
	}
	if identity == "" {
		return &usageError{errors.New("whom? Write the identity number, the local id or the card's code to standard input")}
	}
	body := map[string]string{"identity": identity}
	if c.Card {
		body = map[string]string{"card": identity}
	}
	if c.Source != "" {
		body["source"] = c.Source
	}
	return env.show(c.formatFlags, call{method: http.MethodPost, path: c.path("children/find"), body: jsonBody(body), kind: "application/json", left: leftOfReading}, func(raw json.RawMessage) error {
		var found api.ChildReceipt
		if err := json.Unmarshal(raw, &found); err != nil {
			return err
		}
		_, err := fmt.Fprintf(env.out, "child %s\nA child that nobody entered has a handle as well, which leads nowhere.\n", found.Child)
		return err
	})
}

type childProtect struct {
	childFlag
	formatFlags
}

func (c *childProtect) Run(env *environment) error {
	return c.protect(env, c.formatFlags, true, "protected")
}

type childUnprotect struct {
	childFlag
	formatFlags
}

func (c *childUnprotect) Run(env *environment) error {
	return c.protect(env, c.formatFlags, false, "not protected by this municipality any more")
}

func (c childFlag) protect(env *environment, f formatFlags, protected bool, done string) error {
	body := jsonBody(map[string]bool{"protected": protected})
	return env.show(f, call{method: http.MethodPut, path: c.childPath("/protection"), body: body, kind: "application/json"}, env.said(done))
}

// leftOfReading is what becomes of a question that is kept with who asked it.
const leftOfReading = "nothing is changed there, but that you asked may stand in the list of reads"

// discloseCommand prints all that is stored about one child.
type discloseCommand struct {
	childFlag
	formatFlags
}

func (c *discloseCommand) Run(env *environment) error {
	raw, err := env.fetch(call{method: http.MethodGet, path: c.childPath("/disclosure"), left: leftOfReading})
	if err != nil {
		return err
	}
	return env.printJSON(raw)
}

// readsCommand prints the read log.
type readsCommand struct {
	municipalityFlag
	Child   string `help:"Of this child alone: its handle." placeholder:"ID"`
	Account string `help:"By this account alone." placeholder:"ID"`
	From    string `help:"First day." placeholder:"DAY"`
	To      string `help:"Last day." placeholder:"DAY"`
	formatFlags
}

func (c *readsCommand) Run(env *environment) error {
	query := url.Values{"limit": {"500"}}
	for name, value := range map[string]string{"child": c.Child, "account": c.Account, "from": c.From, "to": c.To} {
		if value != "" {
			query.Set(name, value)
		}
	}
	return env.show(c.formatFlags, call{method: http.MethodGet, path: c.path("reads"), query: query, left: leftOfReading}, func(raw json.RawMessage) error {
		var answer api.Reads
		if err := json.Unmarshal(raw, &answer); err != nil {
			return err
		}
		t := tabwriter.NewWriter(env.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(t, "when\twho\twhy\twhat was read")
		for _, r := range answer.Reads {
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", r.At.Format(time.RFC3339), cmp.Or(r.Name, r.Account.String()), r.Why, whatWasRead(r))
		}
		if err := t.Flush(); err != nil || answer.Older == 0 {
			return err
		}
		_, err := fmt.Fprintln(env.out, "There are older lines: choose days with --from and --to.")
		return err
	})
}

// whatWasRead is the child, or what was read that is about no child alone.
func whatWasRead(r api.ReadLine) string {
	switch {
	case r.Child != nil:
		return r.Child.String()
	case r.Why == "raw_events":
		return "the event log"
	case r.Why == "tried_import":
		return "a file of children"
	}
	return "the read log"
}

// eraseCommand erases an identity.
type eraseCommand struct {
	childFlag
	formatFlags
}

func (c *eraseCommand) Run(env *environment) error {
	return env.show(c.formatFlags, call{method: http.MethodDelete, path: c.childPath("")}, func(raw json.RawMessage) error {
		var receipt api.ErasureReceipt
		if err := json.Unmarshal(raw, &receipt); err != nil {
			return err
		}
		_, err := fmt.Fprintln(env.out, "erased; the log and every figure stay as they are")
		for _, other := range receipt.Merged {
			_, told := fmt.Fprintf(env.out, "merged with it and not erased: %s, which has a name and an identity of its own; erase it as well, or note it now: nothing else leads to it\n", other)
			err = errors.Join(err, told)
		}
		return err
	})
}
