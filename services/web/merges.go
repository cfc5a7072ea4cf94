package web

import (
	"net/http"

	"rackvidd/events"
	"rackvidd/services/access"
	"rackvidd/services/casework"
)

func (s *site) mergePages() {
	s.page("GET /municipalities/{code}/merges/new", access.MergeChildren, func(v *visit) error {
		return v.showMerge(v.newForm("keep", v.Query("keep")), nil)
	})
	s.page("POST /municipalities/{code}/merges/new", access.MergeChildren, (*visit).merge)
	s.page("POST /municipalities/{code}/children/{child}/split", access.MergeChildren, (*visit).splitChild)
}

// side is one of two children that may be the same.
type side struct {
	history
	Names    map[events.ProgrammeID]string
	Attended int
}

// side is one of them. A child in others' programmes alone is not there, and neither is one that nobody has entered.
func (v *visit) side(handle string) (one side, err error) {
	id, err := events.ParseID(handle)
	if err != nil {
		return one, errNothingHere
	}
	if err = v.see(&one.history, v.in("cases/"+id.String())); err != nil {
		return one, err
	}
	for _, s := range one.Sessions {
		if s.State == casework.RowAttended {
			one.Attended++
		}
	}
	all, err := v.programmes()
	one.Names = named(all)
	return one, err
}

// showMerge asks who they are, or shows both beside each other.
func (v *visit) showMerge(f *form, both []side) error {
	l := v.text()
	if keep := f.Get("keep"); keep != "" && both == nil {
		one, err := v.side(keep)
		if err != nil {
			return err
		}
		return v.show("merge", sheet{Title: l.text("merge.title"), Crumbs: []crumb{{v.Home(""), l.text("day.title")}}, Form: f, D: map[string]any{"Keep": one}})
	}
	return v.show("merge", sheet{Title: l.text("merge.title"), Crumbs: []crumb{{v.Home(""), l.text("day.title")}}, Form: f, Wide: both != nil, Underway: both != nil, D: map[string]any{"Both": both}})
}

// merge finds both, shows them, and, when that is confirmed, says that they are one child.
func (v *visit) merge() error {
	f, err := v.form()
	if err != nil {
		return err
	}
	for _, name := range []string{"keep", "merge"} {
		if err := v.foundAs(f, name); err != nil {
			return err
		}
	}
	if v.Turned && (f.Get("keep") == "" || f.Get("merge") == "") {
		return v.showMerge(f, nil)
	}
	if len(f.Errors) == 0 && f.Get("keep") == f.Get("merge") {
		f.wrong("merge_identity", "problem.same_child")
		f.Del("merge")
		f.renew()
	}
	if len(f.Errors) > 0 {
		return v.showMerge(f, nil)
	}
	if f.Get("step") == "save" {
		r, err := v.send(f, "POST", v.in("merges"), map[string]any{"keep": f.Get("keep"), "merge": f.Get("merge")})
		if err == nil {
			return v.to(v.Home("children", f.Get("keep")), r.Position, "merged")
		}
		if err := f.refused(err, map[string]string{"body.merge": "", "body.keep": ""}); err != nil {
			return err
		}
	}
	var both []side
	for _, name := range []string{"keep", "merge"} {
		one, err := v.side(f.Get(name))
		switch {
		case isProblem(err, http.StatusNotFound):
			f.wrong(name+"_identity", "merge.unknown")
			f.Del(name)
		case err != nil:
			return err
		}
		both = append(both, one)
	}
	if len(f.Errors) > 0 && (f.Get("keep") == "" || f.Get("merge") == "") {
		f.renew()
		both = nil
	}
	return v.showMerge(f, both)
}

// foundAs puts the handle of a child that was typed into the form, in place of what was typed. No child is made of one that
// is mistyped: its handle leads nowhere.
func (v *visit) foundAs(f *form, name string) error {
	if _, err := events.ParseID(f.Get(name)); err == nil {
		return nil
	}
	typed := name + "_identity"
	f.Del(name)
	if f.need(typed); f.Get(typed) == "" {
		return nil
	}
	var found child
	err := v.ask(call{method: http.MethodPost, path: v.in("children/find"), body: identified(f.Get(typed)), key: f.key(name)}, &found)
	if err != nil {
		return f.refused(err, map[string]string{"body.identity": typed, "body.card": typed})
	}
	f.Set(name, found.Child.String())
	return nil
}

// splitChild takes a merge back.
func (v *visit) splitChild() error {
	return v.writeChild("POST", func(f *form) (string, string, any) {
		f.need("merge")
		return "split", "merges/" + f.Get("merge") + "/undo", map[string]any{}
	})
}
