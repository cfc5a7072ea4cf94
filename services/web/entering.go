package web

import (
	"encoding/json"
	"errors"
	"fmt"

	"rackvidd/events"
	"rackvidd/services/vault"
)

// enterChild hands what was typed to the vault, through the API, and gets the child's handle: a card's code where it
// reads as one, or else an identity number or a local id.
func (v *visit) enterChild(f *form) (events.ID, error) {
	body := identified(f.Get("identity"))
	if label := f.Get("label"); label != "" {
		body["label"] = label
	}
	var entered struct {
		Child events.ID `json:"child"`
	}
	path := v.in("children")
	err := v.ask(call{method: "POST", path: path, body: body, key: f.key(path)}, &entered)
	return entered.Child, err
}

// identified is who was typed, as the API takes it.
func identified(typed string) map[string]any {
	if isCard(typed) {
		return map[string]any{"card": typed}
	}
	return map[string]any{"identity": typed}
}

// whose is the child that a form is about: one that was chosen, or who is typed. Who was typed is not kept in the page.
func (v *visit) whose(f *form) (events.ID, error) {
	if id, err := events.ParseID(f.Get("child")); err == nil {
		return id, nil
	}
	id, err := v.enterChild(f)
	if err == nil {
		f.Set("child", id.String())
		f.Del("identity")
	}
	return id, err
}

// isCard tells a card's code from an identity number or a local id.
func isCard(text string) bool {
	_, err := vault.ParseCard(text)
	return err == nil
}

// read reads a JSON answer.
func (a *answer) read(out any) error {
	if err := json.Unmarshal(a.body.Bytes(), out); err != nil {
		return fmt.Errorf("read the API's answer: %w", err)
	}
	return nil
}

// isProblem reports whether the API answered with a status.
func isProblem(err error, status int) bool {
	var p *problem
	return errors.As(err, &p) && p.Status == status
}
