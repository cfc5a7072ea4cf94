package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"text/tabwriter"

	"rackvidd/projections/reach"
)

// reachCommand prints reach figures.
type reachCommand struct {
	municipalityFlag
	periodFlags
	formatFlags
}

func (c *reachCommand) Run(env *environment) error {
	query, err := c.query()
	if err != nil {
		return err
	}
	raw, err := env.fetch(call{method: http.MethodGet, path: c.path("reach"), query: query})
	if err != nil {
		return err
	}
	if c.json() {
		return env.printJSON(raw)
	}
	var f reach.Figures
	if err := json.Unmarshal(raw, &f); err != nil {
		return fmt.Errorf("read the server's answer: %w", err)
	}
	return printFigures(env.out, f)
}

// printFigures prints figures for a person, with the sentence they were counted by.
func printFigures(w io.Writer, f reach.Figures) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "Reach in %s, %s – %s (%s, log position %d)\n", nameOf(f.Municipality), f.From, f.To, f.Definition, f.Position)
	if d, err := reach.Named(f.Definition); err == nil {
		fmt.Fprintln(t, d.Sentence)
	}
	fmt.Fprintf(t, "\nDifferent children\t%d\n", f.Children)
	if f.UnidentifiedAttendances > 0 {
		fmt.Fprintf(t, "with the unidentified\t%d–%d\t%d attendances nobody was identified at\n", f.Bounds.Lower, f.Bounds.Upper, f.UnidentifiedAttendances)
	}
	fmt.Fprintf(t, "Sum over forms\t%d\n", f.SumOverForms)
	fmt.Fprintf(t, "of unknown age\t%d\n", f.UnknownAge)
	fmt.Fprintf(t, "Guests from elsewhere\t%d\n", f.Guests.Children)
	fmt.Fprintf(t, "Enrolled\t%d\n", f.Enrolments.Children)
	fmt.Fprintf(t, "Referrals received\t%d\tof %d children\n", f.Referrals.Received, f.Referrals.Children)
	fmt.Fprint(t, "\nForm\tChildren\tAttendances\n")
	for _, row := range f.ByForm {
		fmt.Fprintf(t, "%s\t%d\t%d\n", row.Form, row.Children, row.Attendances)
	}
	fmt.Fprint(t, "\nIn both\tChildren\n")
	for _, row := range f.Overlap {
		fmt.Fprintf(t, "%s + %s\t%d\n", row.Forms[0], row.Forms[1], row.Children)
	}
	fmt.Fprint(t, "\nProgramme\tChildren\tAttendances\n")
	for _, row := range f.ByProgramme {
		fmt.Fprintf(t, "%s\t%d\t%d\n", row.Programme, row.Children, row.Attendances)
	}
	fmt.Fprint(t, "\nChannel\tFirst\tAny\n")
	for _, row := range f.ByChannel {
		fmt.Fprintf(t, "%s\t%d\t%d\n", row.Channel, row.First, row.Any)
	}
	fmt.Fprint(t, "\nAge\tChildren\n")
	for _, row := range f.ByAge {
		fmt.Fprintf(t, "%s\t%d\n", row.Age, row.Children)
	}
	fmt.Fprint(t, "\nGender\tChildren\n")
	for _, row := range f.ByGender {
		fmt.Fprintf(t, "%s\t%d\n", row.Gender, row.Children)
	}
	return t.Flush()
}
