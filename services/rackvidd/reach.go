package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"text/tabwriter"

	"rackvidd/projections/reach"
	"rackvidd/services/surveying"
)

// reachCommand prints reach figures.
type reachCommand struct {
	municipalityFlag
	periodFlags
	formatFlags
	Need []int `help:"Children in need in the municipality, supposed: coverage of each as well." placeholder:"N"`
}

func (c *reachCommand) Run(env *environment) error {
	query, err := c.query()
	if err != nil {
		return err
	}
	for _, need := range c.Need {
		query.Add("need", strconv.Itoa(need))
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
	fmt.Fprintf(t, "\nDifferent children\t%s\n", between(f.Bounds))
	if f.UnidentifiedAttendances > 0 {
		fmt.Fprintf(t, "of whom identified\t%d\t%d attendances nobody was identified at\n", f.Children, f.UnidentifiedAttendances)
	}
	fmt.Fprintf(t, "Sum over forms\t%d\n", f.SumOverForms)
	fmt.Fprintf(t, "of unknown age\t%d\n", f.UnknownAge)
	fmt.Fprintf(t, "Guests from elsewhere\t%d\n", f.Guests.Children)
	fmt.Fprintf(t, "Enrolled\t%d\n", f.Enrolments.Children)
	fmt.Fprintf(t, "Referrals received\t%d\tof %d children\n", f.Referrals.Received, f.Referrals.Children)
	printTable(t, "Form\tChildren\tAttendances", f.ByForm, func(r reach.ByForm) string { return fmt.Sprintf("%s\t%d\t%d", r.Form, r.Children, r.Attendances) })
	printTable(t, "In both\tChildren", f.Overlap, func(r reach.Overlap) string { return fmt.Sprintf("%s + %s\t%d", r.Forms[0], r.Forms[1], r.Children) })
	printTable(t, "Programme\tChildren\tAttendances", f.ByProgramme, func(r reach.ByProgramme) string {
		return fmt.Sprintf("%s\t%d\t%d", r.Programme, r.Children, r.Attendances)
	})
	printTable(t, "Channel\tFirst\tAny", f.ByChannel, func(r reach.ByChannel) string { return fmt.Sprintf("%s\t%d\t%d", r.Channel, r.First, r.Any) })
	printTable(t, "Age\tChildren", f.ByAge, func(r reach.ByAge) string {
		return fmt.Sprintf("%s\t%d", surveying.Word(r.Age, surveying.English), r.Children)
	})
	printTable(t, "Gender\tChildren", f.ByGender, func(r reach.ByGender) string { return fmt.Sprintf("%s\t%d", r.Gender, r.Children) })
	printTable(t, "Coverage\tNeed\tPercent\tSource", f.Coverage, func(c reach.Coverage) string {
		return fmt.Sprintf("%s\t%d\t%.2f\t%s", c.Denominator, c.Need, c.Percent, c.Source)
	})
	return t.Flush()
}

// between is how many children there were: a number, or the two that it lies between.
func between(b reach.Bounds) string {
	if b.Lower == b.Upper {
		return strconv.Itoa(b.Lower)
	}
	return fmt.Sprintf("%d–%d", b.Lower, b.Upper)
}

// printTable prints rows below a heading, nothing where there are none.
func printTable[R any](w io.Writer, heading string, rows []R, line func(R) string) {
	if len(rows) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s\n", heading)
	for _, r := range rows {
		fmt.Fprintln(w, line(r))
	}
}
