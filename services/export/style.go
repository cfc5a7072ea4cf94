package export

import "github.com/xuri/excelize/v2"

const ink, grey, rule = "1A1A1A", "5A5A5A", "808080"

// style is what a cell of a workbook looks like. The zero style is running text.
type style struct {
	size         float64 // 0: 11
	bold, grey   bool
	right, wrap  bool
	above, below bool // a thin rule
	format       string
}

// style returns the workbook's number for st, made when it is first needed.
func (b *workbook) style(st style) int {
	if id, ok := b.styles[st]; ok {
		return id
	}
	id, err := b.NewStyle(st.excel())
	b.try(err)
	if b.styles == nil {
		b.styles = make(map[style]int)
	}
	b.styles[st] = id
	return id
}

func (st style) excel() *excelize.Style {
	x := &excelize.Style{
		Font:      &excelize.Font{Family: "Calibri", Size: 11, Color: ink, Bold: st.bold},
		Alignment: &excelize.Alignment{Vertical: "top", WrapText: st.wrap},
	}
	if st.size > 0 {
		x.Font.Size = st.size
	}
	if st.grey {
		x.Font.Color = grey
	}
	if st.right {
		x.Alignment.Horizontal = "right"
	}
	if st.above {
		x.Border = append(x.Border, excelize.Border{Type: "top", Color: rule, Style: 1})
	}
	if st.below {
		x.Border = append(x.Border, excelize.Border{Type: "bottom", Color: rule, Style: 1})
	}
	if st.format != "" {
		x.CustomNumFmt = &st.format
	}
	return x
}
