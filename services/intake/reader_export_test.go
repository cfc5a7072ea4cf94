package intake

// OwnWords are all columns, codes and messages that a rejection can have.
func OwnWords() map[[3]string]bool {
	words := make(map[[3]string]bool)
	for col := namelessColumn; col < columnCount; col++ {
		for _, code := range []string{
			CodeMissing + col.String(), CodeUnknown + col.String(), CodeInvalid + col.String(), CodeUnknownMunicipality,
			CodeFutureDate, CodeConflictingYear, CodeCountWithChild, CodeNotForThisType, CodeIdentityOutside,
			CodeTooLong, CodeMalformedRow, CodeExtraCell, CodeInvalidIdentity, CodeLostZero, CodeWrongEncoding, CodeFormula, CodeErrorValue, CodeMergedCell, CodeCutOff,
		} {
			words[[3]string{col.String(), code, message(code, col, English)}] = true
		}
	}
	return words
}
