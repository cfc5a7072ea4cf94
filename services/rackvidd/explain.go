package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"text/tabwriter"

	"rackvidd/projections/reach"
)

// auditExplain asks why a figure changed between two positions.
type auditExplain struct {
	municipalityFlag
	daysFlags
	FromPosition   string `help:"The position of the figure as it was." xor:"before" placeholder:"N"`
	Submitted      bool   `help:"The figure as it was submitted in the year's survey, in place of a position." xor:"before"`
	ToPosition     string `help:"The position of the figure as it came to be; none: now." placeholder:"N"`
	Definition     string `help:"reach/v3, groups/v1 or enrolled/v1." placeholder:"ID"`
	FromDefinition string `help:"That of the figure as it was, where it was another." placeholder:"ID"`
	formatFlags
}

func (c *auditExplain) Run(env *environment) error {
	query, err := c.days()
	if err != nil {
		return err
	}
	if c.FromPosition == "" && !c.Submitted {
		return &usageError{errors.New("explained since when? Give --from-position or --submitted")}
	}
	if err := c.fromSubmitted(env); err != nil {
		return err
	}
	with(query, map[string]string{
		"from_position": c.FromPosition, "to_position": c.ToPosition, "definition": c.Definition, "from_definition": c.FromDefinition,
	})
	raw, err := env.fetch(call{method: http.MethodGet, path: c.path("audit/explain"), query: query})
	if err != nil {
		return err
	}
	if c.json() {
		return env.printJSON(raw)
	}
	var e reach.Explanation
	if err := json.Unmarshal(raw, &e); err != nil {
		return fmt.Errorf("read the server's answer: %w", err)
	}
	return printExplanation(env.out, e)
}

// fromSubmitted asks the survey which position and definition were submitted.
func (c *auditExplain) fromSubmitted(env *environment) error {
	if !c.Submitted {
		return nil
	}
	if c.Year == 0 {
		return &usageError{fmt.Errorf("which survey was submitted? Give --year")}
	}
	_, sheet, err := surveyFlags{municipalityFlag: c.municipalityFlag, Year: c.Year, Lang: "en"}.read(env)
	if err != nil {
		return err
	}
	if sheet.Submitted == nil {
		return fmt.Errorf("the survey of %d in %s has not been submitted; give --from-position", c.Year, c.Municipality)
	}
	c.FromPosition, c.FromDefinition = strconv.FormatUint(sheet.Submitted.Position, 10), string(sheet.Submitted.Definition)
	c.Definition = cmp.Or(c.Definition, c.FromDefinition)
	return nil
}

// sentences are what became more or fewer, by reason.
var sentences = map[reach.Reason]string{
	reach.Late: "late registrations", reach.Corrected: "corrections", reach.Withdrawn: "withdrawn records",
	reach.Merged: "records found to be one child", reach.Unmerged: "merges undone", reach.Guest: "guests, or children with another home",
	reach.OtherDefinition: "another definition", reach.Unidentified: "children nobody identified",
}

// printExplanation prints one line for each reason, and the positions where it can be seen.
func printExplanation(w io.Writer, e reach.Explanation) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "Reach in %s, %s – %s\n\n", nameOf(e.Municipality), e.From, e.To)
	fmt.Fprintf(t, "%d\tat position %d\t%s\n", e.Before.Number, e.Before.Position, e.Before.Definition)
	for _, item := range e.Items {
		what := sentences[item.Reason]
		if item.More > 0 && item.Fewer > 0 {
			what += fmt.Sprintf(" (%d more, %d fewer)", item.More, item.Fewer)
		}
		fmt.Fprintf(t, "%+d\t%s\t%s\n", item.Children, what, positions(item))
	}
	fmt.Fprintf(t, "%d\tat position %d\t%s\n", e.After.Number, e.After.Position, e.After.Definition)
	return t.Flush()
}

// positions names the first decisions of an item.
func positions(item reach.Item) string {
	const most = 5
	list := ""
	for i, at := range item.Events {
		switch i {
		case 0:
			list = "at "
		case most:
			return fmt.Sprintf("%s and %d more", list, len(item.Events)-most)
		default:
			list += ", "
		}
		list += strconv.FormatUint(at, 10)
	}
	return list
}
