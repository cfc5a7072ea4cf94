package main

import (
	"bytes"
	"fmt"
	"os"
)

// fileFlags choose what kind of file is written, and where.
type fileFlags struct {
	Format string `help:"pdf, xlsx, csv, json, or answer: the signed file for the national level of another installation." default:"pdf" enum:"pdf,xlsx,csv,json,answer" short:"f"`
	Out    string `help:"Where to; none: standard output." placeholder:"FILE" type:"path" short:"o"`
	Lang   string `help:"sv or en." default:"sv" enum:"sv,en"`
}

// download fetches a file and writes it where it is wanted.
func (env *environment) download(f fileFlags, c call) error {
	c.query.Set("lang", f.Lang)
	c.query.Set("format", f.Format)
	raw, err := env.fetch(c)
	if err != nil {
		return err
	}
	if f.Format == "json" && f.Out == "" {
		return env.printJSON(raw)
	}
	if f.Out == "" {
		_, err := bytes.NewReader(raw).WriteTo(env.out)
		return err
	}
	if err := os.WriteFile(f.Out, raw, 0o600); err != nil {
		return fmt.Errorf("write the file: %w", err)
	}
	fmt.Fprintf(env.err, "%s written\n", f.Out)
	return nil
}
