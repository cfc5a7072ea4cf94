package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
)

// childFlag names a child by the handle the API gave.
type childFlag struct {
	municipalityFlag
	Child string `required:"" help:"The child's handle." placeholder:"ID"`
}

func (c childFlag) childPath(rest string) string {
	return c.path("children/" + url.PathEscape(c.Child) + rest)
}

// discloseCommand prints all that is stored about one child.
type discloseCommand struct {
	childFlag
	formatFlags
}

func (c *discloseCommand) Run(env *environment) error {
	raw, err := env.fetch(call{method: http.MethodGet, path: c.childPath("/disclosure")})
	if err != nil {
		return err
	}
	return env.printJSON(raw)
}

// eraseCommand erases an identity.
type eraseCommand struct {
	childFlag
	formatFlags
}

func (c *eraseCommand) Run(env *environment) error {
	return env.show(c.formatFlags, call{method: http.MethodDelete, path: c.childPath("")}, func(json.RawMessage) error {
		_, err := fmt.Fprintln(env.out, "erased; the log and every figure stay as they are")
		return err
	})
}
