package web

// amendGroup gives a group another name, other places or another district.
func (v *visit) amendGroup() error {
	return v.changeGroup("PUT", "", "group_amended", func(f *form) map[string]any {
		f.need("name")
		body := map[string]any{"name": f.Get("name")}
		if places := f.whole("places"); places > 0 {
			body["places"] = places
		}
		if district := f.Get("district"); district != "" {
			body["district"] = district
		}
		return body
	})
}

// closeGroup says after which day a group does not meet. What is planned after it is cancelled.
func (v *visit) closeGroup() error {
	return v.changeGroup("POST", "/close", "group_closed", func(f *form) map[string]any {
		f.need("closed_on")
		return map[string]any{"closed_on": f.Get("closed_on")}
	})
}

func (v *visit) reopenGroup() error {
	return v.changeGroup("POST", "/reopen", "group_reopened", func(*form) map[string]any { return nil })
}

// changeGroup carries out one form about the group itself, of the version that its page showed.
func (v *visit) changeGroup(method, what, done string, say func(*form) map[string]any) error {
	f, err := v.form()
	if err != nil {
		return err
	}
	body := say(f)
	if len(f.Errors) > 0 {
		return v.showGroup(f)
	}
	path := v.in("groups/" + v.At("id") + what)
	c := call{method: method, path: path, key: f.key(path), match: f.Get("seen")}
	if body != nil {
		c.body = body
	}
	var r receipt
	if err := v.ask(c, &r); err != nil {
		if err := f.refused(err, nil); err != nil {
			return err
		}
		return v.showGroup(f)
	}
	return v.to(v.Home("groups", v.At("id")), r.Position, done)
}
