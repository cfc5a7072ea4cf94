package web

import (
	"net/url"
	"strconv"
)

// onAPage is how many rows of a list a page shows.
const onAPage = 50

// part is a page of a list.
type part[T any] struct {
	Rows            []T
	Of              int // of how many
	Page, Pages     int
	Previous, After string // their addresses; "": there is none
}

// partOf is the page that the address asks for, or the one next to it that there is. turn is what the address calls it.
func partOf[T any](v *visit, all []T, turn string) part[T] {
	p := part[T]{Of: len(all), Pages: max(1, (len(all)+onAPage-1)/onAPage)}
	p.Page = min(max(number(v.Query(turn)), 1), p.Pages)
	if p.Page > 1 {
		p.Previous = v.turned(turn, p.Page-1)
	}
	if p.Page < p.Pages {
		p.After = v.turned(turn, p.Page+1)
	}
	p.Rows = all[(p.Page-1)*onAPage : min(len(all), p.Page*onAPage)]
	return p
}

// turned is the address of another page of a list: what else it says stays, but for what was just done.
func (v *visit) turned(turn string, page int) string {
	query := v.r.URL.Query()
	for _, once := range []string{"at", "done"} {
		query.Del(once)
	}
	query.Set(turn, strconv.Itoa(page))
	return (&url.URL{Path: v.Path(), RawQuery: query.Encode()}).String()
}
